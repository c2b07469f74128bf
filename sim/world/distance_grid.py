"""Signed distance to a world's meshes on a regular grid, built once and kept on disk."""

import hashlib
import tempfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int16
from numba import njit

from sim.user_cache import user_cache
from sim.world.geometry import Mesh, World

MILLIMETRE = 1e-3
_FINE, _COARSE = 0.25, 0.5  # m
_MAX_NODES = 12_000_000
"""Nodes above which the coarse spacing is taken; a node is two bytes."""
_MOST_NODES = 300_000_000
"""Nodes that still fit into memory while they are computed."""
_FORMAT = b"trident distance grid 1"
_KEPT_ON_DISK = 32
_KEPT_IN_MEMORY = 4
# Columns are tested for being inside slightly beside their nodes: a corner that lies exactly on a
# column (files count in millimetres) would be counted by both faces that share it, or by none.
_ASIDE_X, _ASIDE_Y = 1.37e-4, 2.41e-4  # m


@dataclass(frozen=True)
class DistanceGrid:
    """Distance to the nearest mesh, negative inside solid ones."""

    origin: Float[np.ndarray, "3"]  # m, world, position of node [0, 0, 0]
    spacing: float  # m
    millimetres: Int16[np.ndarray, "z y x"]


def mesh_grid(world: World, altitude_max: float, reach: float) -> DistanceGrid:
    """The grid of a world's meshes up to `altitude_max` m, cut off at `reach` m; empty without meshes."""
    if not world.meshes:
        return DistanceGrid(np.zeros(3), _FINE, np.zeros((0, 0, 0), dtype=np.int16))
    low, high = _extent(world, altitude_max, reach)
    spacing = _FINE if np.prod((high - low) / _FINE + 1) <= _MAX_NODES else _COARSE
    nodes = float(np.prod((high - low) / spacing + 1))
    if nodes > _MOST_NODES:
        size = " x ".join(f"{extent:.0f}" for extent in high - low)
        raise ValueError(
            f"meshes spread over {size} m: crop the place, or lower limits.altitude_max_m"
        )
    shape = np.ceil((high - low) / spacing).astype(int)[::-1] + 1
    key = _key(world.meshes, low, shape, spacing, reach)
    millimetres = _memory.get(key)
    if millimetres is None:
        millimetres = _load(key)
        if millimetres is None or millimetres.shape != tuple(shape):
            millimetres = _build(world.meshes, low, tuple(shape), spacing, reach)
            _store(key, millimetres)
        _memory[key] = millimetres
        while len(_memory) > _KEPT_IN_MEMORY:
            _memory.popitem(last=False)
    return DistanceGrid(low, spacing, millimetres)


_memory: OrderedDict[str, np.ndarray] = OrderedDict()


def _extent(
    world: World, altitude_max: float, reach: float
) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Where meshes can matter: near them, and not far outside the world's bounds."""
    vertices = np.concatenate([mesh.vertices for mesh in world.meshes])
    low = np.maximum(vertices.min(axis=0), world.bounds[0]) - reach
    high = np.minimum(vertices.max(axis=0), world.bounds[1]) + reach
    # Above everything the distance is the reach, as it is read beyond the grid's top.
    low[2], high[2] = 0.0, min(altitude_max, float(vertices[:, 2].max()) + reach)
    return low, np.maximum(high, low + _COARSE)


def _key(
    meshes: tuple[Mesh, ...], low: np.ndarray, shape: np.ndarray, spacing: float, reach: float
) -> str:
    digest = hashlib.sha256(_FORMAT)
    digest.update(np.array([*low, *shape, spacing, reach], dtype=np.float64).tobytes())
    for mesh in meshes:
        digest.update(np.ascontiguousarray(mesh.vertices, dtype=np.float64).tobytes())
        digest.update(np.ascontiguousarray(mesh.faces, dtype=np.int64).tobytes())
        digest.update(bytes([mesh.solid]))
    return digest.hexdigest()


# --- The disk: a convenience, so nothing that goes wrong with it is an error.


def _folder() -> Path:
    return user_cache("distance")


