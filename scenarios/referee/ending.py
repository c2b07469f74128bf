"""How a flight ended: the rules of each task, applied step by step in the order in which they count.

A flight is over with the first control step that touches something, leaves the limits, empties the battery, fulfils
its task or runs out of time; of one step, a touch counts before the limits, and these before the task. What is in doubt
may have ended it or not: judging goes on past it as if it had not happened, up to what ended the flight for certain.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from scenarios.referee.contact import Clearances
from scenarios.referee.events import CHARGE_SLACK, SLACK, Ending, Event, spells
from scenarios.referee.fulfilment import task_events
from scenarios.referee.limits import (
    altitude_margin,
    bounds_margin,
    fence_margin,
    floor_margin,
    no_fly_margin,
)
from scenarios.referee.touchdown import touch_events
from scenarios.referee.track import Track
from scenarios.referee.verdict import UNFINISHED
from sim.scenario import Scenario
from sim.types import Outcome

_BOUNDS, _HIGH, _EMPTY, _FENCES = 1, 2, 3, 4
"""Ranks among the events of one control step; touches come before them, the task after. Of fences, the first crossed."""


def judge_endings(
    scenario: Scenario,
    track: Track,
    measured: Clearances,
    battery: np.ndarray,
    failsafe_s: float = np.inf,
) -> tuple[Ending, ...]:
    """How a flight may have ended: what doubts permit in the order of time, and last what is certain.

    Args:
        scenario: What was to be flown.
        track: What was flown.
        measured: The hull's clearances on the way.
        battery: Fraction left after each control step.
        failsafe_s: From when on, s, a safety layer has been landing the drone: below its least altitude then, and
            safe at best, never a success.
    """
    landing = track.times > failsafe_s
    events = [
        *touch_events(scenario, track, measured, battery, landing),
        *_limits(scenario, track, landing),
        *_empty(track, battery),
        *task_events(scenario, track),
    ]
    found: list[Ending] = []
    for event in sorted(events, key=lambda event: event.rank):
        if event.sure:
            over = int(track.ends[event.rank[0]])
            # What may have come later than this did not.
            before = [replace(e, latest=max(e.sample, min(e.latest, over))) for e in found]
            return (*before, *event.endings)
        found.extend(event.endings)
    last, end = len(track.ends) - 1, len(track) - 1
    reason = "the log ends while the flight goes on"
    return (*found, Ending(UNFINISHED, reason, last, end, end, None, ()))


# --- Private: what ends a flight without a touch.


def _limits(scenario: Scenario, track: Track, landing: np.ndarray) -> Iterator[Event]:
    bounds, high = bounds_margin(scenario, track), altitude_margin(scenario, track)
    fences, zones = fence_margin(scenario, track), no_fly_margin(scenario, track)
    floor = floor_margin(scenario, track, landing)
    ended = np.zeros(len(track), dtype=bool)
    ended[track.ends] = True
    # Where the environment looks at the end of a step, what came back until then is a close call.
    for rank, margin, outcome, what in (
        (_BOUNDS, bounds, Outcome.OUT_OF_BOUNDS, "left the world's bounds"),
        (_HIGH, high, Outcome.ALTITUDE_BREACH, "rose above the altitude limit"),
    ):
        yield from _beyond(track, margin, ended & (margin < 0.0), rank, outcome, what)
    # At fences it looks tick by tick.
    for margin, outcome, what in (
        (fences, Outcome.GEOFENCE_BREACH, "left the geofence"),
        (zones, Outcome.NO_FLY_ZONE, "entered a no-fly zone"),
        (floor, Outcome.ALTITUDE_BREACH, "sank below the least altitude"),
    ):
        yield from _beyond(track, margin, margin <= -SLACK, _FENCES, outcome, what)


def _beyond(
    track: Track, margin: np.ndarray, surely: np.ndarray, rank: int, outcome: str, what: str
) -> Iterator[Event]:
    """Each time outside; between samples a margin changes too little to matter."""
    for spell in spells(track, margin < 0.0, surely):
        sample, step = spell.first, track.step_of(spell.first)
        deepest = -float(margin[sample : spell.last + 1].min())
        close = () if spell.sure else (f"{what} by {deepest:.4f} m for a moment",)
        reason = f"{what} by {-margin[sample]:.3f} m"
        ending = Ending(outcome, reason, step, sample, spell.last, None, close)
        yield Event((step, rank, sample), spell.sure, (ending,))


def _empty(track: Track, battery: np.ndarray) -> Iterator[Event]:
    low = np.zeros(len(track), dtype=bool)
    none = low.copy()
    low[track.ends], none[track.ends] = battery <= CHARGE_SLACK, battery <= 0.0
    for sample in np.flatnonzero(low).tolist():
        step, sure = track.step_of(sample), bool(none[sample])
        close = () if sure else (f"battery at {battery[step]:.4f}",)
        reason = "the battery ran empty"
        ending = Ending(Outcome.BATTERY_EMPTY, reason, step, sample, sample, None, close)
        yield Event((step, _EMPTY, sample), sure, (ending,))
        if sure:
            return
