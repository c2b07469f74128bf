"""From a QGroundControl plan to a mission in a place: degrees become metres about home, fences the safety layer's areas."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from scenarios.hand_mission import HIGHEST, HandMission, HandSite
from scenarios.place_window import WINDOW, Window, fullest_window, window_world
from scenarios.plan_data import FenceCircle, FencePolygon, GeoPoint, Plan, Waypoint
from sim.safety_spec import CircleArea, PolygonArea, Safety
from sim.types import MAX_SPEED
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world.importers import survey
from sim.world.local_plane import to_local_plane
from sim.world.place_options import PlaceOptions

_HOME_CLEARANCE = 3.0
"""m around a home that nobody has placed."""
_HOME_HEIGHT = 1.5
_ABOVE = 10.0
"""m that fences reach above the altitude limit, which is the one that counts there."""
Spot = tuple[float, float]


@dataclass(frozen=True)
class Fences:
    """What surrounds a plan."""

    rally: tuple[Spot, ...]  # m, in the place
    safety: Callable[[Float[np.ndarray, "2"], float], Safety | None]
    """From the world's shift and altitude limit, m, to the safety layer's settings; None without fences."""


def home_in_place(
    plan: Plan, place: str, options: PlaceOptions | None, given: Spot | None
) -> tuple[Spot, tuple[str, ...]]:
    """Where a plan's home lies in a place, m, and what there is to say about it."""
    if given is not None:
        return given, ()
    if not place:
        return (0.0, 0.0), ()
    ground = survey(place, options)
    if ground.geodetic_origin is not None:
        east, north = to_local_plane(
            np.array([plan.home.latitude]), np.array([plan.home.longitude]), *ground.geodetic_origin
        )[0]
        spot = (float(east), float(north))
        low, high = ground.low - WINDOW, ground.high + WINDOW
        if not all(low[i] <= spot[i] <= high[i] for i in range(2)):
            raise ValueError(
                f"plannedHomePosition lies {np.hypot(*(spot - (ground.low + ground.high) / 2)):.0f} m from the middle "
                f"of {place}; --home X Y puts it elsewhere"
            )
        return spot, ()
    spot = _free_spot(place, options)
    note = f"home put at {spot[0]:g}, {spot[1]:g} m of {place}, which does not say where on Earth it is; --home X Y says otherwise"
    return spot, (note,)


def mission_of(plan: Plan, home: Spot) -> tuple[HandMission, float]:
    """The plan's waypoints in the place, in their order, and the speed limit of the flight, m/s."""
    top = min(MAX_SPEED, plan.fastest_m_s)
    sites = tuple(_site(waypoint, plan, home, top) for waypoint in plan.waypoints)
    pad = home if plan.landing is None else _spot(plan.landing, plan.home, home)
    return HandMission(home_m=pad, start_m=home, sites=sites, ordered=True), top


def fences_of(plan: Plan, home: Spot) -> Fences:
    """Fences and rally points in the place; a waypoint on their wrong side is a ValueError."""
    rally = tuple(_spot(point, plan.home, home) for point in plan.rally)
    _check_inside(plan, home)

    def safety(shift: Float[np.ndarray, "2"], limit: float) -> Safety | None:
        if not (plan.polygons or plan.circles or rally):
            return None
        at = (home[0] + float(shift[0]), home[1] + float(shift[1]))
        areas = [
            (fence.inclusion, _area(fence, plan.home, at, limit + _ABOVE))
            for fence in (*plan.polygons, *plan.circles)
        ]
        highest = max(_HOME_HEIGHT, *(waypoint.height for waypoint in plan.waypoints))
        return Safety(
            altitude_min_m=0.0,
            return_altitude_m=min(highest, 0.9 * limit),
            return_by="straight",
            geofence_action="return",
            geofence=tuple(area for inclusion, area in areas if inclusion),
            no_fly=tuple(area for inclusion, area in areas if not inclusion),
            rally_m=tuple((x + float(shift[0]), y + float(shift[1]), 0.0) for x, y in rally),
        )

    return Fences(rally, safety)


# --- Private.


