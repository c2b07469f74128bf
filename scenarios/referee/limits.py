"""Where a drone may be, and how far inside or outside it is: bounds, altitudes, geofences and no-fly zones."""

import numpy as np
from jaxtyping import Bool, Float

from scenarios.referee.definitions import LANDING_RADIUS
from scenarios.referee.track import Track
from sim.safety_spec import Area, CircleArea
from sim.scenario import Scenario
from sim.task_spec import MissionTask


def bounds_margin(scenario: Scenario, track: Track) -> Float[np.ndarray, " n"]:
    """Way to the nearest side of the world seen from above, m, negative outside; height has its own limit."""
    low, high = np.array(scenario.world.low_m)[:2], np.array(scenario.world.high_m)[:2]
    flat = track.positions[:, :2]
    return np.minimum(flat - low, high - flat).min(axis=1)


def altitude_margin(scenario: Scenario, track: Track) -> Float[np.ndarray, " n"]:
    """Way up to the altitude limit, m, negative above it."""
    return scenario.limits.altitude_max_m - track.positions[:, 2]


def floor_margin(
    scenario: Scenario, track: Track, landing: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Way down to the least altitude, m, negative below; inf where none binds: without one, landing, over a pad."""
    safety = scenario.safety
    if safety is None:
        return np.full(len(track), np.inf)
    places = np.array([_home(scenario), *safety.rally_m], dtype=float)[:, :2]
    away = np.linalg.norm(track.positions[:, None, :2] - places, axis=2).min(axis=1)
    free = landing | (away <= LANDING_RADIUS) | (safety.altitude_min_m <= 0.0)
    return np.where(free, np.inf, track.positions[:, 2] - safety.altitude_min_m)


def fence_margin(scenario: Scenario, track: Track) -> Float[np.ndarray, " n"]:
    """How far inside the geofence that holds it best, m, negative outside all; inf where there is none."""
    safety = scenario.safety
    if safety is None or not safety.geofence:
        return np.full(len(track), np.inf)
    return np.max([inside(area, track.positions) for area in safety.geofence], axis=0)


def no_fly_margin(scenario: Scenario, track: Track) -> Float[np.ndarray, " n"]:
    """Way to the nearest no-fly zone, m, negative in one; inf where there is none."""
    safety = scenario.safety
    if safety is None or not safety.no_fly:
        return np.full(len(track), np.inf)
    return -np.max([inside(area, track.positions) for area in safety.no_fly], axis=0)


def inside(area: Area, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
    """Way to the surface of an upright prism or cylinder, m: positive inside, negative (and no larger) outside."""
    level = np.minimum(points[:, 2] - area.low_m, area.high_m - points[:, 2])
    if isinstance(area, CircleArea):
        away = np.linalg.norm(points[:, :2] - np.array(area.center_m), axis=1)
        return np.minimum(level, area.radius_m - away)
    ring = np.array(area.corners_m, dtype=float)
    return np.minimum(level, _inside_ring(ring, points[:, :2]))


def _inside_ring(
    ring: Float[np.ndarray, "k 2"], points: Float[np.ndarray, "n 2"]
) -> Float[np.ndarray, " n"]:
    """Signed way to a polygon's outline; which side by the winding number, the turns the outline makes round a point."""
    starts, ends = ring - points[:, None], np.roll(ring, -1, axis=0) - points[:, None]
    cross = starts[..., 0] * ends[..., 1] - starts[..., 1] * ends[..., 0]
    winding = np.arctan2(cross, (starts * ends).sum(axis=2)).sum(axis=1)
    edges = ends - starts
    share = -(starts * edges).sum(axis=2) / np.maximum((edges**2).sum(axis=2), 1e-18)
    nearest = starts + np.clip(share, 0.0, 1.0)[..., None] * edges
    away = np.linalg.norm(nearest, axis=2).min(axis=1)
    return np.where(np.abs(winding) > np.pi, away, -away)


def _home(scenario: Scenario) -> tuple[float, float, float]:
    task = scenario.task
    return task.home_m if isinstance(task, MissionTask) else scenario.start.position_m
