"""A world's surfaces as a cloud of points, near a way: what difficulty measures that were defined on clouds need."""

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from sim.world.geometry import World
from sim.world.meshing import world_triangles

VOXEL = 0.15
"""m; FlightBench, cal_difficulty.py: voxel_down_sample."""


def surface_cloud(
    world: World, way: Float[np.ndarray, "n 3"], reach: float
) -> Float[np.ndarray, "m 3"]:
    """Points of all surfaces within `reach` m of the points of a way, none nearer than a voxel's side; not the ground."""
    corners = world_triangles(world).corners()
    corners = corners[_touching(corners, way, reach)]
    if not len(corners):
        return np.zeros((0, 3))
    points = _on_triangles(corners)
    near = KDTree(way).query(points, distance_upper_bound=reach)[0] <= reach
    points = points[near]
    _, first = np.unique(np.floor(points / VOXEL).astype(np.int64), axis=0, return_index=True)
    return points[np.sort(first)]


def _touching(
    corners: Float[np.ndarray, "f 3 3"], way: Float[np.ndarray, "n 3"], reach: float
) -> np.ndarray:
    """Faces whose bounding box comes within reach of a point of the way."""
    low, high = corners.min(axis=1), corners.max(axis=1)
    near = np.zeros(len(corners), dtype=np.bool_)
    for point in way:
        offset = np.maximum(np.maximum(low - point, point - high), 0.0)
        near |= np.einsum("ij,ij->i", offset, offset) <= reach**2
    return near


def _on_triangles(corners: Float[np.ndarray, "f 3 3"]) -> Float[np.ndarray, "n 3"]:
    """Grids over triangles no coarser than a voxel: along the longest side, and towards the corner opposite."""
    lengths = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
    longest = lengths.argmax(axis=1)
    order = (longest[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(corners, order[..., None], axis=1).transpose(1, 0, 2)
    base = lengths.max(axis=1)
    height = np.linalg.norm(np.cross(b - a, c - a), axis=1) / np.maximum(base, 1e-12)
    counts = np.stack([base, height], axis=1) // VOXEL + 2
    points = []
    # Triangles whose grids have the same number of rows and columns are laid out together.
    for count in np.unique(counts, axis=0).astype(int):
        same = (counts == count).all(axis=1)
        u, v = np.meshgrid(np.linspace(0.0, 1.0, count[0]), np.linspace(0.0, 1.0, count[1]))
        # Each row shrinks towards the corner, so that every grid point lies inside.
        along, towards = (u * (1.0 - v)).reshape(-1, 1, 1), v.reshape(-1, 1, 1)
        grid = a[same] + along * (b - a)[same] + towards * (c - a)[same]
        points.append(grid.reshape(-1, 3))
    return np.concatenate(points)
