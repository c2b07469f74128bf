"""Each task's own end: fulfilled, or out of time."""

from collections.abc import Iterator

import numpy as np

from scenarios.referee.definitions import TIME_FACTOR, TIME_SPARE
from scenarios.referee.events import SLACK, Ending, Event, spells
from scenarios.referee.track import Track
from sim.scenario import Scenario
from sim.task_spec import AvoidTask, NavigateTask
from sim.types import Outcome

_FULFILLED, _LATE = 5, 6
"""Ranks among the events of one control step: success wins in the step in which time runs out."""


def task_events(scenario: Scenario, track: Track) -> Iterator[Event]:
    """What a task itself ends a flight with; landings are `touchdown.py`'s."""
    task = scenario.task
    if isinstance(task, NavigateTask):
        usual = TIME_FACTOR * task.geodesic_m / scenario.speed_limit_m_s + TIME_SPARE
        yield from _arrived(task, track)
        yield from _late(
            track, usual if task.finish.time_limit_s is None else task.finish.time_limit_s
        )
    elif isinstance(task, AvoidTask):
        yield from _completed(task, track)
        yield from _late(
            track, task.distance_m / (task.min_speed_fraction * scenario.speed_limit_m_s)
        )
    else:
        yield from _late(track, task.time_limit_s)


def course_progress(task: AvoidTask, track: Track) -> np.ndarray:
    """Progress along the commanded course at each sample, m."""
    course = np.array([np.cos(task.course_rad), np.sin(task.course_rad)])
    return (track.positions[:, :2] - track.positions[0, :2]) @ course


def _late(track: Track, limit: float) -> Iterator[Event]:
    """The first control step that ends at the limit or after it."""
    over = track.step_s * np.arange(1, len(track.ends) + 1) >= limit - 1e-9
    if not over.any():
        return
    step = int(over.argmax())
    sample = int(track.ends[step])
    reason = f"not done within {limit:.2f} s"
    late = Ending(Outcome.TIMEOUT, reason, step, sample, sample, None, ())
    yield Event((step, _LATE, sample), True, (late,))


def _arrived(task: NavigateTask, track: Track) -> Iterator[Event]:
    """The straight way between samples is what comes near enough: to the goal, to its axis, or to level with it."""
    within = task.finish.within_m
    return _fulfilled(
        track, within - _left_to_goal(task, track), f"came within {within:g} m of the goal"
    )


def _left_to_goal(task: NavigateTask, track: Track) -> np.ndarray:
    """Least way left between each sample and the next, m; level with the goal is seen along the line from the start."""
    goal, shape = np.array(task.goal_m), task.finish.shape
    if shape == "plane":
        line = (goal - track.positions[0])[:2]
        ahead = (goal - track.positions)[:, :2] @ line / np.linalg.norm(line)
        return np.minimum(ahead[:-1], ahead[1:])
    axes = 2 if shape == "column" else 3
    offsets = (goal - track.positions)[:, :axes]
    ways = -np.diff(offsets, axis=0)
    squared = np.maximum((ways**2).sum(axis=1), 1e-18)
    share = np.clip((offsets[:-1] * ways).sum(axis=1) / squared, 0.0, 1.0)
    return np.linalg.norm(offsets[:-1] - share[:, None] * ways, axis=1)


def _completed(task: AvoidTask, track: Track) -> Iterator[Event]:
    progress = course_progress(task, track)[1:] - task.distance_m
    return _fulfilled(track, progress, f"made {task.distance_m:g} m along the course")


def _fulfilled(track: Track, surplus: np.ndarray, what: str) -> Iterator[Event]:
    """`surplus` (n - 1,) is that of the way to each sample but the first."""
    by = np.concatenate([[-np.inf], surplus])
    for spell in spells(track, by >= 0.0, by >= SLACK):
        step = track.step_of(spell.first)
        most = float(by[spell.first : spell.last + 1].max())
        close = () if spell.sure else (f"{what} by {most:.4f} m only",)
        done = Ending(Outcome.SUCCESS, what, step, spell.first, spell.last, None, close)
        yield Event((step, _FULFILLED, spell.first), spell.sure, (done,))
