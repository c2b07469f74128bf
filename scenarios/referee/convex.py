"""Exact distance between the hull and one obstacle: Gilbert, Johnson and Keerthi's algorithm on convex shapes.

A shape is a row of ROW numbers, metres: kind, rounding radius, then
points     three corners (a point or a segment repeats one)
frustum    centres of two discs, their radii: upright cylinders, tapering trunks, leaning branches
box        centre, half sizes, cosine and sine of its yaw
and everything within the rounding radius of that, so that a ball is a rounded point. The hull is a frustum.

Where hull and obstacle overlap, the clearance is minus the depth: how far the hull would have to shrink, from its
surface inwards, to let go. An inset cylinder is again a cylinder, so the depth is found by bisection.

Gilbert, Johnson, Keerthi: A fast procedure for computing the distance between complex objects, IEEE J. Robotics and
Automation 4(2), 1988. Ericson: Real-Time Collision Detection, 2005, chapters 5.1 and 9.5.
"""

import math

import numpy as np
from numba import njit

POINTS, FRUSTUM, BOX = 0.0, 1.0, 2.0
ROW = 11
_STEPS = 80
_ACCURACY = 1e-6  # m
_INSIDE = 1e-16  # m2; the origin this near to the difference of both shapes lies in it
_HALVINGS = 24
_ALONG_AXIS = 1e-9
_DEEPEST = 0.999
"""Of the hull's half height or radius: a hull without any height has no axis."""


@njit(cache=True)
def clearance(row, x, y, z, nx, ny, nz, radius, half_height):
    """Signed distance, m, from an obstacle to a hull at x, y, z whose unit axis is n."""
    hull = np.empty(ROW)
    apart = _apart(row, hull, x, y, z, nx, ny, nz, radius, half_height, 0.0)
    if apart > 0.0:
        return apart - row[1]
    shallow, deep = 0.0, _DEEPEST * min(radius, half_height)
    if _apart(row, hull, x, y, z, nx, ny, nz, radius, half_height, deep) <= 0.0:
        return -deep - row[1]
    for _ in range(_HALVINGS):
        middle = 0.5 * (shallow + deep)
        if _apart(row, hull, x, y, z, nx, ny, nz, radius, half_height, middle) > 0.0:
            deep = middle
        else:
            shallow = middle
    return -deep - row[1]


@njit(cache=True)
def _apart(row, hull, x, y, z, nx, ny, nz, radius, half_height, inset):
    half = half_height - inset
    hull[0], hull[1] = FRUSTUM, 0.0
    hull[2], hull[3], hull[4] = x - half * nx, y - half * ny, z - half * nz
    hull[5], hull[6], hull[7] = x + half * nx, y + half * ny, z + half * nz
    hull[8] = hull[9] = radius - inset
    return separation(hull, row)


@njit(cache=True)
def separation(first, second):
    """Distance between two shapes, their rounding left out, m; 0 where they overlap."""
    corners, v, w = np.empty((4, 3)), np.empty(3), np.empty(3)
    share, kept, best = np.empty(4), np.empty((4, 3)), np.empty(3)
    _difference(first, second, 1.0, 0.0, 0.0, v)
    corners[0] = v
    count = 1
    squared = v[0] ** 2 + v[1] ** 2 + v[2] ** 2
    for _ in range(_STEPS):
        if squared < _INSIDE:
            return 0.0
        _difference(first, second, -v[0], -v[1], -v[2], w)
        length = math.sqrt(squared)
        # No point of the difference is nearer to the origin than along v: the gap bounds the error.
        if length - (v[0] * w[0] + v[1] * w[1] + v[2] * w[2]) / length < _ACCURACY:
            return length
        corners[count] = w
        count = _nearest(corners, count + 1, v, share, kept, best)
        after = v[0] ** 2 + v[1] ** 2 + v[2] ** 2
        if count == 4 or after < _INSIDE:
            return 0.0
        if after >= squared * (1.0 - 1e-14):
            return math.sqrt(min(after, squared))
        squared = after
    return math.sqrt(squared)


# --- Private: the furthest point of a shape along a direction.


@njit(cache=True)
def _difference(first, second, dx, dy, dz, out):
    """The furthest point along d of all differences between points of the first and of the second."""
    _furthest(first, dx, dy, dz, 1.0, out, True)
    _furthest(second, -dx, -dy, -dz, -1.0, out, False)


@njit(cache=True)
def _furthest(row, dx, dy, dz, sign, out, fresh):
    if fresh:
        out[0] = out[1] = out[2] = 0.0
    kind = row[0]
    if kind == POINTS:
        best = 2
        most = row[2] * dx + row[3] * dy + row[4] * dz
        for start in (5, 8):
            value = row[start] * dx + row[start + 1] * dy + row[start + 2] * dz
            if value > most:
                most, best = value, start
        x, y, z = row[best], row[best + 1], row[best + 2]
    elif kind == FRUSTUM:
        x, y, z = _furthest_of_frustum(row, dx, dy, dz)
    else:
        cos, sin = row[8], row[9]
        qx = math.copysign(row[5], cos * dx + sin * dy)
        qy = math.copysign(row[6], cos * dy - sin * dx)
        x = row[2] + cos * qx - sin * qy
        y = row[3] + sin * qx + cos * qy
        z = row[4] + math.copysign(row[7], dz)
    out[0] += sign * x
    out[1] += sign * y
    out[2] += sign * z


