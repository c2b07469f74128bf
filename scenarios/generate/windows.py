"""A row of walls across the way, each with openings to fly through."""

import numpy as np

from scenarios.generate.shapes import WALLS, Pair, pick, rounded, upright_box, world_of
from scenarios.world_recipes import WindowsRecipe
from sim.world_spec import BoxSpec, WorldSpec

_END = 8.0
"""m of world before the first wall and beyond the last."""


def draw_windows(recipe: WindowsRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """Walls from side to side of the world, so that no way leads round them."""
    half = recipe.width_m / 2
    boxes: list[BoxSpec] = []
    x = rng.uniform(0.0, recipe.spacing_m[0])
    while x < recipe.length_m:
        boxes += _wall(recipe, x, half, rng)
        x += rng.uniform(*recipe.spacing_m)
    return world_of((-_END, -half), (recipe.length_m + _END, half), ceiling, boxes=tuple(boxes))


def openings(recipe: WindowsRecipe, half: float, rng: np.random.Generator) -> list[Pair]:
    """Where a wall from -half to half is open: there is always a place."""
    found, y = [], -half + rng.uniform(1.0, recipe.pier_m[1])
    while True:
        width = rng.uniform(*recipe.opening_m)
        if y + width > half - 1.0:
            return found
        found.append((y, y + width))
        y += width + rng.uniform(*recipe.pier_m)


def _wall(recipe: WindowsRecipe, x: float, half: float, rng: np.random.Generator) -> list[BoxSpec]:
    """Piers between the openings, and what is below and above each of these."""
    through = (x - recipe.wall_m / 2, x + recipe.wall_m / 2)
    height, color = rounded(rng.uniform(*recipe.height_m)), pick(WALLS, rng)
    boxes, y = [], -half
    for left, right in openings(recipe, half, rng):
        sill, lintel = rng.uniform(*recipe.sill_m), rng.uniform(*recipe.lintel_m)
        boxes.append(upright_box(through, (y, left), (0.0, height), color))
        if sill > 0.05:
            boxes.append(upright_box(through, (left, right), (0.0, sill), color))
        boxes.append(upright_box(through, (left, right), (lintel, height), color))
        y = right
    return [*boxes, upright_box(through, (y, half), (0.0, height), color)]