def _load(key: str) -> np.ndarray | None:
    try:
        loaded = np.load(_folder() / f"{key}.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return loaded if loaded.dtype == np.int16 and loaded.ndim == 3 else None


def _store(key: str, millimetres: np.ndarray) -> None:
    """Written aside and moved, so that another process never reads half a file."""
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            np.save(file, millimetres)
        Path(file.name).replace(folder / f"{key}.npy")
        kept = sorted(folder.glob("*.npy"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_KEPT_ON_DISK]:
            path.unlink(missing_ok=True)
    except OSError:
        return


# --- Building.


def _build(
    meshes: tuple[Mesh, ...],
    origin: Float[np.ndarray, "3"],
    shape: tuple[int, ...],
    spacing: float,
    reach: float,
) -> Int16[np.ndarray, "z y x"]:
    squares = np.full(shape, reach**2, dtype=np.float32)
    inside = np.zeros(shape, dtype=np.bool_)
    for mesh in meshes:
        corners = np.ascontiguousarray(mesh.vertices[mesh.faces], dtype=np.float64)
        _spread(corners, origin, spacing, reach, squares)
        if mesh.solid:
            _fill(corners, origin, spacing, inside)
    distances = np.sqrt(squares)
    signed = np.where(inside, -distances, distances)
    return np.rint(signed / MILLIMETRE).astype(np.int16)


@njit(cache=True)
def _node_range(low, high, origin, spacing, count):
    """Nodes between two coordinates, as a half-open range."""
    first = max(0, int(np.ceil((low - origin) / spacing)))
    last = min(count, int(np.floor((high - origin) / spacing)) + 1)
    return first, last


@njit(cache=True)
def _gap(value, low, high):
    """Distance of a number from an interval."""
    return max(low - value, value - high, 0.0)


@njit(cache=True)
def _spread(corners, origin, spacing, reach, squares):
    """Lower every node within reach of a triangle, corners (f, 3, 3), to its squared distance from it.

    Most nodes are nearer to something else than to the triangle's bounding box, which costs little to find out.
    """
    depth, height, width = squares.shape
    point = np.empty(3)
    for face in range(corners.shape[0]):
        a, b, c = corners[face, 0], corners[face, 1], corners[face, 2]
        x0, x1 = min(a[0], b[0], c[0]), max(a[0], b[0], c[0])
        y0, y1 = min(a[1], b[1], c[1]), max(a[1], b[1], c[1])
        z0, z1 = min(a[2], b[2], c[2]), max(a[2], b[2], c[2])
        first_i, last_i = _node_range(x0 - reach, x1 + reach, origin[0], spacing, width)
        first_j, last_j = _node_range(y0 - reach, y1 + reach, origin[1], spacing, height)
        first_k, last_k = _node_range(z0 - reach, z1 + reach, origin[2], spacing, depth)
        for k in range(first_k, last_k):
            point[2] = origin[2] + k * spacing
            gap_z = _gap(point[2], z0, z1) ** 2
            for j in range(first_j, last_j):
                point[1] = origin[1] + j * spacing
                gap_yz = gap_z + _gap(point[1], y0, y1) ** 2
                for i in range(first_i, last_i):
                    point[0] = origin[0] + i * spacing
                    if gap_yz + _gap(point[0], x0, x1) ** 2 < squares[k, j, i]:
                        square = point_triangle_square(point, a, b, c)
                        if square < squares[k, j, i]:
                            squares[k, j, i] = square


@njit(cache=True)
def _fill(corners, origin, spacing, inside):
    """Mark the nodes inside one closed mesh: an odd number of its faces lies above them."""
    depth, height, width = inside.shape
    low_i, high_i = _node_range(
        corners[:, :, 0].min(), corners[:, :, 0].max(), origin[0], spacing, width
    )
    low_j, high_j = _node_range(
        corners[:, :, 1].min(), corners[:, :, 1].max(), origin[1], spacing, height
    )
    odd = np.zeros((max(0, high_j - low_j), max(0, high_i - low_i), depth), dtype=np.bool_)
    for face in range(corners.shape[0]):
        a, b, c = corners[face, 0], corners[face, 1], corners[face, 2]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if area == 0.0:
            continue
        first_i, last_i = _node_range(
            min(a[0], b[0], c[0]), max(a[0], b[0], c[0]), origin[0], spacing, width
        )
        first_j, last_j = _node_range(
            min(a[1], b[1], c[1]), max(a[1], b[1], c[1]), origin[1], spacing, height
        )
        for j in range(max(first_j - 1, low_j), min(last_j + 1, high_j)):
            y = origin[1] + j * spacing + _ASIDE_Y
            for i in range(max(first_i - 1, low_i), min(last_i + 1, high_i)):
                x = origin[0] + i * spacing + _ASIDE_X
                u = ((b[0] - x) * (c[1] - y) - (c[0] - x) * (b[1] - y)) / area
                v = ((c[0] - x) * (a[1] - y) - (a[0] - x) * (c[1] - y)) / area
                if u < 0.0 or v < 0.0 or u + v > 1.0:
                    continue
                z = u * a[2] + v * b[2] + (1.0 - u - v) * c[2]
                for k in range(depth):
                    if origin[2] + k * spacing < z:
                        odd[j - low_j, i - low_i, k] ^= True
    for j in range(low_j, high_j):
        for i in range(low_i, high_i):
            for k in range(depth):
                inside[k, j, i] |= odd[j - low_j, i - low_i, k]


@njit(cache=True)
def point_triangle_square(p, a, b, c):
    """Squared distance of a point from a triangle; regions as in Ericson, Real-Time Collision Detection, 5.1.5."""
    abx, aby, abz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    acx, acy, acz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    apx, apy, apz = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    d1 = abx * apx + aby * apy + abz * apz
    d2 = acx * apx + acy * apy + acz * apz
    bpx, bpy, bpz = apx - abx, apy - aby, apz - abz
    d3 = abx * bpx + aby * bpy + abz * bpz
    d4 = acx * bpx + acy * bpy + acz * bpz
    cpx, cpy, cpz = apx - acx, apy - acy, apz - acz
    d5 = abx * cpx + aby * cpy + abz * cpz
    d6 = acx * cpx + acy * cpy + acz * cpz
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    # The nearest point is a + s ab + t ac.
    if d1 <= 0.0 and d2 <= 0.0:
        s, t = 0.0, 0.0
    elif d3 >= 0.0 and d4 <= d3:
        s, t = 1.0, 0.0
    elif d6 >= 0.0 and d5 <= d6:
        s, t = 0.0, 1.0
    elif vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        s, t = d1 / (d1 - d3), 0.0
    elif vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        s, t = 0.0, d2 / (d2 - d6)
    elif va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
        t = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        s = 1.0 - t
    else:
        total = va + vb + vc
        s, t = vb / total, vc / total
    dx = apx - s * abx - t * acx
    dy = apy - s * aby - t * acy
    dz = apz - s * abz - t * acz
    return dx * dx + dy * dy + dz * dz
