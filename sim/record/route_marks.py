"""Which sites of a mission were done when: as the pilot was shown, or by its events on a route, whose tokens show one waypoint only."""

import numpy as np
from jaxtyping import Bool, Int

from sim.record.instants import step_ends
from sim.record.reader import Flight
from sim.task_spec import MissionTask
from sim.types import SITE_FIELDS

_VISITED = SITE_FIELDS.index("visited")


def sites_done(flight: Flight) -> Bool[np.ndarray, "n s"]:
    """Which sites are shown as done at each step; no columns for other tasks."""
    task = flight.scenario.task
    if not isinstance(task, MissionTask):
        return np.zeros((len(flight), 0), dtype=bool)
    if task.ordered:
        return np.arange(len(task.sites)) < _counts(flight)[:, None]
    return flight.sites[:, 1 : len(task.sites) + 1, _VISITED] > 0.5


def waypoints_done(flight: Flight, step: int) -> int:
    """Waypoints of a route that were done by the end of a step."""
    return int(_counts(flight)[step])


def _counts(flight: Flight) -> Int[np.ndarray, " n"]:
    """Waypoints that were done by the end of each step."""
    done = sorted(event.time for event in flight.events if event.name == "site_visited")
    ends = step_ends(flight)
    # A crash cuts the last step short, but dates what it ends to the step's full length.
    ends[-1:] = np.inf
    return np.searchsorted(done, ends + 1e-9, side="right")
