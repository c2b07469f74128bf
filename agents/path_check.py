"""Candidate commands checked against points around the drone: can it still stop, and does the course stay clear."""

from typing import NamedTuple

import numpy as np
from numba import njit

from agents.altitude_guard import guarded_climb
from agents.preference import END_SECONDS
from agents.smoothing import ramp
from sim.physics.response import STATE_SIZE, predict

_CELL, _LAYER = 0.25, 0.3
_SIDE, _LAYERS = 73, 9
"""Cells along x and y, and layers, of the field around the drone: 9 m each way, 1.2 m up and down."""
FIELD_REACH = _CELL * (_SIDE // 2)
_NEIGHBOURS = 1
"""Layers above and below its own that a point counts in."""
_FAR = 0.6
"""m from which on all distances are the same."""
_FLAT = 0.1
"""m above or below within which a point counts as beside: half the hull's height, and something for banking."""
_COMMIT_S = 0.4
"""s a candidate is followed before the drone can have thought better of it."""
_STOP_S = 1.4
"""s of braking after that."""
LOOK_AHEAD_S = 1.4
"""s over which the course of an unchanged command is judged."""
_FLOOR_ROOM, _CEILING_ROOM = 0.3, 0.4
"""m by which ground and altitude limit count as further off than solid things: there is the guard besides."""


class Outlook(NamedTuple):
    """What every candidate leads to."""

    stopping: np.ndarray  # (k,) m: least distance from anything if the drone brakes after a moment
    course: np.ndarray  # (k,) m: least distance from anything along the unchanged course
    ends: np.ndarray  # (k, 3) m: where it leads to in END_SECONDS, heading frame, from the drone


@njit(cache=True)
def distance_field(points):
    """Distance (layer, y, x) to the nearest of points (n, 3) around the drone, m, exact to half a cell, at most _FAR."""
    squares = np.full((_LAYERS, _SIDE, _SIDE), _FAR * _FAR)
    half, middle = _SIDE // 2, _LAYERS // 2
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        first_row, last_row = _cells_within(y, half)
        first_column, last_column = _cells_within(x, half)
        k = int(np.floor(z / _LAYER + 0.5)) + middle
        for layer in range(max(0, k - _NEIGHBOURS), min(_LAYERS, k + _NEIGHBOURS + 1)):
            dz = max(0.0, abs((layer - middle) * _LAYER - z) - _FLAT)
            for row in range(first_row, last_row):
                dy = (row - half) * _CELL - y
                aside = dy * dy + dz * dz
                for column in range(first_column, last_column):
                    dx = (column - half) * _CELL - x
                    squares[layer, row, column] = min(squares[layer, row, column], dx * dx + aside)
    return np.sqrt(squares)


@njit(cache=True)
def _cells_within(coordinate, half):
    """First cell within _FAR of a coordinate, and the one after the last."""
    first = int(np.ceil((coordinate - _FAR) / _CELL)) + half
    last = int(np.floor((coordinate + _FAR) / _CELL)) + half
    return max(first, 0), min(last + 1, _SIDE)


@njit(cache=True)
def look_ahead(commands, start, previous, change, response, dt, field, height, headroom):
    """The outlook of every command (k, 3), heading frame.

    `start` is the response state with the drone at the origin, `previous` the last command, m/s, of which a step changes
    no component by more than `change`; `height` and `headroom` are m to the ground and to the altitude limit, which the
    altitude guard keeps it off.
    """
    count = commands.shape[0]
    stopping, course, ends = np.empty(count), np.empty(count), np.empty((count, 3))
    commit, stop = round(_COMMIT_S / dt), round((_COMMIT_S + _STOP_S) / dt)
    judged, end = round(LOOK_AHEAD_S / dt), round(END_SECONDS / dt)
    still = np.zeros(3)
    state, branch = np.empty(STATE_SIZE), np.empty(STATE_SIZE)
    command, guarded, braking = np.empty(3), np.empty(3), np.empty(3)
    for k in range(count):
        state[:], command[:] = start, previous
        least = _FAR
        for step in range(max(judged, end)):
            ramp(command, commands[k], change)
            guarded[:] = command
            guarded[2] = guarded_climb(command[2], height + state[2], headroom - state[2])
            predict(state, guarded, response, dt)
            if step < judged:
                least = min(least, _clearance(field, state, height, headroom))
            if step + 1 == end:
                ends[k] = state[0:3]
            if step + 1 == commit:
                safe = least
                branch[:], braking[:] = state, command
                for _ in range(commit, stop):
                    ramp(braking, still, change)
                    predict(branch, braking, response, dt)
                    safe = min(safe, _clearance(field, branch, height, headroom))
                stopping[k] = safe
        course[k] = least
    return Outlook(stopping, course, ends)


@njit(cache=True)
def _clearance(field, state, height, headroom):
    """Distance from the nearest thing, ground and altitude limit included, m: bilinear in the plane."""
    z = state[2]
    least = min(z + height + _FLOOR_ROOM, headroom - z + _CEILING_ROOM, _FAR)
    half = _SIDE // 2
    u, v = state[0] / _CELL + half, state[1] / _CELL + half
    i, j = int(np.floor(u)), int(np.floor(v))
    if i < 0 or j < 0 or i >= _SIDE - 1 or j >= _SIDE - 1:
        return least
    k = min(max(int(np.floor(z / _LAYER + 0.5)) + _LAYERS // 2, 0), _LAYERS - 1)
    a, b = u - i, v - j
    low = (1.0 - a) * field[k, j, i] + a * field[k, j, i + 1]
    high = (1.0 - a) * field[k, j + 1, i] + a * field[k, j + 1, i + 1]
    return min(least, (1.0 - b) * low + b * high)
