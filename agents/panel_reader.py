"""A classical reader of inspection panels: project the known cell centres, name their colours, look for the pattern."""

import numpy as np
from jaxtyping import Float

from agents.pilot import Briefing
from agents.reckoning import heading_from_body
from sim.sensing.pinhole import body_from_camera
from sim.types import DEPTH_NEAR, IMAGE_SHAPE, Observation

_CELLS = 4
_SATURATION = 35
"""Colour levels by which a channel must lead to name a hue."""


def read_panel(
    observation: Observation,
    panel_heading: Float[np.ndarray, "3"],
    facing: Float[np.ndarray, "2"],
    briefing: Briefing,
) -> Float[np.ndarray, "2"]:
    """p(faulty), p(blocked) of a panel whose place is known: centre relative to the drone, direction towards it."""
    orange, coloured = _classify(observation, panel_heading, facing, briefing)
    if not np.isfinite(coloured).any():
        return np.full(2, 0.5, dtype=np.float32)
    blocks = orange[:-1, :-1] & orange[1:, :-1] & orange[:-1, 1:] & orange[1:, 1:]
    share = float(np.nanmean(coloured))
    return np.array(
        [0.95 if blocks.any() else 0.05, 0.95 if share < 0.2 else 0.05], dtype=np.float32
    )


def _classify(
    observation: Observation, panel_heading: np.ndarray, facing: np.ndarray, briefing: Briefing
) -> tuple[np.ndarray, np.ndarray]:
    """For each cell, row by row from the top: is it orange; is it coloured at all (NaN where out of the image)."""
    image = observation["image"][:3].astype(np.int16)
    body_from_heading = heading_from_body(observation["ego"]).T
    ahead = np.array([facing[0], facing[1], 0.0])
    right = np.array([facing[1], -facing[0], 0.0])
    cell = briefing.panel_side / _CELLS
    orange = np.zeros((_CELLS, _CELLS), dtype=bool)
    coloured = np.full((_CELLS, _CELLS), np.nan)
    for row in range(_CELLS):
        for column in range(_CELLS):
            across, up = (column - 1.5) * cell, (1.5 - row) * cell
            point = panel_heading + across * right + np.array([0.0, 0.0, up]) - 0.06 * ahead
            pixel = _project(body_from_heading @ point, briefing)
            if pixel is None:
                continue
            red, green, blue = (int(c) for c in image[:, pixel[1], pixel[0]])
            orange[row, column] = red - blue > _SATURATION and red - green > _SATURATION / 2
            coloured[row, column] = max(red, green, blue) - min(red, green, blue) > _SATURATION
    return orange, coloured


def _project(point_body: np.ndarray, briefing: Briefing) -> tuple[int, int] | None:
    """Pixel of a point in the body frame, None outside the image."""
    x, y, depth = body_from_camera(briefing.camera_tilt).T @ point_body
    if depth < DEPTH_NEAR:
        return None
    _, height, width = IMAGE_SHAPE
    u = width / 2 + briefing.focal_px * x / depth
    v = height / 2 + briefing.focal_px * y / depth
    return (int(u), int(v)) if 0 <= u < width and 0 <= v < height else None
