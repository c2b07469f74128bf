"""Spheres, upright cylinders, boxes and limbs as rows of numbers, and the exact distance to one.

A row is (9,): kind, centre x y z, then radius (sphere); radius, half height (cylinder);
half sizes x y z, cosine and sine of the yaw (box); half the axis x y z, from the middle to the end, and the radii at
start and end (limb: a truncated cone in any direction). Metres, world.
"""

import math

from numba import njit

CYLINDER, BOX, SPHERE, LIMB = 0.0, 1.0, 2.0, 3.0
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
    if kind == LIMB:
        return _limb_distance(primitives[row], dx, dy, dz)
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
def _limb_distance(row, dx, dy, dz):
    """From the middle of a limb: in the half plane through its axis it is a trapezium, of which two edges count.

    The nearer of its end discs and its slanted side (after I. Quilez, "distance functions", capped cone).
    """
    hx, hy, hz, first, last = row[4], row[5], row[6], row[7], row[8]
    half = math.sqrt(hx * hx + hy * hy + hz * hz)
    along = (dx * hx + dy * hy + dz * hz) / half
    aside = math.sqrt(max(dx * dx + dy * dy + dz * dz - along * along, 0.0))
    over = abs(along) - half
    beyond = max(aside - (last if along > 0.0 else first), 0.0)
    widening, length = last - first, 2.0 * half
    share = (aside - first) * widening + (along + half) * length
    share = min(max(share / (widening * widening + length * length), 0.0), 1.0)
    side_aside = aside - first - share * widening
    side_along = along + half - share * length
    squared = min(beyond * beyond + over * over, side_aside * side_aside + side_along * side_along)
    return -math.sqrt(squared) if side_aside < 0.0 and over < 0.0 else math.sqrt(squared)


@njit(cache=True)
def nearest_distance(primitives, x, y, z):
    """Signed distance to the nearest of some primitives (n, 9), inf where there are none."""
    nearest = math.inf
    for row in range(primitives.shape[0]):
        nearest = min(nearest, primitive_distance(primitives, row, x, y, z))
    return nearest
