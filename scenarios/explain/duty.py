"""What a flight was to do, and how far it came with it: the line without which an outcome means little."""

import numpy as np

from sim.record.reader import Flight as Log
from sim.record.route_marks import sites_done
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import POSITION


def duty_words(log: Log) -> str:
    """The task in a sentence, and what was left of it at the log's end."""
    task = log.scenario.task
    if isinstance(task, MissionTask):
        return _mission(log, task)
    end = log.step_bodies[-1, POSITION]
    if isinstance(task, NavigateTask):
        away = float(np.linalg.norm(end - np.array(task.goal_m)))
        return (
            f"reach a goal {task.geodesic_m:.0f} m of free way off; {away:.1f} m from it at the end"
        )
    return _course(log, task, end)


# --- Private.


def _mission(log: Log, task: MissionTask) -> str:
    done = sites_done(log)[-1]
    missed = [
        str(token)
        for token, (site, visited) in enumerate(zip(task.sites, done, strict=True), start=1)
        if site.mandatory and not visited
    ]
    if task.ordered:
        return (
            f"fly to {len(task.sites)} waypoints in order and land; {int(done.sum())} were reached"
        )
    mandatory = sum(site.mandatory for site in task.sites)
    words = f"visit what the battery allows of {len(task.sites)} sites, {mandatory} of them mandatory, and land at home; "
    visited = ", ".join(str(token) for token in np.flatnonzero(done) + 1) or "none"
    left = f"; mandatory site {', '.join(missed)} was missed" if missed else ""
    return f"{words}visited: {visited}{left}"


def _course(log: Log, task: AvoidTask, end: np.ndarray) -> str:
    start = np.array(log.scenario.start.position_m)
    made = float((end - start)[:2] @ task.direction[:2])
    least = task.min_speed_fraction * log.scenario.speed_limit_m_s
    pace = f" at {least:.1f} m/s or more on average" if least else ""
    return f"keep a course for {task.distance_m:g} m{pace}; {made:.1f} m were made good"
