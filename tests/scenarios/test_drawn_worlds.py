"""Drawn worlds: as many things in them, and as large, as their recipes say."""

import math

import numpy as np
import pytest

from scenarios.generate.blocks import draw_blocks
from scenarios.generate.forest import draw_forest
from scenarios.world_recipes import ForestRecipe
from tests.scenarios.drawn import family_of


def test_trees_are_a_poisson_process(rng: np.random.Generator) -> None:
    """Counts have the stated mean and a variance equal to it; 4 standard deviations of each estimate."""
    recipe = ForestRecipe(
        kind="forest", length_m=4, width_m=4, density_per_m2=0.04, radius_m=(0.1, 0.3), height_m=(8, 9)
    )  # fmt: skip
    worlds = [draw_forest(recipe, 5.0, rng) for _ in range(600)]
    counts = np.array([len(world.cylinders) for world in worlds])
    low, high = np.array(worlds[0].low_m), np.array(worlds[0].high_m)
    mean = 0.04 * np.prod((high - low)[:2])
    assert abs(counts.mean() - mean) < 4 * math.sqrt(mean / len(counts))
    assert abs(counts.var() / mean - 1) < 4 * math.sqrt((2 + 1 / mean) / len(counts))
    trunks = [trunk for world in worlds for trunk in world.cylinders]
    assert {0.1 <= trunk.radius_m <= 0.3 and 8 <= trunk.height_m <= 9 for trunk in trunks} == {True}
    spread = (np.array([trunk.base_m for trunk in trunks]) - low)[:, :2] / (high - low)[:2]
    assert abs(spread.mean() - 0.5) < 4 / math.sqrt(12 * spread.size)


def test_houses_stand_above_the_flying_band(rng: np.random.Generator) -> None:
    family = family_of("blocks-mission")
    assert family.world.kind == "blocks"
    for _ in range(10):
        world = draw_blocks(family.world, 5.0, rng)
        houses = [box for box in world.boxes if box.size_m[2] >= family.world.height_m[0]]
        assert len(houses) > 10
        for box in world.boxes:
            assert box.center_m[2] == pytest.approx(box.size_m[2] / 2, abs=2e-3)
        assert family.altitude.max_m < family.world.height_m[1]
