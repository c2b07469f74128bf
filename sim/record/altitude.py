"""How high a drone was over the ground below it, level or not."""

import numpy as np
from jaxtyping import Float

from sim.scenario import Scenario
from sim.world.importers import load_place


def ground_below(
    scenario: Scenario, positions: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, " n"]:
    """Height of the ground under points, m: 0 but where a place's relief is the ground; NaN under what diverged."""
    world = scenario.world
    relief = load_place(world.place, world.crop_m, world.place_options).relief
    if relief is None:
        return np.zeros(len(positions))
    known = np.isfinite(positions).all(axis=1)
    ground = np.full(len(positions), np.nan)
    ground[known] = relief.at(positions[known, :2])
    return ground


def heights_over_ground(
    scenario: Scenario, positions: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, " n"]:
    """Of points over the ground below each, m."""
    return positions[:, 2] - ground_below(scenario, positions)
