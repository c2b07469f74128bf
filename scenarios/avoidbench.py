"""AvoidBench's measures: of a world, traversability and relative gap; of a flight, path excess, goal velocity, energy.

Formulas: tudelft/AvoidBench, avoidmetrics/src (environment.cpp: getTraversability, calNeighborPoints; Metrics.cpp:
CalRelativeGapSize, CalOptimalityFactor, CalAverageGoalVelocity, CalEnergyCost; Mission.cpp). Theirs are taken on a
point cloud of 0.15 m, ours on exact distances; their A* on that cloud's grid is our shortest free way; the drone's
size is the hull's diameter.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from scenarios.generate.site import Ground
from scenarios.widths import widths_at
from sim.world.build import build_world
from sim.world.clearance import ClearanceField

_RESOLUTION = 0.15
"""m; a ray ends where something is as near as this."""
_CHECK_SPACING = 1.0
"""m between the points that rays start from."""
_DIRECTIONS = 8
_LEAST_LEAP = 0.01
"""m, for rays that graze something."""
_SATURATION = 0.70
"""Density x radius^2 of Poisson discs that leave no room: 0.547 of the plane is covered by discs of half the radius."""
_SAMPLE_HZ = 30.0
"""At which flights are looked at; the energy adds up changes of acceleration between samples."""


@dataclass(frozen=True)
class FlightMetrics:
    """One flight's; lengths in units of the shortest free way."""

    path_excess: float
    """How much longer the path was; 1 for a flight that did not arrive, as published."""
    goal_velocity_m_s: float
    """Shortest way over the flight's time."""
    energy: float
    """Sum of the changes of acceleration, m/s2, per metre of the shortest way: the integral of jerk."""


def traversability(ground: Ground) -> float:
    """Mean free distance from the points of a 1 m grid in eight level directions, in hull diameters."""
    low = np.array(ground.spec.low_m)
    high = np.array([*ground.spec.high_m[:2], ground.altitude_max])
    axes = [low[i] + _checked_at(float(high[i] - low[i])) for i in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    free = _free_distances(ground.clearance, points, low, high)
    return float(free.mean()) / (2.0 * ground.hull_radius)


def relative_gap(ground: Ground) -> float | None:
    """Gap between neighbouring obstacles at flying height, in hull diameters; None where there are meshes or nothing.

    Published: (Poisson-disc radius - mean obstacle width) / drone size. The radius here is the one whose saturated
    discs are as dense as the world's obstacles, so that other worlds have one too; widths are those at flying height.
    """
    world = build_world(ground.spec, ())
    widths = widths_at(world, ground.altitude)
    if world.meshes or not len(widths):
        return None
    (x_low, y_low, _), (x_high, y_high, _) = ground.spec.low_m, ground.spec.high_m
    density = len(widths) / ((x_high - x_low) * (y_high - y_low))
    radius = math.sqrt(_SATURATION / density)
    return (radius - float(widths.mean())) / (2.0 * ground.hull_radius)


def flight_metrics(
    positions: Float[np.ndarray, "t 3"],
    velocities: Float[np.ndarray, "t 3"],
    *,
    physics_hz: int,
    shortest_m: float,
    arrived: bool,
) -> FlightMetrics:
    """From the centre's positions and velocities after every tick, m and m/s, world."""
    stride = max(1, round(physics_hz / _SAMPLE_HZ))
    positions, velocities = positions[::stride], velocities[::stride]
    length = float(np.linalg.norm(np.diff(positions, axis=0), axis=1).sum())
    straight = float(np.linalg.norm(positions[-1] - positions[0]))
    excess = _excess(length, shortest_m, straight) if arrived else 1.0
    duration = max(len(positions) - 1, 1) * stride / physics_hz
    accelerations = np.diff(velocities, axis=0) * physics_hz / stride
    jerks = np.linalg.norm(np.diff(accelerations, axis=0), axis=1)
    return FlightMetrics(excess, shortest_m / duration, float(jerks.sum()) / shortest_m)


# --- Private.


def _excess(length: float, shortest: float, straight: float) -> float:
    """Against the shortest way; a path shorter than that, as finishing early makes it, against the straight line."""
    reference = shortest if length > shortest else max(straight, 1e-9)
    return (length - reference) / reference


def _checked_at(extent: float) -> Float[np.ndarray, " n"]:
    """Coordinates of the grid along one side, from its low end, as published: one point fewer than fit."""
    whole = math.floor(extent / _CHECK_SPACING)
    if whole <= 1:
        return np.array([extent / 2])
    first = (extent - (whole - 1) * _CHECK_SPACING) / 2
    return first + _CHECK_SPACING * np.arange(whole - 1)


def _free_distances(
    clearance: ClearanceField,
    points: Float[np.ndarray, "n 3"],
    low: Float[np.ndarray, "3"],
    high: Float[np.ndarray, "3"],
) -> Float[np.ndarray, " n"]:
    """Mean over eight level directions of the way to an obstacle or the bounds, m; 0 at an obstacle."""
    found = np.zeros(len(points))
    open_ = clearance.at_points(points) > _RESOLUTION
    for angle in np.arange(_DIRECTIONS) * 2.0 * np.pi / _DIRECTIONS:
        ahead = np.round([np.cos(angle), np.sin(angle), 0.0], 12)
        found[open_] += _free_along(clearance, points[open_], ahead, low, high) / _DIRECTIONS
    return found


def _free_along(
    clearance: ClearanceField,
    points: Float[np.ndarray, "n 3"],
    ahead: Float[np.ndarray, "3"],
    low: Float[np.ndarray, "3"],
    high: Float[np.ndarray, "3"],
) -> Float[np.ndarray, " n"]:
    """How far rays run, m; they leap as far as the clearance allows, all at once."""
    with np.errstate(divide="ignore", invalid="ignore"):
        walls = np.where(ahead > 0, (high - points) / ahead, (low - points) / ahead)
    ends = np.where(ahead == 0, np.inf, walls).min(axis=1)
    flown = np.zeros(len(points))
    running = np.arange(len(points))
    while len(running):
        clear = clearance.at_points(points[running] + flown[running, None] * ahead)
        running, clear = running[clear > _RESOLUTION], clear[clear > _RESOLUTION]
        flown[running] += np.maximum(clear - _RESOLUTION, _LEAST_LEAP)
        running = running[flown[running] < ends[running]]
    return np.minimum(flown, ends)
