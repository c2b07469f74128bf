"""Shortest free ways in plan view: which cells a hull fits through, and the distance to a goal around obstacles."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numba import njit

from sim.types import Vec3
from sim.world.clearance import ClearanceField
from sim.world.marching import extend, line_is_free, march

SPACING = 0.5
"""Side of a cell, m."""
WAY_MARGIN = 0.4
"""m beyond the hull that a way keeps from obstacles."""
WAY_BAND = 0.4
"""m above and below the flying heights that must be free along a way."""
_LEVEL_STEP = 0.5
"""Largest distance between the heights a cell is tested at, m."""


_OBSTACLE_STEP = 1e9
"""m added to blocked cells when a way is traced."""


@dataclass(frozen=True)
class FreeSpace:
    """Cells whose whole height band keeps `margin` from obstacles; cell [j, i] is centred at origin + SPACING (i, j)."""

    origin: Float[np.ndarray, "2"]  # m, centre of cell [0, 0]
    free: Bool[np.ndarray, "y x"]

    @classmethod
    def for_flight(
        cls,
        field: ClearanceField,
        bounds: Float[np.ndarray, "2 3"],
        heights: tuple[float, float],
        hull_radius: float,
    ) -> "FreeSpace":
        """Where a hull fits, with room to steer, while it flies between two heights over ground (m)."""
        low, high = max(heights[0] - WAY_BAND, 0.3), heights[1] + WAY_BAND
        return cls.from_clearance(field, bounds, low, high, hull_radius + WAY_MARGIN)

    @classmethod
    def at_any_height(
        cls,
        field: ClearanceField,
        bounds: Float[np.ndarray, "2 3"],
        altitude_max: float,
        hull_radius: float,
    ) -> "FreeSpace":
        """Where a hull fits, with room to steer, at some height below the limit: for worlds that are flown over and under."""
        margin = hull_radius + WAY_MARGIN
        heights = np.arange(margin, max(altitude_max - margin, margin) + 1e-9, _LEVEL_STEP)
        spaces = [cls.from_clearance(field, bounds, z, z, margin) for z in heights.tolist()]
        return cls(spaces[0].origin, np.any([space.free for space in spaces], axis=0))

    @classmethod
    def from_clearance(
        cls,
        field: ClearanceField,
        bounds: Float[np.ndarray, "2 3"],
        altitude_low: float,
        altitude_high: float,
        margin: float,
    ) -> "FreeSpace":
        """Sample the clearance over the band of heights over ground; a cell is blocked if it is below `margin` anywhere."""
        origin = bounds[0, :2] + SPACING / 2
        width, height = np.maximum(((bounds[1] - bounds[0])[:2] / SPACING).astype(int), 1)
        levels = max(2, math.ceil((altitude_high - altitude_low) / _LEVEL_STEP) + 1)
        free = np.ones((height, width), dtype=np.bool_)
        points = np.empty((height, width, 3))
        points[..., 0] = origin[0] + SPACING * np.arange(width)
        points[..., 1] = origin[1] + SPACING * np.arange(height)[:, None]
        ground = 0.0
        if field.relief is not None:
            ground = field.relief.at(points[..., :2].reshape(-1, 2)).reshape(height, width)
        for level in np.linspace(altitude_low, altitude_high, levels):
            points[..., 2] = level + ground
            free &= field.at_points(points.reshape(-1, 3)).reshape(height, width) >= margin
        return cls(origin, free)

    def is_free(self, xy: Float[np.ndarray, "2"]) -> bool:
        """Whether a point lies in a free cell."""
        i, j = self.cell_of(xy)
        height, width = self.free.shape
        return 0 <= i < width and 0 <= j < height and bool(self.free[j, i])

    def cell_of(self, xy: Float[np.ndarray, "2"]) -> tuple[int, int]:
        """Column and row of the cell a point lies in, which may be outside the map."""
        i, j = np.floor((np.asarray(xy, dtype=np.float64)[:2] - self.origin) / SPACING + 0.5)
        return int(i), int(j)


class GeodesicArrays(NamedTuple):
    """What compiled code needs; pass it whole."""

    values: np.ndarray  # float64 (y, x), m to the goal; inf where no way leads
    origin_x: float  # m, centre of cell [0, 0]
    origin_y: float


@dataclass(frozen=True)
class GeodesicField:
    """Length of the shortest free way to one goal from anywhere."""

    space: FreeSpace
    goal: Float[np.ndarray, "2"]  # m, world
    arrays: GeodesicArrays

    def at(self, position_world: Vec3 | Float[np.ndarray, "2"]) -> float:
        """Distance to the goal, m; inf where no way leads."""
        return float(field_at(self.arrays, float(position_world[0]), float(position_world[1])))

    def path_from(self, position_world: Vec3 | Float[np.ndarray, "2"]) -> Float[np.ndarray, "n 2"]:
        """The shortest way as a polyline from the position to the goal, m, world."""
        start = np.array(position_world[:2], dtype=np.float64)
        if not math.isfinite(self.at(start)):
            raise ValueError(f"no free way from {start.tolist()} to {self.goal.tolist()}")
        # Never down into an obstacle: the values carried on there join the two sides of a thin wall.
        heights = self.arrays.values + np.where(self.space.free, 0.0, _OBSTACLE_STEP)
        cells = _descend(heights, *self.space.cell_of(start))
        points = np.vstack([start, self.space.origin + SPACING * cells, self.goal])
        return _pull_tight(points, self.space)


def distance_field(space: FreeSpace, goal_xy: Float[np.ndarray, "2"]) -> GeodesicField:
    """Fast marching (Sethian 1996), second order, from a goal in a free cell.

    Blocked cells carry on the value of their nearest free neighbours plus the distance from them,
    so that interpolation beside an obstacle stays finite.
    """
    goal = np.array(goal_xy, dtype=np.float64)[:2]
    if not space.is_free(goal):
        raise ValueError(f"goal {goal.tolist()} is not in free space")
    u, v = (goal - space.origin) / SPACING
    values = _way_lengths(space.free.tobytes(), space.free.shape, float(u), float(v))
    return GeodesicField(
        space, goal, GeodesicArrays(values, float(space.origin[0]), float(space.origin[1]))
    )


@lru_cache(maxsize=32)
def _way_lengths(
    free: bytes, shape: tuple[int, int], goal_u: float, goal_v: float
) -> Float[np.ndarray, "y x"]:
    """Metres to a goal from every cell, not to be written to.

    Whoever draws a task and whoever teaches in it ask for the same ones, so those of one mission are kept.
    """
    cells = np.frombuffer(free, dtype=np.bool_).reshape(shape).copy()
    values = march(cells, goal_u, goal_v)
    extend(cells, values)
    values *= SPACING
    values.flags.writeable = False
    return values


def _pull_tight(points: Float[np.ndarray, "n 2"], space: FreeSpace) -> Float[np.ndarray, "m 2"]:
    """Straight on from each point to the last one before the first that is out of its sight.

    Points further on that come into sight again are not tried, so that a few corners may be left to skip.
    """
    kept = [0]
    while kept[-1] < len(points) - 1:
        here = kept[-1]
        reach = here + 1
        for far in range(here + 2, len(points)):
            (u0, v0), (u1, v1) = (points[[here, far]] - space.origin) / SPACING
            if not line_is_free(space.free, u0, v0, u1, v1):
                break
            reach = far
        kept.append(reach)
    return points[kept]


# --- Compiled code. Coordinates u (column) and v (row) are in cells, cell centres at whole numbers.


@njit(cache=True)
def field_at(arrays, x, y):
    """Distance to the goal at a point, m: bilinear; beyond the map, the nearest value plus the way to it."""
    values = arrays.values
    height, width = values.shape
    u, v = (x - arrays.origin_x) / SPACING, (y - arrays.origin_y) / SPACING
    cu, cv = min(max(u, 0.0), width - 1.0), min(max(v, 0.0), height - 1.0)
    outside = SPACING * math.sqrt((u - cu) ** 2 + (v - cv) ** 2)
    i, j = min(int(cu), max(width - 2, 0)), min(int(cv), max(height - 2, 0))
    i1, j1 = min(i + 1, width - 1), min(j + 1, height - 1)
    if values[int(cv + 0.5), int(cu + 0.5)] == math.inf:
        return math.inf
    a, b = cu - i, cv - j
    total, weight = 0.0, 0.0
    for row, column, share in (
        (j, i, (1 - a) * (1 - b)), (j, i1, a * (1 - b)), (j1, i, (1 - a) * b), (j1, i1, a * b),
    ):  # fmt: skip
        if values[row, column] < math.inf:
            total += share * values[row, column]
            weight += share
    return total / weight + outside


@njit(cache=True)
def _descend(values, column, row):
    """Cells (n, 2), column and row, of steepest descent to the least value; of equally steep ones the first, row by row."""
    height, width = values.shape
    column, row = min(max(column, 0), width - 1), min(max(row, 0), height - 1)
    cells = [(column, row)]
    while True:
        best, best_column, best_row = 0.0, column, row
        for y in range(max(0, row - 1), min(height, row + 2)):
            for x in range(max(0, column - 1), min(width, column + 2)):
                step = math.sqrt((x - column) ** 2 + (y - row) ** 2)
                # Where both are infinite there is no slope, and no comparison holds.
                if step > 0.0 and (values[row, column] - values[y, x]) / step > best:
                    best = (values[row, column] - values[y, x]) / step
                    best_column, best_row = x, y
        if best <= 0.0:
            return np.array(cells, dtype=np.float64)
        column, row = best_column, best_row
        cells.append((column, row))
