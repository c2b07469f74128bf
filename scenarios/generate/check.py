"""What a hand-written scenario is checked for before it flies: free starts, reachable goals and sites."""

import numpy as np

from scenarios.generate.pad import check_pad
from scenarios.generate.routes import check_route
from scenarios.generate.site import Ground, ground_of
from sim.physics.vehicle import colliding_hull, load_vehicle
from sim.safety import fences_of
from sim.scenario import Scenario
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import IMAGE_SHAPE
from sim.world.build import build_world
from sim.world.bullet_limits import check_size
from sim.world.geodesic import GeodesicField
from sim.world.geometry import World
from sim.world.meshing import world_triangles
from sim.world.movers import movers_of
from sim.world.primitives import nearest_distance
from sim.world.relief import Relief


def check_buildable(scenario: Scenario) -> World:
    """The scenario's world; ValueError where no simulator could hold it: too much geometry, or a camera of another size."""
    camera, (_, height, width) = scenario.camera, IMAGE_SHAPE
    if (camera.width_px, camera.height_px) != (width, height):
        raise ValueError(
            f"camera.width_px, camera.height_px = {camera.width_px}, {camera.height_px}: "
            f"observations are {width} x {height}"
        )
    try:
        world = build_world(scenario.world, ())
        check_size(world_triangles(world))
    except ValueError as error:
        raise ValueError(f"world: {error}") from error
    return world


def check_flyable(scenario: Scenario) -> None:
    """Raise ValueError naming the field and the value where a flight could not be built, begin or succeed."""
    world = check_buildable(scenario)
    vehicle = load_vehicle(scenario.vehicle)
    colliding_hull(vehicle, scenario)
    _check_heights(scenario)
    start = scenario.start.position_m
    _check_inside(scenario, "start.position_m", start)
    lowest = vehicle.hull_height / 2
    _check_height(scenario, world.relief, "start.position_m", start, lowest)
    _check_level(scenario, world.relief)
    ground = ground_of(scenario, world)
    _check_free(ground, "start.position_m", start)
    _check_movers(scenario, start, vehicle.hull_radius)
    _check_fences(scenario)
    ways = _ways(ground, "start.position_m", start)
    task = scenario.task
    if isinstance(task, NavigateTask):
        _check_height(scenario, world.relief, "task.goal_m", task.goal_m, lowest)
        _check_reachable(scenario, ground, ways, "task.goal_m", task.goal_m)
    elif isinstance(task, MissionTask):
        _check_mission(scenario, task, ground, ways, world, lowest)
    elif isinstance(task, AvoidTask):
        course = np.array([np.cos(task.course_rad), np.sin(task.course_rad), 0.0])
        end = np.array(start) + task.distance_m * course
        _check_inside(scenario, "task.distance_m: the course's end", tuple(end))


def _check_mission(
    scenario: Scenario,
    task: MissionTask,
    ground: Ground,
    ways: GeodesicField,
    world: World,
    lowest: float,
) -> None:
    """Home and every site can be flown to: in their order along the legs' heights, or each from the start."""
    relief = world.relief
    _check_home(relief, task)
    sites = {f"task.sites.{i}.position_m": site.position_m for i, site in enumerate(task.sites)}
    for field, place in sites.items():
        _check_height(scenario, relief, field, place, lowest)
    if task.ordered:
        for field, place in {"task.home_m": task.home_m, **sites}.items():
            _check_inside(scenario, field, place)
        check_route(scenario, task, ground)
    else:
        over = _over_pad(relief, task.home_m, ground.altitude)
        _check_reachable(scenario, ground, ways, "task.home_m", over, task.home_m)
        for field, place in sites.items():
            _check_reachable(scenario, ground, ways, field, place)
    check_pad(scenario, world, task.home_m, ground.hull_radius)


def _check_heights(scenario: Scenario) -> None:
    """The ground, z = 0, and the altitude limit end a flight before the world's bounds could, so they must lie within."""
    low, high = scenario.world.low_m, scenario.world.high_m
    limit = scenario.limits.altitude_max_m
    if limit > high[2]:
        raise ValueError(
            f"limits.altitude_max_m = {limit}: must be at most {high[2]}, the height of world.high_m = {list(high)}"
        )
    if low[2] > 0:
        raise ValueError(
            f"world.low_m = {list(low)}: z must be 0 or less, since the ground lies at z = 0"
        )


def _check_home(relief: Relief | None, task: MissionTask) -> None:
    # On a relief the pad lies where the ground is; only its x and y count.
    if relief is None and task.home_m[2] != 0:
        raise ValueError(
            f"task.home_m = {list(task.home_m)}: z must be 0, since the pad lies on the ground"
        )


