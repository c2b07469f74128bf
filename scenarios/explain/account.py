"""Where a flight's time and energy went, leg by leg, against what the true ways cost."""

from itertools import pairwise

import numpy as np

from scenarios.explain.blame import energy_left_wh
from scenarios.explain.heads import target_words
from scenarios.explain.privileged import Privileged
from scenarios.explain.section import Section
from sim.record.clearances import sample_clearances
from sim.record.reader import Flight as Log
from sim.record.words import spaced
from sim.types import POSITION

_SHORTEST_LEG = 1.0
"""s below which a change of target is dithering, and counted with the leg it interrupts."""
_STILL_RADIUS = 3.0
"""m: staying within them for long is being stuck, or waiting."""
_LONG_STAY = 10.0
"""s: more than any close-up or landing takes."""


def account(log: Log, privileged: Privileged, *, choosing: bool) -> Section:
    """Time by phase, where the drone was stuck, and for missions with a choice of sites every leg."""
    rows = [("time", _phases(log)), ("longest in one place", _stuck(log))]
    if choosing:
        rows += _legs(log, privileged)
    return Section("where time and energy went", tuple(rows))


def point_of_no_return(log: Log, privileged: Privileged) -> int | None:
    """The first step from which the reserve never again covered the true way home and the landing; None if it did at the end.

    For missions with a choice of sites; looked at once a second.
    """
    steps = range(0, len(log), log.scenario.rates.control_hz)
    lost = [privileged.energy_home(step) > energy_left_wh(log, step) for step in steps]
    if not lost or not lost[-1]:
        return None
    covered = [step for step, gone in zip(steps, lost, strict=True) if not gone]
    later = [step for step in steps if not covered or step > covered[-1]]
    return later[0]


def decisive_interval(log: Log, privileged: Privileged, *, choosing: bool) -> tuple[range, str]:
    """The steps in which a flight that did not arrive lost most against the plan, and why these.

    The longest stay, if it was long; else the leg that cost most beyond its true way; without legs the longest stay.
    """
    begun, length = longest_stay(log)
    stay = range(begun, min(begun + length, len(log)))
    if length >= _LONG_STAY * log.scenario.rates.control_hz or not choosing:
        return stay, "the longest stay in one place"
    excess = {
        (first, end): _spent(log, first, end) - privileged.energy_to(first, target)
        for first, end in legs(log)
        if (target := log.decisions[first].target) >= 0
    }
    if not excess:
        return stay, "the longest stay in one place"
    first, end = max(excess, key=lambda leg: excess[leg])
    return range(
        first, end
    ), f"the leg that took {excess[first, end]:.2f} Wh more than its true way"


def longest_stay(log: Log) -> tuple[int, int]:
    """First step and number of steps of the longest stay within `_STILL_RADIUS` of where it began."""
    places, hz = log.step_bodies[:, :2], log.scenario.rates.control_hz
    longest, begun = 0, 0
    for start in range(0, len(log), hz):
        away = np.linalg.norm(places[start:] - places[start], axis=1) > _STILL_RADIUS
        length = int(away.argmax()) if away.any() else len(away)
        if length > longest:
            longest, begun = length, start
    return begun, longest


def closest_call(log: Log) -> tuple[int, float]:
    """Step and clearance, m, of the least distance from hull to obstacle at the start and after any step of a log."""
    clearances = sample_clearances(log)
    sample = int(clearances.argmin())
    return max(sample - 1, 0), float(clearances[sample])


# --- Private.


def _phases(log: Log) -> str:
    names = [decision.phase or "not said" for decision in log.decisions]
    hz = log.scenario.rates.control_hz
    counts = sorted({name: names.count(name) for name in names}.items(), key=lambda n: -n[1])
    return ", ".join(f"{spaced(name)} {count / hz:.1f} s" for name, count in counts)


def _stuck(log: Log) -> str:
    hz, (begun, longest) = log.scenario.rates.control_hz, longest_stay(log)
    x, y = log.step_bodies[begun, :2].tolist()
    return f"{longest / hz:.1f} s within {_STILL_RADIUS:g} m of ({x:.1f}, {y:.1f}) m, from {begun / hz:.1f} s"


def _legs(log: Log, privileged: Privileged) -> list[tuple[str, str]]:
    hz = log.scenario.rates.control_hz
    return [
        (f"{first / hz:.0f} to {end / hz:.0f} s", _leg(log, privileged, first, end))
        for first, end in legs(log)
    ]


def legs(log: Log) -> list[tuple[int, int]]:
    """Steps of the flight by target: [first, end) of each."""
    targets = [decision.target for decision in log.decisions]
    changes = [i for i in range(1, len(targets)) if targets[i] != targets[i - 1]]
    shortest = round(_SHORTEST_LEG * log.scenario.rates.control_hz)
    starts = [0]
    for change, following in pairwise([*changes, len(targets)]):
        if following - change >= shortest and targets[change] != targets[starts[-1]]:
            starts.append(change)
    return list(pairwise([*starts, len(targets)]))


def _spent(log: Log, first: int, end: int) -> float:
    """Wh of the steps [first, end), as the drone measured them."""
    return energy_left_wh(log, first) - energy_left_wh(log, min(end, len(log) - 1))


def _leg(log: Log, privileged: Privileged, first: int, end: int) -> str:
    target = log.decisions[min(first, len(log) - 1)].target
    spent = _spent(log, first, end)
    path = log.step_bodies[first:end, POSITION]
    flown = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    words = f"to {target_words(target)}: {flown:.0f} m, {spent:.2f} Wh"
    if target < 0:
        return words
    way = privileged.way_to(first, target)
    plan = privileged.energy_to(first, target)
    return f"{words}; the true way is {way:.0f} m and {plan:.2f} Wh"
