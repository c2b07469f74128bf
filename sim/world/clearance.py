"""Distance to the nearest obstacle: exact for primitives, from a grid for meshes, cheap enough for rollouts."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from sim.types import Vec3
from sim.world.distance_grid import MILLIMETRE, mesh_grid
from sim.world.geometry import World
from sim.world.primitives import BOX, CYLINDER, LIMB, ROW_SIZE, SPHERE, primitive_distance

REACH = 4.0
"""Clearances are exact up to this distance, and read as it beyond, m."""
_AROUND = 20.0
"""m beyond a world's bounds that distances are known in: more than a step carries a flight out of them."""
_BIN = 2.0
"""Side of a bin, m: a query looks at the primitives of one bin only."""
_ROUNDING = 1e-9


class ClearanceArrays(NamedTuple):
    """What compiled code needs; pass it whole."""

    origin_x: float  # m, lowest corner of the bins
    origin_y: float
    bins_x: int
    bins_y: int
    starts: np.ndarray  # int32 (bins + 1): items of bin b are starts[b]:starts[b + 1]
    items: (
        np.ndarray
    )  # int32: rows of `primitives` within REACH of the bin, those nearest to it first
    gaps: (
        np.ndarray
    )  # float64: what lies between a bin and each of its items at least, m; at most 0 within it
    primitives: np.ndarray  # float64 (n, 9), see primitives.py
    circles: (
        np.ndarray
    )  # float64 (n): radius about a primitive's centre, seen from above, that holds all of it, m
    grid: np.ndarray  # int16 (z, y, x): signed distance to meshes, mm; empty without meshes
    grid_x: float  # m, position of grid[0, 0, 0]
    grid_y: float
    grid_z: float
    grid_spacing: float  # m


_HEADROOM = 2.0
"""m over the altitude limit to which meshes are resolved: room for a hull at the limit, and for breaking it."""


