"""What a flight was to do, and how far it came with it: without these an outcome means little."""

import numpy as np

from sim.record.reader import Flight
from sim.record.route_marks import sites_done
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import POSITION


def task_words(flight: Flight) -> str:
    """The task: `reach a goal, 47 m off by the shortest free way`."""
    task = flight.scenario.task
    if isinstance(task, NavigateTask):
        return f"reach a goal, {task.geodesic_m:.0f} m off by the shortest free way"
    if isinstance(task, AvoidTask):
        least = task.min_speed_fraction * flight.scenario.speed_limit_m_s
        return f"keep a course for {task.distance_m:g} m at {least:.1f} m/s or more on average"
    if task.ordered:
        return f"fly to {len(task.sites)} waypoints in order and land at home"
    mandatory = sum(site.mandatory for site in task.sites)
    return f"visit what the battery allows of {len(task.sites)} sites, {mandatory} of them mandatory, and land at home"


def progress_words(flight: Flight) -> str:
    """How far it came: `39.6 m from the goal at the end`."""
    task, end = flight.scenario.task, flight.step_bodies[-1, POSITION]
    if isinstance(task, NavigateTask):
        return f"{np.linalg.norm(end - np.array(task.goal_m)):.1f} m from the goal at the end"
    if isinstance(task, AvoidTask):
        way = end - np.array(flight.scenario.start.position_m)
        return f"{float(way @ task.direction):.1f} of {task.distance_m:g} m made good"
    return _visits(flight, task)


# --- Private.


def _visits(flight: Flight, task: MissionTask) -> str:
    done = sites_done(flight)[-1]
    if task.ordered:
        return f"{int(done.sum())} of {len(task.sites)} waypoints reached"
    marks = enumerate(zip(task.sites, done, strict=True), start=1)
    missed = [str(token) for token, (site, visited) in marks if site.mandatory and not visited]
    visited = ", ".join(str(token) for token in np.flatnonzero(done) + 1) or "none"
    left = f", mandatory site {', '.join(missed)} missed" if missed else ""
    return f"sites visited: {visited}{left}"
