"""Intervals over training seeds and worlds: closed forms, symmetry, and coverage near what they promise."""

import numpy as np
import pytest
from scipy import stats

from scenarios.arm_statistics import (
    hierarchical_difference,
    hierarchical_mean,
    seed_deviation,
    seed_pair_difference,
)
from scenarios.statistics import holm, wilson
from scenarios.verdicts import primary_verdict


def flown(
    rng: np.random.Generator, level: float, seeds: int, worlds: np.ndarray, spread: float
) -> np.ndarray:
    """Successes of one arm: every training seed its own level, every world its own difficulty."""
    chance = np.clip(level + rng.normal(0.0, spread, (seeds, 1)) + worlds, 0.0, 1.0)
    return rng.random(chance.shape) < chance


def test_seed_pairs_are_scipys_paired_t_interval(rng: np.random.Generator) -> None:
    first, second = (rng.random((10, 40)) < share for share in (0.8, 0.7))
    ours = seed_pair_difference(first, second)
    theirs = stats.ttest_rel(first.mean(axis=1), second.mean(axis=1)).confidence_interval(0.95)
    assert ours.value == pytest.approx(first.mean() - second.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_by_hand() -> None:
    """Differences of 0 and 0.5: mean 0.25, standard error 0.25, t of one degree of freedom 12.706."""
    first, second = np.array([[1, 0], [1, 1]]), np.array([[1, 0], [0, 1]])
    found = seed_pair_difference(first, second)
    assert (found.value, found.high) == pytest.approx((0.25, 0.25 + 0.25 * 12.7062), abs=1e-4)
    assert seed_deviation(np.array([[1, 1], [0, 1]])) == pytest.approx(0.5 / np.sqrt(2))


def test_the_primary_interval_covers_the_truth_and_equal_arms_are_rarely_called_better() -> None:
    """10 seeds x 400 worlds as the protocol has it, seeds 2 points apart: 95 % within four standard errors."""
    rng = np.random.default_rng(7)
    trials, covered, verdicts = 600, 0, []
    for _ in range(trials):
        worlds = rng.normal(0.0, 0.15, 400)
        first, second = (flown(rng, 0.75, 10, worlds, 0.02) for _ in range(2))
        found = seed_pair_difference(first, second)
        covered += found.low <= 0.0 <= found.high
        verdicts.append(primary_verdict(found))
    error = 4 * np.sqrt(0.95 * 0.05 / trials)
    assert abs(covered / trials - 0.95) < error
    assert verdicts.count("better") / trials < 0.025 + error
    assert sum(v.startswith("equivalent") for v in verdicts) / trials > 0.8


def test_the_bootstrap_covers_the_truth_over_new_seeds_and_worlds() -> None:
    rng = np.random.default_rng(8)
    trials, covered = 120, 0
    for _ in range(trials):
        worlds = rng.normal(0.0, 0.15, 100)
        first, second = (flown(rng, level, 10, worlds, 0.04) for level in (0.7, 0.6))
        found = hierarchical_difference(first, second)
        covered += found.low <= 0.1 <= found.high
    assert 0.85 <= covered / trials <= 1.0


def test_one_seed_leaves_the_worlds_to_draw(rng: np.random.Generator) -> None:
    """With one training the bootstrap of a share is near Wilson's interval."""
    successes = np.arange(200)[None] < 130
    found, expected = hierarchical_mean(successes), wilson(130, 200)
    assert found.value == expected.value
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.015)


def test_the_difference_turns_sign_with_the_order(rng: np.random.Generator) -> None:
    first, second = (rng.random((4, 50)) < share for share in (0.8, 0.6))
    one, other = hierarchical_difference(first, second), hierarchical_difference(second, first)
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))


def test_worlds_that_stand_or_fall_together_count_as_one() -> None:
    """Ten copies of each of 20 worlds, a block each: as wide as 20 worlds, far wider than 200."""
    few = (np.arange(20) < 12)[None]
    many = np.repeat(few, 10, axis=1)
    blocks = [str(index) for index in range(20) for _ in range(10)]
    blocked, alone, blind = (
        hierarchical_mean(many, blocks),
        hierarchical_mean(few),
        hierarchical_mean(many),
    )
    assert (blocked.low, blocked.high) == pytest.approx((alone.low, alone.high))
    assert blocked.high - blocked.low > 2.5 * (blind.high - blind.low)


def test_unequal_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="same seeds and worlds"):
        seed_pair_difference(np.ones((2, 3)), np.ones((3, 3)))
    with pytest.raises(ValueError, match="2 blocks of 3 worlds"):
        hierarchical_mean(np.ones((2, 3)), ["a", "b"])
    with pytest.raises(ValueError, match="at least 2"):
        seed_deviation(np.ones((1, 3)))


def test_holm_keeps_the_order_and_never_lowers(rng: np.random.Generator) -> None:
    for _ in range(50):
        raw = rng.random(12) ** 3
        adjusted = np.array(holm(raw.tolist()))
        assert (adjusted >= raw).all()
        assert (adjusted <= 1.0).all()
        assert (np.diff(adjusted[np.argsort(raw)]) >= 0).all()
        assert adjusted.min() == pytest.approx(min(1.0, 12 * raw.min()))
