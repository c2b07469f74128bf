"""How a flight ended: the rules of each task, applied step by step in the order in which they count.

A flight is over with the first control step that touches something, leaves the limits, empties the battery, fulfils
its task or runs out of time; of one step, a touch counts before the limits, and these before the task.
"""

from dataclasses import dataclass, replace

import numpy as np

from scenarios.referee.contact import Clearances, Touch, first_touch
from scenarios.referee.definitions import (
    LANDING_SPEED,
    PAD_RADIUS,
    TIME_FACTOR,
    TIME_SPARE,
    TOUCH,
    UPRIGHT_ANGLE,
)
from scenarios.referee.limits import (
    altitude_margin,
    bounds_margin,
    fence_margin,
    floor_margin,
    no_fly_margin,
)
from scenarios.referee.sites import SiteReport, judge_sites
from scenarios.referee.track import Track
from scenarios.referee.verdict import UNFINISHED
from sim.scenario import Scenario
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import Outcome

RESOLVED_TICKS = 2
"""Ticks after a touch within which the environment ends the flight."""
_SLACK = 1e-3
"""m, m/s or rad by which a decision counts as close; touching has its own, TOUCH."""
_SPEED_SLACK = 0.05
"""m/s; the last sample before the ground is met may be one tick later or earlier."""
_CHARGE_SLACK = 2e-3
"""Of the capacity."""


@dataclass(frozen=True)
class Ending:
    """The outcome, and everything it rests on."""

    outcome: str
    reason: str
    step: int
    sample: int
    touch: Touch | None
    close: tuple[str, ...]


def judge_ending(
    scenario: Scenario,
    track: Track,
    measured: Clearances,
    battery: np.ndarray,
    failsafe_s: float = np.inf,
) -> Ending:
    """How a flight ended.

    Args:
        scenario: What was to be flown.
        track: What was flown.
        measured: The hull's clearances on the way.
        battery: Fraction left after each control step.
        failsafe_s: From when on, s, a safety layer has been landing the drone: below its least altitude then, and
            safe at best, never a success.
    """
    touch = first_touch(measured)
    landing = track.times > failsafe_s
    stop = _stop(scenario, track, battery, landing)
    if touch is not None and (stop is None or track.step_of(touch.sample) <= stop.step):
        ending = _touched(scenario, track, measured, touch, battery)
        if landing[touch.sample] and ending.outcome != Outcome.COLLISION:
            return replace(ending, outcome="failsafe_landed", reason="the safety layer landed it")
        return ending
    if stop is not None:
        return stop
    last = len(track.ends) - 1
    reason = "the log ends while the flight goes on"
    return Ending(UNFINISHED, reason, last, len(track) - 1, None, ())


# --- Private: what ends a flight without a touch.


def _stop(
    scenario: Scenario, track: Track, battery: np.ndarray, landing: np.ndarray
) -> Ending | None:
    """The earliest; limits before the task where both come in one step."""
    candidates = [_limits(scenario, track, battery, landing), _task(scenario, track)]
    found = [ending for ending in candidates if ending is not None]
    return min(found, key=lambda ending: ending.step, default=None)


def _limits(
    scenario: Scenario, track: Track, battery: np.ndarray, landing: np.ndarray
) -> Ending | None:
    fences, zones = fence_margin(scenario, track), no_fly_margin(scenario, track)
    floor = floor_margin(scenario, track, landing)
    high = altitude_margin(scenario, track)
    limits = [
        _beyond(track, bounds_margin(scenario, track), "out_of_bounds", "left the world's bounds"),
        _beyond(track, high, "altitude_breach", "rose above the altitude limit"),
        _empty(track, battery),
    ]
    fenced = [
        _beyond(track, fences, "geofence_breach", "left the geofence", ticks=True),
        _beyond(track, zones, "no_fly_zone", "entered a no-fly zone", ticks=True),
        _beyond(track, floor, "altitude_breach", "sank below the least altitude", ticks=True),
    ]
    # Of fences, the first that was crossed; of one step, the other limits count before them.
    crossed = min((e for e in fenced if e is not None), key=lambda e: e.sample, default=None)
    found = [ending for ending in (*limits, crossed) if ending is not None]
    return min(found, key=lambda ending: ending.step, default=None)


def _beyond(
    track: Track, margin: np.ndarray, outcome: str, what: str, *, ticks: bool = False
) -> Ending | None:
    """The first sample outside; between samples a margin changes too little to matter.

    `ticks` says that the environment looks at every one of them, too.
    """
    outside = margin < 0.0
    if not outside.any():
        return None
    sample = int(outside.argmax())
    step = track.step_of(sample)
    # Where the environment looks at the end of a step, what came back until then is a close call.
    end = int(track.ends[step])
    deepest = float(margin[sample : end + 1].min())
    close = deepest > -_SLACK if ticks else margin[end] >= 0.0
    doubt = (f"{what} by {-deepest:.4f} m for a moment",) if close else ()
    return Ending(outcome, f"{what} by {-margin[sample]:.3f} m", step, sample, None, doubt)


def _empty(track: Track, battery: np.ndarray) -> Ending | None:
    empty = battery <= _CHARGE_SLACK
    if not empty.any():
        return None
    step = int(empty.argmax())
    close = (f"battery at {battery[step]:.4f}",) if battery[step] > 0.0 else ()
    return Ending(
        Outcome.BATTERY_EMPTY, "the battery ran empty", step, int(track.ends[step]), None, close
    )


