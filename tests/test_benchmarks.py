"""The gate fails on a regression of a ratio, and on nothing else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.metrics import Metric, missed_goals, regressions

RATIO = Metric(0.66, "ratio", "higher", 0.1, 0.65)
GROWTH = Metric(0.3, "%", "lower", 0.5, 2.0)
BASELINE = Path(__file__).parent.parent / "benchmarks" / "baseline.json"


@pytest.mark.parametrize(("value", "fails"), [(0.66, False), (0.60, False), (0.59, True)])
def test_a_ratio_may_fall_by_its_tolerance(value: float, fails: bool) -> None:
    assert bool(regressions({"share": replace(RATIO, value=value)}, {"share": 0.66})) == fails


def test_an_absolute_figure_is_never_gated() -> None:
    slow = Metric(1.0, "steps/s", "higher", 0.1, 1200)
    assert regressions({"steps": slow}, {"steps": 1500.0}) == []
    assert slow.reached is False


def test_growth_within_its_goal_is_no_regression() -> None:
    assert regressions({"growth": GROWTH}, {"growth": 0.1}) == []
    (line,) = regressions({"growth": replace(GROWTH, value=2.5)}, {"growth": 0.1})
    assert "growth = 2.5 %" in line


def test_a_goal_that_is_missed_is_named_with_what_was_promised() -> None:
    found = {
        "share": RATIO,
        "steps": Metric(1000.0, "steps/s", "higher", 0.1, 1200),
        "load": Metric(6.5, "s", "lower", 0.2, 5.0),
        "floor": Metric(10.0, "steps/s", "higher", 0.1),
    }
    steps, load = missed_goals(found)
    assert "steps = 1000 steps/s, promised is at least 1200" in steps
    assert "load = 6.5 s, promised is at most 5" in load


def test_a_figure_without_baseline_is_named() -> None:
    (line,) = regressions({"share": RATIO}, {})
    assert "--update-baseline" in line


def test_the_committed_baseline_is_complete() -> None:
    """Every entry states unit, direction and tolerance, and the machine is named."""
    document = json.loads(BASELINE.read_text(encoding="utf-8"))
    assert document["machine"].keys() == {"cpu", "cores"}
    for name, entry in document["metrics"].items():
        assert Metric(**entry).value == entry["value"], name
    assert {"camera_of_floor_100", "camera_of_floor_300", "build_100"} <= document["metrics"].keys()
