"""Geometry as PyBullet takes it: lists of a size it can hold, and quaternions; nothing of PyBullet itself."""

import numpy as np
from jaxtyping import Float

from sim.world.meshing import Triangles
from sim.world.primitives import BOX

_MAX_VERTICES, _MAX_INDICES = 131_072, 524_288
"""Sizes of PyBullet's shape buffers; what exceeds them is cut off without a word."""


def check_size(triangles: Triangles) -> None:
    """Raise ValueError where a world has more geometry than Bullet takes."""
    vertices, indices = len(triangles.vertices), triangles.faces.size
    if vertices > _MAX_VERTICES or indices > _MAX_INDICES:
        raise ValueError(
            f"a world of {vertices} vertices and {indices // 3} triangles: "
            f"Bullet takes {_MAX_VERTICES} and {_MAX_INDICES // 3}; crop the place, or put up fewer obstacles"
        )


def upright_quat(row: Float[np.ndarray, "9"]) -> tuple[float, float, float, float]:
    """The quaternion xyzw of a primitive, which is turned about z only."""
    half_yaw = 0.5 * float(np.arctan2(row[8], row[7])) if row[0] == BOX else 0.0
    return 0.0, 0.0, float(np.sin(half_yaw)), float(np.cos(half_yaw))


_kept_rows: list[list[float]] = []


def vertex_rows(vertices: Float[np.ndarray, "v 3"]) -> list[list[float]]:
    """Vertices as PyBullet takes them, in lists used again and again, because it never lets go of those either."""
    while len(_kept_rows) < len(vertices):
        _kept_rows.append([0.0, 0.0, 0.0])
    rows = _kept_rows[: len(vertices)]
    for row, vertex in zip(rows, vertices.tolist(), strict=True):
        row[:] = vertex
    return rows
