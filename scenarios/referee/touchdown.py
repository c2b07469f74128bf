"""Touching something: a collision, a landing, and what either may have been where that is in doubt."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from scenarios.referee.contact import Clearances, Touch
from scenarios.referee.definitions import LANDING_SPEED, PAD_RADIUS, TOUCH, UPRIGHT_ANGLE
from scenarios.referee.events import CHARGE_SLACK, SLACK, Ending, Event, Spell, spells
from scenarios.referee.sites import SiteReport, judge_sites, servable
from scenarios.referee.track import Track
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.types import Outcome

RESOLVED_TICKS = 2
"""Ticks after a touch within which the environment ends the flight."""
_SPEED_SLACK = 0.05
"""m/s; the last sample before the ground is met may be one tick later or earlier."""
_TILT_SLACK = float(np.radians(0.5))


def touch_events(
    scenario: Scenario,
    track: Track,
    measured: Clearances,
    battery: np.ndarray,
    landing: np.ndarray,
) -> Iterator[Event]:
    """Every touch up to the first certain one, of obstacles and of the ground.

    A touch by less than TOUCH either way that the flight went on after is in doubt: a matter of how shapes are
    modelled. Had it gone any deeper, the environment would have noticed.
    """
    for ground, gap in ((False, measured.obstacles), (True, measured.ground)):
        for spell in spells(track, gap < TOUCH, gap <= -TOUCH):
            sample = _met(gap, spell)
            what = "the ground" if ground else measured.name(sample)
            touch = Touch(sample, float(gap[sample]), ground, what)
            sure = spell.sure or sample >= len(track) - 1 - RESOLVED_TICKS
            deepest = float(gap[spell.first : spell.last + 1].min())
            doubts = () if sure else (f"{deepest:.4f} m from {what}",)
            latest = sample if sure else spell.last
            endings = _touched(scenario, track, touch, latest, battery, landing, doubts)
            # An obstacle near enough by the time the ground is met counts before it.
            order = sample if ground else spell.first
            yield Event((track.step_of(sample), -1, 2 * order + ground), sure, endings)
            if sure:
                break


def missed_sites(task: MissionTask, reports: tuple[SiteReport, ...]) -> list[int]:
    """Mandatory sites that were not served."""
    return [
        index
        for index, (site, report) in enumerate(zip(task.sites, reports, strict=True))
        if site.mandatory and not report.served
    ]


# --- Private.


def _met(gap: np.ndarray, spell: Spell) -> int:
    """Of the samples that one touch lasts, the first inside, else the nearest."""
    lasting = gap[spell.first : spell.last + 1]
    inside = lasting <= 0.0
    return spell.first + int(inside.argmax() if inside.any() else lasting.argmin())


def _touched(
    scenario: Scenario,
    track: Track,
    touch: Touch,
    latest: int,
    battery: np.ndarray,
    landing: np.ndarray,
    close: tuple[str, ...],
) -> tuple[Ending, ...]:
    """What a touch may have been, each outcome once."""
    step = track.step_of(touch.sample)
    speed = float(track.speeds[max(touch.sample - 1, 0)])
    met = f"met {touch.what} at {speed:.2f} m/s"
    if not touch.ground:
        return (Ending(Outcome.COLLISION, met, step, touch.sample, latest, touch, close),)
    mission = isinstance(scenario.task, MissionTask)
    tilt = float(np.arccos(np.clip(track.axes[touch.sample, 2, 2], -1.0, 1.0)))
    fast_close = abs(speed - LANDING_SPEED) < _SPEED_SLACK
    tilt_close = mission and abs(tilt - UPRIGHT_ANGLE) < _TILT_SLACK
    if fast_close:
        close = (*close, f"met the ground at {speed:.3f} m/s")
    if tilt_close:
        close = (*close, f"met the ground at a tilt of {np.degrees(tilt):.2f} degrees")
    found: dict[str, str] = {}
    for fast, tipped in product(
        _either(speed >= LANDING_SPEED, fast_close),
        _either(mission and tilt > UPRIGHT_ANGLE, tilt_close),
    ):
        if fast or tipped:
            found.setdefault(Outcome.COLLISION, met)
        elif landing[touch.sample]:
            found.setdefault(Outcome.FAILSAFE_LANDED, "the safety layer landed it")
        elif not isinstance(scenario.task, MissionTask):
            found.setdefault(Outcome.LANDED_AWAY, met)
        else:
            landed, doubts = _landed(
                scenario, scenario.task, track, touch.sample, float(battery[step])
            )
            found = {**found, **{o: why for o, why in landed.items() if o not in found}}
            close = (*close, *doubts)
    return tuple(
        Ending(outcome, reason, step, touch.sample, latest, touch, tuple(dict.fromkeys(close)))
        for outcome, reason in found.items()
    )


def _landed(
    scenario: Scenario, task: MissionTask, track: Track, sample: int, battery: float
) -> tuple[dict[str, str], tuple[str, ...]]:
    """On the ground, gently and upright: was it the pad, is the reserve intact, is the mission fulfilled?

    Outcomes with their reasons, the likeliest first; and what is in doubt.
    """
    away = float(np.linalg.norm(track.positions[sample, :2] - np.array(task.home_m)[:2]))
    reserve = scenario.battery.reserve_fraction
    reports = judge_sites(scenario, track, track.step_of(sample))
    missed = missed_sites(task, reports)
    open_sites = [
        index
        for index, (site, report) in enumerate(zip(task.sites, reports, strict=True))
        if site.mandatory and report.close and servable(scenario, site)
    ]
    away_close = abs(away - PAD_RADIUS) < 10 * SLACK
    charge_close = abs(battery - reserve) < CHARGE_SLACK
    doubts = [f"site {index}" for index in open_sites]
    if away_close:
        doubts.append(f"landed {away:.4f} m from the pad's centre")
    if charge_close:
        doubts.append(f"landed with {battery:.4f} of the charge")
    lacking = bool(set(missed) - set(open_sites))  # For certain.
    found: dict[str, str] = {}
    for off, low, short in product(
        _either(away > PAD_RADIUS, away_close),
        _either(battery < reserve, charge_close),
        _either(bool(missed), bool(open_sites) and not lacking),
    ):
        if off:
            found.setdefault(Outcome.LANDED_AWAY, f"landed {away:.2f} m from the pad's centre")
        elif low:
            reason = f"landed with {battery:.3f} of the charge, {reserve:g} were to be kept"
            found.setdefault(Outcome.RESERVE_VIOLATED, reason)
        elif short:
            names = ", ".join(map(str, missed or open_sites))
            found.setdefault(Outcome.MISSION_INCOMPLETE, f"mandatory sites not served: {names}")
        else:
            found.setdefault(Outcome.SUCCESS, "landed on the pad, every mandatory site served")
    return found, tuple(doubts)


def _either(value: bool, close: bool) -> tuple[bool, ...]:
    """What a decision may have been; what was measured first."""
    return (value, not value) if close else (value,)
