"""Evidence of what is solid, in a grid that rolls along with the drone: what pixels hit, and what they looked through.

Cells are addressed by their place modulo the grid's size and know whom they belong to, so that the grid follows the
drone without ever being moved. Points are in the frame of dead reckoning: m, z above ground.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numba import njit

OCCUPIED = 2
"""Hits that make a cell solid: one may be noise."""
_MOST = 5
"""Hits that count at most, so that looking through a cell as often clears what has moved away."""
_MOST_POINTS = 20_000
"""Points handed out at once, at most."""
_GROUND = 0.2
"""m above ground below which a return is the ground's."""


class Evidence(NamedTuple):
    """A grid of cells; pass it whole to compiled code."""

    owner: np.ndarray  # int64 (x, y, z): whose the cell is at present
    hits: np.ndarray  # int8 (x, y, z)
    seen: np.ndarray  # int32 (x, y, z): frame of the last hit or look through
    points: np.ndarray  # float32 (x, y, z, 3): the last hit's place, m
    cell: float  # m, side in the plane
    layer: float  # m, height of a cell
    low: float  # m above the ground from which returns count
    high: float  # m above the ground up to which they do

    @classmethod
    def empty(cls, shape: tuple[int, int, int], cell: float, layer: float) -> "Evidence":
        """Nothing known; returns of any height count."""
        return cls(
            owner=np.full(shape, -1, dtype=np.int64),
            hits=np.zeros(shape, dtype=np.int8),
            seen=np.full(shape, -1, dtype=np.int32),
            points=np.zeros((*shape, 3), dtype=np.float32),
            cell=cell,
            layer=layer,
            low=_GROUND,
            high=np.inf,
        )

    def around(self, height: float, reach: float) -> "Evidence":
        """The same grid, open for returns within `reach` of a height, m."""
        return self._replace(low=max(_GROUND, height - reach), high=height + reach)


def as_rays(rays: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "n 3"]:
    """Rays in one row, as compiled code takes them."""
    return np.ascontiguousarray(rays.reshape(-1, 3))


@njit(cache=True)
def mark(grid, eye, rays, depth, most, frame):
    """Take in what every pixel hit nearer than `most`, m; rays (n, 3) of unit depth, depth (n,)."""
    for n in range(depth.shape[0]):
        if depth[n] < most:
            z = eye[2] + depth[n] * rays[n, 2]
            if grid.low < z < grid.high:
                x, y = eye[0] + depth[n] * rays[n, 0], eye[1] + depth[n] * rays[n, 1]
                place, owner = _cell(grid, x, y, z)
                if grid.owner[place] != owner:
                    grid.owner[place] = owner
                    grid.hits[place] = 0
                grid.hits[place] = min(grid.hits[place] + 1, _MOST)
                grid.seen[place] = frame
                grid.points[place][0] = x
                grid.points[place][1] = y
                grid.points[place][2] = z


@njit(cache=True)
def clear(grid, eye, rays, reach, frame):
    """Doubt every cell that was looked through, once a frame, unless something in it was hit; reach (n,) is m of depth."""
    for n in range(reach.shape[0]):
        across = max(np.hypot(rays[n, 0], rays[n, 1]), 1e-3)
        step = grid.cell / across
        depth = step
        while depth < reach[n]:
            z = eye[2] + depth * rays[n, 2]
            if grid.low < z < grid.high:
                place, owner = _cell(
                    grid, eye[0] + depth * rays[n, 0], eye[1] + depth * rays[n, 1], z
                )
                known = grid.owner[place] == owner and grid.hits[place] > 0
                if known and grid.seen[place] != frame:
                    grid.hits[place] -= 1
                    grid.seen[place] = frame
            depth += step


@njit(cache=True)
def solid_points(grid, center, reach, low, high, oldest):
    """Places (n, 3) of solid cells within `reach` of a point along x and y, between two heights, seen since a frame."""
    side = int(np.ceil(reach / grid.cell))
    ci, cj = int(np.floor(center[0] / grid.cell)), int(np.floor(center[1] / grid.cell))
    width, depth, layers = grid.owner.shape
    bottom, top = int(np.floor(low / grid.layer)), int(np.floor(high / grid.layer))
    bottom, top = max(bottom, 0), min(top, bottom + layers - 1)
    found = np.empty((_MOST_POINTS, 3))
    count = 0
    for i in range(ci - side, ci + side + 1):
        for j in range(cj - side, cj + side + 1):
            column = (i % width, j % depth)
            hits = grid.hits[column]
            for k in range(bottom, top + 1):
                if hits[k % layers] < OCCUPIED:
                    continue
                place = (column[0], column[1], k % layers)
                if grid.owner[place] != (_column(i, j) << 10) | (k & 1023):
                    continue
                if grid.seen[place] < oldest:
                    continue
                found[count] = grid.points[place]
                count += 1
                if count == found.shape[0]:
                    return found
    return found[:count]


# --- Private.


@njit(cache=True)
def _cell(grid, x, y, z):
    """Where a point's cell lies in the grid, and whose it is."""
    i, j, k = (
        int(np.floor(x / grid.cell)),
        int(np.floor(y / grid.cell)),
        int(np.floor(z / grid.layer)),
    )
    width, depth, layers = grid.owner.shape
    return (i % width, j % depth, k % layers), (_column(i, j) << 10) | (k & 1023)


@njit(cache=True)
def _column(i, j):
    return ((i & 0xFFFFF) << 20) | (j & 0xFFFFF)
