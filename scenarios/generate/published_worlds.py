"""Published recipes made concrete: fields of spheres, still and moving, and Poisson-disc forests."""

import math

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial import KDTree

from scenarios.generate.shapes import point_at, rounded
from scenarios.published import DiscForestRecipe, SphereFieldRecipe, SphereGroup
from sim.mover_spec import (
    BallShape,
    ConstantVelocity,
    MoverSpec,
    RandomAcceleration,
)
from sim.world_spec import CylinderSpec, SphereSpec, WorldSpec

_SIDE = 8.0
"""m of forest beyond the square that is flown across, so that its edge is no wall of bounds."""
_DARTS = 40_000
"""Thrown at a forest: the last of them hardly ever find room."""
_BATCH = 500
_PERIOD_S = 0.05
"""Of random accelerations; published 0.02, the simulator's time step there."""
_SPHERE_COLOR, _MOVING_COLOR = (0.55, 0.52, 0.50), (0.85, 0.45, 0.10)
_BARK = (0.36, 0.27, 0.20)


def draw_sphere_field(
    recipe: SphereFieldRecipe, ceiling: float, rng: np.random.Generator
) -> WorldSpec:
    """Spheres as DodgeDrone's generator sets them down: ceil(area x density) a group, centres uniform."""
    spheres: list[SphereSpec] = []
    movers: list[MoverSpec] = []
    for group in recipe.groups:
        low = np.array([group.x_m[0], recipe.field_y_m[0], recipe.field_z_m[0]])
        high = np.array([group.x_m[1], recipe.field_y_m[1], recipe.field_z_m[1]])
        centers = rng.uniform(low, high, (_count(group, recipe), 3))
        radii = rng.uniform(*group.diameter_m, len(centers)) / 2
        velocities = rng.uniform(-group.speed_m_s, group.speed_m_s, centers.shape)
        for index in np.flatnonzero(~_kept_clear(centers, recipe)):
            center, radius = point_at(centers[index]), rounded(radii[index])
            if group.speed_m_s == 0:
                spheres.append(
                    SphereSpec(
                        center_m=center, radius_m=radius, semantic="obstacle", color=_SPHERE_COLOR
                    )
                )
            else:
                shape = BallShape(kind="sphere", radius_m=radius)
                motion = _motion(group, center, point_at(velocities[index]), low, high)
                movers.append(
                    MoverSpec(shape=shape, motion=motion, semantic="obstacle", color=_MOVING_COLOR)
                )
    (x_low, y_low), (x_high, y_high) = recipe.flown_m
    return WorldSpec(
        low_m=(x_low, y_low, 0.0),
        high_m=(x_high, y_high, ceiling),
        place="",
        crop_m=(0.0, 0.0, 0.0, 0.0),
        spheres=tuple(spheres),
        movers=tuple(movers),
    )


def draw_disc_forest(
    recipe: DiscForestRecipe, ceiling: float, rng: np.random.Generator
) -> WorldSpec:
    """Trunks by throwing darts until there is no room left; the square's lowest corner is the origin."""
    low, high = -_SIDE, recipe.size_m + _SIDE
    spacing = rng.uniform(*recipe.spacing_m)
    trunks = tuple(
        CylinderSpec(
            base_m=(rounded(x), rounded(y), 0.0),
            radius_m=rounded(rng.uniform(*recipe.radius_m)),
            height_m=rounded(rng.uniform(*recipe.height_m)),
            semantic="trunk",
            color=_BARK,
        )
        for x, y in throw_darts(low, high, spacing, rng)
    )
    return WorldSpec(
        low_m=(low, low, 0.0),
        high_m=(high, high, ceiling),
        place="",
        crop_m=(0.0, 0.0, 0.0, 0.0),
        cylinders=trunks,
    )


def throw_darts(
    low: float, high: float, spacing: float, rng: np.random.Generator
) -> Float[np.ndarray, "n 2"]:
    """Points of a square, none nearer to another than `spacing` m, and hardly room for one more.

    A dart that lands too near an earlier one is taken away; those of a batch that land too near one of an earlier
    batch go at once.
    """
    points = np.zeros((0, 2))
    for darts in np.split(rng.uniform(low, high, (_DARTS, 2)), _DARTS // _BATCH):
        if len(points):
            darts = darts[KDTree(points).query(darts)[0] >= spacing]
        for dart in darts:
            if (np.linalg.norm(points - dart, axis=1) >= spacing).all():
                points = np.vstack([points, dart])
    return points


# --- Private.


def _count(group: SphereGroup, recipe: SphereFieldRecipe) -> int:
    width = recipe.field_y_m[1] - recipe.field_y_m[0]
    area = width * (group.x_m[1] - group.x_m[0])
    # What floating point adds to a whole number is no sphere.
    return math.ceil(round(area * group.density_per_m2, 6))


def _kept_clear(
    centers: Float[np.ndarray, "n 3"], recipe: SphereFieldRecipe
) -> Bool[np.ndarray, " n"]:
    inside = np.zeros(len(centers), dtype=np.bool_)
    for low, high in recipe.keep_clear_m:
        inside |= ((centers > low) & (centers < high)).all(axis=1)
    return inside


def _motion(
    group: SphereGroup,
    center: tuple[float, float, float],
    velocity: tuple[float, float, float],
    low: Float[np.ndarray, "3"],
    high: Float[np.ndarray, "3"],
) -> ConstantVelocity | RandomAcceleration:
    if group.acceleration_m_s2 == 0:
        return ConstantVelocity(kind="constant_velocity", start_m=center, velocity_m_s=velocity)
    return RandomAcceleration(
        kind="random_acceleration",
        start_m=center,
        velocity_m_s=velocity,
        low_m=point_at(low),
        high_m=point_at(high),
        # The published limit is that of each component.
        speed_max_m_s=math.sqrt(3.0) * group.speed_m_s,
        acceleration_max_m_s2=group.acceleration_m_s2,
        period_s=_PERIOD_S,
    )