def _site(waypoint: Waypoint, plan: Plan, home: Spot, top: float) -> HandSite:
    spot = home if waypoint.point is None else _spot(waypoint.point, plan.home, home)
    if waypoint.height <= 0:
        raise ValueError(f"{waypoint.name}: {waypoint.height:g} m over home: below the ground")
    if waypoint.height > HIGHEST:
        raise ValueError(f"{waypoint.name}: {waypoint.height:g} m over home: at most {HIGHEST:g} m")
    speed = min(waypoint.speed_m_s or plan.speed_m_s, top)
    heading = waypoint.heading_deg
    return HandSite(
        position_m=(*spot, waypoint.height),
        yaw_rad=None if heading is None else _yaw(heading),
        panel="none",
        mandatory=True,
        hold_s=waypoint.hold_s,
        speed_limit_m_s=speed if speed < top else None,
    )


def _yaw(heading_deg: float) -> float:
    """A heading clockwise from north as an angle counter-clockwise from east, rad."""
    yaw = np.pi / 2 - np.deg2rad(heading_deg)
    return round(float((yaw + np.pi) % (2 * np.pi) - np.pi), 4)


def _spot(point: GeoPoint, origin: GeoPoint, home: Spot) -> Spot:
    east, north = to_local_plane(
        np.array([point.latitude]), np.array([point.longitude]), origin.latitude, origin.longitude
    )[0]
    return round(home[0] + float(east), 3), round(home[1] + float(north), 3)


def _area(
    fence: FencePolygon | FenceCircle, origin: GeoPoint, home: Spot, high: float
) -> PolygonArea | CircleArea:
    span: dict[str, Any] = {"low_m": 0.0, "high_m": high}
    if isinstance(fence, FenceCircle):
        center = _spot(fence.center, origin, home)
        return CircleArea(kind="circle", center_m=center, radius_m=fence.radius_m, **span)
    corners = tuple(_spot(corner, origin, home) for corner in fence.corners)
    return PolygonArea(kind="polygon", corners_m=corners, **span)


def _check_inside(plan: Plan, home: Spot) -> None:
    """Every waypoint on the right side of the fences: such a flight could only fail."""
    keep = [f for f in (*plan.polygons, *plan.circles) if f.inclusion]
    shun = [f for f in (*plan.polygons, *plan.circles) if not f.inclusion]
    stops = [("plannedHomePosition", plan.home)]
    stops += [(w.name, w.point) for w in plan.waypoints if w.point is not None]
    for name, point in stops:
        spot = _spot(point, plan.home, home)
        if keep and not any(_holds(fence, spot, plan.home, home) for fence in keep):
            raise ValueError(f"{name}: outside every inclusion fence")
        if any(_holds(fence, spot, plan.home, home) for fence in shun):
            raise ValueError(f"{name}: inside an exclusion fence")


def _holds(fence: FencePolygon | FenceCircle, spot: Spot, origin: GeoPoint, home: Spot) -> bool:
    if isinstance(fence, FenceCircle):
        return bool(
            np.hypot(*np.subtract(spot, _spot(fence.center, origin, home))) <= fence.radius_m
        )
    corners = np.array([_spot(corner, origin, home) for corner in fence.corners])
    (x, y), nexts = spot, np.roll(corners, -1, axis=0)
    crosses = (corners[:, 1] > y) != (nexts[:, 1] > y)
    rise = np.where(crosses, nexts[:, 1] - corners[:, 1], 1.0)
    at = corners[:, 0] + (y - corners[:, 1]) / rise * (nexts[:, 0] - corners[:, 0])
    return bool((crosses & (at > x)).sum() % 2)


def _free_spot(place: str, options: PlaceOptions | None) -> Spot:
    """A free spot near the middle of the fullest window, m of the place."""
    window: Window = fullest_window(place, options, _HOME_HEIGHT + 4.0)
    world = build_world(window_world(place, options, window, _HOME_HEIGHT + 4.0))
    field = ClearanceField(world, _HOME_HEIGHT)
    x, y = (np.arange(5.0, size - 5.0, 1.0) for size in window.size)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    points = np.column_stack([grid, np.full(len(grid), _HOME_HEIGHT)])
    grid = grid[field.at_points(points) >= _HOME_CLEARANCE]
    if not len(grid):
        raise ValueError(f"{place}: no free spot for home; --home X Y names one")
    best = grid[np.linalg.norm(grid - window.size / 2, axis=1).argmin()]
    spot = window.low + best
    return round(float(spot[0]), 2), round(float(spot[1]), 2)