class ClearanceField:
    """The distance field of a world: negative inside obstacles, at most REACH, flat ground left out."""

    def __init__(self, world: World, altitude_max: float) -> None:
        """Meshes are resolved up to a little over `altitude_max` m; above, their distance at that height is taken."""
        altitude_max += _HEADROOM
        self._last: tuple[tuple[float, ...], float] = ((), REACH)
        self.relief = world.relief
        if (
            world.relief is not None
        ):  # Of it, too, the distance is told: it is a mesh as houses are.
            altitude_max += float(world.relief.heights.max())
        primitives, low, high = _primitives(world)
        circles = np.hypot(*(high - low).T / 2) + _ROUNDING
        origin, bins, starts, items = _bin(low, high, world.bounds[:, :2])
        gaps = _nearest_first(origin, bins[0], starts, items, primitives, circles)
        grid = mesh_grid(world, altitude_max, REACH)
        self.arrays = ClearanceArrays(
            origin_x=float(origin[0]),
            origin_y=float(origin[1]),
            bins_x=int(bins[0]),
            bins_y=int(bins[1]),
            starts=starts,
            items=items,
            gaps=gaps,
            primitives=primitives,
            circles=circles,
            grid=grid.millimetres,
            grid_x=float(grid.origin[0]),
            grid_y=float(grid.origin[1]),
            grid_z=float(grid.origin[2]),
            grid_spacing=float(grid.spacing),
        )

    def at(self, position_world: Vec3) -> float:
        """Clearance of one point, m; asked again for the same one, as a step's end and the next one's start are, it knows."""
        where = tuple(position_world.tolist())
        if where != self._last[0]:
            self._last = where, clearance_at(self.arrays, *where)
        return self._last[1]

    def ground_height(self, x: float, y: float) -> float:
        """Height of the ground, m: 0 without relief."""
        return 0.0 if self.relief is None else self.relief.height(x, y)

    def at_points(self, points_world: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Clearance of many points, m."""
        return _at_points(self.arrays, np.ascontiguousarray(points_world, dtype=np.float64))


def _primitives(
    world: World,
) -> tuple[Float[np.ndarray, "n 9"], Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
    """One row a primitive, and its bounds in x and y."""
    cylinders, boxes, spheres = world.cylinders, world.boxes, world.spheres
    n_cylinders, n_boxes, n_spheres = len(cylinders.radii), len(boxes.yaws), len(spheres.radii)
    n_limbs = len(world.limbs.semantic)
    ends = np.cumsum([n_cylinders, n_boxes, n_spheres, n_limbs])
    table = np.zeros((ends[-1], ROW_SIZE))
    tall, square, round_, limbs = np.split(table, ends[:-1])
    tall[:, 0] = CYLINDER
    tall[:, 1:4] = cylinders.bases
    tall[:, 3] += cylinders.heights / 2
    tall[:, 4], tall[:, 5] = cylinders.radii, cylinders.heights / 2
    square[:, 0] = BOX
    square[:, 1:4], square[:, 4:7] = boxes.centers, boxes.half_sizes
    square[:, 7], square[:, 8] = np.cos(boxes.yaws), np.sin(boxes.yaws)
    round_[:, 0] = SPHERE
    round_[:, 1:4], round_[:, 4] = spheres.centers, spheres.radii
    limbs[:, 0] = LIMB
    limbs[:, 1:4] = 0.5 * (world.limbs.starts + world.limbs.ends)
    limbs[:, 4:7] = 0.5 * (world.limbs.ends - world.limbs.starts)
    limbs[:, 7], limbs[:, 8] = world.limbs.start_radii, world.limbs.end_radii
    turn = np.abs(square[:, 7:9])
    extent = np.concatenate(
        [
            np.repeat(cylinders.radii[:, None], 2, axis=1),
            turn * boxes.half_sizes[:, [0]] + turn[:, ::-1] * boxes.half_sizes[:, [1]],
            np.repeat(spheres.radii[:, None], 2, axis=1),
            np.abs(limbs[:, 4:6]) + limbs[:, 7:9].max(axis=1, keepdims=True, initial=0.0),
        ]
    )
    return table, table[:, 1:3] - extent, table[:, 1:3] + extent


def _bin(
    low: Float[np.ndarray, "n 2"], high: Float[np.ndarray, "n 2"], bounds: Float[np.ndarray, "2 2"]
) -> tuple[
    Float[np.ndarray, "2"], Int[np.ndarray, "2"], Int[np.ndarray, " b"], Int[np.ndarray, " i"]
]:
    """Sort primitives into every bin they are within reach of: origin, bin counts, starts, items.

    Bins end where nothing flies any more, however far and wide the primitives stand.
    """
    near = ((low <= bounds[1] + _AROUND) & (high >= bounds[0] - _AROUND)).all(axis=1)
    low, high = np.maximum(low, bounds[0] - _AROUND), np.minimum(high, bounds[1] + _AROUND)
    if not near.any():
        return np.zeros(2), np.zeros(2, dtype=int), np.zeros(1, np.int32), np.zeros(0, np.int32)
    origin = low[near].min(axis=0) - REACH
    bins = np.floor((high[near].max(axis=0) + REACH - origin) / _BIN).astype(int) + 1
    first = np.floor((low - REACH - origin) / _BIN).astype(int)
    last = np.floor((high + REACH - origin) / _BIN).astype(int)
    starts, items = _fill_bins(np.flatnonzero(near), first, last, int(bins[0]), int(bins[1]))
    return origin, bins, starts, items


@njit(cache=True)
def _fill_bins(chosen, first, last, columns, rows):
    """Items by bin, in the order chosen: bin b holds items[starts[b]:starts[b + 1]].

    Item i of `chosen` lies in the bins from first[i] to last[i], column and row.
    """
    starts = np.zeros(columns * rows + 1, dtype=np.int32)
    for item in chosen:
        for j in range(first[item, 1], last[item, 1] + 1):
            for i in range(first[item, 0], last[item, 0] + 1):
                starts[j * columns + i + 1] += 1
    for index in range(columns * rows):
        starts[index + 1] += starts[index]
    free = starts[:-1].copy()
    items = np.empty(starts[-1], dtype=np.int32)
    for item in chosen:
        for j in range(first[item, 1], last[item, 1] + 1):
            for i in range(first[item, 0], last[item, 0] + 1):
                slot = j * columns + i
                items[free[slot]] = item
                free[slot] += 1
    return starts, items


@njit(cache=True)
def _nearest_first(origin, columns, starts, items, primitives, circles):
    """Sort the items of every bin by how near to it, seen from above, they may come; returns the gaps between, m."""
    gaps = np.empty(len(items))
    for cell in range(len(starts) - 1):
        first, end = starts[cell], starts[cell + 1]
        if first == end:
            continue
        low_x, low_y = origin[0] + cell % columns * _BIN, origin[1] + cell // columns * _BIN
        for slot in range(first, end):
            item = items[slot]
            x, y = primitives[item, 1], primitives[item, 2]
            dx = max(low_x - x, x - low_x - _BIN, 0.0)
            dy = max(low_y - y, y - low_y - _BIN, 0.0)
            gaps[slot] = math.sqrt(dx * dx + dy * dy) - circles[item] - _ROUNDING
        order = np.argsort(gaps[first:end], kind="mergesort")
        items[first:end] = items[first:end][order]
        gaps[first:end] = gaps[first:end][order]
    return gaps


# --- Compiled queries; numbers in metres, world.


@njit(cache=True)
def clearance_at(arrays, x, y, z):
    """Distance from a point to the nearest obstacle (not the ground): negative inside, at most REACH."""
    nearest = _grid_distance(arrays, x, y, z)
    i = math.floor((x - arrays.origin_x) / _BIN)
    j = math.floor((y - arrays.origin_y) / _BIN)
    if i < 0 or j < 0 or i >= arrays.bins_x or j >= arrays.bins_y:
        return nearest
    cell = int(j) * arrays.bins_x + int(i)
    for slot in range(arrays.starts[cell], arrays.starts[cell + 1]):
        if arrays.gaps[slot] >= nearest:  # So are all that follow.
            break
        item = arrays.items[slot]
        dx, dy = x - arrays.primitives[item, 1], y - arrays.primitives[item, 2]
        reach = nearest + arrays.circles[item]
        if reach > 0.0 and dx * dx + dy * dy < reach * reach:  # Else it is no nearer.
            nearest = min(nearest, primitive_distance(arrays.primitives, item, x, y, z))
    return nearest


@njit(cache=True)
def _at_points(arrays, points):
    distances = np.empty(points.shape[0])
    for index in range(points.shape[0]):
        distances[index] = clearance_at(
            arrays, points[index, 0], points[index, 1], points[index, 2]
        )
    return distances


@njit(cache=True)
def _grid_distance(arrays, x, y, z):
    """Trilinear value of the mesh grid; REACH outside of it, heights clamped to it."""
    depth, height, width = arrays.grid.shape
    if depth == 0:
        return REACH
    fx = (x - arrays.grid_x) / arrays.grid_spacing
    fy = (y - arrays.grid_y) / arrays.grid_spacing
    if fx < 0.0 or fy < 0.0 or fx > width - 1 or fy > height - 1:
        return REACH
    fz = min(max((z - arrays.grid_z) / arrays.grid_spacing, 0.0), depth - 1.0)
    i = min(int(fx), width - 2)
    j = min(int(fy), height - 2)
    k = min(int(fz), depth - 2)
    u, v, w = fx - i, fy - j, fz - k
    grid = arrays.grid
    low = (1 - v) * ((1 - u) * grid[k, j, i] + u * grid[k, j, i + 1]) + v * (
        (1 - u) * grid[k, j + 1, i] + u * grid[k, j + 1, i + 1]
    )
    high = (1 - v) * ((1 - u) * grid[k + 1, j, i] + u * grid[k + 1, j, i + 1]) + v * (
        (1 - u) * grid[k + 1, j + 1, i] + u * grid[k + 1, j + 1, i + 1]
    )
    return MILLIMETRE * ((1 - w) * low + w * high)
