"""Which obstacles may be near a point: upright square bins over all that stands still."""

from typing import NamedTuple

import numpy as np
from numba import njit

from scenarios.referee.definitions import REACH
from scenarios.referee.shapes import Shapes

_SIDE = 4.0
"""m."""
_MAX_BINS = 4_000_000


class Bins(NamedTuple):
    """Obstacles by bin; pass it whole."""

    x: float  # m, lowest corner
    y: float
    side: float  # m
    columns: int
    rows: int
    starts: np.ndarray  # int64 (bins + 1): obstacles of bin b are items[starts[b]:starts[b + 1]]
    items: np.ndarray  # int64: every obstacle within REACH of the bin, seen from above


def bins_of(shapes: Shapes) -> Bins:
    """Sort obstacles into the bins from which they can be reached."""
    if not len(shapes.rows):
        return Bins(0.0, 0.0, _SIDE, 0, 0, np.zeros(1, np.int64), np.zeros(0, np.int64))
    margin = REACH + 1.0
    low, high = shapes.low[:, :2] - margin, shapes.high[:, :2] + margin
    corner, extent = low.min(axis=0), np.ptp(np.concatenate([low, high]), axis=0)
    side = max(_SIDE, float(np.sqrt(extent.prod() / _MAX_BINS)))
    columns, rows = (np.floor(extent / side).astype(int) + 1).tolist()
    first = np.floor((low - corner) / side).astype(np.int64)
    last = np.floor((high - corner) / side).astype(np.int64)
    starts, items = _sorted(first, last, columns, rows)
    return Bins(float(corner[0]), float(corner[1]), side, columns, rows, starts, items)


@njit(cache=True)
def _sorted(first, last, columns, rows):
    """Two passes: count what each bin holds, then fill it in."""
    starts = np.zeros(columns * rows + 1, dtype=np.int64)
    for item in range(first.shape[0]):
        for j in range(first[item, 1], last[item, 1] + 1):
            for i in range(first[item, 0], last[item, 0] + 1):
                starts[j * columns + i + 1] += 1
    for cell in range(columns * rows):
        starts[cell + 1] += starts[cell]
    items, filled = np.empty(starts[-1], dtype=np.int64), starts[:-1].copy()
    for item in range(first.shape[0]):
        for j in range(first[item, 1], last[item, 1] + 1):
            for i in range(first[item, 0], last[item, 0] + 1):
                cell = j * columns + i
                items[filled[cell]] = item
                filled[cell] += 1
    return starts, items
