"""Published tasks made concrete: along a fixed line, or from edge to edge."""

import numpy as np
from jaxtyping import Float

from scenarios.generate.site import Ground, Unplaceable
from scenarios.published import EdgesRecipe, LineRecipe
from sim.scenario import Start
from sim.task_spec import Finish, NavigateTask
from sim.world.geodesic import WAY_MARGIN

_TRIES = 60
_MARGIN = 8.0
"""m between an edge forest's square and the world's bounds; see published_worlds.py."""


def draw_line(recipe: LineRecipe, ground: Ground) -> tuple[Start, NavigateTask]:
    """The same start and goal in every world, if the hull fits there and a way leads between them."""
    start, goal = np.array(recipe.start_m), np.array(recipe.goal_m)
    flight = _flight(ground, start, goal, ground.altitude, recipe.finish)
    if flight is None:
        raise Unplaceable(f"no free way from {start.tolist()} to {goal.tolist()}")
    return flight


def draw_edges(
    recipe: EdgesRecipe, ground: Ground, rng: np.random.Generator
) -> tuple[Start, NavigateTask]:
    """A start in one of the four strips, a goal in the opposite one, drawn until both are free, as published."""
    side = ground.spec.high_m[0] - _MARGIN
    for _ in range(_TRIES):
        along = rng.uniform(recipe.corner_m, side - recipe.corner_m, 2)
        depth = rng.uniform(0.0, recipe.strip_m, 2)
        start, goal = np.array([along[0], depth[0]]), np.array([along[1], side - depth[1]])
        edge = int(rng.integers(4))
        start, goal = (_turned(point, edge, side) for point in (start, goal))
        height = round(float(rng.uniform(*recipe.goal_height_m)), 3)
        flight = _flight(ground, start, goal, height, recipe.finish)
        if flight is not None:
            return flight
    raise Unplaceable("no free start and goal in opposite strips")


# --- Private.


def _turned(point: Float[np.ndarray, "2"], edge: int, side: float) -> Float[np.ndarray, "2"]:
    """A point of the square after so many quarter turns about its middle."""
    x, y = point - side / 2
    for _ in range(edge):
        x, y = -y, x
    return np.round(np.array([x, y]) + side / 2, 3)


def _flight(
    ground: Ground,
    start: Float[np.ndarray, "2"],
    goal: Float[np.ndarray, "2"],
    goal_height: float,
    finish: Finish,
) -> tuple[Start, NavigateTask] | None:
    here, there = np.array([*start, ground.altitude]), np.array([*goal, goal_height])
    room = ground.hull_radius + WAY_MARGIN
    if not all(
        ground.space.is_free(p[:2]) and ground.clearance.at(p) >= room for p in (here, there)
    ):
        return None
    way = ground.ways_to(goal).at(start)
    if not np.isfinite(way):
        return None
    ahead = goal - start
    position = (round(float(start[0]), 3), round(float(start[1]), 3), ground.altitude)
    task = NavigateTask(
        kind="navigate",
        goal_m=(round(float(goal[0]), 3), round(float(goal[1]), 3), goal_height),
        geodesic_m=round(float(way), 3),
        finish=finish,
        any_height=ground.any_height,
    )
    yaw = round(float(np.arctan2(ahead[1], ahead[0])), 3)
    return Start(position_m=position, yaw_rad=yaw), task
