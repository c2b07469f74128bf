"""Statistics over several trainings of an arm: success tables, one line a training seed, one column a world.

Training seeds and worlds are both samples, and they are crossed: every seed flies the same worlds. The primary endpoint
is a t interval over seed pairs on stated worlds; what is explored gets a bootstrap that draws both anew (Owen, The
pigeonhole bootstrap, Annals of Applied Statistics 1:386, 2007), worlds that lie near one another drawn together.
"""

import functools
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Num

from scenarios.statistics import Estimate, mean_estimate, ratio_estimate

DRAWS = 4000
"""Of a bootstrap: its 95 % ends then move by a tenth of the interval's width at most."""
_SEED = 20_260_101
"""A report made twice of the same rows is the same."""

Successes = Num[np.ndarray, "seeds worlds"]
"""1 and 0, or truth values; of two arms the lines are pairs of training seeds."""


def seed_pair_difference(first: Successes, second: Successes) -> Estimate:
    """Success, first minus second: the mean over pairs of training seeds with its paired t interval."""
    differences = _difference(first, second).mean(axis=1)
    return mean_estimate(differences)


def seed_deviation(successes: Successes) -> float:
    """Standard deviation of an arm's success over its training seeds, on the same worlds; two seeds or more."""
    if len(successes) < 2:
        raise ValueError(f"{len(successes)} training seeds: a deviation needs at least 2")
    return float(np.std(successes.mean(axis=1), ddof=1))


def hierarchical_difference(
    first: Successes, second: Successes, blocks: Sequence[str] | None = None
) -> Estimate:
    """Success, first minus second, with the 95 % interval of the (seed, world) bootstrap; see `hierarchical_mean`."""
    return hierarchical_mean(_difference(first, second), blocks)


def hierarchical_mean(
    values: Num[np.ndarray, "seeds worlds"],
    blocks: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """The mean with the percentile interval of a bootstrap that draws training seeds and worlds anew.

    Args:
        values: One line a training seed, one column a world.
        blocks: Of every world the part of a place that it lies in; blocks are then drawn whole. None: worlds are.
        confidence: Of the two-sided interval.
    """
    values = np.asarray(values, dtype=np.float64)
    sums, sizes = _by_block(values, blocks)
    seeds, drawn = _draws(len(values), len(sizes))
    totals = ((seeds @ sums) * drawn).sum(axis=1)
    means = totals / (len(values) * (drawn @ sizes))
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Estimate(float(values.mean()), float(low), float(high))


def block_ratio(
    parts: Num[np.ndarray, " worlds"], wholes: Num[np.ndarray, " worlds"], blocks: Sequence[str]
) -> Estimate:
    """Sum of the parts over that of the wholes, with a 95 % interval over two blocks or more.

    It holds the bootstrap over blocks and the t interval over their sums: few blocks drawn anew spread too little.
    """
    sums = _by_block(np.stack([parts, wholes]).astype(np.float64), blocks)[0]
    drawn = _draws(1, sums.shape[1])[1]
    low, high = np.quantile((drawn @ sums[0]) / (drawn @ sums[1]), [0.025, 0.975])
    by_t = ratio_estimate(sums[0], sums[1])
    return Estimate(by_t.value, min(float(low), by_t.low), max(float(high), by_t.high))


# --- Private.


def _difference(first: Successes, second: Successes) -> Float[np.ndarray, "seeds worlds"]:
    if first.shape != second.shape:
        raise ValueError(
            f"{first.shape} against {second.shape}: both arms need the same seeds and worlds"
        )
    return first.astype(np.float64) - second.astype(np.float64)


def _by_block(
    values: Float[np.ndarray, "seeds worlds"], blocks: Sequence[str] | None
) -> tuple[Float[np.ndarray, "seeds blocks"], Float[np.ndarray, " blocks"]]:
    """Each block's sums, and how many worlds it has."""
    if blocks is None:
        return values, np.ones(values.shape[1])
    if len(blocks) != values.shape[1]:
        raise ValueError(f"{len(blocks)} blocks of {values.shape[1]} worlds: name one for each")
    _, index = np.unique(np.array(blocks), return_inverse=True)
    member = (index[:, None] == np.arange(index.max() + 1)).astype(np.float64)
    return values @ member, member.sum(axis=0)


@functools.lru_cache(maxsize=4)
def _draws(
    seeds: int, blocks: int
) -> tuple[Float[np.ndarray, "draws seeds"], Float[np.ndarray, "draws blocks"]]:
    """The same for every table of one size, of which a report has many."""
    rng = np.random.default_rng(_SEED)
    return _multiplicities(rng, seeds), _multiplicities(rng, blocks)


def _multiplicities(rng: np.random.Generator, count: int) -> Float[np.ndarray, "draws n"]:
    """How often each of `count` is drawn, in every draw of as many with replacement."""
    return rng.multinomial(count, np.full(count, 1.0 / count), size=DRAWS).astype(np.float64)
