"""A report's endpoints: which comparison is the primary one, and the verdict of each; what is explored is told under Holm."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from agents.arm_names import arm_of
from scenarios.report.arms import ArmComparison, SeedTest, compare_arms
from scenarios.report.blocks import ONE_BLOCK
from scenarios.report.contents import Cell, Comparison
from scenarios.row import Row
from scenarios.statistics import holm
from scenarios.suite import Suite
from scenarios.verdicts import (
    SATURATED,
    exploratory_verdict,
    primary_verdict,
    saturated_verdict,
    tells_apart,
)


def primary_endpoint(suite: Suite, pilots: Sequence[str]) -> tuple[str, str, str] | None:
    """The one endpoint that is no exploration: the primary task, the first arm against the second, both whole."""
    arms = list(dict.fromkeys(arm_of(pilot)[0] for pilot in pilots))
    if suite.primary is None or len(arms) < 2:
        return None
    return suite.primary, arms[0], arms[1]


def judge_pairs(
    comparisons: Sequence[Comparison],
    cells: Sequence[Cell],
    primary: tuple[str, str, str] | None,
) -> list[Comparison]:
    """The same with verdicts: one primary endpoint, everything else exploratory under Holm."""
    found = {(cell.task, cell.pilot): cell for cell in cells}
    tested = [_endpoint(pair) != primary for pair in comparisons]
    alone = tested.count(False) == 1
    family = [
        p.mcnemar_p
        for p, explores in zip(comparisons, tested, strict=True)
        if explores and p.mcnemar_p is not None
    ]
    adjusted = iter(holm(family))
    judged = []
    for pair, explores in zip(comparisons, tested, strict=True):
        both = [found[pair.task, name] for name in (pair.first, pair.second)]
        holm_p = next(adjusted) if explores and pair.mcnemar_p is not None else None
        if pair.blocks == 1:
            verdict = ONE_BLOCK
        elif min(cell.success.value for cell in both) > SATURATED:
            failures = [round(cell.flights * (1.0 - cell.success.value)) for cell in both]
            verdict = saturated_verdict(*failures)
        elif not explores:
            said = primary_verdict(pair.difference) if alone else "see arms over training seeds"
            verdict = f"{pair.first}: {said}" if alone else said
        else:
            verdict = exploratory_verdict(pair.first, pair.second, pair.difference, holm_p)
        judged.append(replace(pair, holm_p=holm_p, verdict=verdict, primary=not explores))
    return judged


def compare_all_arms(
    judged: Sequence[Comparison],
    every: Mapping[str, Mapping[str, Sequence[Row]]],
    primary: tuple[str, str, str] | None,
    learned: Collection[str],
) -> list[ArmComparison]:
    """Pairs of arms with two training seeds or more, each over all its pairs of pilots."""
    groups: dict[tuple[str, str, str], list[SeedTest]] = {}
    for pair in judged:
        told = not pair.primary and tells_apart(pair.difference, pair.holm_p)
        test = SeedTest(pair.first, pair.second, pair.difference.value, told)
        groups.setdefault(_endpoint(pair), []).append(test)
    found = [
        compare_arms(endpoint[0], every[endpoint[0]], tests, endpoint == primary, learned)
        for endpoint, tests in groups.items()
    ]
    return [arms for arms in found if arms is not None]


# --- Private.


def _endpoint(pair: Comparison) -> tuple[str, str, str]:
    return pair.task, arm_of(pair.first)[0], arm_of(pair.second)[0]
