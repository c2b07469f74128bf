"""The lattice: one fixed set of candidate velocity commands that every head and pilot speaks of."""

from typing import Any

import numpy as np
from jaxtyping import Float

from sim.types import MAX_SPEED, MAX_YAW_RATE

SPEEDS = np.array([1.0, 2.0, 3.0]) / 3.0
"""Fractions of the speed limit."""
ELEVATIONS = np.deg2rad([-20.0, 0.0, 20.0])
AZIMUTHS = np.deg2rad(np.linspace(-50.0, 50.0, 11))
"""Left is positive; all but the outermost lie inside the camera's view."""
MOVING = len(SPEEDS) * len(ELEVATIONS) * len(AZIMUTHS)
HOVER, TURN_LEFT, TURN_RIGHT = MOVING, MOVING + 1, MOVING + 2
CANDIDATES = MOVING + 3
TURN_RATE = 1.5
"""rad/s when turning on the spot."""
_YAW_GAIN = 2.0
"""rad/s of yaw rate per rad of azimuth: the drone turns to where it flies, so that it sees where it goes."""


def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Unit-limit velocities in the heading frame (K, 3) and yaw rates (K,)."""
    speed, elevation, azimuth = (
        a.ravel() for a in np.meshgrid(SPEEDS, ELEVATIONS, AZIMUTHS, indexing="ij")
    )
    velocity = np.zeros((CANDIDATES, 3))
    velocity[:MOVING, 0] = speed * np.cos(elevation) * np.cos(azimuth)
    velocity[:MOVING, 1] = speed * np.cos(elevation) * np.sin(azimuth)
    velocity[:MOVING, 2] = speed * np.sin(elevation)
    yaw_rate = np.zeros(CANDIDATES)
    yaw_rate[:MOVING] = np.clip(_YAW_GAIN * azimuth, -MAX_YAW_RATE, MAX_YAW_RATE)
    yaw_rate[TURN_LEFT], yaw_rate[TURN_RIGHT] = TURN_RATE, -TURN_RATE
    return velocity, yaw_rate


_VELOCITY, _YAW_RATE = _grid()


def candidate_velocities(speed_limit: float) -> Float[np.ndarray, "k 3"]:
    """Velocity of every candidate in the heading frame, m/s."""
    return speed_limit * _VELOCITY


def candidate_yaw_rates() -> Float[np.ndarray, " k"]:
    """Yaw rate of every candidate, rad/s."""
    return _YAW_RATE


def candidate_action(index: int, speed_limit: float) -> Float[np.ndarray, "4"]:
    """The action of one candidate, in [-1, 1]."""
    velocity = speed_limit * _VELOCITY[index] / MAX_SPEED
    return np.array([*velocity, _YAW_RATE[index] / MAX_YAW_RATE], dtype=np.float32)


def describe() -> dict[str, Any]:
    """The lattice as JSON, for the flight log."""
    return {
        "speeds": SPEEDS.tolist(),
        "elevations": ELEVATIONS.tolist(),
        "azimuths": AZIMUTHS.tolist(),
    }
