"""What the safety layer notices: battery thresholds, a lost position, a lost camera. All from what the drone knows."""

import math

import numpy as np
from jaxtyping import UInt8

from sim.safety_spec import Action, BatteryThresholds, CameraLoss, PositionLoss
from sim.scenario import Camera

Reasons = dict[str, Action]
"""What is the matter now, and what the scenario wants done about it."""
_GROUND_IN_SIGHT = 12.0
"""m to the ground along the image's lowest row within which depth must return something."""
_LEAST_NOISE = 1.0
"""Colour levels of noise at which two pictures never come out equal."""


class BatteryWatch:
    """Low, critical, emergency: each for good once it is reached, for charge does not come back."""

    def __init__(self, thresholds: BatteryThresholds) -> None:
        self._thresholds = thresholds
        self._reached: Reasons = {}

    def look(self, battery: float) -> Reasons:
        """`battery` is the fraction of the capacity that is left."""
        levels: tuple[tuple[str, float, Action], ...] = (
            ("battery_low", self._thresholds.low, "warning"),
            ("battery_critical", self._thresholds.critical, "return"),
            ("battery_emergency", self._thresholds.emergency, "land"),
        )
        for name, level, action in levels:
            if battery <= level:
                self._reached[name] = action
        return dict(self._reached)


class PositionWatch:
    """The estimator says of itself that it does not know where it is."""

    def __init__(self, spec: PositionLoss) -> None:
        self._spec, self._since = spec, math.inf

    def look(self, time: float, eph: float) -> Reasons:
        """`eph` is the horizontal standard deviation of the position, m."""
        self._since = min(self._since, time) if eph > self._spec.eph_m else math.inf
        lost = time - self._since >= self._spec.after_s
        return {"position_lost": self._spec.action} if lost else {}


class CameraWatch:
    """Black pictures, no depth although the ground is in sight, or the same picture again and again."""

    def __init__(self, spec: CameraLoss, camera: Camera) -> None:
        self._spec, self._since = spec, math.inf
        half_height = math.atan(
            math.tan(math.radians(camera.fov_deg) / 2) * camera.height_px / camera.width_px
        )
        self._lowest_ray = half_height - camera.tilt_rad
        self._noisy = camera.color_std >= _LEAST_NOISE
        self._last: UInt8[np.ndarray, "4 h w"] | None = None

    def look(self, time: float, image: UInt8[np.ndarray, "4 h w"], height: float) -> Reasons:
        """`height` is the estimate's, m above ground."""
        self._since = min(self._since, time) if self._blind(image, height) else math.inf
        lost = time - self._since >= self._spec.after_s
        return {"camera_lost": self._spec.action} if lost else {}

    def _blind(self, image: UInt8[np.ndarray, "4 h w"], height: float) -> bool:
        frozen = self._noisy and self._last is not None and np.array_equal(image, self._last)
        self._last = image.copy()
        if frozen or not image[:3].any():
            return True
        ground = height < _GROUND_IN_SIGHT * math.sin(max(self._lowest_ray, 0.0))
        return ground and not image[3].any()


def position_spread(covariance: np.ndarray) -> float:
    """The larger horizontal standard deviation of the filter's position, m."""
    return math.sqrt(max(float(covariance[0, 0]), float(covariance[1, 1]), 0.0))
