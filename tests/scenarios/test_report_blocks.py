"""Real places in a report: whatever is said of them, flights of one block count as kin."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from scenarios.arm_statistics import block_ratio
from scenarios.compute import Compute
from scenarios.plan import Entry
from scenarios.report import Cell, Comparison, Report, compile_report
from scenarios.report.blocks import ONE_BLOCK, world_blocks
from scenarios.row import CRASHED, Row
from scenarios.statistics import wilson
from scenarios.suite import Suite
from tests.scenarios.rows import made_up_row

WORLDS, KIN = 60, 12
"""Five blocks of twelve worlds."""
PILOTS = ("first", "second")
SUITE = Suite(
    format="suite/1", description="A place.", first_seed=15_000, worlds=WORLDS, tasks={"go": "town"}
)


def row(pilot: str, index: int, success: bool, **more: Any) -> Row:
    mission = {"prize": 4.0 * success, "prize_optimum": 5.0, "prize_clairvoyant": 8.0}
    place = {"block": f"block {index // KIN}"}
    return made_up_row(pilot, success, "town", index, **mission | place | more)


def report_of(
    succeeds: Callable[[str, int], bool],
    change: Callable[[str, int], dict[str, Any]] = lambda pilot, index: {},
) -> Report:
    rows = [
        row(pilot, index, succeeds(pilot, index), **change(pilot, index))
        for index in range(WORLDS)
        for pilot in PILOTS
    ]
    compute: dict[str, Compute] = dict.fromkeys(PILOTS, Compute(1, 1, 1.0, 1.0, 1.0))
    return compile_report(SUITE, [Entry("go", "town", PILOTS)], rows, compute, {})


def parts(report: Report) -> tuple[Cell, Comparison]:
    return report.cells[0], report.comparisons[0]


def by_block(pilot: str, index: int) -> bool:
    """The first wins whole blocks, four of five, the second two of them."""
    return index // KIN < (4 if pilot == "first" else 2)


def scattered(pilot: str, index: int) -> bool:
    """As many, a like share of every block."""
    return index % KIN < (9 if pilot == "first" else 5)


def generated(pilot: str, index: int) -> dict[str, Any]:
    return {"block": ""}


def width(estimate: Any) -> float:
    return estimate.high - estimate.low


def test_kin_widens_every_interval() -> None:
    (cell, pair), (plain_cell, plain_pair) = (
        parts(report_of(by_block)),
        parts(report_of(by_block, generated)),
    )
    assert cell.success.value == plain_cell.success.value
    assert width(cell.success) > 1.5 * width(plain_cell.success)
    assert width(pair.difference) > 1.5 * width(plain_pair.difference)
    for of_place, of_world in (
        (cell.prize_fraction, plain_cell.prize_fraction),
        (cell.prize_of_bound, plain_cell.prize_of_bound),
        (pair.prize_difference, plain_pair.prize_difference),
    ):
        assert of_place is not None
        assert of_world is not None
        assert of_place.value == pytest.approx(of_world.value)
        assert width(of_place) > 1.5 * width(of_world)


def test_worlds_that_are_no_kin_keep_the_plain_interval() -> None:
    assert parts(report_of(scattered))[0].success == wilson(45, WORLDS)


def test_a_lost_flight_belongs_to_the_block_that_another_pilot_tells() -> None:
    def lost(pilot: str, index: int) -> dict[str, Any]:
        return {"block": "", "outcome": CRASHED} if (pilot, index) == ("first", 59) else {}

    def both(pilot: str, index: int) -> dict[str, Any]:
        return {"block": "", "outcome": CRASHED} if index == 59 else {}

    whole = report_of(by_block).cells[0]
    one = report_of(by_block, lost).cells[0]
    assert (one.blocks, one.success) == (whole.blocks, whole.success)
    # Nobody tells: a block of its own, and all the others keep theirs.
    none = report_of(by_block, both).cells[0]
    assert none.blocks == {**whole.blocks, "block 4": (0, 11), "lost 15059": (0, 1)}
    assert width(none.success) > 1.5 * width(wilson(48, WORLDS))


def test_explored_pairs_are_told_apart_by_the_interval_over_blocks() -> None:
    pair = parts(report_of(by_block))[1]
    assert (pair.mcnemar_p, pair.holm_p, pair.blocks) == (None, None, 5)
    assert (pair.difference.low <= 0.0, pair.verdict) == (True, "undecided")
    pair = parts(report_of(scattered))[1]
    assert (pair.difference.low > 0.0, pair.verdict) == (True, "first better")
    # In generated worlds McNemar's test tells the very same flights apart.
    assert parts(report_of(by_block, generated))[1].verdict == "first better"


def test_nothing_follows_from_one_block() -> None:
    cell, pair = parts(report_of(scattered, lambda pilot, index: {"block": "only"}))
    assert (cell.success.low, cell.success.high) == (0.0, 1.0)
    assert (pair.difference.low, pair.difference.high) == (-1.0, 1.0)
    assert (cell.prize_fraction, pair.prize_difference) == (None, None)
    assert pair.verdict == ONE_BLOCK


def test_generated_worlds_have_no_blocks() -> None:
    assert world_blocks({"first": [row("first", 0, True, block="")]}) is None


def test_the_interval_over_blocks_covers_the_truth(rng: np.random.Generator) -> None:
    """Of many places of six blocks, whose blocks differ by far more than their worlds do."""
    covered = 0
    for _ in range(600):
        rates = rng.beta(2.0, 2.0, size=6)  # Mean 0.5.
        won = rng.random((6, KIN)) < rates[:, None]
        names = [f"{block}" for block in range(6) for _ in range(KIN)]
        interval = block_ratio(won.ravel(), np.ones(6 * KIN), names)
        covered += interval.low <= 0.5 <= interval.high
    assert covered >= 0.92 * 600
