"""Compiled parts of the observation and of a step's account: what many small NumPy calls would spend 0.1 ms on."""

import math

import numpy as np
from numba import njit

from sim.frames import rotation_entries, yaw_of


@njit(cache=True)
def ego_entry(estimate, headroom, battery, previous_action, low, high, ego):
    """Write the observation's `ego` (16,) from the estimate (13,); each entry within its bounds.

    `headroom` is the altitude limit, m above ground.
    """
    r = rotation_entries(estimate[3:7])
    vx, vy, vz = estimate[7], estimate[8], estimate[9]
    wx, wy, wz = estimate[10], estimate[11], estimate[12]
    for axis in range(3):
        # The world seen from the body: the rotation's columns are the body's axes.
        ego[axis] = r[axis] * vx + r[3 + axis] * vy + r[6 + axis] * vz
        ego[3 + axis] = -r[6 + axis]
        ego[6 + axis] = r[axis] * wx + r[3 + axis] * wy + r[6 + axis] * wz
    ego[9] = estimate[2]
    ego[10] = headroom - estimate[2]
    ego[11] = battery
    for index in range(previous_action.shape[0]):
        ego[12 + index] = previous_action[index]
    clip(ego, low, high)


@njit(cache=True)
def goal_entry(offset, speed_limit):
    """The observation's `goal` (6,) that points along an offset (3,) in the heading frame, m."""
    distance = math.sqrt(offset[0] ** 2 + offset[1] ** 2 + offset[2] ** 2)
    goal = np.empty(6, dtype=np.float32)
    for axis in range(3):
        goal[axis] = offset[axis] / max(distance, 1e-6)
    goal[3] = math.log1p(distance)
    goal[4] = speed_limit
    goal[5] = 1.0
    return goal


@njit(cache=True)
def goal_to(estimate, point, speed_limit):
    """The observation's `goal` (6,) that points from an estimated body (13,) to a world point (3,), m."""
    return goal_entry(offset_from(estimate, point), speed_limit)


@njit(cache=True)
def offset_from(estimate, point):
    """A world point (3,) relative to an estimated body (13,), in its heading frame, m."""
    yaw = yaw_of(estimate[3:7])
    c, s = math.cos(yaw), math.sin(yaw)
    dx, dy, dz = point[0] - estimate[0], point[1] - estimate[1], point[2] - estimate[2]
    return np.array((c * dx + s * dy, c * dy - s * dx, dz))


@njit(cache=True)
def offsets_from(estimate, points):
    """`offset_from` of several world points (n, 3)."""
    offsets = np.empty(points.shape)
    for index in range(points.shape[0]):
        offsets[index] = offset_from(estimate, points[index])
    return offsets


@njit(cache=True)
def distances_from(place, points):
    """Distance from the first three of `place` to several points (n, 3), m."""
    distances = np.empty(points.shape[0])
    for index in range(points.shape[0]):
        dx, dy = place[0] - points[index, 0], place[1] - points[index, 1]
        dz = place[2] - points[index, 2]
        distances[index] = math.sqrt(dx * dx + dy * dy + dz * dz)
    return distances


@njit(cache=True)
def clip(values, low, high):
    """Bring each of `values` (n,) between its bounds, in place; NaN stays."""
    for index in range(values.shape[0]):
        value = values[index]
        if value < low[index]:
            values[index] = low[index]
        elif value > high[index]:
            values[index] = high[index]


@njit(cache=True)
def path_account(before, ticks):
    """Length of the way from a body (13,) through `ticks` (t, 13), m, and the largest speed along any axis, m/s.

    The speed is infinite where any number of the ticks is not finite.
    """
    length, fastest = 0.0, 0.0
    x, y, z = before[0], before[1], before[2]
    for index in range(ticks.shape[0]):
        row = ticks[index]
        for entry in range(row.shape[0]):
            if not math.isfinite(row[entry]):
                return length, math.inf
        length += math.sqrt((row[0] - x) ** 2 + (row[1] - y) ** 2 + (row[2] - z) ** 2)
        x, y, z = row[0], row[1], row[2]
        fastest = max(fastest, max(abs(row[7]), max(abs(row[8]), abs(row[9]))))
    return length, fastest


@njit(cache=True)
def distances_to(point, ticks):
    """Distance to a point (3,) at the last of `ticks` (t, 13), and the smallest of all, m."""
    last, smallest = 0.0, math.inf
    for index in range(ticks.shape[0]):
        dx = ticks[index, 0] - point[0]
        dy = ticks[index, 1] - point[1]
        dz = ticks[index, 2] - point[2]
        last = math.sqrt(dx * dx + dy * dy + dz * dz)
        smallest = min(smallest, last)
    return last, smallest
