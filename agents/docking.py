"""Scripted manoeuvres near a point: hold a viewpoint, face a panel, the last two metres of a landing."""

import numpy as np
from jaxtyping import Float

from sim.types import MAX_SPEED, MAX_YAW_RATE

_POSITION_GAIN = 1.2
"""m/s per m."""
_YAW_GAIN = 2.0
"""rad/s per rad."""
_MAX_DOCKING_SPEED = 1.5
"""m/s."""
DESCENT_SPEED = 0.5
"""m/s; half the speed above which a touchdown counts as a crash."""
_CENTERED = 0.35
"""m off the pad's centre within which the drone descends."""


def hold(offset_heading: Float[np.ndarray, "3"], turn: float) -> Float[np.ndarray, "4"]:
    """Fly to a point a few metres off at most, turning by `turn` rad, and stay there."""
    velocity = _POSITION_GAIN * offset_heading
    speed = float(np.linalg.norm(velocity))
    if speed > _MAX_DOCKING_SPEED:
        velocity = velocity * (_MAX_DOCKING_SPEED / speed)
    return _action(velocity, _YAW_GAIN * turn)


def land(pad_heading: Float[np.ndarray, "3"]) -> Float[np.ndarray, "4"]:
    """Descend onto the pad, keeping over its centre; `pad_heading` is the pad relative to the drone."""
    level = np.array([pad_heading[0], pad_heading[1], 0.0])
    off_center = float(np.linalg.norm(level))
    action = hold(level, 0.0)
    action[2] = -(DESCENT_SPEED if off_center < _CENTERED else 0.0) / MAX_SPEED
    return action


def _action(velocity: Float[np.ndarray, "3"], yaw_rate: float) -> Float[np.ndarray, "4"]:
    rate = float(np.clip(yaw_rate, -MAX_YAW_RATE, MAX_YAW_RATE)) / MAX_YAW_RATE
    return np.array([*(velocity / MAX_SPEED), rate], dtype=np.float32)
