"""Intervals and tests agree with scipy, with published examples, and with their own laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scenarios.statistics import (
    PairedCounts,
    mcnemar_exact,
    mean_estimate,
    paired_counts,
    paired_difference,
    ratio_estimate,
    wilson,
)

tables = st.builds(PairedCounts, *[st.integers(0, 60)] * 4).filter(lambda t: t.pairs > 0)


def swapped(table: PairedCounts) -> PairedCounts:
    return PairedCounts(table.both, table.second_only, table.first_only, table.neither)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(case: tuple[int, int]) -> None:
    successes, trials = case
    ours = wilson(successes, trials)
    theirs = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ours.low <= ours.value <= ours.high


def test_wilson_gives_the_interval_printed_for_seven_of_ten() -> None:
    interval = wilson(7, 10)
    assert (round(interval.low, 2), round(interval.high, 2)) == (0.40, 0.89)


@pytest.mark.parametrize(("successes", "trials"), [(-1, 5), (6, 5), (0, 0)])
def test_wilson_refuses_impossible_counts(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, trials)


@given(tables)
def test_mcnemar_is_the_binomial_test_of_the_differing_worlds(table: PairedCounts) -> None:
    differing = table.first_only + table.second_only
    expected = stats.binomtest(table.first_only, differing).pvalue if differing else 1.0
    assert mcnemar_exact(table) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_survives_thousands_of_differing_worlds() -> None:
    assert mcnemar_exact(PairedCounts(0, 3000, 3000, 0)) == 1.0
    assert mcnemar_exact(PairedCounts(0, 3000, 0, 0)) == 0.0


def test_published_airway_example() -> None:
    """Fagerland, Lydersen, Laake (2013), table of 21 children: 1, 1, 7, 12."""
    table = PairedCounts(1, 1, 7, 12)
    interval = paired_difference(table)
    assert interval.value == pytest.approx(-6 / 21)
    assert (interval.low, interval.high) == pytest.approx((-0.507, -0.026), abs=5e-4)
    assert mcnemar_exact(table) == pytest.approx(0.0703, abs=5e-5)


@given(tables)
def test_difference_turns_sign_with_the_order(table: PairedCounts) -> None:
    one, other = paired_difference(table), paired_difference(swapped(table))
    assert (one.value, one.low, one.high) == pytest.approx(
        (-other.value, -other.high, -other.low), abs=1e-12
    )


@given(tables)
def test_difference_lies_in_its_interval_and_the_interval_in_its_range(table: PairedCounts) -> None:
    interval = paired_difference(table)
    assert -1 - 1e-12 <= interval.low <= interval.value <= interval.high <= 1 + 1e-12
    assert interval.low < interval.high


def test_difference_covers_the_truth_nineteen_times_of_twenty() -> None:
    rng = np.random.default_rng(0)
    cells = np.array([0.6, 0.15, 0.1, 0.15])
    truth = cells[1] - cells[2]
    draws = rng.multinomial(80, cells, size=2000)
    intervals = [paired_difference(PairedCounts(*(int(count) for count in row))) for row in draws]
    covered = np.mean([interval.low <= truth <= interval.high for interval in intervals])
    assert 0.93 <= covered <= 0.98


def test_paired_counts_tally_every_world_once() -> None:
    first = np.array([True, True, False, False, True])
    second = np.array([True, False, True, False, True])
    assert paired_counts(first, second) == PairedCounts(2, 1, 1, 1)


def test_mean_of_differences_is_scipys_paired_t_interval() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random(30), rng.random(30)
    ours = mean_estimate(first - second)
    theirs = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    with pytest.raises(ValueError, match="at least 2"):
        mean_estimate(np.array([1.0]))


def test_a_ratio_of_equal_wholes_is_the_mean_and_tiny_wholes_do_not_rule_it() -> None:
    parts = np.array([3.0, 5.0, 4.0, 6.0])
    ours, mean = ratio_estimate(parts, np.full(4, 8.0)), mean_estimate(parts / 8.0)
    assert (ours.value, ours.low, ours.high) == pytest.approx((mean.value, mean.low, mean.high))
    tiny = ratio_estimate(np.append(parts, 0.9), np.append(np.full(4, 8.0), 0.1))
    assert tiny.value == pytest.approx(ours.value, abs=0.03)


def test_the_interval_of_a_ratio_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(800):
        wholes = rng.uniform(5.0, 25.0, 60)
        found = ratio_estimate(wholes * rng.uniform(0.6, 1.0, 60), wholes)
        covered += found.low <= 0.8 <= found.high
    assert covered / 800 == pytest.approx(0.95, abs=0.03)
