"""The gate fails on a regression of a ratio, and on nothing else."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import measure
from benchmarks.baseline import BASELINE, read_baseline, write_baseline
from benchmarks.figures import FIGURES, RIVALS, SUITE, VECTOR, metrics
from benchmarks.logging_cost import logging_cost
from benchmarks.metrics import Metric, missed_goals, regressions
from benchmarks.rivals.pyflyt import race_metrics

RATIO = Metric(0.66, "ratio", "higher", 0.1, 0.65)
GROWTH = Metric(0.3, "%", "lower", 0.5, 2.0)


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


def test_the_committed_baseline_holds_what_the_suite_measures_and_what_it_promises() -> None:
    """With two workers and beside rivals is measured on quiet machines only, so those figures may be missing."""
    document = json.loads(BASELINE.read_text(encoding="utf-8"))
    assert document["machine"].keys() == {"cpu", "cores"}
    recorded = document["metrics"]
    assert recorded.keys() - VECTOR.keys() - RIVALS.keys() == SUITE.keys()
    stated = {
        name: (entry["unit"], entry["better"], entry["tolerance"], entry["goal"])
        for name, entry in recorded.items()
    }
    assert stated == {name: FIGURES[name] for name in recorded}


def test_the_suite_measures_the_figures_of_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its names, with the measuring itself left out."""
    rates = {"camera": 2.0, "state": 3.0, "floor": 4.0}
    both = {100: rates, 300: {name: rate / 2 for name, rate in rates.items()}}
    monkeypatch.setattr(measure, "measure_rates", lambda counts, seconds, report: both)
    monkeypatch.setattr(measure, "_in_a_fresh_process", lambda of: (1.0, 2.0))
    monkeypatch.setattr(measure, "_vector_rates", lambda worlds, seconds: np.array([[1.0, 2.0]]))
    found = measure.steps(1.0)
    assert found["camera_of_floor_100"] == 0.5
    assert found["camera_300_of_100"] == 0.5
    assert measure.loading() == {"delft_first": 1.0, "delft_later": 2.0}
    measured = found.keys() | measure.loading().keys() | {"build_100", "memory_growth_1000_resets"}
    assert measured | logging_cost(0.1).keys() == SUITE.keys()
    workers = measure.workers(1.0)
    assert workers.keys() == VECTOR.keys()
    assert workers["async_2_over_1_kept_worlds"] == 2.0


def test_a_race_promises_to_be_twelve_times_as_fast() -> None:
    found = race_metrics(ours=1300.0, rival=100.0)
    assert found.keys() == RIVALS.keys()
    assert found["trident_over_pyflyt_100"].value == 13.0
    assert missed_goals(found) == []
    (line,) = missed_goals(race_metrics(ours=1100.0, rival=100.0))
    assert "trident_over_pyflyt_100 = 11 ratio, promised is at least 12" in line


def test_figures_not_measured_anew_stay_in_the_baseline(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    write_baseline(metrics({"async_2_over_1_kept_worlds": 1.9, "build_100": 40.0}), path)
    write_baseline(race_metrics(ours=1300.0, rival=100.0), path)
    write_baseline(metrics({"build_100": 41.00004}), path)
    assert read_baseline(path) == {
        "async_2_over_1_kept_worlds": 1.9,
        "build_100": 41.0,
        "pyflyt_steps_100": 100.0,
        "trident_beside_pyflyt_steps_100": 1300.0,
        "trident_over_pyflyt_100": 13.0,
    }
