"""What a viewer shows of a flight, as columns over time: a log gives all rows at once, a flight under way one by one."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from sim.record.instants import drawable, sample_bodies, sample_times
from sim.record.reader import Flight
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.types import BODY_SIZE, EGO_FIELDS, SITE_FIELDS, Decision

_BATTERY, _VISITED = EGO_FIELDS.index("battery"), SITE_FIELDS.index("visited")


@dataclass(frozen=True)
class Clock:
    """When each row holds, on both of the viewer's timelines."""

    times: Float[np.ndarray, " n"]  # s since the start
    steps: Int[np.ndarray, " n"]  # control steps flown by then


@dataclass(frozen=True)
class Motion:
    """Where the drone was at instants, what it took itself to be, and what it was told; NaN where that is not known."""

    clock: Clock
    bodies: Float[np.ndarray, "n 13"]
    estimates: Float[np.ndarray, "n 13"]
    setpoints: Float[
        np.ndarray, "n 4"
    ]  # of the step that ends here: velocity m/s, world, and heading rad
    clearances: Float[np.ndarray, " n"]  # m, from the hull to the nearest obstacle


@dataclass(frozen=True)
class Sight:
    """What was seen and decided at the beginning of each step."""

    clock: Clock
    bodies: Float[np.ndarray, "n 13"]
    eyes: Float[np.ndarray, "n 13"]  # the body when the image was taken: the camera is late
    images: UInt8[np.ndarray, "n 4 h w"]
    classes: UInt8[np.ndarray, "n h w"]  # Semantic values of a view without noise
    charges: Float[np.ndarray, " n"]  # fraction of the pack's capacity left
    visited: Bool[np.ndarray, "n s"]  # which of the mission's sites are done
    actions: Float[np.ndarray, "n 4"]
    decisions: tuple[Decision, ...]


def unknown(count: int) -> tuple[Float[np.ndarray, "n 13"], Float[np.ndarray, "n 4"]]:
    """Estimates and setpoints of which nothing is known."""
    return np.full((count, BODY_SIZE), np.nan), np.full((count, 4), np.nan)


def charge_of(ego: Float[np.ndarray, "*n 16"]) -> Float[np.ndarray, "*n"]:
    """The battery as the observation states it."""
    return ego[..., _BATTERY]


def visited_by_tokens(
    scenario: Scenario, sites: Float[np.ndarray, "n 12 12"]
) -> Bool[np.ndarray, "n s"]:
    """Which sites a pilot that chooses among all was shown as visited; none for other tasks and for routes."""
    task = scenario.task
    count = len(task.sites) if isinstance(task, MissionTask) and not task.ordered else 0
    return sites[:, 1 : count + 1, _VISITED] > 0.5


def visited_on_route(
    count: int, times: Float[np.ndarray, " n"], done_at: Float[np.ndarray, " e"]
) -> Bool[np.ndarray, "n s"]:
    """Which of a route's sites are done at times, from when each next one was."""
    done = np.searchsorted(np.sort(done_at), times + 1e-9, side="right")
    return np.arange(count) < done[:, None]


class FlightRows:
    """Rows of a log with at least one step; only what the log itself says, the rest is added by who knows the world."""

    def __init__(self, flight: Flight) -> None:
        """Bodies that diverged stay where they last made sense."""
        self._flight = drawable(flight)
        self._path = np.concatenate([sample_bodies(flight)[:1], self._flight.poses])

    @property
    def clock(self) -> Clock:
        """The start and the end of every step."""
        flight = self._flight
        first = round(float(flight.times[0]) * flight.scenario.rates.control_hz)
        return Clock(sample_times(flight), first + np.arange(len(flight) + 1))

    @property
    def bodies(self) -> Float[np.ndarray, "n 13"]:
        """Body at every instant of the clock."""
        return self._path[self._flight.tick_starts]

    def sight(self, classes: UInt8[np.ndarray, "n h w"]) -> Sight:
        """What was seen and decided."""
        flight, clock = self._flight, self.clock
        return Sight(
            clock=Clock(flight.times, clock.steps[:-1]),
            bodies=self.bodies[:-1],
            eyes=self.eyes,
            images=flight.images,
            classes=classes,
            charges=charge_of(flight.ego),
            visited=self._visited(),
            actions=flight.actions,
            decisions=flight.decisions,
        )

    @property
    def eyes(self) -> Float[np.ndarray, "n 13"]:
        """Body when each step's image was taken."""
        late = self._flight.tick_starts[:-1] - self._flight.scenario.camera.delay_ticks
        return self._path[np.maximum(late, 0)]

    def _visited(self) -> Bool[np.ndarray, "n s"]:
        flight, task = self._flight, self._flight.scenario.task
        if isinstance(task, MissionTask) and task.ordered:
            done = [event.time for event in flight.events if event.name == "site_visited"]
            return visited_on_route(len(task.sites), flight.times, np.array(done))
        return visited_by_tokens(flight.scenario, flight.sites)
