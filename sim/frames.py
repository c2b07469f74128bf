"""Rotations and frames: quaternions xyzw body to world, yaw, and the heading frame (world turned by yaw only)."""

import math

import numpy as np
from numba import njit


@njit(cache=True)
def rotation_entries(quat):
    """Rotation matrix body to world of a unit quaternion, as nine numbers row by row: no memory is taken."""
    x, y, z, w = quat[0], quat[1], quat[2], quat[3]
    return (
        1.0 - 2.0 * (y * y + z * z),
        2.0 * (x * y - z * w),
        2.0 * (x * z + y * w),
        2.0 * (x * y + z * w),
        1.0 - 2.0 * (x * x + z * z),
        2.0 * (y * z - x * w),
        2.0 * (x * z - y * w),
        2.0 * (y * z + x * w),
        1.0 - 2.0 * (x * x + y * y),
    )


@njit(cache=True)
def quat_to_matrix(quat):
    """Rotation matrix (3, 3) body to world of a unit quaternion (4,)."""
    return np.array(rotation_entries(quat)).reshape(3, 3)


@njit(cache=True)
def quat_rotate(quat, vector, out):
    """Turn a body vector (3,) into the world, into `out` (3,), which may be `vector` itself."""
    r = rotation_entries(quat)
    x, y, z = vector[0], vector[1], vector[2]
    out[0] = r[0] * x + r[1] * y + r[2] * z
    out[1] = r[3] * x + r[4] * y + r[5] * z
    out[2] = r[6] * x + r[7] * y + r[8] * z


@njit(cache=True)
def quat_multiply(left, right, out):
    """Hamilton product left * right (4,): `right` is applied first. `out` is neither of them."""
    ax, ay, az, aw = left[0], left[1], left[2], left[3]
    bx, by, bz, bw = right[0], right[1], right[2], right[3]
    out[0] = aw * bx + ax * bw + ay * bz - az * by
    out[1] = aw * by - ax * bz + ay * bw + az * bx
    out[2] = aw * bz + ax * by - ay * bx + az * bw
    out[3] = aw * bw - ax * bx - ay * by - az * bz


@njit(cache=True)
def quat_perturb(quat, angle, out):
    """Turn a body by a rotation vector (3,) given in its own frame, rad: out = quat * exp(angle / 2)."""
    norm = math.sqrt(angle[0] ** 2 + angle[1] ** 2 + angle[2] ** 2)
    scale = 0.5 - norm * norm / 48.0 if norm < 1e-4 else math.sin(0.5 * norm) / norm
    bx, by, bz, bw = scale * angle[0], scale * angle[1], scale * angle[2], math.cos(0.5 * norm)
    x, y, z, w = quat[0], quat[1], quat[2], quat[3]
    out[0] = w * bx + x * bw + y * bz - z * by
    out[1] = w * by - x * bz + y * bw + z * bx
    out[2] = w * bz + x * by - y * bx + z * bw
    out[3] = w * bw - x * bx - y * by - z * bz


@njit(cache=True)
def yaw_of(quat):
    """Heading, rad in (-pi, pi]: the azimuth of the body's x axis."""
    x, y, z, w = quat[0], quat[1], quat[2], quat[3]
    return math.atan2(2.0 * (x * y + z * w), 1.0 - 2.0 * (y * y + z * z))


@njit(cache=True)
def yaw_quat(yaw):
    """Quaternion (4,) of a level body with the given heading."""
    return np.array((0.0, 0.0, math.sin(0.5 * yaw), math.cos(0.5 * yaw)))


@njit(cache=True)
def heading_from_world(vector, yaw):
    """Components (3,) of a world vector in the heading frame of a body with the given yaw."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array((c * vector[0] + s * vector[1], c * vector[1] - s * vector[0], vector[2]))


@njit(cache=True)
def world_from_heading(vector, yaw):
    """Components (3,) in the world of a vector given in the heading frame of a body with the given yaw."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array((c * vector[0] - s * vector[1], c * vector[1] + s * vector[0], vector[2]))


@njit(cache=True)
def wrap_angle(angle):
    """The same angle in [-pi, pi)."""
    return (angle + math.pi) % (2.0 * math.pi) - math.pi
