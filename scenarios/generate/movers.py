"""Mover recipes made concrete: shapes and motions that leave a start alone for its first seconds."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from scenarios.generate.shapes import point_at, rounded
from scenarios.generate.site import Unplaceable
from scenarios.task_recipes import MoverRecipe
from sim.mover_spec import MAX_MOVERS, BallShape, BlockShape, ColumnShape, MoverSpec
from sim.scenario import Start
from sim.world_spec import WorldSpec

_COLORS = ((0.85, 0.45, 0.10), (0.75, 0.20, 0.25), (0.20, 0.45, 0.70))
_GRACE_S, _GRACE_M = 2.0, 2.0
"""A mover begins so far from the start that it cannot come nearer than so many m within so many s."""
_PERIOD_S = 1.0
"""Of random accelerations, which may reverse half the greatest speed in that time."""
_LOOP_M = 10.0
"""Half the side of the square that a loop's points are drawn from."""
_GROUND_GAP = 0.2
"""m between the ground and what flies."""
_TRIES = 200


def draw_movers(
    recipes: Sequence[MoverRecipe],
    spec: WorldSpec,
    start: Start,
    altitude_max: float,
    rng: np.random.Generator,
) -> tuple[MoverSpec, ...]:
    """The movers of a drawn world; their numbers are Poisson-distributed, like trees'."""
    low, high = np.array(spec.low_m), np.array(spec.high_m)
    area = float(np.prod((high - low)[:2]))
    counts = [int(rng.poisson(recipe.movers_per_m2 * area)) for recipe in recipes]
    if sum(counts) > MAX_MOVERS:
        raise ValueError(
            f"movers: {sum(counts)} on {area:.0f} m2: at most {MAX_MOVERS}; lower movers_per_m2"
        )
    return tuple(
        _draw_mover(recipe, low, high, start, altitude_max, rng)
        for recipe, count in zip(recipes, counts, strict=True)
        for _ in range(count)
    )


def _draw_mover(
    recipe: MoverRecipe,
    low: Float[np.ndarray, "3"],
    high: Float[np.ndarray, "3"],
    start: Start,
    altitude_max: float,
    rng: np.random.Generator,
) -> MoverSpec:
    radius, speed = float(rng.uniform(*recipe.radius_m)), float(rng.uniform(*recipe.speed_m_s))
    shape, height = _SHAPES[recipe.shape](radius, altitude_max, rng)
    # A box's corner is the farthest of all surfaces from its centre.
    keep = _GRACE_M + _GRACE_S * speed + np.sqrt(3.0) * radius
    for _ in range(_TRIES):
        center = np.array([*rng.uniform(low[:2], high[:2]), height])
        if np.linalg.norm(center[:2] - start.position_m[:2]) > keep:
            break
    else:
        raise Unplaceable(f"no mover of {speed:.1f} m/s finds a place {keep:.0f} m from the start")
    motion = _MOTIONS[recipe.motion](center, speed, low, high, rng)
    color = _COLORS[int(rng.integers(len(_COLORS)))]
    return MoverSpec.model_validate(
        {
            "shape": shape,
            "motion": {"kind": recipe.motion, **motion},
            "semantic": "obstacle",
            "color": color,
        }
    )


# --- Shapes, and the height of their centres: columns stand on the ground, the rest flies.


def _ball(radius: float, altitude_max: float, rng: np.random.Generator) -> tuple[BallShape, float]:
    return BallShape(kind="sphere", radius_m=rounded(radius)), _height(radius, altitude_max, rng)


def _column(
    radius: float, altitude_max: float, rng: np.random.Generator
) -> tuple[ColumnShape, float]:
    height = rounded(altitude_max)
    return ColumnShape(kind="cylinder", radius_m=rounded(radius), height_m=height), height / 2


def _block(
    radius: float, altitude_max: float, rng: np.random.Generator
) -> tuple[BlockShape, float]:
    side, yaw = rounded(2 * radius), rounded(rng.uniform(-np.pi, np.pi))
    shape = BlockShape(kind="box", size_m=(side, side, side), yaw_rad=yaw)
    return shape, _height(radius, altitude_max, rng)


def _height(radius: float, altitude_max: float, rng: np.random.Generator) -> float:
    lowest = radius + _GROUND_GAP
    return float(rng.uniform(lowest, max(lowest, altitude_max)))


_SHAPES: dict[str, Callable[..., tuple[BallShape | ColumnShape | BlockShape, float]]] = {
    "sphere": _ball,
    "cylinder": _column,
    "box": _block,
}


# --- Motions, all level.


def _straight(
    center: np.ndarray, speed: float, low: np.ndarray, high: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    return {"start_m": point_at(center), "velocity_m_s": _level(speed, rng)}


def _confined(
    center: np.ndarray, speed: float, low: np.ndarray, high: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    return {
        **_straight(center, speed, low, high, rng),
        "low_m": point_at(np.array([*low[:2], center[2]])),
        "high_m": point_at(np.array([*high[:2], center[2]])),
    }


def _random(
    center: np.ndarray, speed: float, low: np.ndarray, high: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    return {
        **_confined(center, speed / 2, low, high, rng),
        "speed_max_m_s": rounded(speed),
        "acceleration_max_m_s2": rounded(speed / _PERIOD_S),
        "period_s": _PERIOD_S,
    }


def _loop(
    center: np.ndarray, speed: float, low: np.ndarray, high: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    offsets = rng.uniform(-_LOOP_M, _LOOP_M, (int(rng.integers(2, 5)), 2))
    others = np.clip(center[:2] + offsets, low[:2], high[:2])
    points = [point_at(center), *(point_at(np.array([*xy, center[2]])) for xy in others)]
    # In a corner of the box, several offsets lead to the same point: only one of them is a waypoint.
    ways = [point for point, after in pairwise([*points, points[0]]) if point != after]
    if len(ways) < 2:
        raise Unplaceable("a mover's loop has no length")
    return {"waypoints_m": ways, "speed_m_s": rounded(speed)}


_MOTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "constant_velocity": _straight,
    "bounce": _confined,
    "wrap": _confined,
    "random_acceleration": _random,
    "waypoints": _loop,
}


def _level(speed: float, rng: np.random.Generator) -> tuple[float, float, float]:
    course = rng.uniform(-np.pi, np.pi)
    return rounded(speed * np.cos(course)), rounded(speed * np.sin(course)), 0.0
