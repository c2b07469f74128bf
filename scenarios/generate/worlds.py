"""World recipes made concrete: forests, blocks of houses, windows of real places."""

import numpy as np

from scenarios.family import BlocksRecipe, ForestRecipe, PlaceRecipe
from sim.scenario import BoxSpec, CylinderSpec, WorldSpec

_BARK = ((0.36, 0.27, 0.20), (0.45, 0.35, 0.26), (0.30, 0.25, 0.22))
_WALLS = ((0.63, 0.36, 0.28), (0.74, 0.68, 0.58), (0.55, 0.52, 0.50), (0.70, 0.47, 0.36))
_FENCE = (0.48, 0.40, 0.32)
_SIDE = 8.0
"""m of world beyond the recipe's length and width, so that the edge is not a wall of bounds."""
_WINDOW_STEP = 20.0
"""m between the windows of a place: few of them, so that what is computed of one serves many seeds."""
_TOUCHING = 0.8
"""m; narrower gaps between houses are closed."""
Range = tuple[float, float]


def draw_world(
    recipe: ForestRecipe | BlocksRecipe | PlaceRecipe, ceiling: float, rng: np.random.Generator
) -> WorldSpec:
    """One world of a recipe; `ceiling` m is the height of its bounds."""
    draw = {ForestRecipe: draw_forest, BlocksRecipe: draw_blocks, PlaceRecipe: draw_window}
    return draw[type(recipe)](recipe, ceiling, rng)


def draw_forest(recipe: ForestRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """Trunks uniformly over the area, their number Poisson-distributed."""
    low, high = (
        (-_SIDE, -_SIDE - recipe.width_m / 2),
        (recipe.length_m + _SIDE, recipe.width_m / 2 + _SIDE),
    )
    area = (high[0] - low[0]) * (high[1] - low[1])
    count = int(rng.poisson(recipe.density_per_m2 * area))
    trunks = tuple(
        CylinderSpec(
            base_m=(
                _round(rng.uniform(low[0], high[0])),
                _round(rng.uniform(low[1], high[1])),
                0.0,
            ),
            radius_m=_round(rng.uniform(*recipe.radius_m)),
            height_m=_round(rng.uniform(*recipe.height_m)),
            semantic="trunk",
            color=_BARK[int(rng.integers(len(_BARK)))],
        )
        for _ in range(count)
    )
    return _world(low, high, ceiling, cylinders=trunks)


def draw_blocks(recipe: BlocksRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """Rows of houses along x, turned as a whole by the order of their coordinates, with clutter in between."""
    boxes: list[BoxSpec] = []
    y = -recipe.width_m / 2 + rng.uniform(0.0, recipe.street_m[1])
    while y < recipe.width_m / 2:
        depth = rng.uniform(*recipe.house_m)
        boxes += _row(recipe, y + depth / 2, depth, rng)
        y += depth + rng.uniform(*recipe.street_m)
    low, high = (
        (-_SIDE, -_SIDE - recipe.width_m / 2),
        (recipe.length_m + _SIDE, recipe.width_m / 2 + _SIDE),
    )
    area = (high[0] - low[0]) * (high[1] - low[1])
    poles: list[CylinderSpec] = []
    for _ in range(int(rng.poisson(recipe.clutter_per_m2 * area))):
        where = (rng.uniform(low[0], high[0]), rng.uniform(low[1], high[1]))
        if rng.random() < 0.5:
            boxes.append(_wall(where, rng))
        else:
            poles.append(_pole(where, rng))
    return _world(low, high, ceiling, boxes=tuple(boxes), cylinders=tuple(poles))


def draw_window(recipe: PlaceRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """A window of a place; its lowest corner becomes the origin."""
    left, bottom, right, top = recipe.region_m
    width, height = recipe.window_m
    steps_x = int(max(0.0, right - width - left) // _WINDOW_STEP)
    steps_y = int(max(0.0, top - height - bottom) // _WINDOW_STEP)
    x = left + _WINDOW_STEP * int(rng.integers(steps_x + 1))
    y = bottom + _WINDOW_STEP * int(rng.integers(steps_y + 1))
    return WorldSpec(
        low_m=(0.0, 0.0, 0.0),
        high_m=(width, height, ceiling),
        place=recipe.place,
        crop_m=(x, y, x + width, y + height),
        place_options=recipe.place_options,
    )


# --- Private.


def _row(recipe: BlocksRecipe, y: float, depth: float, rng: np.random.Generator) -> list[BoxSpec]:
    """Houses side by side, each a little out of line."""
    houses, x = [], -_SIDE + rng.uniform(0.0, 10.0)
    while x < recipe.length_m + _SIDE:
        length = rng.uniform(*recipe.house_m)
        height = rng.uniform(*recipe.height_m)
        if rng.random() < 0.8:
            houses.append(
                BoxSpec(
                    center_m=(
                        _round(x + length / 2),
                        _round(y + rng.normal(0.0, 0.6)),
                        _round(height / 2),
                    ),
                    size_m=(_round(length), _round(depth * rng.uniform(0.7, 1.0)), _round(height)),
                    yaw_rad=_round(rng.normal(0.0, 0.08)),
                    semantic="building",
                    color=_WALLS[int(rng.integers(len(_WALLS)))],
                )
            )
        gap = rng.uniform(*recipe.gap_m)
        x += length + (gap if gap > _TOUCHING else 0.0)
    return houses


def _wall(where: Range, rng: np.random.Generator) -> BoxSpec:
    height = rng.uniform(1.2, 2.6)
    return BoxSpec(
        center_m=(_round(where[0]), _round(where[1]), _round(height / 2)),
        size_m=(_round(rng.uniform(1.0, 6.0)), _round(rng.uniform(0.15, 1.5)), _round(height)),
        yaw_rad=_round(rng.uniform(-np.pi, np.pi)),
        semantic="building",
        color=_FENCE,
    )


def _pole(where: Range, rng: np.random.Generator) -> CylinderSpec:
    return CylinderSpec(
        base_m=(_round(where[0]), _round(where[1]), 0.0),
        radius_m=_round(rng.uniform(0.08, 0.3)),
        height_m=_round(rng.uniform(2.5, 7.0)),
        semantic="trunk",
        color=_BARK[int(rng.integers(len(_BARK)))],
    )


def _world(
    low: Range,
    high: Range,
    ceiling: float,
    cylinders: tuple[CylinderSpec, ...] = (),
    boxes: tuple[BoxSpec, ...] = (),
) -> WorldSpec:
    return WorldSpec(
        low_m=(*low, 0.0),
        high_m=(*high, ceiling),
        place="",
        crop_m=(0.0, 0.0, 0.0, 0.0),
        cylinders=cylinders,
        boxes=boxes,
    )


def _round(value: float) -> float:
    """Millimetres are enough, and keep files readable."""
    return round(float(value), 3)
