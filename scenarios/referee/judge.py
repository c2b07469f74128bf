"""A flight's verdict, from its log and its scenario alone."""

import math
from pathlib import Path

import numpy as np

from scenarios.referee.audit import audit
from scenarios.referee.claims import BATTERY, check_claims
from scenarios.referee.contact import Clearances, clearances, nothing_near
from scenarios.referee.ending import judge_endings
from scenarios.referee.energy import energy_used
from scenarios.referee.events import Ending
from scenarios.referee.fields import check_known
from scenarios.referee.forces import forces_of
from scenarios.referee.fulfilment import course_progress
from scenarios.referee.sites import judge_sites, prize_of
from scenarios.referee.track import Track, track_of
from scenarios.referee.verdict import UNFINISHED, Finding, Permitted, Verdict
from sim.physics.vehicle import load_vehicle
from sim.record.reader import Flight, read_flight
from sim.scenario import Scenario
from sim.task_spec import AvoidTask
from sim.types import Outcome


def judge_log(path: str | Path, expected: Scenario | None = None) -> Verdict:
    """Read a log and judge it; a file that is no flight log is a ValueError that names it."""
    return judge(read_flight(path), expected)


def judge(flight: Flight, expected: Scenario | None = None) -> Verdict:
    """Judge a flight; `expected` is the scenario that was to be flown, where somebody else than the log knows it."""
    if flight.part is not None:
        raise ValueError(f"{flight.path} cannot be judged: it holds {flight.part}")
    check_known(flight.scenario)
    swapped = _scenario_findings(flight, expected)
    track = track_of(flight)
    broken = np.flatnonzero(track.broken)
    if len(broken) or len(flight) == 0:
        return _unjudged(flight, track, swapped, int(broken[0]) if len(broken) else None)
    return _judge(flight, track, swapped)


def _judge(flight: Flight, track: Track, findings: list[Finding]) -> Verdict:
    scenario = flight.scenario
    vehicle = load_vehicle(scenario.vehicle)
    measured = clearances(scenario, vehicle, track)
    forces = forces_of(scenario, vehicle, track)
    energy = energy_used(vehicle, track, forces)
    battery = battery_after_steps(flight, energy)
    endings = judge_endings(scenario, track, measured, battery, _failsafe(flight))
    findings = [
        *findings,
        *audit(flight, vehicle, track, forces),
        *check_claims(flight, track, endings, energy, measured.least),
    ]
    return _verdict(flight, track, measured, endings, float(energy[endings[0].sample]), findings)


def battery_after_steps(flight: Flight, energy_wh: np.ndarray) -> np.ndarray:
    """Fraction of the charge left after each step: as observed, the last step by the referee's formula.

    Observations also know what a failed battery lost; `claims.py` holds them against the formula.
    """
    capacity = flight.scenario.battery.capacity_wh
    last = energy_wh[flight.tick_starts[-1]] - energy_wh[flight.tick_starts[-2]]
    observed = flight.ego[:, BATTERY].astype(float)
    return np.append(observed[1:], max(observed[-1] - last / capacity, 0.0))


def _verdict(
    flight: Flight,
    track: Track,
    measured: Clearances,
    endings: tuple[Ending, ...],
    energy: float,
    findings: list[Finding],
) -> Verdict:
    ending = endings[0]
    sites = judge_sites(flight.scenario, track, ending.step)
    x, y, z = track.positions[ending.sample].tolist()
    doubts = [doubt for each in endings for doubt in each.close]
    doubts += [f"site {i}" for i, site in enumerate(sites) if site.close]
    return Verdict(
        outcome=str(ending.outcome),
        claimed=_claimed(flight),
        reason=ending.reason,
        time_s=float(track.times[ending.sample]),
        position_m=(x, y, z),
        touched=None if ending.touch is None else ending.touch.what,
        least_clearance_m=None if nothing_near(measured.least) else measured.least,
        prize=prize_of(sites),
        energy_wh=energy,
        mean_speed_m_s=_mean_speed(flight.scenario, track, ending.sample),
        close_calls=tuple(dict.fromkeys(doubts)),
        findings=tuple(findings),
        permitted=tuple(_permitted(flight.scenario, track, each) for each in endings),
    )


def _permitted(scenario: Scenario, track: Track, ending: Ending) -> Permitted:
    return Permitted(
        outcome=str(ending.outcome),
        reason=ending.reason,
        from_s=track.time_of_step(ending.step),
        until_s=track.time_of_step(track.step_of(ending.latest)),
        prize=prize_of(judge_sites(scenario, track, ending.step)),
    )


def _failsafe(flight: Flight) -> float:
    """From when on the safety layer was bringing the drone down, s, by the log's events; inf for never."""
    began = [e.time for e in flight.events if e.name in ("failsafe_return", "failsafe_land")]
    return min(began, default=math.inf)


def _mean_speed(scenario: Scenario, track: Track, sample: int) -> float:
    time = track.tick_s * max(sample, 1)
    if isinstance(scenario.task, AvoidTask):
        return float(course_progress(scenario.task, track)[sample]) / time
    return (
        float(np.linalg.norm(np.diff(track.positions[: sample + 1], axis=0), axis=1).sum()) / time
    )


def _claimed(flight: Flight) -> str | None:
    return None if flight.result is None else str(flight.result.outcome)


def _unjudged(flight: Flight, track: Track, findings: list[Finding], broken: int | None) -> Verdict:
    """A log without a step, or one that reaches a state that cannot be."""
    sample = 0 if broken is None else broken
    outcome = UNFINISHED if broken is None else str(Outcome.DIVERGED)
    reason = "the log holds no step" if broken is None else "a number that cannot be"
    claimed = _claimed(flight)
    if claimed != outcome:
        findings = [*findings, Finding("outcome", f"claims {claimed}, found {outcome}: {reason}")]
    x, y, z = np.nan_to_num(track.positions[max(sample - 1, 0)]).tolist()
    return Verdict(
        outcome=outcome, claimed=claimed, reason=reason, time_s=float(track.times[sample]),
        position_m=(x, y, z), touched=None, least_clearance_m=None, prize=0.0, energy_wh=0.0,
        mean_speed_m_s=0.0, close_calls=(), findings=tuple(findings),
    )  # fmt: skip


def _scenario_findings(flight: Flight, expected: Scenario | None) -> list[Finding]:
    """Whether the log's scenario is the one that was to be flown, field by field."""
    if expected is None or expected == flight.scenario:
        return []
    logged, wanted = flight.scenario.model_dump(), expected.model_dump()
    fields = sorted(name for name in wanted if logged.get(name) != wanted[name])
    return [Finding("scenario", f"not the scenario that was to be flown: {', '.join(fields)}")]
