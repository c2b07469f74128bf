"""What the generators of all families share: rounding, colours, boxes that stand, and the world around what was drawn."""

import numpy as np
from jaxtyping import Float

from sim.fields import Class, Color, Point
from sim.world_spec import BoxSpec, CylinderSpec, LimbSpec, SphereSpec, WorldSpec

BARK = ((0.36, 0.27, 0.20), (0.45, 0.35, 0.26), (0.30, 0.25, 0.22))
WALLS = ((0.63, 0.36, 0.28), (0.74, 0.68, 0.58), (0.55, 0.52, 0.50), (0.70, 0.47, 0.36))
FENCE = (0.48, 0.40, 0.32)
SIDE = 8.0
"""m of world beyond the recipe's length and width, so that the edge is not a wall of bounds."""
Pair = tuple[float, float]


def rounded(value: float) -> float:
    """Millimetres are enough, and keep files readable."""
    return round(float(value), 3)


def point(x: float, y: float, z: float) -> Point:
    """A point, rounded."""
    return rounded(x), rounded(y), rounded(z)


def point_at(xyz: Float[np.ndarray, "3"]) -> Point:
    """The same of an array."""
    return point(xyz[0], xyz[1], xyz[2])


def pick(colors: tuple[Color, ...], rng: np.random.Generator) -> Color:
    """One of some colours."""
    return colors[int(rng.integers(len(colors)))]


def upright_box(
    x: Pair, y: Pair, z: Pair, color: Color, semantic: Class = "building", yaw: float = 0.0
) -> BoxSpec:
    """The box between two values of each coordinate, m, turned about its middle."""
    spans = (x, y, z)
    return BoxSpec(
        center_m=point(*((low + high) / 2 for low, high in spans)),
        size_m=point(*(high - low for low, high in spans)),
        yaw_rad=rounded(yaw),
        semantic=semantic,
        color=color,
    )


def extent(length_m: float, width_m: float, side: float = SIDE) -> tuple[Pair, Pair]:
    """Lowest and highest corner of a world: length along x from 0, width along y about 0, and something to the sides."""
    return (-side, -side - width_m / 2), (length_m + side, width_m / 2 + side)


def world_of(
    low: Pair,
    high: Pair,
    ceiling: float,
    cylinders: tuple[CylinderSpec, ...] = (),
    boxes: tuple[BoxSpec, ...] = (),
    spheres: tuple[SphereSpec, ...] = (),
    limbs: tuple[LimbSpec, ...] = (),
) -> WorldSpec:
    """A generated world."""
    return WorldSpec(
        low_m=(*low, 0.0),
        high_m=(*high, ceiling),
        place="",
        crop_m=(0.0, 0.0, 0.0, 0.0),
        cylinders=cylinders,
        boxes=boxes,
        spheres=spheres,
        limbs=limbs,
    )
