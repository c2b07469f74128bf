"""What a log's result says, held against what the referee found."""

from collections.abc import Iterator

import numpy as np

from scenarios.referee.definitions import REACH
from scenarios.referee.ending import RESOLVED_TICKS, Ending
from scenarios.referee.sites import SiteReport
from scenarios.referee.track import Track
from scenarios.referee.verdict import UNFINISHED, Finding
from sim.record.reader import Flight
from sim.types import FlightResult, Outcome

ENERGY_SHARE, ENERGY_WH = 0.05, 0.02
"""By which the claimed energy may differ from the referee's formula, and as many Wh more."""
_CLEARANCE_M = 0.10
"""By which a claimed least clearance may be too large beyond what passes between two looks."""


def check_claims(
    flight: Flight,
    track: Track,
    ending: Ending,
    sites: tuple[SiteReport, ...],
    energy: np.ndarray,
    prize: float,
    least: float,
) -> Iterator[Finding]:
    """Every claim that does not hold; `energy` (n,) is the referee's up to each sample, Wh."""
    result = flight.result
    if result is None:
        yield Finding("log", f"no result: {flight.damage or 'the log was never closed'}")
        return
    if flight.damage is not None:
        yield Finding("log", flight.damage)
    interrupted = result.outcome is Outcome.INTERRUPTED and ending.outcome == UNFINISHED
    agreed = interrupted or str(result.outcome) == ending.outcome
    if not agreed and not ending.close:
        yield Finding(
            "outcome", f"claims {result.outcome}, found {ending.outcome}: {ending.reason}"
        )
    last = len(track.ends) - 1
    # A touch in the last tick of a step is reported with the next one's first.
    reported = ending.touch is not None and len(track) - 1 - ending.sample <= RESOLVED_TICKS
    if agreed and ending.step < last and not reported and not ending.close:
        yield Finding(
            "duration", f"flown on after {track.time_of_step(ending.step):.2f} s, when it was over"
        )
    if abs(result.duration_s - track.time_of_step(last)) > 1e-6:
        yield Finding(
            "duration", f"claims {result.duration_s:.3f} s, logged {track.time_of_step(last):.3f} s"
        )
    if abs(result.distance_m - track.length) > 1e-3 + 1e-6 * track.length:
        yield Finding("distance", f"claims {result.distance_m:.3f} m, logged {track.length:.3f} m")
    yield from _clearance(result, track, least)
    yield from _energy(flight, result, energy)
    yield from _prize(result, sites, prize, ending)


def _clearance(result: FlightResult, track: Track, least: float) -> Iterator[Finding]:
    """The log's is that of a ball about the centre, looked at when steps end: between looks half a step's way passes."""
    way = float(track.speeds.max(initial=0.0)) * track.step_s / 2
    if min(result.min_clearance_m, REACH) > least + way + _CLEARANCE_M:
        yield Finding("clearance", f"claims {result.min_clearance_m:.3f} m, found {least:.3f} m")


def _energy(flight: Flight, result: FlightResult, energy: np.ndarray) -> Iterator[Finding]:
    """Against the referee's own formula, and against the battery that was observed on the way."""
    found = float(energy[-1])
    if abs(result.energy_wh - found) > ENERGY_WH + ENERGY_SHARE * found:
        yield Finding("energy", f"claims {result.energy_wh:.3f} Wh, found {found:.3f} Wh")
    if any(
        event.name.startswith("fault") and event.detail.get("component") == "battery"
        for event in flight.events
    ):
        return  # A failed battery loses charge that nobody used.
    pack = flight.scenario.battery
    steps = np.arange(len(flight))
    if len(steps) == 0:
        return
    before = np.concatenate([[0], flight.tick_starts[1:-1]])
    observed = pack.capacity_wh * (pack.initial_fraction - flight.ego[:, 11].astype(float))
    allowed = ENERGY_WH + ENERGY_SHARE * energy[before] + 1e-6 * pack.capacity_wh
    wrong = np.flatnonzero((np.abs(observed - energy[before]) > allowed) & (flight.ego[:, 11] > 0))
    if len(wrong):
        step = int(wrong[0])
        yield Finding(
            "energy",
            f"the battery had given {observed[step]:.3f} Wh at step {step}, found {energy[before][step]:.3f} Wh",
        )
    used = observed[-1] + energy[-1] - energy[before][-1]
    if flight.ego[-1, 11] > 0 and abs(used - result.energy_wh) > ENERGY_WH:
        yield Finding("energy", f"claims {result.energy_wh:.3f} Wh, the battery gave {used:.3f} Wh")


def _prize(
    result: FlightResult, sites: tuple[SiteReport, ...], prize: float, ending: Ending
) -> Iterator[Finding]:
    if any(site.close for site in sites) or ending.close:
        return
    if abs(result.prize - prize) > 1e-6:
        yield Finding("prize", f"claims {result.prize:g}, found {prize:g}")
    for name, times in (
        ("site_visited", [site.visited_s for site in sites]),
        ("close_up_done", [site.close_up_s for site in sites]),
    ):
        claimed = {e.detail.get("site"): e.time for e in result.events if e.name == name}
        found = {index: time for index, time in enumerate(times) if time is not None}
        wrong = [
            index
            for index in {*claimed, *found}
            if index not in claimed
            or index not in found
            or abs(claimed[index] - found[index]) > 1e-6
        ]
        if wrong:
            yield Finding("events", f"{name}: claims {claimed}, found {found}")
