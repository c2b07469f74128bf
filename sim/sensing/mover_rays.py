"""Moving obstacles in an image: exact intersections of rays and primitives, merged where they are nearer.

The rays belong to pixels in rows of a pinhole image and have an optical z of 1, so that a ray's parameter is the
depth; n movers. Rows of primitives are described in `sim/world/primitives.py`.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from sim.world.primitives import CYLINDER, SPHERE

_NEAREST = 1e-3
"""m along the optical axis; what is nearer is behind the lens."""


class SeenMovers(NamedTuple):
    """Movers as one image shows them."""

    table: np.ndarray  # float64 (n, 9), where they are when the image is taken
    colors: np.ndarray  # float64 (n, 3), RGB in [0, 255], fully lit
    classes: np.ndarray  # uint8 (n)


@njit(cache=True)
def draw_movers(seen, sun, ambient, view, rgb, depth, labels):
    """Overwrite pixels of resolved images rgb (3, h, w), depth (h, w) and labels (h, w) where a mover is nearer.

    The view (4, 3) is that of `exposure.aim`: eye, first ray, its change a column and a row; a face turned away from the unit vector `sun` has brightness `ambient`.
    """
    height, width = depth.shape
    across, down = view[2], view[3]
    focal = 1.0 / math.sqrt(across[0] ** 2 + across[1] ** 2 + across[2] ** 2)
    across, down = across * focal, down * focal
    ahead = np.cross(across, down)
    normal = np.empty(3)
    for row in range(seen.table.shape[0]):
        mover = seen.table[row]
        offset = mover[1:4] - view[0]
        x = _dot(offset, across)
        y = _dot(offset, down)
        z = _dot(offset, ahead)
        radius = _outer_radius(mover)
        left, right = _span(x, z, radius, focal, width)
        top, bottom = _span(y, z, radius, focal, height)
        for v in range(top, bottom):
            for u in range(left, right):
                ray = view[1] + u * view[2] + v * view[3]
                near = _hit(mover, offset, ray, normal)
                if near < math.inf and (depth[v, u] == 0.0 or near < depth[v, u]):
                    light = ambient + (1.0 - ambient) * min(max(_dot(normal, sun), 0.0), 1.0)
                    for channel in range(3):
                        rgb[channel, v, u] = np.uint8(seen.colors[row, channel] * light + 0.5)
                    depth[v, u] = near
                    labels[v, u] = seen.classes[row]


@njit(cache=True)
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True)
def _outer_radius(mover):
    """Radius of a ball around the centre that holds the mover, m."""
    if mover[0] == SPHERE:
        return mover[4]
    if mover[0] == CYLINDER:
        return math.sqrt(mover[4] ** 2 + mover[5] ** 2)
    return math.sqrt(mover[4] ** 2 + mover[5] ** 2 + mover[6] ** 2)


@njit(cache=True)
def _span(aside, ahead, radius, focal, size):
    """First pixel and end of the columns (or rows) that a ball may cover, widened by one; empty behind the camera."""
    if ahead + radius <= _NEAREST:
        return 0, 0
    distance = math.sqrt(aside * aside + ahead * ahead)
    if distance <= radius:
        return 0, size
    middle, half = math.atan2(aside, ahead), math.asin(radius / distance)
    first, end = 0, size
    if middle - half > -0.5 * math.pi + 1e-3:
        low = 0.5 * size + focal * math.tan(min(middle - half, 0.5 * math.pi - 1e-3))
        first = int(min(max(math.floor(low) - 1, 0), size))
    if middle + half < 0.5 * math.pi - 1e-3:
        high = 0.5 * size + focal * math.tan(max(middle + half, -0.5 * math.pi + 1e-3))
        end = int(min(max(math.ceil(high) + 1, 0), size))
    return first, end


@njit(cache=True)
def _hit(mover, offset, ray, normal):
    """Ray parameter of the first surface in front of the lens, inf for none, and its outward normal."""
    if mover[0] == SPHERE:
        return _hit_ball(mover, offset, ray, normal)
    if mover[0] == CYLINDER:
        return _hit_column(mover, offset, ray, normal)
    return _hit_block(mover, offset, ray, normal)


@njit(cache=True)
def _hit_ball(mover, offset, ray, normal):
    length = _dot(ray, ray)
    along = _dot(ray, offset) / length
    inside = along * along - (_dot(offset, offset) - mover[4] ** 2) / length
    if inside < 0.0:
        return math.inf
    half = math.sqrt(inside)
    near = along - half if along - half > _NEAREST else along + half
    if near <= _NEAREST:
        return math.inf
    for axis in range(3):
        normal[axis] = (near * ray[axis] - offset[axis]) / mover[4]
    return near


@njit(cache=True)
def _hit_column(mover, offset, ray, normal):
    """The ray's stretch inside the round wall, cut with its stretch between the lids."""
    radius, half = mover[4], mover[5]
    flat = ray[0] ** 2 + ray[1] ** 2
    enter, leave = -math.inf, math.inf
    if flat > 0.0:
        along = (ray[0] * offset[0] + ray[1] * offset[1]) / flat
        inside = along * along - (offset[0] ** 2 + offset[1] ** 2 - radius**2) / flat
        if inside < 0.0:
            return math.inf
        enter, leave = along - math.sqrt(inside), along + math.sqrt(inside)
    elif offset[0] ** 2 + offset[1] ** 2 > radius**2:
        return math.inf
    below, above, lid = _slab(offset[2], ray[2], half)
    near, is_lid = (below, True) if below > enter else (enter, False)
    far, far_is_lid = (above, True) if above < leave else (leave, False)
    if near > far:
        return math.inf
    if near <= _NEAREST:  # The lens is inside, or the mover behind it.
        near, is_lid, lid = far, far_is_lid, -lid
    if near <= _NEAREST:
        return math.inf
    normal[:] = 0.0
    if is_lid:
        normal[2] = lid
    else:
        normal[0] = (near * ray[0] - offset[0]) / radius
        normal[1] = (near * ray[1] - offset[1]) / radius
    return near


