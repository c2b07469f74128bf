"""Task recipes made concrete: where a flight starts, where it goes, what it must keep to."""

import numpy as np
from jaxtyping import Float

from scenarios.generate.site import Ground, Unplaceable
from scenarios.task_recipes import AvoidRecipe, NavigateRecipe
from sim.scenario import Start
from sim.task_spec import AvoidTask, NavigateTask

_TRIES = 60
_START_CLEARANCE = 1.4
"""m of free space beyond the hull around a start."""
EDGE = 3.0
"""m from the bounds of the world that starts and goals keep."""
COURSE_RESERVE = 12.0
"""m of world beyond the end of a course and to its sides."""


def draw_navigation(
    recipe: NavigateRecipe, ground: Ground, rng: np.random.Generator
) -> tuple[Start, NavigateTask]:
    """A free start and a free goal the wanted distance apart with a way between them."""
    distance = float(rng.uniform(*recipe.distance_m))
    for _ in range(_TRIES):
        start = free_point(ground, rng)
        bearing = rng.uniform(-np.pi, np.pi)
        goal = start + distance * np.array([np.cos(bearing), np.sin(bearing)])
        if not is_roomy(ground, goal):
            continue
        way = ground.ways_to(goal).at(start)
        if np.isfinite(way):
            yaw = round(float(bearing + rng.normal(0.0, 0.2)), 3)
            task = NavigateTask(
                kind="navigate", goal_m=_point(goal, ground), geodesic_m=round(float(way), 3)
            )
            return Start(position_m=_point(start, ground), yaw_rad=yaw), task
    raise Unplaceable(f"no start and goal {distance:.0f} m apart")


def draw_avoidance(
    recipe: AvoidRecipe, ground: Ground, rng: np.random.Generator
) -> tuple[Start, AvoidTask]:
    """A course whose whole length, and room to its sides, lies inside the world and leads on."""
    low, high = (np.array(corner[:2]) for corner in (ground.spec.low_m, ground.spec.high_m))
    directions = recipe.course_rad or (-np.pi, np.pi)
    for _ in range(_TRIES):
        start, course = free_point(ground, rng), rng.uniform(*directions)
        direction = np.array([np.cos(course), np.sin(course)])
        end = start + (recipe.distance_m + COURSE_RESERVE / 2) * direction
        aside = COURSE_RESERVE * np.array([-direction[1], direction[0]])
        corners = np.array([start + aside, start - aside, end + aside, end - aside])
        if (corners < low).any() or (corners > high).any() or not is_roomy(ground, end):
            continue
        way = ground.ways_to(end).at(start)
        if way <= recipe.max_detour * np.linalg.norm(end - start):
            yaw = round(float(course), 3)
            task = AvoidTask(
                kind="avoid",
                course_rad=yaw,
                distance_m=recipe.distance_m,
                min_speed_fraction=recipe.min_speed_fraction,
            )
            return Start(position_m=_point(start, ground), yaw_rad=yaw), task
    raise Unplaceable(f"no free course of {recipe.distance_m:.0f} m")


def free_point(ground: Ground, rng: np.random.Generator) -> Float[np.ndarray, "2"]:
    """A roomy place at flying height."""
    low, high = (np.array(corner[:2]) for corner in (ground.spec.low_m, ground.spec.high_m))
    for _ in range(200):
        point = np.round(rng.uniform(low + EDGE, high - EDGE), 3)
        if is_roomy(ground, point):
            return point
    raise Unplaceable("no roomy place in 200 draws")


def is_roomy(ground: Ground, xy: Float[np.ndarray, "2"]) -> bool:
    """Inside the world, in free space, with room for the hull and then some."""
    low, high = (np.array(corner[:2]) for corner in (ground.spec.low_m, ground.spec.high_m))
    inside = bool((xy >= low + EDGE).all() and (xy <= high - EDGE).all())
    return (
        inside
        and ground.space.is_free(xy)
        and ground.clear(xy) >= ground.hull_radius + _START_CLEARANCE
    )


def _point(xy: Float[np.ndarray, "2"], ground: Ground) -> tuple[float, float, float]:
    return round(float(xy[0]), 3), round(float(xy[1]), 3), ground.flying_height(xy)
