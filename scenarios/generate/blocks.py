"""Blocks of houses: rows along x, with walls and poles in between."""

import numpy as np

from scenarios.generate.shapes import (
    BARK,
    FENCE,
    SIDE,
    WALLS,
    Pair,
    extent,
    pick,
    rounded,
    world_of,
)
from scenarios.world_recipes import BlocksRecipe
from sim.world_spec import BoxSpec, CylinderSpec, WorldSpec

_TOUCHING = 0.8
"""m; narrower gaps between houses are closed."""


def draw_blocks(recipe: BlocksRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """Rows of houses along x, turned as a whole by the order of their coordinates, with clutter in between."""
    boxes: list[BoxSpec] = []
    y = -recipe.width_m / 2 + rng.uniform(0.0, recipe.street_m[1])
    while y < recipe.width_m / 2:
        depth = rng.uniform(*recipe.house_m)
        boxes += _row(recipe, y + depth / 2, depth, rng)
        y += depth + rng.uniform(*recipe.street_m)
    low, high = extent(recipe.length_m, recipe.width_m)
    area = (high[0] - low[0]) * (high[1] - low[1])
    poles: list[CylinderSpec] = []
    for _ in range(int(rng.poisson(recipe.clutter_per_m2 * area))):
        where = (rng.uniform(low[0], high[0]), rng.uniform(low[1], high[1]))
        if rng.random() < 0.5:
            boxes.append(_wall(where, rng))
        else:
            poles.append(_pole(where, rng))
    return world_of(low, high, ceiling, boxes=tuple(boxes), cylinders=tuple(poles))


def _row(recipe: BlocksRecipe, y: float, depth: float, rng: np.random.Generator) -> list[BoxSpec]:
    """Houses side by side, each a little out of line."""
    houses, x = [], -SIDE + rng.uniform(0.0, 10.0)
    while x < recipe.length_m + SIDE:
        length = rng.uniform(*recipe.house_m)
        height = rng.uniform(*recipe.height_m)
        if rng.random() < 0.8:
            houses.append(
                BoxSpec(
                    center_m=(
                        rounded(x + length / 2),
                        rounded(y + rng.normal(0.0, 0.6)),
                        rounded(height / 2),
                    ),
                    size_m=(
                        rounded(length),
                        rounded(depth * rng.uniform(0.7, 1.0)),
                        rounded(height),
                    ),
                    yaw_rad=rounded(rng.normal(0.0, 0.08)),
                    semantic="building",
                    color=pick(WALLS, rng),
                )
            )
        gap = rng.uniform(*recipe.gap_m)
        x += length + (gap if gap > _TOUCHING else 0.0)
    return houses


def _wall(where: Pair, rng: np.random.Generator) -> BoxSpec:
    height = rng.uniform(1.2, 2.6)
    return BoxSpec(
        center_m=(rounded(where[0]), rounded(where[1]), rounded(height / 2)),
        size_m=(rounded(rng.uniform(1.0, 6.0)), rounded(rng.uniform(0.15, 1.5)), rounded(height)),
        yaw_rad=rounded(rng.uniform(-np.pi, np.pi)),
        semantic="building",
        color=FENCE,
    )


def _pole(where: Pair, rng: np.random.Generator) -> CylinderSpec:
    return CylinderSpec(
        base_m=(rounded(where[0]), rounded(where[1]), 0.0),
        radius_m=rounded(rng.uniform(0.08, 0.3)),
        height_m=rounded(rng.uniform(2.5, 7.0)),
        semantic="trunk",
        color=pick(BARK, rng),
    )