@njit(cache=True)
def _hit_block(mover, offset, ray, normal):
    cos, sin = mover[7], mover[8]
    x, xr = cos * offset[0] + sin * offset[1], cos * ray[0] + sin * ray[1]
    y, yr = cos * offset[1] - sin * offset[0], cos * ray[1] - sin * ray[0]
    first_x, last_x, side_x = _slab(x, xr, mover[4])
    first_y, last_y, side_y = _slab(y, yr, mover[5])
    first_z, last_z, side_z = _slab(offset[2], ray[2], mover[6])
    near, far = max(first_x, first_y, first_z), min(last_x, last_y, last_z)
    if near > far:
        return math.inf
    enters = near > _NEAREST
    sign = 1.0 if enters else -1.0
    hit = near if enters else far
    if hit <= _NEAREST:
        return math.inf
    normal[:] = 0.0
    if hit == (first_z if enters else last_z):
        normal[2] = sign * side_z
    elif hit == (first_x if enters else last_x):
        normal[0], normal[1] = sign * side_x * cos, sign * side_x * sin
    else:
        normal[0], normal[1] = -sign * side_y * sin, sign * side_y * cos
    return hit


@njit(cache=True)
def _slab(offset, slope, half):
    """Where a ray enters and leaves |x - offset| <= half, and the sign of the outward normal where it enters."""
    if slope == 0.0:
        return (-math.inf, math.inf, 1.0) if abs(offset) <= half else (math.inf, -math.inf, 1.0)
    if slope > 0.0:
        return (offset - half) / slope, (offset + half) / slope, -1.0
    return (offset + half) / slope, (offset - half) / slope, 1.0
