"""Intervals and tests for success counts on identical worlds: Wilson, exact McNemar, paired differences."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import stdtrit


@dataclass(frozen=True)
class Estimate:
    """A value with its two-sided confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PairedCounts:
    """How often each of two pilots succeeded on the same worlds."""

    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def pairs(self) -> int:
        return self.both + self.first_only + self.second_only + self.neither


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Estimate:
    """Proportion with the Wilson score interval (Wilson 1927)."""
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(
            f"{successes} successes of {trials} trials: need 0 <= successes <= trials, trials > 0"
        )
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    p = successes / trials
    center = p + z2 / (2 * trials)
    half = math.sqrt(z2 * (p * (1 - p) + z2 / (4 * trials)) / trials)
    scale = 1 + z2 / trials
    # At 0 and at all successes one end is exact; rounding must not push it past.
    low = 0.0 if successes == 0 else (center - half) / scale
    high = 1.0 if successes == trials else (center + half) / scale
    return Estimate(p, low, high)


def paired_counts(first: Bool[np.ndarray, " n"], second: Bool[np.ndarray, " n"]) -> PairedCounts:
    """Tally of two pilots' successes, world by world."""
    both = int((first & second).sum())
    return PairedCounts(
        both=both,
        first_only=int(first.sum()) - both,
        second_only=int(second.sum()) - both,
        neither=int((~first & ~second).sum()),
    )


def mcnemar_exact(counts: PairedCounts) -> float:
    """Two-sided p-value that both pilots succeed equally often, from the worlds on which they differ."""
    differing = counts.first_only + counts.second_only
    fewer = min(counts.first_only, counts.second_only)
    tail = sum(math.comb(differing, k) for k in range(fewer + 1))
    # Integers until the last division, so that hundreds of worlds do not overflow a float.
    return min(1.0, 2 * tail / 2**differing)


def paired_difference(counts: PairedCounts, confidence: float = 0.95) -> Estimate:
    """First minus second success proportion, with Newcombe's interval (Statistics in Medicine 17:2635, method 10).

    It stays inside [-1, 1] and keeps a width when the pilots never differ, where a normal
    approximation shrinks to a point.
    """
    n = counts.pairs
    first = wilson(counts.both + counts.first_only, n, confidence)
    second = wilson(counts.both + counts.second_only, n, confidence)
    phi = _correlation(counts)
    difference = (counts.first_only - counts.second_only) / n
    below = _combine(first.value - first.low, second.high - second.value, phi)
    above = _combine(first.high - first.value, second.value - second.low, phi)
    return Estimate(difference, difference - below, difference + above)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values (Holm 1979), in the order given: below alpha, they hold for the whole family at alpha."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, floor = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = floor
    return adjusted


def mean_estimate(values: Float[np.ndarray, " n"], confidence: float = 0.95) -> Estimate:
    """Mean with its t interval; differences of pairs give the paired t interval."""
    n = len(values)
    if n < 2:
        raise ValueError(f"{n} values: an interval of the mean needs at least 2")
    mean = float(np.mean(values))
    half = float(stdtrit(n - 1, (1 + confidence) / 2) * np.std(values, ddof=1)) / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half)


def ratio_estimate(
    parts: Float[np.ndarray, " n"], wholes: Float[np.ndarray, " n"], confidence: float = 0.95
) -> Estimate:
    """Sum of the parts over the sum of the wholes, with the t interval of the linearised ratio (Cochran 1977, 6.4).

    A mean of ratios would count a world with a tiny whole as much as all others together.
    """
    ratio = float(parts.sum() / wholes.sum())
    spread = mean_estimate((parts - ratio * wholes) / wholes.mean(), confidence)
    return Estimate(ratio, ratio + spread.low, ratio + spread.high)


def _correlation(counts: PairedCounts) -> float:
    """Phi of the 2 x 2 table, shrunk by Newcombe's continuity correction where it is positive."""
    a, b, c, d = counts.both, counts.first_only, counts.second_only, counts.neither
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    product = a * d - b * c
    if product > 0:
        product = max(product - counts.pairs / 2, 0.0)
    return product / math.sqrt(margins)


def _combine(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(one**2 - 2 * phi * one * other + other**2, 0.0))
