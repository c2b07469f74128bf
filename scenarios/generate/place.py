"""Windows of real places."""

import numpy as np

from scenarios.world_recipes import PlaceRecipe
from sim.world_spec import WorldSpec

_STEP = 20.0
"""m between the windows of a place: few of them, so that what is computed of one serves many seeds."""


def draw_window(recipe: PlaceRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """A window of a place; its lowest corner becomes the origin."""
    left, bottom, right, top = recipe.region_m
    width, height = recipe.window_m
    steps_x = int(max(0.0, right - width - left) // _STEP)
    steps_y = int(max(0.0, top - height - bottom) // _STEP)
    x = left + _STEP * int(rng.integers(steps_x + 1))
    y = bottom + _STEP * int(rng.integers(steps_y + 1))
    return WorldSpec(
        low_m=(0.0, 0.0, 0.0),
        high_m=(width, height, ceiling),
        place=recipe.place,
        crop_m=(x, y, x + width, y + height),
        place_options=recipe.place_options,
    )
