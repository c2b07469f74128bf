"""Forests: trunks by a Poisson process, upright cylinders or tapering, with glades and thin branches where asked for."""

from collections.abc import Sequence

import numpy as np

from scenarios.generate.shapes import BARK, Pair, extent, pick, point, rounded, world_of
from scenarios.world_recipes import BranchRecipe, ForestRecipe, GladeRecipe
from sim.world_spec import CylinderSpec, LimbSpec, WorldSpec


def draw_forest(recipe: ForestRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """Trunks uniformly over the area outside glades, their number Poisson-distributed."""
    low, high = extent(recipe.length_m, recipe.width_m)
    area = (high[0] - low[0]) * (high[1] - low[1])
    count = int(rng.poisson(recipe.density_per_m2 * area))
    trunks = tuple(
        CylinderSpec(
            base_m=(
                rounded(rng.uniform(low[0], high[0])),
                rounded(rng.uniform(low[1], high[1])),
                0.0,
            ),
            radius_m=rounded(rng.uniform(*recipe.radius_m)),
            height_m=rounded(rng.uniform(*recipe.height_m)),
            semantic="trunk",
            color=pick(BARK, rng),
        )
        for _ in range(count)
    )
    if recipe.glades is not None:
        trunks = _outside_glades(trunks, recipe.glades, low, high, rng)
    limbs: list[LimbSpec] = []
    if recipe.branches is not None:
        limbs = [branch for trunk in trunks for branch in _branches(trunk, recipe.branches, rng)]
    if recipe.taper is None:
        return world_of(low, high, ceiling, cylinders=trunks, limbs=tuple(limbs))
    tapering = [_tapered(trunk, rng.uniform(*recipe.taper)) for trunk in trunks]
    return world_of(low, high, ceiling, limbs=(*tapering, *limbs))


def _outside_glades(
    trunks: Sequence[CylinderSpec],
    recipe: GladeRecipe,
    low: Pair,
    high: Pair,
    rng: np.random.Generator,
) -> tuple[CylinderSpec, ...]:
    """The trunks that leave the glades free, which are round and may overlap."""
    area = (high[0] - low[0]) * (high[1] - low[1])
    count = int(rng.poisson(recipe.per_m2 * area))
    centers = rng.uniform(low, high, (count, 2))
    radii = rng.uniform(*recipe.radius_m, count)
    return tuple(
        trunk
        for trunk in trunks
        if not (np.linalg.norm(centers - trunk.base_m[:2], axis=1) < radii + trunk.radius_m).any()
    )


def _tapered(trunk: CylinderSpec, share: float) -> LimbSpec:
    x, y, z = trunk.base_m
    return LimbSpec(
        start_m=trunk.base_m,
        end_m=(x, y, z + trunk.height_m),
        start_radius_m=trunk.radius_m,
        end_radius_m=max(rounded(share * trunk.radius_m), 0.001),
        semantic="trunk",
        color=trunk.color,
    )


def _branches(
    trunk: CylinderSpec, recipe: BranchRecipe, rng: np.random.Generator
) -> list[LimbSpec]:
    """From the trunk's axis outwards, whatever else stands there."""
    branches = []
    for _ in range(int(rng.integers(recipe.per_trunk[0], recipe.per_trunk[1] + 1))):
        bearing, rise = rng.uniform(-np.pi, np.pi), rng.uniform(*recipe.rise_rad)
        x, y, _ = trunk.base_m
        z = min(rng.uniform(*recipe.height_m), trunk.height_m)
        length = trunk.radius_m + rng.uniform(*recipe.length_m)
        branches.append(
            LimbSpec(
                start_m=point(x, y, z),
                end_m=point(
                    x + length * np.cos(rise) * np.cos(bearing),
                    y + length * np.cos(rise) * np.sin(bearing),
                    z + length * np.sin(rise),
                ),
                start_radius_m=rounded(rng.uniform(*recipe.radius_m)),
                end_radius_m=rounded(recipe.radius_m[0]),
                semantic="trunk",
                color=trunk.color,
            )
        )
    return branches
