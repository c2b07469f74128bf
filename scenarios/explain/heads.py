"""What each head said where a step was decided, in words and numbers: the log's own, nothing computed anew."""

import math

import numpy as np

from scenarios.explain.blame import energy_left_wh
from scenarios.explain.section import Section
from sim.record.lattice_view import Lattice, read_lattice
from sim.record.phases import WAY_GIVEN, is_scripted
from sim.record.reader import Flight as Log
from sim.record.words import choice_words, event_words, spaced
from sim.task_spec import MissionTask
from sim.types import EGO_FIELDS, HOME, MAX_SPEED, MAX_YAW_RATE, VELOCITY, Decision

_SHOWN = 3
"""Candidates and choices that are told."""
_BATTERY = EGO_FIELDS.index("battery")
_NO_HEAD = "the log holds no answer of such a head"


def heads_at(log: Log, step: int, because: str = "") -> Section:
    """Navigation, avoidance, veto, mission, command: one row each; `because` says why it is this step that is looked at."""
    decision, lattice = log.decisions[step], read_lattice(log)
    rows = [("doing", _doing(log, step))]
    if lattice is None or (decision.survival is None and decision.navigation is None):
        rows.append(("navigation, avoidance", _unsaid(log, decision)))
    else:
        limit = log.scenario.speed_limit_m_s
        rows += [
            ("navigation, probability", _navigation(decision, lattice, limit)),
            ("avoidance, survival of 2 s", _avoidance(decision, lattice, limit)),
            ("vetoed", vetoes(decision)),
        ]
    if isinstance(log.scenario.task, MissionTask):
        rows += _mission(log, step)
    rows.append(("commanded", _command(log, decision, lattice)))
    when = f"{log.times[step]:.2f} s (step {step}{f', {because}' if because else ''})"
    return Section(f"what was decided at {when}", tuple(rows))


def candidate_words(log: Log, index: int) -> str:
    """A candidate in words; its number where the log names no lattice."""
    lattice = read_lattice(log)
    if index < 0:
        return "none"
    if lattice is None:
        return f"candidate {index}"
    return lattice.words(index, log.scenario.speed_limit_m_s)


def target_words(token: int) -> str:
    """What a leg leads to, in words."""
    return {-1: "no named target", HOME: "home"}.get(token, f"site {token}")


def vetoes(decision: Decision) -> str:
    """How many candidates were vetoed, and between which ratings the threshold lies."""
    survival, fused = decision.survival, decision.fused
    if survival is None or fused is None:
        return "nothing: no survival was rated"
    out = np.isneginf(fused)
    if not out.any():
        return f"none of {len(fused)} candidates: the least survival is {survival.min():.2f}"
    worst, best = float(survival[out].min()), float(survival[out].max())
    why = f"rated {worst:.2f} to {best:.2f}"
    if out.all():
        return f"all {len(fused)}, {why}: the one rated safest flies"
    least = float(survival[~out].min())
    return (
        f"{int(out.sum())} of {len(fused)} candidates, {why}; the least that passed is {least:.2f}"
    )


# --- Private.


def _doing(log: Log, step: int) -> str:
    decision = log.decisions[step]
    speed = float(np.linalg.norm(log.step_bodies[max(step - 1, 0), VELOCITY])) if step else 0.0
    marks = "".join(f"; {event_words(name)}" for name in decision.events)
    target = f", towards {target_words(decision.target)}" if decision.target >= 0 else ""
    return f"{spaced(decision.phase) or 'not said'}{target}, at {speed:.1f} m/s{marks}"


def _unsaid(log: Log, decision: Decision) -> str:
    if is_scripted(decision.phase):
        return "not asked: the last metres are scripted"
    return f"{_NO_HEAD}: {log.metadata.get('pilot', 'its pilot')} decides without"


