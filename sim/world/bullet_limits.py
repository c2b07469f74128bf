"""How much geometry PyBullet takes; for those who ask before they build anything, so nothing of PyBullet itself."""

from sim.world.meshing import Triangles

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
