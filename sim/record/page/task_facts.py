"""What a flight was to do, as data: goal, course, sites, pad, fences, and the way that leads there."""

from typing import Any

import numpy as np

from sim.record.reader import Flight
from sim.safety import outline
from sim.safety.fences import fenced, fences_of
from sim.scenario import Scenario
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.world.clearance import ClearanceField
from sim.world.geodesic import FreeSpace, distance_field


def task_facts(flight: Flight, field: ClearanceField, hull_radius: float) -> dict[str, Any]:
    """For the page's JSON; lengths in m, world."""
    scenario, task = flight.scenario, flight.scenario.task
    facts: dict[str, Any] = {"kind": task.kind, "way": _way(scenario, field, hull_radius)}
    if isinstance(task, NavigateTask):
        facts |= {"goal": list(task.goal_m), "within": task.finish.within_m}
        facts["shape"] = task.finish.shape
    elif isinstance(task, MissionTask):
        facts |= {"ordered": task.ordered, "home": list(task.home_m)}
        facts["sites"] = [
            {
                "position": list(site.position_m),
                "yaw": site.yaw_rad,
                "prize": site.prize,
                "mandatory": site.mandatory,
            }
            for site in task.sites
        ]
    return facts


def fence_facts(scenario: Scenario) -> list[dict[str, Any]]:
    """Areas as upright prisms."""
    safety, ceiling = scenario.safety, scenario.limits.altitude_max_m
    if safety is None:
        return []
    return [
        {
            "kind": kind,
            "outline": np.round(outline(area), 3).tolist(),
            "low": area.low_m,
            "high": min(area.high_m, max(ceiling, area.low_m + 1.0)),
        }
        for kind, areas in (("geofence", safety.geofence), ("no_fly", safety.no_fly))
        for area in areas
    ]


def _way(scenario: Scenario, field: ClearanceField, hull_radius: float) -> list[list[float]] | None:
    """The way that is known before the flight: a route's legs, a course, or the shortest free way to a goal."""
    task, start = scenario.task, scenario.start.position_m
    if isinstance(task, MissionTask):
        if not task.ordered:
            return None
        points = [start, *(site.position_m for site in task.sites)]
        return [list(point) for point in points]
    if isinstance(task, AvoidTask):
        end = np.array(start) + task.distance_m * task.direction
        return [list(start), end.tolist()]
    return _free_way(scenario, task, field, hull_radius)


def _free_way(
    scenario: Scenario, task: NavigateTask, field: ClearanceField, hull_radius: float
) -> list[list[float]]:
    """The shortest free way in plan view, at heights between those of start and goal; straight where there is none."""
    start, goal = np.array(scenario.start.position_m), np.array(task.goal_m)
    bounds = np.array([scenario.world.low_m, scenario.world.high_m], dtype=np.float64)
    try:
        if task.any_height:
            ceiling = scenario.limits.altitude_max_m
            space = FreeSpace.at_any_height(field, bounds, ceiling, hull_radius)
        else:
            over = [float(z - field.ground_height(x, y)) for x, y, z in (start, goal)]
            space = FreeSpace.for_flight(field, bounds, (min(over), max(over)), hull_radius)
        space = fenced(space, fences_of(scenario), float(max(start[2], goal[2])))
        path = distance_field(space, goal[:2]).path_from(start[:2])
    except ValueError:  # Start or goal is nearer to something than ways keep.
        return [start.tolist(), goal.tolist()]
    legs = np.linalg.norm(np.diff(path, axis=0), axis=1)
    shares = np.concatenate([[0.0], np.cumsum(legs)]) / max(float(legs.sum()), 1e-9)
    heights = start[2] + shares * (goal[2] - start[2])
    return np.round(np.column_stack([path, heights]), 3).tolist()
