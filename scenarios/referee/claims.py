"""What a log's result says, held against what the referee found."""

from collections.abc import Iterator

import numpy as np

from scenarios.referee.definitions import REACH
from scenarios.referee.events import Ending
from scenarios.referee.sites import SiteReport, earnable, judge_sites, prize_of
from scenarios.referee.touchdown import RESOLVED_TICKS
from scenarios.referee.track import Track
from scenarios.referee.verdict import UNFINISHED, Finding
from sim.record.reader import Flight
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.types import EGO_FIELDS, FlightResult, Outcome

BATTERY = EGO_FIELDS.index("battery")
"""Column of the observed charge left, of the capacity."""
ENERGY_SHARE, ENERGY_WH = 0.05, 0.02
"""By which the claimed energy may differ from the referee's formula, and as many Wh more."""
_CLEARANCE_M = 0.10
"""By which a claimed least clearance may be too large beyond what passes between two looks."""


def check_claims(
    flight: Flight, track: Track, endings: tuple[Ending, ...], energy: np.ndarray, least: float
) -> Iterator[Finding]:
    """Every claim that does not hold; `energy` (n,) is the referee's up to each sample, Wh.

    Of `endings`, all that doubts permit, the result must be one: outcome, time, and prize.
    """
    result = flight.result
    if result is None:
        yield Finding("log", f"no result: {flight.damage or 'the log was never closed'}")
        return
    if flight.damage is not None:
        yield Finding("log", flight.damage)
    last = len(track.ends) - 1
    agreed = [ending for ending in endings if _same(result, ending)]
    timely = [ending for ending in agreed if _timely(track, ending)]
    if not agreed:
        found = ", or ".join(f"{ending.outcome}: {ending.reason}" for ending in endings)
        yield Finding("outcome", f"claims {result.outcome}, found {found}")
    elif not timely:
        over = track.time_of_step(track.step_of(agreed[-1].latest))
        yield Finding("duration", f"flown on after {over:.2f} s, when it was over")
    if abs(result.duration_s - track.time_of_step(last)) > 1e-6:
        yield Finding(
            "duration", f"claims {result.duration_s:.3f} s, logged {track.time_of_step(last):.3f} s"
        )
    if abs(result.distance_m - track.length) > 1e-3 + 1e-6 * track.length:
        yield Finding("distance", f"claims {result.distance_m:.3f} m, logged {track.length:.3f} m")
    yield from _clearance(result, track, least)
    yield from _energy(flight, result, energy)
    # Any of those that the outcome and its time leave open will do for the prize.
    against = timely or agreed or endings[:1]
    prizes = [list(_prize(flight.scenario, result, track, ending)) for ending in against]
    yield from min(prizes, key=len)


def _same(result: FlightResult, ending: Ending) -> bool:
    if ending.outcome == UNFINISHED:
        return result.outcome is Outcome.INTERRUPTED
    return str(result.outcome) == ending.outcome


def _timely(track: Track, ending: Ending) -> bool:
    """Whether the log ends when the flight did, or may have."""
    last = len(track.ends) - 1
    if ending.step <= last <= track.step_of(ending.latest):
        return True
    # A touch in the last tick of a step is reported with the next one's first.
    return ending.touch is not None and len(track) - 1 - ending.latest <= RESOLVED_TICKS


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
    observed = pack.capacity_wh * (pack.initial_fraction - flight.ego[:, BATTERY].astype(float))
    allowed = ENERGY_WH + ENERGY_SHARE * energy[before] + 1e-6 * pack.capacity_wh
    wrong = np.flatnonzero(
        (np.abs(observed - energy[before]) > allowed) & (flight.ego[:, BATTERY] > 0)
    )
    if len(wrong):
        step = int(wrong[0])
        yield Finding(
            "energy",
            f"the battery had given {observed[step]:.3f} Wh at step {step}, found {energy[before][step]:.3f} Wh",
        )
    used = observed[-1] + energy[-1] - energy[before][-1]
    if flight.ego[-1, BATTERY] > 0 and abs(used - result.energy_wh) > ENERGY_WH:
        yield Finding("energy", f"claims {result.energy_wh:.3f} Wh, the battery gave {used:.3f} Wh")


def _prize(
    scenario: Scenario, result: FlightResult, track: Track, ending: Ending
) -> Iterator[Finding]:
    """Against one ending; a site that is close itself may have brought anything it can bring, at any time."""
    step = min(len(track.ends) - 1, track.step_of(ending.latest))
    sites = judge_sites(scenario, track, step)
    specs = scenario.task.sites if isinstance(scenario.task, MissionTask) else ()
    possible = {0.0}
    for spec, site in zip(specs, sites, strict=True):
        earned = earnable(scenario, spec) if site.close else {site.earned}
        possible = {round(before + more, 9) for before in possible for more in earned}
    if all(abs(result.prize - prize) > 1e-6 for prize in possible):
        yield Finding("prize", f"claims {result.prize:g}, found {prize_of(sites):g}")
    for name, times in (
        ("site_visited", [site.visited_s for site in sites]),
        ("close_up_done", [site.close_up_s for site in sites]),
    ):
        claimed = {e.detail.get("site"): e.time for e in result.events if e.name == name}
        found = {index: time for index, time in enumerate(times) if time is not None}
        sure = {index for index in {*claimed, *found} if not _is_close(sites, index)}
        if any(
            index not in claimed or index not in found or abs(claimed[index] - found[index]) > 1e-6
            for index in sure
        ):
            yield Finding("events", f"{name}: claims {claimed}, found {found}")


def _is_close(sites: tuple[SiteReport, ...], index: object) -> bool:
    return isinstance(index, int) and 0 <= index < len(sites) and sites[index].close
