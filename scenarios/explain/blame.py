"""Which head erred: each head's answer at a step held against the truth there.

A head errs only where its own answer made the command wrong:

- **avoidance**: it let a candidate pass, which was then commanded, that hits something within 2 s if flown on, though
  another candidate survives; or, where the flight failed by not arriving, it vetoed a surviving candidate that the
  free way prefers to the commanded one by `LOSING_NATS`.
- **navigation**: of the candidates that avoidance let pass, it liked the commanded one at least as well as the one that
  the free way prefers, which is better by `LOSING_NATS`.
- **mission**: it chose a site from which, by the true ways, the energy above the reserve does not reach home; or it chose
  to return or land while the teacher would still have served a mandatory site.

Flown without avoidance (`@head` in navigation tasks), everything is rated alike: no head is there to blame.
Scripted phases ask no head, and detours set navigation a goal of their own: neither can be blamed on a head. No error found
means that the commands were sound as far as the reduced model goes: what is left is delay, noise, wind, faults and the
drone's answer to its commands.
"""

from dataclasses import dataclass

import numpy as np

from scenarios.explain.odds import odds_words
from scenarios.explain.privileged import Privileged, Truth
from sim.record.reader import Flight as Log
from sim.task_spec import MissionTask
from sim.types import EGO_FIELDS, HOME, LAND, MAX_TOKENS, SITE_FIELDS, Decision

LOSING_NATS = 3.0
"""Log-odds by which the navigation label must prefer another candidate: 20 to 1, about a metre of way in 1.5 s."""
HEADS = ("avoidance", "navigation", "mission")
"""In the order in which they are named where two err in one step."""
_BATTERY = EGO_FIELDS.index("battery")
_MANDATORY, _VISITED = SITE_FIELDS.index("mandatory"), SITE_FIELDS.index("visited")


@dataclass(frozen=True)
class HeadError:
    """One head's error at one step."""

    head: str
    step: int
    words: str


def errors_at(
    log: Log, step: int, truth: Truth, privileged: Privileged, *, arrives: bool
) -> list[HeadError]:
    """What the heads did wrong at a step; `arrives` is whether the flight failed otherwise than by not arriving."""
    decision = log.decisions[step]
    found = {
        "avoidance": _hits(decision, truth) or ("" if arrives else _false_alarm(decision, truth)),
        "navigation": _loses(decision, truth),
        "mission": _overreaches(log, step, truth, privileged),
    }
    return [HeadError(head, step, found[head]) for head in HEADS if found[head]]


def energy_left_wh(log: Log, step: int) -> float:
    """Wh above the reserve where a step was decided, as the drone measured it."""
    pack = log.scenario.battery
    return (float(log.ego[step, _BATTERY]) - pack.reserve_fraction) * pack.capacity_wh


def _passed(decision: Decision) -> np.ndarray:
    """Candidates that were not vetoed."""
    assert decision.fused is not None
    return ~np.isneginf(decision.fused)


def _hits(decision: Decision, truth: Truth) -> str:
    survival, chosen = decision.survival, decision.chosen
    if survival is None or decision.fused is None or chosen < 0:
        return ""
    if np.ptp(survival) == 0.0:  # Flown without an avoidance head: everything was let pass.
        return ""
    lets_pass = bool(_passed(decision)[chosen])
    if not lets_pass or truth.clearance[chosen] > 0.0 or not truth.survives.any():
        return ""
    return (
        f"rated the commanded candidate's survival {survival[chosen]:.2f}; flown on it hits within 2 s, "
        f"while {int(truth.survives.sum())} of {len(survival)} candidates survive"
    )


def _false_alarm(decision: Decision, truth: Truth) -> str:
    survival, chosen = decision.survival, decision.chosen
    if survival is None or decision.fused is None or chosen < 0:
        return ""
    best = int(np.where(truth.survives, truth.preference, -np.inf).argmax())
    gap = float(truth.preference[best] - truth.preference[chosen])
    if not truth.survives[best] or _passed(decision)[best] or gap <= LOSING_NATS:
        return ""
    return (
        f"vetoed a candidate that survives (rated {survival[best]:.2f}) and that the free way prefers "
        f"to the commanded one by {odds_words(gap)}"
    )


def _loses(decision: Decision, truth: Truth) -> str:
    navigation, chosen = decision.navigation, decision.chosen
    if navigation is None or decision.fused is None or chosen < 0 or decision.phase == "detour":
        return ""
    passed = _passed(decision)
    if not passed.any():
        return ""
    best = int(np.where(passed, truth.preference, -np.inf).argmax())
    gap = float(truth.preference[best] - truth.preference[chosen])
    if gap <= LOSING_NATS or navigation[best] > navigation[chosen]:
        return ""
    return (
        f"gave the commanded candidate {np.exp(navigation[chosen]):.3f} and the one that the free way prefers by "
        f"{odds_words(gap)} only {np.exp(navigation[best]):.3f}"
    )


def _overreaches(log: Log, step: int, truth: Truth, privileged: Privileged) -> str:
    decision = log.decisions[step]
    task, choice = log.scenario.task, decision.mission_choice
    if not isinstance(task, MissionTask) or not decision.asked or not truth.best.any():
        return ""
    if 0 < choice <= len(task.sites) and not task.ordered:
        need, left = privileged.energy_via(step, choice), energy_left_wh(log, step)
        if need > left:
            return f"chose site {choice}, which with the way home takes {need:.2f} Wh of {left:.2f} Wh above the reserve"
    sites = log.sites[step]
    duties = (sites[:, _MANDATORY] > 0.5) & (sites[:, _VISITED] < 0.5)
    owed = np.flatnonzero(duties & truth.best[:MAX_TOKENS])
    if choice in (HOME, LAND) and len(owed):
        return (
            f"chose to {'land' if choice == LAND else 'return'} with mandatory site {owed[0]} "
            "unvisited and, by the true ways, within reach"
        )
    return ""
