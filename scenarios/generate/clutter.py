"""Clutter: spheres, boxes, columns and leaning poles at random places, standing and hanging."""

import numpy as np

from scenarios.generate.shapes import extent, pick, point, rounded, world_of
from scenarios.world_recipes import ClutterRecipe
from sim.world_spec import BoxSpec, CylinderSpec, LimbSpec, SphereSpec, WorldSpec

_COLORS = (
    (0.80, 0.55, 0.25), (0.35, 0.50, 0.62), (0.62, 0.62, 0.58), (0.55, 0.30, 0.35), (0.30, 0.42, 0.30),
)  # fmt: skip
_POLE_LENGTH = 7.0
"""m, longer than any flight here is high."""


def draw_clutter(recipe: ClutterRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """The number of every shape is Poisson-distributed; shapes may overlap."""
    low, high = extent(recipe.length_m, recipe.width_m)
    area = (high[0] - low[0]) * (high[1] - low[1])

    def places(density_per_m2: float) -> list[list[float]]:
        count = int(rng.poisson(density_per_m2 * area))
        return rng.uniform(low, high, (count, 2)).tolist()

    return world_of(
        low,
        high,
        ceiling,
        spheres=tuple(
            _sphere(recipe, x, y, ceiling, rng) for x, y in places(recipe.spheres_per_m2)
        ),
        boxes=tuple(_box(recipe, x, y, ceiling, rng) for x, y in places(recipe.boxes_per_m2)),
        cylinders=tuple(
            _column(recipe, x, y, ceiling, rng) for x, y in places(recipe.columns_per_m2)
        ),
        limbs=tuple(_pole(recipe, x, y, rng) for x, y in places(recipe.poles_per_m2)),
    )


def _height(
    recipe: ClutterRecipe, half_height: float, ceiling: float, rng: np.random.Generator
) -> float:
    """Of a centre: lying on the ground, or hanging."""
    hangs = rng.random() < recipe.hanging_share
    return rng.uniform(half_height, max(half_height, ceiling)) if hangs else half_height


def _sphere(
    recipe: ClutterRecipe, x: float, y: float, ceiling: float, rng: np.random.Generator
) -> SphereSpec:
    radius = rng.uniform(*recipe.radius_m)
    return SphereSpec(
        center_m=point(x, y, _height(recipe, radius, ceiling, rng)),
        radius_m=rounded(radius),
        semantic="obstacle",
        color=pick(_COLORS, rng),
    )


def _box(
    recipe: ClutterRecipe, x: float, y: float, ceiling: float, rng: np.random.Generator
) -> BoxSpec:
    size = 2.0 * rng.uniform(*recipe.radius_m, 3)
    return BoxSpec(
        center_m=point(x, y, _height(recipe, size[2] / 2, ceiling, rng)),
        size_m=point(*size.tolist()),
        yaw_rad=rounded(rng.uniform(-np.pi, np.pi)),
        semantic="obstacle",
        color=pick(_COLORS, rng),
    )


def _column(
    recipe: ClutterRecipe, x: float, y: float, ceiling: float, rng: np.random.Generator
) -> CylinderSpec:
    return CylinderSpec(
        base_m=point(x, y, 0.0),
        radius_m=rounded(rng.uniform(*recipe.radius_m)),
        height_m=rounded(rng.uniform(0.5, ceiling)),
        semantic="obstacle",
        color=pick(_COLORS, rng),
    )


def _pole(recipe: ClutterRecipe, x: float, y: float, rng: np.random.Generator) -> LimbSpec:
    bearing, lean = rng.uniform(-np.pi, np.pi), rng.uniform(*recipe.lean_rad)
    radius = rounded(rng.uniform(*recipe.pole_radius_m))
    aside, up = _POLE_LENGTH * np.sin(lean), _POLE_LENGTH * np.cos(lean)
    return LimbSpec(
        start_m=point(x, y, 0.0),
        end_m=point(x + aside * np.cos(bearing), y + aside * np.sin(bearing), up),
        start_radius_m=radius,
        end_radius_m=radius,
        semantic="obstacle",
        color=pick(_COLORS, rng),
    )
