"""Where moving things are at any instant: one evaluator for every kind of motion, pure in time.

A motion is a list of knots, each a time, a position, a velocity and an acceleration that holds until the next knot.
A loop starts over after its duration. What is confined moves freely in a space that is folded into its box: a mirror
at every wall bounces it, a copy behind every wall wraps it round. Metres, seconds, world; n movers.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from sim.world.primitives import primitive_distance

KNOT_SIZE = 10
"""Of a knot: time, position 3, velocity 3, acceleration 3."""
LEAVE, BOUNCE, WRAP = 0, 1, 2
_GLANCE = 0.2
"""m of relative way between two looks at what passes by: far less than hull and mover together."""
_JUMP = 5.0
"""m between two looks that only wrapping round explains."""


class Motions(NamedTuple):
    """How n things move; pass it whole."""

    starts: np.ndarray  # int64 (n + 1): knots of mover i are starts[i]:starts[i + 1]
    knots: np.ndarray  # float64 (k, 10)
    loops: np.ndarray  # float64 (n): s after which a motion starts over, 0 for never
    edges: np.ndarray  # int64 (n): LEAVE, BOUNCE or WRAP
    low: np.ndarray  # float64 (n, 3): box of the centres
    high: np.ndarray  # float64 (n, 3)


@njit(cache=True)
def move(motions, time, positions, velocities):
    """Write the centres (n, 3) and velocities (n, 3) at a time, s since the start."""
    for index in range(motions.loops.shape[0]):
        _move_one(motions, index, time, positions[index], velocities[index])


@njit(cache=True)
def _move_one(motions, index, time, position, velocity):
    loop = motions.loops[index]
    if loop > 0.0:
        time = time % loop
    knot = _knot_before(motions.knots, motions.starts[index], motions.starts[index + 1], time)
    row = motions.knots[knot]
    since = time - row[0]
    for axis in range(3):
        pace = row[4 + axis] + row[7 + axis] * since
        place = row[1 + axis] + since * (row[4 + axis] + 0.5 * row[7 + axis] * since)
        if motions.edges[index] != LEAVE:
            low, high = motions.low[index, axis], motions.high[index, axis]
            place, sign = _fold(place, low, high, motions.edges[index])
            pace *= sign
        position[axis], velocity[axis] = place, pace


@njit(cache=True)
def _knot_before(knots, first, end, time):
    """The last of the knots first to end - 1 that is not after a time."""
    while end - first > 1:
        middle = (first + end) // 2
        if knots[middle, 0] <= time:
            first = middle
        else:
            end = middle
    return first


@njit(cache=True)
def _fold(place, low, high, edge):
    """A free coordinate inside its box, and the sign of its velocity there, 0 where the box is flat."""
    width = high - low
    if width <= 0.0:
        return low, 0.0
    if edge == WRAP:
        return low + (place - low) % width, 1.0
    beyond = (place - low) % (2.0 * width)
    if beyond <= width:
        return low + beyond, 1.0
    return low + 2.0 * width - beyond, -1.0


@njit(cache=True)
def random_knots(draws, position, velocity, moves, speed_max, acceleration_max, period):
    """Knots (k, 10) of a motion whose acceleration is drawn every period from uniform numbers (k, 3) in [0, 1).

    Wanted accelerations are uniform in a ball. The velocity at the end of a period is pulled back to the nearest one
    that is allowed; the acceleration that leads there is no larger, and between two allowed velocities all are.
    """
    knots = np.empty((draws.shape[0], KNOT_SIZE))
    place, pace, push = position.copy(), velocity * moves, np.empty(3)
    for index in range(draws.shape[0]):
        up, turn = 2.0 * draws[index, 0] - 1.0, 2.0 * math.pi * draws[index, 1]
        flat, size = math.sqrt(1.0 - up * up), acceleration_max * draws[index, 2] ** (1.0 / 3.0)
        push[0], push[1], push[2] = flat * math.cos(turn), flat * math.sin(turn), up
        after = pace + period * size * push * moves
        speed = math.sqrt(after[0] ** 2 + after[1] ** 2 + after[2] ** 2)
        if speed > speed_max:
            after *= speed_max / speed
        knots[index, 0] = index * period
        knots[index, 1:4], knots[index, 4:7] = place, pace
        knots[index, 7:10] = (after - pace) / period
        place = place + 0.5 * period * (pace + after)
        pace = after
    return knots


# --- What is asked of movers: rows of primitives, n by 9, see primitives.py.


@njit(cache=True)
def tables_at(motions, shapes, first_time, step, count):
    """The movers (count, n, 9) at a number of instants, `step` s apart."""
    total = shapes.shape[0]
    tables, positions, velocities = (
        np.empty((count, total, shapes.shape[1])), np.empty((total, 3)), np.empty((total, 3)),
    )  # fmt: skip
    for index in range(count):
        move(motions, first_time + index * step, positions, velocities)
        tables[index] = shapes
        tables[index, :, 1:4] = positions
    return tables


@njit(cache=True)
def least_distance(tables, path):
    """Least signed distance between a point on its path (t, 3) and movers (t, n, 9) at the same instants."""
    least = math.inf
    for index in range(path.shape[0]):
        x, y, z = path[index, 0], path[index, 1], path[index, 2]
        for row in range(tables.shape[1]):
            least = min(least, primitive_distance(tables[index], row, x, y, z))
    return least


@njit(cache=True)
def passing_distance(before, after, row, x0, y0, z0, x1, y1, z1):
    """Least signed distance between a point and one row of movers (n, 9) while both go straight from one instant to the next.

    Taken every _GLANCE m of relative way. What jumped further than any mover flies has wrapped round, and is seen
    where it comes out.
    """
    dx = x1 - x0 - after[row, 1] + before[row, 1]
    dy = y1 - y0 - after[row, 2] + before[row, 2]
    dz = z1 - z0 - after[row, 3] + before[row, 3]
    way = math.sqrt(dx * dx + dy * dy + dz * dz)
    parts = int(way / _GLANCE) + 1 if way < _JUMP else 1
    least = math.inf
    for part in range(parts):
        left = part / parts
        near = primitive_distance(after, row, x1 - left * dx, y1 - left * dy, z1 - left * dz)
        least = min(least, near)
    return least


@njit(cache=True)
def ways_between(tables):
    """How far each mover of tables (t, n, 9) goes from one instant to the next, (t - 1, n), m."""
    ways = np.empty((tables.shape[0] - 1, tables.shape[1]))
    for step in range(ways.shape[0]):
        for row in range(ways.shape[1]):
            dx = tables[step + 1, row, 1] - tables[step, row, 1]
            dy = tables[step + 1, row, 2] - tables[step, row, 2]
            dz = tables[step + 1, row, 3] - tables[step, row, 3]
            ways[step, row] = math.sqrt(dx * dx + dy * dy + dz * dz)
    return ways


@njit(cache=True)
def within_reach(table, reach, x, y, z):
    """Which movers (n, 9) come nearer to a point than each one's reach (n,), m."""
    near = np.empty(table.shape[0], dtype=np.bool_)
    for row in range(table.shape[0]):
        near[row] = primitive_distance(table, row, x, y, z) < reach[row]
    return near
