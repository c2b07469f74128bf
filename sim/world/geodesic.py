"""Shortest free ways in plan view: which cells a hull fits through, and the distance to a goal around obstacles."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numba import njit

from sim.types import Vec3
from sim.world.clearance import ClearanceField

SPACING = 0.5
"""Side of a cell, m."""
_LEVEL_STEP = 0.5
"""Largest distance between the heights a cell is tested at, m."""
_EXACT_RADIUS = 8
"""Cells around the goal whose distance is straight where nothing blocks the view; it is the wave's smooth start."""


@dataclass(frozen=True)
class FreeSpace:
    """Cells whose whole height band keeps `margin` from obstacles; cell [j, i] is centred at origin + SPACING (i, j)."""

    origin: Float[np.ndarray, "2"]  # m, centre of cell [0, 0]
    free: Bool[np.ndarray, "y x"]

    @classmethod
    def from_clearance(
        cls,
        field: ClearanceField,
        bounds: Float[np.ndarray, "2 3"],
        altitude_low: float,
        altitude_high: float,
        margin: float,
    ) -> "FreeSpace":
        """Sample the clearance over the band of heights; a cell is blocked if it is below `margin` anywhere."""
        origin = bounds[0, :2] + SPACING / 2
        width, height = np.maximum(((bounds[1] - bounds[0])[:2] / SPACING).astype(int), 1)
        levels = max(2, math.ceil((altitude_high - altitude_low) / _LEVEL_STEP) + 1)
        free = np.ones((height, width), dtype=np.bool_)
        points = np.empty((height, width, 3))
        points[..., 0] = origin[0] + SPACING * np.arange(width)
        points[..., 1] = origin[1] + SPACING * np.arange(height)[:, None]
        for level in np.linspace(altitude_low, altitude_high, levels):
            points[..., 2] = level
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
        cells = _descend(self.arrays.values, *self.space.cell_of(start))
        points = [start, *(self.space.origin + SPACING * cell for cell in cells), self.goal]
        return _pull_tight(np.array(points), self.space)


def distance_field(space: FreeSpace, goal_xy: Float[np.ndarray, "2"]) -> GeodesicField:
    """Fast marching (Sethian 1996), second order, from a goal in a free cell.

    Blocked cells carry on the value of their nearest free neighbours plus the distance from them,
    so that interpolation beside an obstacle stays finite.
    """
    goal = np.array(goal_xy, dtype=np.float64)[:2]
    if not space.is_free(goal):
        raise ValueError(f"goal {goal.tolist()} is not in free space")
    u, v = (goal - space.origin) / SPACING
    values = _march(space.free, float(u), float(v))
    _extend(space.free, values)
    values *= SPACING
    return GeodesicField(space, goal, GeodesicArrays(values, float(space.origin[0]), float(space.origin[1])))


def _pull_tight(points: Float[np.ndarray, "n 2"], space: FreeSpace) -> Float[np.ndarray, "m 2"]:
    """Drop every corner that a free straight line can skip."""
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
def line_is_free(free, u0, v0, u1, v1):
    """Whether a straight line crosses free cells only; it is sampled four times a cell."""
    height, width = free.shape
    steps = max(1, int(math.ceil(4.0 * math.sqrt((u1 - u0) ** 2 + (v1 - v0) ** 2))))
    for step in range(steps + 1):
        t = step / steps
        i, j = int(math.floor(u0 + t * (u1 - u0) + 0.5)), int(math.floor(v0 + t * (v1 - v0) + 0.5))
        if i < 0 or j < 0 or i >= width or j >= height or not free[j, i]:
            return False
    return True


@njit(cache=True)
def _sift_up(heap, places, values, slot):
    cell = heap[slot]
    while slot > 0:
        parent = (slot - 1) >> 1
        if values[heap[parent]] <= values[cell]:
            break
        heap[slot] = heap[parent]
        places[heap[slot]] = slot
        slot = parent
    heap[slot] = cell
    places[cell] = slot


@njit(cache=True)
def _pop(heap, places, values, size):
    """Take the least cell off a heap of `size` cells."""
    least = heap[0]
    cell = heap[size - 1]
    slot = 0
    while True:
        child = 2 * slot + 1
        if child >= size - 1:
            break
        if child + 1 < size - 1 and values[heap[child + 1]] < values[heap[child]]:
            child += 1
        if values[heap[child]] >= values[cell]:
            break
        heap[slot] = heap[child]
        places[heap[slot]] = slot
        slot = child
    heap[slot] = cell
    places[cell] = slot
    return least


@njit(cache=True)
def _upwind(values, done, cell, step, low, high):
    """Upwind term of one axis: known value and weight (1 first order, 1.5 second), weight 0 for none."""
    best, second, weight = math.inf, math.inf, 0.0
    for side, room in ((-step, low), (step, high)):
        if room >= 1 and done[cell + side] and values[cell + side] < best:
            best, weight = values[cell + side], 1.0
            if room >= 2 and done[cell + 2 * side] and values[cell + 2 * side] <= best:
                # 1.5 T - 2 T1 + 0.5 T2 = 1.5 (T - (4 T1 - T2) / 3)
                weight = 1.5
                second = values[cell + 2 * side]
    if weight == 1.5:
        return (4.0 * best - second) / 3.0, 1.5
    return best, weight