def _navigation(decision: Decision, lattice: Lattice, limit: float) -> str:
    navigation = decision.navigation
    if navigation is None:
        return WAY_GIVEN.get(decision.phase, _NO_HEAD)
    best = np.argsort(-navigation)[:_SHOWN].tolist()
    told = [f"{np.exp(navigation[i]):.3f} for {lattice.words(i, limit)}" for i in best]
    if decision.chosen >= 0 and decision.chosen not in best:
        share = np.exp(navigation[decision.chosen])
        rank = 1 + int((navigation > navigation[decision.chosen]).sum())
        told.append(f"{share:.3f} for the commanded one, number {rank} of {len(navigation)}")
    return "; ".join(told)


def _avoidance(decision: Decision, lattice: Lattice, limit: float) -> str:
    survival = decision.survival
    if survival is None:
        return _NO_HEAD
    if np.ptp(survival) == 0.0:
        return f"{survival[0]:.2f} for every candidate: flown without an avoidance head"
    # Straight on at full speed: the middle candidate of the fastest level group.
    speeds, elevations, azimuths = lattice.shape
    straight = ((speeds - 1) * elevations + elevations // 2) * azimuths + azimuths // 2
    told = [f"straight on at {limit:g} m/s {survival[straight]:.2f}"]
    if decision.chosen >= 0:
        told.insert(0, f"commanded {survival[decision.chosen]:.2f}")
    safest = int(survival.argmax())
    told.append(f"safest {survival[safest]:.2f} ({lattice.words(safest, limit)})")
    return "; ".join(told)


def _mission(log: Log, step: int) -> list[tuple[str, str]]:
    decision = log.decisions[step]
    logits = next(
        (d.mission for d in reversed(log.decisions[: step + 1]) if d.mission is not None), None
    )
    rows = [("mission", _NO_HEAD if logits is None else _choices(logits, decision.mission_choice))]
    if decision.belief is not None:
        rows.append(("belief", _beliefs(log, decision.belief)))
    left = energy_left_wh(log, step)
    share, reserve = (
        float(log.ego[step, _BATTERY]),
        log.scenario.battery.reserve_fraction,
    )
    rows.append(("battery", f"{share:.0%}, reserve {reserve:.0%}: {left:.2f} Wh above it"))
    return rows


def _choices(logits: np.ndarray, chosen: int) -> str:
    open_ = np.isfinite(logits)
    if not open_.any():
        return "every choice forbidden"
    weights = np.where(open_, np.exp(np.where(open_, logits - logits[open_].max(), 0.0)), 0.0)
    shares = weights / weights.sum()
    order = [i for i in np.argsort(-shares).tolist() if open_[i]][:_SHOWN]
    told = [f"{shares[i]:.2f} for {choice_words(i)} (logit {logits[i]:.2f})" for i in order]
    return f"{'; '.join(told)}; chosen: {choice_words(chosen)}; {int((~open_).sum())} forbidden by rules or battery reserve"


def _beliefs(log: Log, belief: np.ndarray) -> str:
    task = log.scenario.task
    assert isinstance(task, MissionTask)
    tokens = range(1, min(len(task.sites), len(belief) - 1) + 1)
    seen = [t for t in tokens if np.abs(belief[t] - 0.5).max() > 1e-6]
    if not seen:
        return "no panel seen yet"
    return "; ".join(
        f"site {t}: faulty {belief[t, 0]:.2f}, blocked {belief[t, 1]:.2f}" for t in seen
    )


def _command(log: Log, decision: Decision, lattice: Lattice | None) -> str:
    action = decision.action.tolist()
    numbers = ", ".join(f"{value:+.2f}" for value in action)
    which = "" if lattice is None or decision.chosen < 0 else candidate_words(log, decision.chosen)
    told = ""
    if log.action_level == "velocity":
        x, y, z = (value * MAX_SPEED for value in action[:3])
        turn = math.degrees(action[3] * MAX_YAW_RATE)
        told = (
            f": ({x:+.1f}, {y:+.1f}, {z:+.1f}) m/s ahead, left, up; turning {turn:+.0f} degrees/s"
        )
    return f"{which}{'; ' if which else ''}action ({numbers}){told}"
