"""World recipes made concrete, each by the file of its kind."""

from collections.abc import Callable
from typing import Any

import numpy as np

from scenarios.generate.blocks import draw_blocks
from scenarios.generate.clutter import draw_clutter
from scenarios.generate.forest import draw_forest
from scenarios.generate.maze import draw_maze
from scenarios.generate.place import draw_window
from scenarios.generate.published_worlds import draw_disc_forest, draw_sphere_field
from scenarios.generate.town import draw_town
from scenarios.generate.warehouse import draw_warehouse
from scenarios.generate.windows import draw_windows
from scenarios.published import DiscForestRecipe, SphereFieldRecipe
from scenarios.world_recipes import (
    BlocksRecipe,
    ClutterRecipe,
    ForestRecipe,
    MazeRecipe,
    PlaceRecipe,
    TownRecipe,
    WarehouseRecipe,
    WindowsRecipe,
    WorldRecipe,
)
from sim.world_spec import WorldSpec

_DRAW: dict[type, Callable[[Any, float, np.random.Generator], WorldSpec]] = {
    ForestRecipe: draw_forest,
    BlocksRecipe: draw_blocks,
    TownRecipe: draw_town,
    PlaceRecipe: draw_window,
    ClutterRecipe: draw_clutter,
    MazeRecipe: draw_maze,
    WarehouseRecipe: draw_warehouse,
    WindowsRecipe: draw_windows,
    SphereFieldRecipe: draw_sphere_field,
    DiscForestRecipe: draw_disc_forest,
}


def draw_world(recipe: WorldRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """One world of a recipe; `ceiling` m is the height of its bounds."""
    return _DRAW[type(recipe)](recipe, ceiling, rng)