@njit(cache=True)
def _solve(values, done, cell, width, height):
    """The wave's arrival at a cell from its settled neighbours."""
    i, j = cell % width, cell // width
    a, wa = _upwind(values, done, cell, 1, i, width - 1 - i)
    b, wb = _upwind(values, done, cell, width, j, height - 1 - j)
    if wa == 0.0:
        return b + 1.0 / wb
    if wb == 0.0:
        return a + 1.0 / wa
    # wa^2 (T - a)^2 + wb^2 (T - b)^2 = 1, where both slopes are positive.
    pa, pb = wa * wa, wb * wb
    root = pa + pb - pa * pb * (a - b) ** 2
    if root >= 0.0:
        arrival = (pa * a + pb * b + math.sqrt(root)) / (pa + pb)
        if arrival >= a and arrival >= b:
            return arrival
    return min(a + 1.0 / wa, b + 1.0 / wb)


@njit(cache=True)
def _march(free, goal_u, goal_v):
    """Distance in cells (y, x) from the goal through free cells; inf elsewhere."""
    height, width = free.shape
    passable = free.ravel()
    values = np.full(height * width, math.inf)
    done = np.zeros(height * width, dtype=np.bool_)
    heap = np.empty(height * width, dtype=np.int32)
    places = np.full(height * width, -1, dtype=np.int32)
    size = 0
    gi, gj = int(math.floor(goal_u + 0.5)), int(math.floor(goal_v + 0.5))
    for j in range(max(0, gj - _EXACT_RADIUS), min(height, gj + _EXACT_RADIUS + 1)):
        for i in range(max(0, gi - _EXACT_RADIUS), min(width, gi + _EXACT_RADIUS + 1)):
            straight = math.sqrt((i - goal_u) ** 2 + (j - goal_v) ** 2)
            if straight <= _EXACT_RADIUS and line_is_free(free, goal_u, goal_v, float(i), float(j)):
                cell = j * width + i
                # Exact, so already settled: the wave starts from these but does not correct them.
                values[cell] = straight
                done[cell] = True
                heap[size] = cell
                _sift_up(heap, places, values, size)
                size += 1
    while size > 0:
        cell = _pop(heap, places, values, size)
        size -= 1
        done[cell] = True
        i, j = cell % width, cell // width
        for step, inside in ((-1, i > 0), (1, i < width - 1), (-width, j > 0), (width, j < height - 1)):
            if not inside:
                continue
            near = cell + step
            if not passable[near] or done[near]:
                continue
            arrival = _solve(values, done, near, width, height)
            if arrival < values[near]:
                values[near] = arrival
                if places[near] < 0:
                    heap[size] = near
                    _sift_up(heap, places, values, size)
                    size += 1
                else:
                    _sift_up(heap, places, values, places[near])
    return values.reshape(height, width)


@njit(cache=True)
def _extend(free, values):
    """Fill blocked cells layer by layer from the reached cells: the mean of what is known beside them."""
    height, width = free.shape
    layer = np.empty(height * width, dtype=np.int32)
    queued = np.zeros((height, width), dtype=np.bool_)
    count = 0
    for j in range(height):
        for i in range(width):
            if values[j, i] == math.inf and not free[j, i] and _known_mean(values, i, j) < math.inf:
                layer[count] = j * width + i
                queued[j, i] = True
                count += 1
    first = 0
    means = np.empty(height * width)
    while first < count:
        last = count
        for slot in range(first, last):
            means[slot] = _known_mean(values, layer[slot] % width, layer[slot] // width)
        for slot in range(first, last):
            i, j = layer[slot] % width, layer[slot] // width
            values[j, i] = means[slot]
        for slot in range(first, last):
            i, j = layer[slot] % width, layer[slot] // width
            for row in range(max(0, j - 1), min(height, j + 2)):
                for column in range(max(0, i - 1), min(width, i + 2)):
                    if not queued[row, column] and not free[row, column]:
                        queued[row, column] = True
                        layer[count] = row * width + column
                        count += 1
        first = last


@njit(cache=True)
def _known_mean(values, i, j):
    """Mean over the known neighbours of their value plus the distance from them, in cells; inf for none."""
    height, width = values.shape
    total, count = 0.0, 0
    for row in range(max(0, j - 1), min(height, j + 2)):
        for column in range(max(0, i - 1), min(width, i + 2)):
            if values[row, column] < math.inf:
                total += values[row, column] + math.sqrt((row - j) ** 2 + (column - i) ** 2)
                count += 1
    return total / count if count > 0 else math.inf


def _descend(values: Float[np.ndarray, "y x"], column: int, row: int) -> list[Float[np.ndarray, "2"]]:
    """Cells (column, row) of steepest descent to the least value."""
    height, width = values.shape
    column, row = min(max(column, 0), width - 1), min(max(row, 0), height - 1)
    cells = []
    while True:
        cells.append(np.array([column, row], dtype=np.float64))
        rows = slice(max(0, row - 1), min(height, row + 2))
        columns = slice(max(0, column - 1), min(width, column + 2))
        block = values[rows, columns]
        steps = np.hypot(
            np.arange(rows.start, rows.stop)[:, None] - row, np.arange(columns.start, columns.stop) - column
        )
        with np.errstate(invalid="ignore"):
            slope = np.where(steps > 0, (values[row, column] - block) / np.maximum(steps, 1), -np.inf)
        best = int(np.nanargmax(slope))
        if slope.reshape(-1)[best] <= 0:
            return cells
        row, column = rows.start + best // block.shape[1], columns.start + best % block.shape[1]
