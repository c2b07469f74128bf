"""Following a free way: how much of it a candidate gains, and in which direction it leads on."""

import numpy as np
from jaxtyping import Float
from numba import njit

from agents.preference import way_preference
from sim.world.geodesic import SPACING, FreeSpace, GeodesicField, field_at

_LOOKAHEAD = 10.0
"""m along a way that is aimed ahead."""
_CORNER = 2.5
"""m from a corner of a way within which the next one is aimed at."""
_THROUGH_WALL = 1.0
"""m of progress beyond the distance flown that only leaping over a wall can explain."""


def follow(
    field: GeodesicField,
    goal: Float[np.ndarray, "3"],
    position: Float[np.ndarray, "3"],
    ends: Float[np.ndarray, "k 3"],
    yaw: float,
) -> Float[np.ndarray, " k"]:
    """Log-probability of each candidate by progress along a way to a goal; ends are where candidates lead, world."""
    here = field.at(position)
    bearing = way_bearing(field.arrays, position[0], position[1])
    if np.isfinite(here) and np.isfinite(bearing):
        progress = here - way_lengths(field.arrays, ends)
    else:  # Out of every free way: the straight line is the best there is.
        offset = goal[:2] - position[:2]
        progress = np.linalg.norm(offset) - np.linalg.norm(goal[:2] - ends[:, :2], axis=1)
        bearing = float(np.arctan2(offset[1], offset[0]))
    # Nobody comes nearer by more than what was flown: such an end lies behind a wall, as one without a way does.
    flown = np.linalg.norm(ends - position, axis=1)
    progress = np.where(np.abs(progress) > flown + _THROUGH_WALL, -flown, progress)
    return way_preference(progress, ends[:, 2] - goal[2], bearing - yaw)


def aim_along(
    corners: Float[np.ndarray, "n 2"], position: Float[np.ndarray, "2"], left: float
) -> Float[np.ndarray, "2"]:
    """Where to aim on a way of which `left` metres are left, relative to the drone, m: towards its next corner.

    A corner is passed, not stopped at, so it is not aimed at as if it were the end, however near it is.
    """
    away = np.linalg.norm(corners - position, axis=1)
    ahead = np.flatnonzero(away > _CORNER)
    toward = corners[ahead[0] if len(ahead) else -1] - position
    return toward * min(_LOOKAHEAD, left) / max(float(np.linalg.norm(toward)), 1e-6)


def nearest_free(space: FreeSpace, xy: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
    """The point itself if its cell is free, else the centre of the nearest free cell."""
    if space.is_free(xy):
        return xy
    rows, columns = np.nonzero(space.free)
    centers = space.origin + SPACING * np.stack([columns, rows], axis=1)
    return centers[np.linalg.norm(centers - xy, axis=1).argmin()]


@njit(cache=True)
def way_lengths(arrays, points):
    """Free-way length (n,) from each point (n, 2 or 3) to the field's goal, m."""
    lengths = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        lengths[n] = field_at(arrays, points[n, 0], points[n, 1])
    return lengths


@njit(cache=True)
def way_bearing(arrays, x, y):
    """Direction in the world in which the free way leads on from a point, rad: down the field's slope over a metre."""
    east = field_at(arrays, x - 1.0, y) - field_at(arrays, x + 1.0, y)
    north = field_at(arrays, x, y - 1.0) - field_at(arrays, x, y + 1.0)
    return np.arctan2(north, east)
