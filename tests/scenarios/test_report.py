"""A report counts every flight once, compares pair by pair, and says the same in JSON, Markdown and figure."""

import json
from pathlib import Path

import pytest
from matplotlib.image import imread

from scenarios.compute import Compute
from scenarios.report import Report, compile_report, report_markdown, report_table, write_report
from scenarios.runner import CRASHED, Row
from scenarios.statistics import wilson
from scenarios.suite import Suite

SUITE = Suite(
    format="suite/1",
    description="Two tasks.",
    first_seed=15_000,
    worlds=6,
    tasks={"go": "forest", "look": "town"},
)
COMPUTE = {"shared": Compute(1, 600_000, 3e7, 0.9, 1.2), "blind": Compute(0, 0, 0.0, 0.0, 0.0)}
SUCCESSES = {
    "shared": (True, True, True, True, False, False),
    "blind": (True, False, False, False, True, False),
}


def row(pilot: str, scenario: str, index: int, **changes: object) -> Row:
    success = SUCCESSES[pilot][index]
    values: dict[str, object] = {
        "pilot": pilot,
        "scenario": scenario,
        "seed": 15_000 + index,
        "outcome": "success" if success else "collision",
        "success": success,
        "duration_s": 10.0,
        "distance_m": 40.0,
        "min_clearance_m": 0.5,
        "energy_wh": 1.0,
        "prize": 4.0 if success else 2.0,
        "prize_optimum": 8.0 if scenario == "town" else None,
        "world": f"{scenario}-{index}",
        "wall_s": 1.0,
        **changes,
    }
    return Row(**values)  # pyright: ignore[reportArgumentType] - mixed values of known keys.


def all_rows() -> list[Row]:
    return [
        row(pilot, scenario, index)
        for index in range(6)
        for scenario in ("forest", "town")
        for pilot in SUCCESSES
    ]


@pytest.fixture
def report() -> Report:
    return compile_report(SUITE, all_rows(), COMPUTE, {"code": "abc"})


def test_cells_count_every_flight_with_its_wilson_interval(report: Report) -> None:
    assert [(cell.task, cell.pilot) for cell in report.cells] == [
        ("go", "shared"), ("go", "blind"), ("look", "shared"), ("look", "blind"),
    ]  # fmt: skip
    cell = report.cells[0]
    assert cell.success == wilson(4, 6)
    assert cell.outcomes == {"collision": 2, "success": 4}
    assert sum(cell.outcomes.values()) == cell.flights == 6


def test_pairs_are_matched_by_world_whatever_the_order_of_rows(report: Report) -> None:
    pair = report.comparisons[0]
    assert (pair.first, pair.second, pair.first_only, pair.second_only) == ("shared", "blind", 3, 1)
    assert pair.difference.value == pytest.approx(2 / 6)
    assert compile_report(SUITE, all_rows()[::-1], COMPUTE, {"code": "abc"}) == report


def test_prizes_are_fractions_of_the_optimum_and_only_in_missions(report: Report) -> None:
    navigation, mission = report.cells[0], report.cells[2]
    assert navigation.prize_fraction is None
    assert mission.prize_fraction is not None
    assert mission.prize_fraction.value == pytest.approx((4 * 4 + 2 * 2) / 6 / 8)
    difference = report.comparisons[1].prize_difference
    assert difference is not None
    assert difference.value == pytest.approx(2 * (4 - 2) / 6 / 8)


def test_a_crashed_flight_is_a_failure_and_is_listed() -> None:
    rows = [
        row("shared", r.scenario, 0, outcome=CRASHED, success=False, world="", prize_optimum=None)
        if (r.pilot, r.seed) == ("shared", 15_000)
        else r
        for r in all_rows()
    ]
    report = compile_report(SUITE, rows, COMPUTE, {})
    assert report.crashed == 2
    assert report.cells[0].success == wilson(3, 6)
    assert "1 crashed" in report_markdown(report)


def test_missing_flights_are_named() -> None:
    with pytest.raises(ValueError, match="blind has not flown town on 1 seeds, the first is 15005"):
        compile_report(SUITE, all_rows()[:-1], COMPUTE, {})


def test_files_agree_and_the_figure_draws(report: Report, tmp_path: Path) -> None:
    results, markdown, figure = write_report(report, tmp_path)
    content = json.loads(results.read_text())
    assert content["cells"][0]["success"] == {
        "value": 4 / 6,
        "low": wilson(4, 6).low,
        "high": wilson(4, 6).high,
    }
    assert content["compute"]["shared"]["parameters"] == 600_000
    assert content["suite"]["worlds"] == 6
    text = markdown.read_text()
    for cell in content["cells"]:
        assert f"{100 * cell['success']['value']:.1f} % [{100 * cell['success']['low']:.1f}" in text
    pixels = imread(figure)
    assert pixels.shape[1] > 1000
    # Grey only: every mark is told apart without colour.
    assert pixels[..., :3].std(axis=-1).max() < 1e-3


def test_tables_have_a_line_for_every_cell(report: Report) -> None:
    success, differences, compute = report_table(report)
    assert (success.row_count, differences.row_count, compute.row_count) == (4, 2, 2)
