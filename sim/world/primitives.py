"""Spheres, upright cylinders and boxes as rows of numbers, and the exact distance to one.

A row is (9,): kind, centre x y z, then radius (sphere); radius, half height (cylinder);
half sizes x y z, cosine and sine of the yaw (box). Metres, world.
"""

import math

from numba import njit

CYLINDER, BOX, SPHERE = 0.0, 1.0, 2.0
ROW_SIZE = 9


@njit(cache=True)
def primitive_distance(primitives, row, x, y, z):
    """Signed distance to one primitive, exact inside and outside."""
    kind = primitives[row, 0]
    dx, dy, dz = x - primitives[row, 1], y - primitives[row, 2], z - primitives[row, 3]
    if kind == SPHERE:
        return math.sqrt(dx * dx + dy * dy + dz * dz) - primitives[row, 4]
    if kind == CYLINDER:
        side = math.sqrt(dx * dx + dy * dy) - primitives[row, 4]
        over = abs(dz) - primitives[row, 5]
        if side <= 0.0 or over <= 0.0:
            return max(side, over)
        return math.sqrt(side * side + over * over)
    cos, sin = primitives[row, 7], primitives[row, 8]
    qx = abs(cos * dx + sin * dy) - primitives[row, 4]
    qy = abs(cos * dy - sin * dx) - primitives[row, 5]
    qz = abs(dz) - primitives[row, 6]
    deepest = max(qx, qy, qz)
    if deepest <= 0.0:
        return deepest
    ox, oy, oz = max(qx, 0.0), max(qy, 0.0), max(qz, 0.0)
    return math.sqrt(ox * ox + oy * oy + oz * oz)


@njit(cache=True)
def nearest_distance(primitives, x, y, z):
    """Signed distance to the nearest of some primitives (n, 9), inf where there are none."""
    nearest = math.inf
    for row in range(primitives.shape[0]):
        nearest = min(nearest, primitive_distance(primitives, row, x, y, z))
    return nearest
