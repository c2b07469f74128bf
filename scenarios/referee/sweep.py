"""The hull's clearance along a flight, between the samples as well as at them.

Between two samples the hull goes straight and turns evenly. No point of it moves further than the way of its centre
plus the angle times the hull's enclosing radius, so clearances of c0 and c1 at the ends leave at least
(c0 + c1 - way) / 2 between them. Where that would be less than what matters, the interval is halved.
"""

import math

import numpy as np
from numba import njit

from scenarios.referee.convex import clearance
from scenarios.referee.definitions import REACH

NEAR = 0.05
"""m; clearances below it are exact at every sample, larger ones only as far as the least of all needs it."""
_RESOLUTION = 5e-4
"""m to which the least clearance between two samples is found."""
_JUMP = 3.0
"""m between two samples that no flight explains: a mover that wrapped round. Nothing lies between."""
_STACK = 64


@njit(cache=True)
def sweep(path, rows, low, high, bins, radius, half_height, near, which):
    """Lower near (n,) to the clearance of each sample of a path (n, 6: position, unit axis) and of the way to it.

    which (n,) becomes the row that is nearest. Rows far off are never looked at: `near` starts at REACH.
    """
    enclosing = math.hypot(radius, half_height)
    least = near.min()
    for index in range(path.shape[0]):
        x, y, z = path[index, 0], path[index, 1], path[index, 2]
        way = _way(path, index - 1, enclosing) if index > 0 else 0.0
        if way > _JUMP:
            way = 0.0
        first, last = _candidates(bins, rows.shape[0], x, y)
        for slot in range(first, last):
            item = bins.items[slot] if bins.columns > 0 else slot
            away = _box_distance(low[item], high[item], x, y, z) - enclosing
            # Nothing on the way here was nearer than this less the way.
            if away - way >= max(least, NEAR):
                continue
            nearest = _on_the_way(
                path, index, rows[item], radius, half_height, enclosing, way, max(least, NEAR)
            )
            if nearest < near[index]:
                near[index], which[index] = nearest, item
                least = min(least, nearest)


@njit(cache=True)
def _candidates(bins, count, x, y):
    """Slots of the bin over a point; without bins every row is one."""
    if bins.columns == 0:
        return 0, count
    i = math.floor((x - bins.x) / bins.side)
    j = math.floor((y - bins.y) / bins.side)
    if i < 0 or j < 0 or i >= bins.columns or j >= bins.rows:
        return 0, 0
    cell = int(j) * bins.columns + int(i)
    return bins.starts[cell], bins.starts[cell + 1]


@njit(cache=True)
def _box_distance(low, high, x, y, z):
    dx = max(low[0] - x, x - high[0], 0.0)
    dy = max(low[1] - y, y - high[1], 0.0)
    dz = max(low[2] - z, z - high[2], 0.0)
    return math.sqrt(dx * dx + dy * dy + dz * dz)


@njit(cache=True)
def _way(path, index, enclosing):
    """How far any point of the hull moves, at most, from one sample to the next."""
    squared = dot = 0.0
    for axis in range(3):
        squared += (path[index + 1, axis] - path[index, axis]) ** 2
        dot += path[index + 1, 3 + axis] * path[index, 3 + axis]
    return math.sqrt(squared) + math.acos(min(max(dot, -1.0), 1.0)) * enclosing


@njit(cache=True)
def _between(path, index, share, row, radius, half_height):
    """Clearance from one row, a share of the way from sample index - 1 to sample index."""
    at = np.empty(6)
    for entry in range(6):
        before = path[index - 1, entry] if index > 0 else path[index, entry]
        at[entry] = before + share * (path[index, entry] - before)
    size = math.sqrt(at[3] ** 2 + at[4] ** 2 + at[5] ** 2)
    return clearance(
        row, at[0], at[1], at[2], at[3] / size, at[4] / size, at[5] / size, radius, half_height
    )


@njit(cache=True)
def _on_the_way(path, index, row, radius, half_height, enclosing, way, matters):
    """Least clearance from one row on the way to a sample; exact to _RESOLUTION where it is below `matters`."""
    here = _between(path, index, 1.0, row, radius, half_height)
    if way == 0.0:
        return here
    before = _between(path, index, 0.0, row, radius, half_height)
    least = here
    spans = np.empty((_STACK, 4))
    spans[0] = 0.0, 1.0, before, here
    held = 1
    while held > 0:
        held -= 1
        start, end, first, last = spans[held]
        bound = 0.5 * (first + last - way * (end - start))
        if bound >= min(least, matters) - _RESOLUTION or held + 2 > _STACK:
            continue
        middle = 0.5 * (start + end)
        value = _between(path, index, middle, row, radius, half_height)
        least = min(least, value)
        spans[held] = start, middle, first, value
        spans[held + 1] = middle, end, value, last
        held += 2
    return least


def fresh(samples: int) -> tuple[np.ndarray, np.ndarray]:
    """`near` and `which` before anything was looked at."""
    return np.full(samples, REACH), np.full(samples, -1, dtype=np.int64)
