"""A report's comparison of arms over their training seeds: seed against seed of the same number, on the same worlds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.arm_names import arm_of
from scenarios.arm_statistics import (
    hierarchical_difference,
    hierarchical_mean,
    seed_deviation,
    seed_pair_difference,
)
from scenarios.report.blocks import ONE_BLOCK, over_blocks, wider, world_blocks
from scenarios.row import Row
from scenarios.statistics import Estimate
from scenarios.verdicts import SATURATED, primary_verdict, saturated_verdict

ONE_TRAINING = "one training only"
"""The verdict where one of two learned arms has a single training, however many the other has."""
Table = np.ndarray
"""Truth values, one line a training seed, one column a world."""


@dataclass(frozen=True)
class SeedTest:
    """One pair of pilots of the same training seed: what Holm and McNemar said of it."""

    first: str
    second: str
    difference: float
    told: bool
    """Whether the two are told apart; never in the primary endpoint, which these tests are no part of."""


@dataclass(frozen=True)
class ArmComparison:
    """One arm against another on one task, over pairs of training seeds."""

    task: str
    first: str
    second: str
    seeds: tuple[int, ...]
    first_success: Estimate  # mean over seeds and worlds, bootstrap over both
    second_success: Estimate
    first_deviation: (
        float | None
    )  # of success over training seeds; None for an arm that has only one
    second_deviation: float | None
    seed_interval: Estimate  # first minus second, paired t over seeds; in real places no narrower than the next
    world_interval: Estimate  # the same, bootstrap over seeds and worlds
    verdict: str


def compare_arms(
    task: str,
    flown: Mapping[str, Sequence[Row]],
    tests: Sequence[SeedTest],
    primary: bool,
    learned: Collection[str],
) -> ArmComparison | None:
    """The arms that these pairs belong to; None with fewer than two training seeds.

    Args:
        task: What was flown.
        flown: Rows of every pilot, in the worlds' order.
        tests: Every pair of the two arms.
        primary: Whether this is the endpoint judged by its interval.
        learned: Pilots with networks: of those another training would have come out otherwise.
    """
    pairs = [(test.first, test.second) for test in tests]
    seeds = sorted({_seed(*pair) for pair in pairs} - {None}, key=lambda seed: seed or 0)
    if len(seeds) < 2 or len(seeds) != len(pairs):
        return None
    (first, second), names = (arm_of(name)[0] for name in pairs[0]), list(zip(*pairs, strict=True))
    tables = [np.array([[row.success for row in flown[name]] for name in side]) for side in names]
    blocks = world_blocks(flown)
    limits = (-1.0, 1.0)
    more = tables[0].astype(np.float64) - tables[1].astype(np.float64)
    world_interval = over_blocks(
        hierarchical_difference(tables[0], tables[1], blocks), more.mean(axis=0), blocks, limits
    )
    seed_interval = seed_pair_difference(tables[0], tables[1])
    if blocks is not None:
        seed_interval = wider(seed_interval, world_interval)
    lone = [side[0] for side in names if len(set(side)) == 1 and side[0] in learned]
    return ArmComparison(
        task=task,
        first=first,
        second=second,
        seeds=tuple(seed for seed in seeds if seed is not None),
        first_success=arm_success(tables[0][: len(set(names[0]))], blocks),
        second_success=arm_success(tables[1][: len(set(names[1]))], blocks),
        first_deviation=_deviation(tables[0], names[0]),
        second_deviation=_deviation(tables[1], names[1]),
        seed_interval=seed_interval,
        world_interval=world_interval,
        verdict=ONE_BLOCK
        if blocks is not None and len(set(blocks)) < 2
        else _verdict(first, second, tables, tests, seed_interval if primary else None, lone),
    )


def arm_success(table: Table, blocks: Sequence[str] | None) -> Estimate:
    """An arm's mean success over its trainings and worlds, bootstrap over both; in real places as wide as blocks ask for."""
    return over_blocks(hierarchical_mean(table, blocks), table.mean(axis=0), blocks, (0.0, 1.0))


# --- Private.


def _seed(first: str, second: str) -> int | None:
    """The training seed of a pair; an arm with only one flies against every seed of the other."""
    seeds = [arm_of(name)[1] for name in (first, second)]
    return seeds[0] if seeds[0] is not None else seeds[1]


def _deviation(table: Table, names: Sequence[str]) -> float | None:
    return seed_deviation(table) if len(set(names)) > 1 else None


def _verdict(
    first: str,
    second: str,
    tables: Sequence[Table],
    tests: Sequence[SeedTest],
    primary: Estimate | None,
    lone: Sequence[str],
) -> str:
    if min(table.mean() for table in tables) > SATURATED:
        return saturated_verdict(*(int((~table).sum()) for table in tables))
    if primary is not None and lone:
        # Its one line of successes stands against every seed: no interval over seeds knows its own spread.
        return f"{lone[0]}: {ONE_TRAINING}"
    if primary is not None:
        return f"{first}: {primary_verdict(primary)}"
    told = [test for test in tests if test.told]
    better = sum(test.difference > 0 for test in told)
    return f"of {len(tests)} seeds {first} better on {better}, {second} on {len(told) - better}"
