"""A local map from depth images: points in the heading frame, remembered for a second by dead reckoning."""

from collections import deque

import numpy as np
from jaxtyping import Float

from agents.pilot import Briefing
from sim.sensing.camera import decode_depth, max_pool_code
from sim.sensing.pinhole import pixel_rays
from sim.types import EGO_FIELDS, IMAGE_SHAPE, Observation

_POOL, _MEMORY_POOL = 2, 4
"""Pixels are pooled in blocks of this side, in the latest image and in what is remembered; a block's nearest counts."""
_RANGE = 14.0
"""m beyond which a return is too uncertain to matter within 2 s."""
_GROUND_HEIGHT = 0.2
"""m above ground below which a point is the ground's."""
_MEMORY_FRAMES = 15
_KEEP_EVERY = 3
_VELOCITY, _GRAVITY, _RATES = slice(0, 3), slice(3, 6), slice(6, 9)
_HEIGHT = EGO_FIELDS.index("height")


def heading_from_body(ego: np.ndarray) -> Float[np.ndarray, "3 3"]:
    """Rotation from the body to the heading frame, from the direction of gravity alone."""
    up = -ego[_GRAVITY].astype(np.float64)
    up /= np.linalg.norm(up)
    ahead = np.array([1.0, 0.0, 0.0]) - up[0] * up
    ahead /= np.linalg.norm(ahead)
    return np.stack([ahead, np.cross(up, ahead), up])


class DepthMap:
    """Points of the last second; the drone moves through them, they stay."""

    def __init__(self, briefing: Briefing) -> None:
        self._briefing = briefing
        self._rays = {pool: _pooled_rays(briefing, pool) for pool in (_POOL, _MEMORY_POOL)}
        self._frames: deque[np.ndarray] = deque(maxlen=_MEMORY_FRAMES // _KEEP_EVERY)
        self._count = 0
        self._latest = self._coarse = np.zeros((0, 3))

    def add(self, observation: Observation) -> None:
        """Move the memory by the last step's motion and take in a new image."""
        ego = observation["ego"]
        rotation = heading_from_body(ego)
        self._move(rotation @ ego[_VELOCITY], float((rotation @ ego[_RATES])[2]))
        if self._count % _KEEP_EVERY == 0 and len(self._coarse):
            self._frames.append(self._coarse)
        code, height = observation["image"][3], float(ego[_HEIGHT])
        self._latest = self._points(code, _POOL, rotation, height)
        self._coarse = self._points(code, _MEMORY_POOL, rotation, height)
        self._count += 1

    def points(self) -> Float[np.ndarray, "n 3"]:
        """Everything remembered, heading frame, relative to the drone."""
        return np.ascontiguousarray(np.concatenate([*self._frames, self._latest]))

    # --- Private.

    def _move(self, velocity_heading: np.ndarray, yaw_rate: float) -> None:
        dt = 1.0 / self._briefing.control_hz
        cos, sin = np.cos(-yaw_rate * dt), np.sin(-yaw_rate * dt)
        turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
        shift = velocity_heading * dt
        self._coarse = (self._coarse - shift) @ turn.T
        for index, points in enumerate(self._frames):
            self._frames[index] = (points - shift) @ turn.T

    def _points(
        self, code: np.ndarray, pool: int, rotation: np.ndarray, height: float
    ) -> np.ndarray:
        rows, columns = code.shape
        depth = decode_depth(max_pool_code(code, (rows // pool, columns // pool)))
        near = depth < _RANGE
        points = (self._rays[pool][near] * depth[near, None]) @ rotation.T
        return points[points[:, 2] + height > _GROUND_HEIGHT]


def _pooled_rays(briefing: Briefing, pool: int) -> Float[np.ndarray, "h w 3"]:
    """Rays of unit depth in the body frame, through the centres of an image's blocks."""
    _, height, width = IMAGE_SHAPE
    return pixel_rays(width // pool, height // pool, briefing.focal_px / pool, briefing.camera_tilt)