def _task(scenario: Scenario, track: Track) -> Ending | None:
    task = scenario.task
    if isinstance(task, NavigateTask):
        usual = TIME_FACTOR * task.geodesic_m / scenario.speed_limit_m_s + TIME_SPARE
        limit = usual if task.finish.time_limit_s is None else task.finish.time_limit_s
        return _sooner(_arrived(task, track), _late(track, limit))
    if isinstance(task, AvoidTask):
        limit = task.distance_m / (task.min_speed_fraction * scenario.speed_limit_m_s)
        return _sooner(_completed(task, track), _late(track, limit))
    return _late(track, task.time_limit_s)


def _sooner(success: Ending | None, late: Ending | None) -> Ending | None:
    """Success wins in the step in which time runs out."""
    if success is None or (late is not None and late.step < success.step):
        return late
    return success


def _late(track: Track, limit: float) -> Ending | None:
    """The first control step that ends at the limit or after it."""
    times = track.step_s * np.arange(1, len(track.ends) + 1)
    over = times >= limit - 1e-9
    if not over.any():
        return None
    step = int(over.argmax())
    reason = f"not done within {limit:.2f} s"
    return Ending(Outcome.TIMEOUT, reason, step, int(track.ends[step]), None, ())


def _arrived(task: NavigateTask, track: Track) -> Ending | None:
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


def _completed(task: AvoidTask, track: Track) -> Ending | None:
    progress = course_progress(task, track)[1:] - task.distance_m
    return _fulfilled(track, progress, f"made {task.distance_m:g} m along the course")


def course_progress(task: AvoidTask, track: Track) -> np.ndarray:
    """Progress along the commanded course at each sample, m."""
    course = np.array([np.cos(task.course_rad), np.sin(task.course_rad)])
    return (track.positions[:, :2] - track.positions[0, :2]) @ course


def _fulfilled(track: Track, surplus: np.ndarray, what: str) -> Ending | None:
    done = surplus >= 0.0
    if not done.any():
        return None
    sample = 1 + int(done.argmax())
    step = track.step_of(sample)
    most = surplus[sample - 1 : int(track.ends[step])].max()
    close = (f"{what} by {most:.4f} m only",) if most < _SLACK else ()
    return Ending(Outcome.SUCCESS, what, step, sample, None, close)


# --- Private: touching something.


def _touched(
    scenario: Scenario, track: Track, measured: Clearances, touch: Touch, battery: np.ndarray
) -> Ending:
    step = track.step_of(touch.sample)
    speed = float(track.speeds[max(touch.sample - 1, 0)])
    met = f"met {touch.what} at {speed:.2f} m/s"
    close = _close_touch(measured, touch)
    if not touch.ground:
        return Ending(Outcome.COLLISION, met, step, touch.sample, touch, close)
    if abs(speed - LANDING_SPEED) < _SPEED_SLACK:
        close = (*close, f"met the ground at {speed:.3f} m/s")
    tilt = float(np.arccos(np.clip(track.axes[touch.sample, 2, 2], -1.0, 1.0)))
    mission = isinstance(scenario.task, MissionTask)
    if mission and abs(tilt - UPRIGHT_ANGLE) < np.radians(0.5):
        close = (*close, f"met the ground at a tilt of {np.degrees(tilt):.2f} degrees")
    if speed >= LANDING_SPEED or (mission and tilt > UPRIGHT_ANGLE):
        return Ending(Outcome.COLLISION, met, step, touch.sample, touch, close)
    if not isinstance(scenario.task, MissionTask):
        return Ending(Outcome.LANDED_AWAY, met, step, touch.sample, touch, close)
    outcome, reason, doubts = _landed(scenario, scenario.task, track, touch, float(battery[step]))
    return Ending(outcome, reason, step, touch.sample, touch, (*close, *doubts))


def _close_touch(measured: Clearances, touch: Touch) -> tuple[str, ...]:
    """A touch by less than TOUCH either way is a matter of how shapes are modelled."""
    what = measured.ground if touch.ground else measured.obstacles
    if touch.sample >= len(what) - 1 - RESOLVED_TICKS:
        return ()
    # The flight went on: had it gone any deeper, the environment would have noticed.
    deepest = float(what[touch.sample :].min())
    return (f"{deepest:.4f} m from {touch.what}",) if deepest > -TOUCH else ()


def _landed(
    scenario: Scenario, task: MissionTask, track: Track, touch: Touch, battery: float
) -> tuple[Outcome, str, tuple[str, ...]]:
    """On the ground, gently and upright: was it the pad, is the reserve intact, is the mission fulfilled?"""
    away = float(np.linalg.norm(track.positions[touch.sample, :2] - np.array(task.home_m)[:2]))
    reserve = scenario.battery.reserve_fraction
    doubts = []
    if abs(away - PAD_RADIUS) < 10 * _SLACK:
        doubts.append(f"landed {away:.4f} m from the pad's centre")
    if abs(battery - reserve) < _CHARGE_SLACK:
        doubts.append(f"landed with {battery:.4f} of the charge")
    missed = missed_sites(task, judge_sites(scenario, track, track.step_of(touch.sample)))
    if away > PAD_RADIUS:
        return Outcome.LANDED_AWAY, f"landed {away:.2f} m from the pad's centre", tuple(doubts)
    if battery < reserve:
        reason = f"landed with {battery:.3f} of the charge, {reserve:g} were to be kept"
        return Outcome.RESERVE_VIOLATED, reason, tuple(doubts)
    if missed:
        names = ", ".join(map(str, missed))
        return Outcome.MISSION_INCOMPLETE, f"mandatory sites not served: {names}", tuple(doubts)
    return Outcome.SUCCESS, "landed on the pad, every mandatory site served", tuple(doubts)


def missed_sites(task: MissionTask, reports: tuple[SiteReport, ...]) -> list[int]:
    """Mandatory sites that were not served."""
    return [
        index
        for index, (site, report) in enumerate(zip(task.sites, reports, strict=True))
        if site.mandatory and not report.served
    ]
