"""Limbs as triangles: prisms that taper, of as many sides as their thickness asks for."""

import numpy as np
from jaxtyping import Bool, Float, Int

from sim.world.geometry import Limbs

THICK_SIDES, THIN_SIDES = 16, 6
_THIN_RADIUS = 0.06
"""m at the thicker end; what is thinner is a twig, of which a pixel sees nothing but that it is there."""


def circumradius(sides: int) -> float:
    """Corner distance of the polygon whose radius, averaged over all directions, is 1."""
    half_side = np.pi / sides
    return float(half_side / (np.cos(half_side) * np.arcsinh(np.tan(half_side))))


def is_thin(limbs: Limbs) -> Bool[np.ndarray, " n"]:
    """Which of them are drawn with few sides."""
    return np.maximum(limbs.start_radii, limbs.end_radii) <= _THIN_RADIUS


def outstanding(limbs: Limbs) -> float:
    """How far the prisms' corners stand out of the round shapes, at most, m."""
    radii, thin = np.maximum(limbs.start_radii, limbs.end_radii), is_thin(limbs)
    return max(
        (circumradius(sides) - 1.0) * float(radii[of_these].max(initial=0.0))
        for sides, of_these in ((THIN_SIDES, thin), (THICK_SIDES, ~thin))
    )


def prism_faces(sides: int) -> Int[np.ndarray, "f 3"]:
    """Side and both caps; vertices are the first ring, then the last ring."""
    here = np.arange(sides)
    after = (here + 1) % sides
    top, top_after = here + sides, after + sides
    fan = np.arange(1, sides - 1)
    zeros = np.zeros_like(fan)
    return np.concatenate(
        [
            np.stack([here, after, top_after], axis=1),
            np.stack([here, top_after, top], axis=1),
            np.stack([zeros, fan + 1, fan], axis=1),
            np.stack([zeros, fan, fan + 1], axis=1) + sides,
        ]
    )


def limb_vertices(limbs: Limbs, sides: int) -> Float[np.ndarray, "n v 3"]:
    """Corners of both rings, counter-clockwise about the axis from start to end, m, world."""
    axis = limbs.ends - limbs.starts
    axis = axis / np.linalg.norm(axis, axis=1, keepdims=True)
    upright = np.abs(axis[:, 2:]) > 0.9
    first = np.cross(np.where(upright, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]), axis)
    first = first / np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(axis, first)
    angles = (2 * np.pi * np.arange(sides) / sides)[:, None]
    ring = circumradius(sides) * (
        np.cos(angles) * first[:, None] + np.sin(angles) * second[:, None]
    )
    return np.concatenate(
        [
            limbs.starts[:, None] + limbs.start_radii[:, None, None] * ring,
            limbs.ends[:, None] + limbs.end_radii[:, None, None] * ring,
        ],
        axis=1,
    )
