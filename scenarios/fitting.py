"""Fits the rule that a pilot's networks are fused by: a grid on some choice worlds, the best again on more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from agents.fusion import FusionRule
from agents.way_names import RULE
from scenarios.row import Job, Row
from scenarios.runner import plan_jobs

WEIGHTS = (1.0, 2.0, 4.0)
VETOES = (0.4, 0.55, 0.7)
COURSE_WEIGHTS = (0.5, 1.5, 4.0)
_FUSED = ("tier3-navigation", "tier3-mission")
"""What weight and veto are judged by: navigation and avoidance speak together."""
_BY_COURSE = ("tier3-avoidance",)
"""What the course weight is judged by."""
_FINALISTS = 3
_MORE = 3
"""Finalists fly so many times the worlds of a trial besides."""
LEAST_WORLDS = 1 + _MORE
"""One for the grid, and so many more for the finalists."""

Fly = Callable[[Sequence[Job]], Sequence[Row]]


@dataclass(frozen=True)
class Trial:
    """How one rule did."""

    rule: FusionRule
    tasks: tuple[str, ...]
    flights: int
    successes: int


@dataclass(frozen=True)
class Fitted:
    """The rule that did best, and how all did, in the order they were tried."""

    rule: FusionRule
    trials: tuple[Trial, ...]


def fit_rule(pilot: str, own: FusionRule, seeds: Sequence[int], fly: Fly) -> Fitted:
    """Weight and veto first, on a third of `seeds` the whole grid and on the rest the best three; then the course weight.

    All rules fly identical worlds, both tasks count alike, and of equals the one nearest the grid's beginning wins:
    the smaller weight, then the lower veto.
    """
    few, rest = seeds[: len(seeds) // (1 + _MORE)], seeds[len(seeds) // (1 + _MORE) :]
    grid = [replace(own, weight=w, veto_below=v) for w in WEIGHTS for v in VETOES]
    tried = _tried(pilot, grid, _FUSED, few, fly)
    ranked = sorted(tried, key=lambda trial: -trial.successes)[:_FINALISTS]
    more = _tried(pilot, [trial.rule for trial in ranked], _FUSED, rest, fly)
    finals = [
        replace(a, flights=a.flights + b.flights, successes=a.successes + b.successes)
        for a, b in zip(ranked, more, strict=True)
    ]
    best = _best(finals).rule
    courses = _tried(
        pilot, [replace(best, course_weight=c) for c in COURSE_WEIGHTS], _BY_COURSE, seeds, fly
    )
    others = [trial for trial in tried if trial.rule not in [final.rule for final in finals]]
    return Fitted(_best(courses).rule, (*others, *finals, *courses))


def rule_name(pilot: str, rule: FusionRule) -> str:
    """The pilot flown by a rule, as `compare` takes it."""
    return f"{pilot}@{RULE}{rule.weight:g},{rule.course_weight:g},{rule.veto_below:g}"


# --- Private.


def _tried(
    pilot: str, rules: Sequence[FusionRule], tasks: tuple[str, ...], seeds: Sequence[int], fly: Fly
) -> list[Trial]:
    names = {rule_name(pilot, rule): rule for rule in rules}
    rows = fly(plan_jobs([(task, list(names)) for task in tasks], seeds))
    by_name: Mapping[str, list[Row]] = {
        name: [r for r in rows if r.pilot == name] for name in names
    }
    return [
        Trial(rule, tasks, len(by_name[name]), sum(row.success for row in by_name[name]))
        for name, rule in names.items()
    ]


def _best(trials: Sequence[Trial]) -> Trial:
    return max(trials, key=lambda trial: trial.successes)
