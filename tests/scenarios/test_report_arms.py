"""Arms with several trainings, published verdicts and real places in a report."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenarios.arm_statistics import seed_pair_difference
from scenarios.compute import Compute
from scenarios.plan import Entry
from scenarios.report import Report, compile_report
from scenarios.report.page import report_markdown, write_report
from scenarios.report.pairs import pairs_of
from scenarios.report.tables import report_table
from scenarios.statistics import holm, wilson
from scenarios.suite import Suite
from tests.scenarios.rows import made_up_row

WORLDS = 60
ARMS = ("c#0", "c#1", "c#2", "a#0", "a#1", "a#2", "classical")
COMPUTE: dict[str, Compute] = dict.fromkeys(ARMS, Compute(1, 1, 1.0, 1.0, 1.0))
SUITE = Suite(
    format="suite/1", description="Arms.", first_seed=15_000, worlds=WORLDS,
    tasks={"mission": "town", "go": "forest"}, primary="mission",
)  # fmt: skip
ENTRIES = [Entry("mission", "town", ARMS), Entry("go", "forest", ARMS)]


def report_of(succeeds: Callable[[str, int], bool], **more: Any) -> Report:
    rows = [
        made_up_row(pilot, succeeds(pilot, index), scenario, index, **more)
        for index in range(WORLDS)
        for scenario in ("forest", "town")
        for pilot in ARMS
    ]
    return compile_report(SUITE, ENTRIES, rows, COMPUTE, {})


def mixed(pilot: str, index: int) -> bool:
    """Arm c wins on 48 worlds less its seed, arm a on 30, the classical pilot on 20."""
    won = {"c": 48, "a": 30}.get(pilot[0], 20)
    return index < won - (int(pilot[2]) if "#" in pilot else 0) or (
        pilot == "classical" and index < 20
    )


def test_seeds_meet_seeds_and_a_pilot_without_meets_them_all() -> None:
    assert pairs_of(ARMS, ARMS) == [
        ("c#0", "a#0"), ("c#1", "a#1"), ("c#2", "a#2"),
        ("c#0", "classical"), ("c#1", "classical"), ("c#2", "classical"),
    ]  # fmt: skip
    assert pairs_of(("c#0@head", "a#0@head"), ("c#0", "a#0")) == [("c#0@head", "a#0@head")]
    assert pairs_of(("c#0", "a#5"), ("c#0", "a#5")) == []


def test_the_primary_endpoint_is_the_t_interval_over_seed_pairs() -> None:
    report = report_of(mixed)
    first = report.arms[0]
    assert (first.task, first.first, first.second, first.seeds) == ("mission", "c", "a", (0, 1, 2))
    tables = [
        np.array([[mixed(f"{arm}#{seed}", i) for i in range(WORLDS)] for seed in range(3)])
        for arm in "ca"
    ]
    assert first.seed_interval == seed_pair_difference(*tables)
    assert first.first_success.value == pytest.approx(47 / WORLDS)
    assert first.first_deviation == pytest.approx(1 / WORLDS)
    assert first.verdict == "c: better"
    primary = [pair for pair in report.comparisons if pair.holm_p is None]
    assert [(pair.task, pair.first, pair.second) for pair in primary] == [
        ("mission", f"c#{seed}", f"a#{seed}") for seed in range(3)
    ]
    assert {pair.verdict for pair in primary} == {"see arms over training seeds"}


def test_everything_else_is_one_family_under_holm() -> None:
    report = report_of(mixed)
    explored = [pair for pair in report.comparisons if pair.holm_p is not None]
    assert len(explored) == 9
    values = [pair.mcnemar_p for pair in explored if pair.mcnemar_p is not None]
    assert [pair.holm_p for pair in explored] == holm(values)
    told = {(arms.task, arms.second): arms.verdict for arms in report.arms[1:]}
    assert told["go", "a"] == "of 3 seeds c better on 3, a on 0"
    assert set(told) == {("mission", "classical"), ("go", "a"), ("go", "classical")}
    against = next(arms for arms in report.arms if arms.second == "classical")
    assert against.second_deviation is None


def test_easy_worlds_get_failures_and_no_verdict() -> None:
    report = report_of(lambda pilot, index: index > 0 or pilot[0] != "c")
    assert report.arms[0].verdict == "too easy (3 : 0 failed)"


@pytest.mark.parametrize(
    ("networks", "verdict"),
    [(1, "a: one training only"), (None, "a: one training only"), (0, "c: better")],
)
def test_a_single_training_is_no_sample_of_trainings(networks: int | None, verdict: str) -> None:
    pilots = ("c#0", "c#1", "c#2", "a")
    rows = [
        made_up_row(pilot, mixed(pilot if "#" in pilot else "a#0", index), "town", index)
        for index in range(WORLDS)
        for pilot in pilots
    ]
    costs: dict[str, Compute] = dict.fromkeys(pilots, Compute(1, 1, 1.0, 1.0, 1.0))
    costs["a"] = Compute(networks, None, None, None, None)
    suite = SUITE.model_copy(update={"tasks": {"mission": "town"}})
    report = compile_report(suite, [Entry("mission", "town", pilots)], rows, costs, {})
    assert [arms.verdict for arms in report.arms] == [verdict]


def test_equal_arms_are_equivalent() -> None:
    assert (
        report_of(lambda pilot, index: index % 2 == 0).arms[0].verdict.startswith("c: equivalent")
    )


def test_published_verdicts_stand_beside_ours(tmp_path: Path) -> None:
    rows = [
        made_up_row(
            pilot, index < 30, scenario, index, published=None if index >= 50 else index < 40
        )
        for index in range(WORLDS)
        for scenario in ("forest", "town")
        for pilot in ARMS
    ]
    report = compile_report(SUITE, ENTRIES, rows, COMPUTE, {})
    cell = report.cells[0]
    assert (cell.success, cell.published, cell.published_flights) == (
        wilson(30, 60),
        wilson(40, 50),
        50,
    )
    results, markdown, page = (path.read_text() for path in write_report(report, tmp_path))
    for text in (markdown, page):
        assert "80.0 % [67.0, 88.8] (n = 50)" in text
        assert "published rule" in text
    assert '"published_flights": 50' in results
    assert "published rule [95 %]" in [
        str(column.header) for column in report_table(report)[0].columns
    ]
    assert "published rule" not in report_markdown(report_of(mixed))


def test_real_places_are_listed_by_block_and_their_intervals_are_wider() -> None:
    def won(pilot: str, index: int) -> bool:
        return index // 10 < 4

    rows = [
        made_up_row(
            pilot,
            won(pilot, index),
            scenario,
            index,
            block=f"delft:{index // 10},0" if scenario == "town" else "",
        )
        for index in range(WORLDS)
        for scenario in ("forest", "town")
        for pilot in ARMS
    ]
    report = compile_report(SUITE, ENTRIES, rows, COMPUTE, {})
    town, forest = report.cells[0], next(cell for cell in report.cells if cell.task == "go")
    assert town.blocks == {f"delft:{i},0": (10 if i < 4 else 0, 10) for i in range(6)}
    assert forest.blocks == {}
    assert town.success.value == forest.success.value
    assert town.success.high - town.success.low > 2 * (forest.success.high - forest.success.low)
    assert "| mission | c#0 | delft:5,0 | 0 of 10 |" in report_markdown(report)
    assert "delft" not in report_markdown(report_of(mixed))
