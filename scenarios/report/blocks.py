"""Real places in a report: which block each world belongs to, and intervals as wide as blocks ask for.

Flights of a block pass the same trees and houses. What is said of a real place draws whole blocks anew and is never narrower
than what would be said of generated worlds; from one block nothing follows for any other.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Num

from scenarios.arm_statistics import block_ratio
from scenarios.row import Row
from scenarios.statistics import Estimate, ratio_estimate

ONE_BLOCK = "one block: no statement"
"""The verdict where there is nothing to draw anew."""


def world_blocks(flown: Mapping[str, Sequence[Row]]) -> list[str] | None:
    """Of every world its block, which any pilot's flight there tells; None where no world has one.

    A world whose flights were all lost counts as a block of its own, `lost SEED`.

    Args:
        flown: Rows of every pilot of one scenario, in the worlds' order.
    """
    worlds = list(zip(*flown.values(), strict=True))
    told = [next((row.block for row in rows if row.block), "") for rows in worlds]
    if not any(told):
        return None
    return [block or f"lost {rows[0].seed}" for block, rows in zip(told, worlds, strict=True)]


def tally_blocks(rows: Sequence[Row], blocks: Sequence[str] | None) -> dict[str, tuple[int, int]]:
    """Successes and flights of every block, in the blocks' order."""
    pairs = list(zip(rows, blocks or [], strict=blocks is not None))
    inside = {
        name: [row.success for row, at in pairs if at == name] for name in sorted({*(blocks or ())})
    }
    return {name: (sum(won), len(won)) for name, won in inside.items()}


def over_blocks(
    plain: Estimate,
    parts: Num[np.ndarray, " worlds"],
    blocks: Sequence[str] | None,
    limits: tuple[float, float],
) -> Estimate:
    """A mean's interval, widened to that over blocks; all of `limits` where there is only one block.

    Args:
        plain: The interval as if worlds were independent.
        parts: What the mean is of, one number a world.
        blocks: Of every world; None in generated worlds, where `plain` stands.
        limits: Between which the mean lies whatever is flown.
    """
    if blocks is None:
        return plain
    if len(set(blocks)) < 2:
        return Estimate(plain.value, *limits)
    wide = wider(plain, block_ratio(parts, np.ones(len(blocks)), blocks))
    return Estimate(wide.value, max(wide.low, limits[0]), min(wide.high, limits[1]))


def wider(first: Estimate, second: Estimate) -> Estimate:
    """The first value with the interval that holds both."""
    return Estimate(first.value, min(first.low, second.low), max(first.high, second.high))


def prize_fraction(
    bounds: Sequence[float | None], prizes: np.ndarray, blocks: Sequence[str] | None
) -> Estimate | None:
    """Prizes over the worlds' bounds; None for fewer than two worlds, in a real place two blocks, with something to win."""
    wholes = np.array([bound or 0.0 for bound in bounds])
    won = wholes > 0.0
    if won.sum() < 2:
        return None
    plain = ratio_estimate(prizes[won], wholes[won])
    if blocks is None:
        return plain
    within = [name for name, some in zip(blocks, won, strict=True) if some]
    return (
        wider(plain, block_ratio(prizes[won], wholes[won], within))
        if len(set(within)) > 1
        else None
    )
