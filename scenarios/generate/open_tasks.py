"""Tasks in worlds too dense to offer room: start and goal are drawn anywhere, and what stands there is cleared away."""

import numpy as np
from jaxtyping import Float

from scenarios.generate.clearing import Disc, cleared
from scenarios.generate.shapes import point, rounded
from scenarios.generate.site import Ground, Unplaceable
from scenarios.generate.tasks import COURSE_RESERVE, EDGE, draw_avoidance, draw_navigation
from scenarios.task_recipes import AvoidRecipe, NavigateRecipe
from sim.scenario import Start
from sim.task_spec import AvoidTask, NavigateTask

_TRIES = 200
_WORLDS = 8
"""Pairs of start and end that a world is cleared for, one after the other, before it is given up."""


def place_navigation(
    recipe: NavigateRecipe, ground: Ground, rng: np.random.Generator
) -> tuple[Ground, Start, NavigateTask]:
    """A start, a goal the wanted distance off, and the ground on which they lie in the open."""
    if not recipe.clearing_m:
        return ground, *draw_navigation(recipe, ground, rng)
    for _ in range(_WORLDS):
        start, goal, bearing = _pair(ground, float(rng.uniform(*recipe.distance_m)), 0.0, rng)
        opened = _opened(ground, recipe.clearing_m, start, goal)
        way = _way(opened, start, goal)
        if np.isfinite(way):
            yaw = rounded(bearing + rng.normal(0.0, 0.2))
            goal_m = point(goal[0], goal[1], ground.altitude)
            task = NavigateTask(kind="navigate", goal_m=goal_m, geodesic_m=rounded(way))
            return opened, _start(start, yaw, ground), task
    raise Unplaceable("no free way between start and goal")


def place_avoidance(
    recipe: AvoidRecipe, ground: Ground, rng: np.random.Generator
) -> tuple[Ground, Start, AvoidTask]:
    """A course with room to its sides that leads on, and the ground on which its ends lie in the open."""
    if not recipe.clearing_m:
        return ground, *draw_avoidance(recipe, ground, rng)
    length = recipe.distance_m + COURSE_RESERVE / 2
    directions = recipe.course_rad or (-np.pi, np.pi)
    for _ in range(_WORLDS):
        start, end, course = _pair(ground, length, COURSE_RESERVE, rng, directions)
        opened = _opened(ground, recipe.clearing_m, start, end)
        if _way(opened, start, end) <= recipe.max_detour * length:
            yaw = rounded(course)
            task = AvoidTask(
                kind="avoid",
                course_rad=yaw,
                distance_m=recipe.distance_m,
                min_speed_fraction=recipe.min_speed_fraction,
            )
            return opened, _start(start, yaw, ground), task
    raise Unplaceable(f"no free course of {recipe.distance_m:.0f} m")


def _pair(
    ground: Ground,
    distance: float,
    aside: float,
    rng: np.random.Generator,
    directions: tuple[float, float] = (-np.pi, np.pi),
) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"], float]:
    """Two places a distance apart, with so much world to the sides of the way between them, and its direction."""
    low, high = (np.array(corner[:2]) for corner in (ground.spec.low_m, ground.spec.high_m))
    for _ in range(_TRIES):
        start = np.round(rng.uniform(low + EDGE, high - EDGE), 3)
        bearing = float(rng.uniform(*directions))
        ahead = np.array([np.cos(bearing), np.sin(bearing)])
        end = np.round(start + distance * ahead, 3)
        side = aside * np.array([-ahead[1], ahead[0]])
        corners = np.array([start + side, start - side, end + side, end - side])
        inside = (end >= low + EDGE).all() and (end <= high - EDGE).all()
        if inside and (corners >= low).all() and (corners <= high).all():
            return start, end, bearing
    raise Unplaceable(f"the world has no room for {distance:.0f} m")


def _opened(ground: Ground, radius: float, *places: Float[np.ndarray, "2"]) -> Ground:
    spec = cleared(ground.spec, [Disc(place, radius) for place in places])
    return Ground(spec, ground.hull_radius, ground.altitude, ground.altitude_max)


def _way(ground: Ground, start: Float[np.ndarray, "2"], end: Float[np.ndarray, "2"]) -> float:
    """Length of the free way, inf where what cannot be cleared away leaves none."""
    free = ground.space.is_free(start) and ground.space.is_free(end)
    return ground.ways_to(end).at(start) if free else np.inf


def _start(xy: Float[np.ndarray, "2"], yaw: float, ground: Ground) -> Start:
    return Start(position_m=point(xy[0], xy[1], ground.altitude), yaw_rad=yaw)
