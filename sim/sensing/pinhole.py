"""The geometry of a pinhole camera fixed to the body: square pixels, optical axes x right, y down, z forward."""

import math

import numpy as np
from jaxtyping import Float


def focal_length_px(width_px: int, fov_deg: float) -> float:
    """Focal length in pixels of an image with a horizontal field of view."""
    return width_px / 2 / math.tan(math.radians(fov_deg) / 2)


def body_from_camera(tilt_rad: float) -> Float[np.ndarray, "3 3"]:
    """Rotation from the optical to the body frame; a positive tilt looks up."""
    cos, sin = math.cos(tilt_rad), math.sin(tilt_rad)
    return np.array([[0.0, sin, cos], [-1.0, 0.0, 0.0], [0.0, -cos, sin]])


def pixel_rays(
    width_px: int, height_px: int, focal_px: float, tilt_rad: float
) -> Float[np.ndarray, "h w 3"]:
    """Rays through the pixel centres in the body frame; their optical z is 1, so that a ray's parameter is the depth."""
    u, v = np.meshgrid(np.arange(width_px) + 0.5, np.arange(height_px) + 0.5)
    x, y = (u - width_px / 2) / focal_px, (v - height_px / 2) / focal_px
    return np.stack([x, y, np.ones_like(x)], axis=-1) @ body_from_camera(tilt_rad).T