def _check_inside(scenario: Scenario, field: str, point: tuple[float, ...]) -> None:
    low, high = scenario.world.low_m, scenario.world.high_m
    if any(not low[i] <= point[i] <= high[i] for i in range(2)):
        where = [round(float(x), 2) for x in point]
        raise ValueError(
            f"{field} = {where}: outside the world, which spans {list(low[:2])} to {list(high[:2])}"
        )


def _over_pad(
    relief: Relief | None, home: tuple[float, ...], height: float
) -> tuple[float, float, float]:
    return home[0], home[1], height + _ground_below(relief, home)


def _ground_below(relief: Relief | None, point: tuple[float, ...]) -> float:
    return 0.0 if relief is None else relief.height(point[0], point[1])


def _check_level(scenario: Scenario, relief: Relief | None) -> None:
    """Over relief, `[sensors]` and `[safety]`, which need level ground, are refused."""
    if relief is None:
        return
    if scenario.sensors is not None:
        raise ValueError(
            'world.place_options.ground = "relief": [sensors] measure heights over flat ground; use [odometry] or "flat"'
        )
    if scenario.safety is not None:
        raise ValueError(
            'world.place_options.ground = "relief": the areas and altitudes of [safety] are over flat ground; use "flat"'
        )


def _check_height(
    scenario: Scenario,
    relief: Relief | None,
    field: str,
    point: tuple[float, ...],
    lowest: float,
) -> None:
    limit = scenario.limits.altitude_max_m
    if not lowest < point[2] - _ground_below(relief, point) < limit:
        over = "" if relief is None else f" over the ground at {_ground_below(relief, point):.2f} m"
        raise ValueError(
            f"{field} = {list(point)}: the height{over} must lie between {lowest} m, where the hull touches the ground, "
            f"and the altitude limit of {limit} m"
        )


def _check_free(
    ground: Ground, field: str, point: tuple[float, ...], written: tuple[float, ...] | None = None
) -> None:
    """`written` is what the field holds where the drone needs to be elsewhere: over a pad, not on it."""
    clearance = ground.clearance.at(np.array(point)) - ground.hull_radius
    if clearance <= 0:
        raise ValueError(
            f"{field} = {list(written or point)}: inside an obstacle or touching one (hull radius {ground.hull_radius} m, "
            f"clearance {clearance:.2f} m)"
        )


def _check_movers(scenario: Scenario, start: tuple[float, ...], hull_radius: float) -> None:
    """Whatever moves later, nothing that does may be where the flight begins."""
    for index, row in enumerate(movers_of(scenario).table_at(0)):
        clearance = nearest_distance(row[None], *start) - hull_radius
        if clearance <= 0:
            raise ValueError(
                f"start.position_m = {list(start)}: inside world.movers.{index} or touching it (hull radius "
                f"{hull_radius} m, clearance {clearance:.2f} m)"
            )


def _check_fences(scenario: Scenario) -> None:
    """Start, goal, home, sites and rally points must lie where the safety layer lets a drone be."""
    fences, task = fences_of(scenario), scenario.task
    if fences is None or scenario.safety is None:
        return
    height = scenario.start.position_m[2]
    points: dict[str, tuple[float, ...]] = {"start.position_m": scenario.start.position_m}
    if isinstance(task, NavigateTask):
        points["task.goal_m"] = task.goal_m
    if isinstance(task, MissionTask):
        points["task.home_m"] = (*task.home_m[:2], height)
        points |= {f"task.sites.{i}.position_m": s.position_m for i, s in enumerate(task.sites)}
    points |= {
        f"safety.rally_m.{i}": (*place[:2], height)
        for i, place in enumerate(scenario.safety.rally_m)
    }
    for field, point in points.items():
        breach = fences.breach(np.array(point))
        if breach is not None:
            raise ValueError(f"{field} = {list(point)}: a drone there would be in {breach}")


def _ways(ground: Ground, field: str, point: tuple[float, ...]) -> GeodesicField:
    try:
        return ground.ways_to(np.array(point))
    except ValueError as error:
        raise ValueError(
            f"{field} = {list(point)}: too close to an obstacle for a way to start there"
        ) from error


def _check_reachable(
    scenario: Scenario,
    ground: Ground,
    ways: GeodesicField,
    field: str,
    point: tuple[float, ...],
    written: tuple[float, ...] | None = None,
) -> None:
    _check_inside(scenario, field, written or point)
    _check_free(ground, field, point, written)
    if not ground.space.is_free(np.array(point[:2])) or not np.isfinite(ways.at(np.array(point))):
        raise ValueError(
            f"{field} = {list(written or point)}: no free way leads there from the start"
        )