@njit(cache=True)
def _furthest_of_frustum(row, dx, dy, dz):
    ax, ay, az = row[5] - row[2], row[6] - row[3], row[7] - row[4]
    along = dx * ax + dy * ay + dz * az
    squared = ax * ax + ay * ay + az * az
    share = along / squared
    rx, ry, rz = dx - share * ax, dy - share * ay, dz - share * az
    size = math.sqrt(rx * rx + ry * ry + rz * rz)
    # Of the two discs the one whose rim reaches further along d.
    start, radius = (5, row[9]) if along + size * (row[9] - row[8]) > 0.0 else (2, row[8])
    # Along the axis the rim is as far as the disc's centre; what rounding leaves of r there points anywhere.
    level = size < _ALONG_AXIS * math.sqrt(dx * dx + dy * dy + dz * dz)
    scale = 0.0 if level else radius / size
    return row[start] + scale * rx, row[start + 1] + scale * ry, row[start + 2] + scale * rz


# --- Private: the point of a simplex that is nearest to the origin.


@njit(cache=True)
def _nearest(corners, count, v, share, kept, best):
    """Write it into v (3,) and reduce corners (4, 3) to those it rests on; 4 where the origin is inside."""
    if count == 2:
        return _on_segment(corners, v)
    if count == 3:
        return _on_triangle(corners, 0, 1, 2, v, kept, True)
    found, nearest = 0, math.inf
    for face in range(4):
        i, j, k = _FACES[face, 0], _FACES[face, 1], _FACES[face, 2]
        if not _beyond(corners, i, j, k, _FACES[face, 3]):
            continue
        used = _on_triangle(corners, i, j, k, best, kept, False)
        squared = best[0] ** 2 + best[1] ** 2 + best[2] ** 2
        if squared < nearest:
            nearest, found = squared, used
            v[:] = best
            share[0] = face
    if found == 0:
        return 4
    face = int(share[0])
    return _on_triangle(corners, _FACES[face, 0], _FACES[face, 1], _FACES[face, 2], v, kept, True)


_FACES = np.array([[0, 1, 2, 3], [0, 1, 3, 2], [0, 2, 3, 1], [1, 2, 3, 0]])


@njit(cache=True)
def _beyond(corners, i, j, k, other):
    """Whether the origin lies on the far side of a face from the fourth corner, or all four are in one plane."""
    a = corners[i]
    ux, uy, uz = corners[j, 0] - a[0], corners[j, 1] - a[1], corners[j, 2] - a[2]
    wx, wy, wz = corners[k, 0] - a[0], corners[k, 1] - a[1], corners[k, 2] - a[2]
    nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
    origin = -(a[0] * nx + a[1] * ny + a[2] * nz)
    fourth = (
        (corners[other, 0] - a[0]) * nx
        + (corners[other, 1] - a[1]) * ny
        + (corners[other, 2] - a[2]) * nz
    )
    size = math.sqrt(nx * nx + ny * ny + nz * nz)
    return origin * fourth <= 0.0 or abs(fourth) < 1e-12 * size


@njit(cache=True)
def _on_segment(corners, v):
    a, b = corners[0].copy(), corners[1].copy()
    ab = b - a
    squared = ab[0] ** 2 + ab[1] ** 2 + ab[2] ** 2
    along = -(a[0] * ab[0] + a[1] * ab[1] + a[2] * ab[2])
    if along <= 0.0 or squared == 0.0:
        v[:] = a
        return 1
    if along >= squared:
        v[:] = corners[0] = b
        return 1
    v[:] = a + (along / squared) * ab
    return 2


@njit(cache=True)
def _on_triangle(corners, i, j, k, v, kept, reduce):
    """Ericson 5.1.5, for the origin."""
    a, b, c = corners[i].copy(), corners[j].copy(), corners[k].copy()
    ab, ac = b - a, c - a
    d1, d2 = -_dot(ab, a), -_dot(ac, a)
    if d1 <= 0.0 and d2 <= 0.0:
        return _keep(corners, kept, a, a, a, 1, v, a, reduce)
    d3, d4 = -_dot(ab, b), -_dot(ac, b)
    if d3 >= 0.0 and d4 <= d3:
        return _keep(corners, kept, b, b, b, 1, v, b, reduce)
    vc = d1 * d4 - d3 * d2
    if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        part = d1 / (d1 - d3) if d1 > d3 else 0.0
        return _keep(corners, kept, a, b, b, 2, v, a + part * ab, reduce)
    d5, d6 = -_dot(ab, c), -_dot(ac, c)
    if d6 >= 0.0 and d5 <= d6:
        return _keep(corners, kept, c, c, c, 1, v, c, reduce)
    vb = d5 * d2 - d1 * d6
    if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        part = d2 / (d2 - d6) if d2 > d6 else 0.0
        return _keep(corners, kept, a, c, c, 2, v, a + part * ac, reduce)
    va = d3 * d6 - d5 * d4
    if va <= 0.0 and d4 >= d3 and d5 >= d6:
        whole = (d4 - d3) + (d5 - d6)
        part = (d4 - d3) / whole if whole > 0.0 else 0.0
        return _keep(corners, kept, b, c, c, 2, v, b + part * (c - b), reduce)
    whole = va + vb + vc
    scale = 1.0 / whole if whole > 0.0 else 0.0
    return _keep(corners, kept, a, b, c, 3, v, a + (vb * scale) * ab + (vc * scale) * ac, reduce)


@njit(cache=True)
def _keep(corners, kept, a, b, c, count, v, point, reduce):
    v[:] = point
    if reduce:
        corners[0], corners[1], corners[2] = a, b, c
    return count


@njit(cache=True)
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
