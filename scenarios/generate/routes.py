"""What a route is checked for before it flies: every leg free at the heights it is flown at."""

import numpy as np

from scenarios.generate.site import Ground
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.tasks.legs import leg_heights
from sim.world.geodesic import FreeSpace, GeodesicField, distance_field


def check_route(scenario: Scenario, task: MissionTask, ground: Ground) -> None:
    """Raise ValueError naming the first waypoint (or home) to which no free way leads from the one before."""
    spaces: dict[tuple[float, float], FreeSpace] = {}
    bounds = np.array([scenario.world.low_m, scenario.world.high_m])
    legs = leg_heights(scenario, task, ground.clearance.ground_height)
    before, label = np.array(scenario.start.position_m[:2]), "the start"
    stops = [(f"task.sites.{i}.position_m", site.position_m) for i, site in enumerate(task.sites)]
    for (field, point), heights in zip(
        [*stops, ("task.home_m", task.home_m)], [*legs[1:], legs[0]], strict=True
    ):
        if heights not in spaces:
            spaces[heights] = FreeSpace.for_flight(
                ground.clearance, bounds, heights, ground.hull_radius
            )
        goal = np.array(point[:2])
        span = f"between {heights[0]:g} and {heights[1]:g} m"
        ways = _ways(spaces[heights], goal)
        if ways is None:
            raise ValueError(f"{field} = {list(point)}: too close to an obstacle {span}")
        if not np.isfinite(ways.at(before)):
            raise ValueError(
                f"{field} = {list(point)}: no free way leads there from {label} {span}"
            )
        before, label = goal, field


def _ways(space: FreeSpace, goal: np.ndarray) -> GeodesicField | None:
    return distance_field(space, goal) if space.is_free(goal) else None
