"""Points of a flight as the file has them that it was made of: errors speak of those, not of the scenario's, which are moved."""

import re
from dataclasses import dataclass

from scenarios.hand_mission import HandMission
from scenarios.plan_data import GeoPoint, Plan
from scenarios.plan_mission import Spot

_FIELD = re.compile(
    r"(start\.position_m|task\.home_m|task\.sites\.\d+\.position_m|safety\.rally_m\.\d+)(?: = (\[[^\]]*\]))?"
)
"""The scenario's name of a point, and the value told with it."""


@dataclass(frozen=True)
class Written:
    """One point of a file."""

    name: str  # the field or the item
    value: str
    spot: Spot  # m, in the place

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


Points = dict[str, Written]
"""By the scenario's name of each."""


def points_of_mission(mission: HandMission) -> Points:
    """Those of a mission file."""
    start = "home_m" if mission.start_m is None else "start_m"
    flat = {"start.position_m": (start, mission.start_xy), "task.home_m": ("home_m", mission.home_m)}  # fmt: skip
    points = {field: Written(name, str(list(spot)), spot) for field, (name, spot) in flat.items()}
    for index, site in enumerate(mission.sites):
        name, spot = f"sites.{index}.position_m", site.position_m
        points[f"task.{name}"] = Written(name, str(list(spot)), spot[:2])
    return points


def points_of_plan(plan: Plan, mission: HandMission, rally: tuple[Spot, ...]) -> Points:
    """Those of a plan; the mission and the rally points are it in the place."""
    home = Written("mission.plannedHomePosition", _degrees(plan.home), mission.start_xy)
    points = {"start.position_m": home, "task.home_m": home}
    if plan.landing is not None:
        points["task.home_m"] = Written("the landing", _degrees(plan.landing), mission.home_m)
    for index, (waypoint, site) in enumerate(zip(plan.waypoints, mission.sites, strict=True)):
        value = _degrees(waypoint.point or plan.home, waypoint.height)
        points[f"task.sites.{index}.position_m"] = Written(
            waypoint.name, value, site.position_m[:2]
        )
    for index, (point, spot) in enumerate(zip(plan.rally, rally, strict=True)):
        points[f"safety.rally_m.{index}"] = Written(
            f"rallyPoints.points.{index}", _degrees(point), spot
        )
    return points


def as_written(message: str, points: Points) -> str:
    """What is wrong with a scenario, in the words of the file it was made of."""

    def told(match: re.Match[str]) -> str:
        point = points.get(match.group(1))
        if point is None:
            return match.group(0)
        return str(point) if match.group(2) else point.name

    return _FIELD.sub(told, message)


# --- Private.


def _degrees(point: GeoPoint, height: float | None = None) -> str:
    over = "" if height is None else f", {height:g} m over home"
    return f"[{point.latitude:.7f}, {point.longitude:.7f}{over}]"
