"""Fits the rule that a pilot's networks are fused by: a grid on some choice worlds, the best again on more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from agents.fusion import FusionRule
from agents.way_names import RULE, RULE_NUMBERS
from scenarios.row import Job, Row
from scenarios.runner import plan_jobs

WEIGHTS = (1.0, 2.0, 4.0, 8.0)
VETOES = (0.4, 0.6, 0.8)
COURSE_WEIGHTS = (0.5, 1.5, 4.0)
"""Of the rule on a course; its vetoes are the same as those of the other."""
_FUSED = (
    "tier1-mission",
    "tier2-navigation",
    "tier2-mission",
    "tier3-navigation",
    "tier3-mission",
)
"""What weight and veto are judged by: light woods, where what grazes them is the danger, and thickets, where timidity is."""
_BY_COURSE = ("tier3-avoidance",)
"""What the rule on a course is judged by."""
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
    """Weight and veto by navigation and missions, then those on a course by avoidance.

    Of each the whole grid flies the first quarter of the worlds, and the best three the rest, too. All rules fly identical
    worlds, all tasks count alike, and of equals the one with the smaller weight, then the lower veto wins.
    """
    grid = [replace(own, weight=w, veto_below=v) for w in WEIGHTS for v in VETOES]
    best, tried = _best_of(pilot, grid, _FUSED, seeds, fly)
    on_course = [
        replace(best, course_weight=w, course_veto_below=v) for w in COURSE_WEIGHTS for v in VETOES
    ]
    best, tried_on_course = _best_of(pilot, on_course, _BY_COURSE, seeds, fly)
    return Fitted(best, (*tried, *tried_on_course))


def rule_name(pilot: str, rule: FusionRule) -> str:
    """The pilot flown by a rule, as `compare` takes it."""
    return f"{pilot}@{RULE}{','.join(f'{getattr(rule, name):g}' for name in RULE_NUMBERS)}"


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


def _best_of(
    pilot: str, grid: Sequence[FusionRule], tasks: tuple[str, ...], seeds: Sequence[int], fly: Fly
) -> tuple[FusionRule, list[Trial]]:
    """The best rule of a grid, and how all of them did, finalists last."""
    few = len(seeds) // (1 + _MORE)
    first = _tried(pilot, grid, tasks, seeds[:few], fly)
    # Sorting is stable, and `max` takes the first: of equals, the one that stands first in the grid.
    ranked = sorted(first, key=lambda trial: -trial.successes)
    more = _tried(pilot, [trial.rule for trial in ranked[:_FINALISTS]], tasks, seeds[few:], fly)
    finals = [
        replace(a, flights=a.flights + b.flights, successes=a.successes + b.successes)
        for a, b in zip(ranked, more, strict=False)
    ]
    best = max(finals, key=lambda trial: (trial.successes, -grid.index(trial.rule)))
    return best.rule, [*ranked[_FINALISTS:], *finals]
