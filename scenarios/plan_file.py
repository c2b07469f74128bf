"""QGroundControl's `.plan` files as data: waypoints, fences and rally points as the file has them, in degrees and metres.

Format: https://docs.qgroundcontrol.com/master/en/qgc-dev-guide/file_formats/plan.html; commands are MAVLink's MAV_CMD.
"""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.world.place_file import brief, read_bounded

MAX_BYTES = 8 * 1024 * 1024
MAX_ITEMS = 500
"""Waypoints, and corners of fences, that a plan may have."""
MAX_NESTING = 3
"""Complex items within complex items."""
_RELATIVE, _ABSOLUTE, _TERRAIN = (3, 6), (0, 5), (10, 11)
"""MAV_FRAME: height over home, above sea level, over the terrain."""
WAYPOINT, LOITER_TIME, RTL, LAND, TAKEOFF, SPLINE, NAV_DELAY = 16, 19, 20, 21, 22, 82, 93
CONDITION_DELAY, CHANGE_SPEED = 112, 178
COMMANDS = {
    WAYPOINT: "waypoint", LOITER_TIME: "loiter time", RTL: "return to launch", LAND: "land", TAKEOFF: "takeoff",
    SPLINE: "spline waypoint", NAV_DELAY: "delay", CONDITION_DELAY: "condition delay", CHANGE_SPEED: "change speed",
}  # fmt: skip
"""What is flown."""
_KEEP_SPEED, _USUAL_SPEED = -1, -2
"""Of a change of speed: no change, and back to the plan's."""
_VERSIONS = {"the file": 1, "mission": 2, "geoFence": 2, "rallyPoints": 2}
"""Of the format and its parts, which QGroundControl counts apart."""
_PAYLOAD = {
    114: "condition distance", 115: "condition yaw", 181: "set relay", 183: "set servo", 189: "land start marker",
    195: "region of interest", 196: "region of interest", 197: "no region of interest", 201: "region of interest",
    202: "camera configuration", 203: "camera control", 204: "mount configuration", 205: "mount control",
    206: "camera trigger distance", 211: "gripper", 214: "camera trigger interval", 530: "camera mode",
    531: "camera zoom", 1000: "gimbal", 2000: "take pictures", 2001: "stop taking pictures", 2500: "record video",
    2501: "stop recording",
}  # fmt: skip
"""What has no meaning here, and changes no way: left out, with a note."""


@dataclass(frozen=True)
class GeoPoint:
    """A place on Earth."""

    latitude: float  # degrees
    longitude: float  # degrees


@dataclass(frozen=True)
class Waypoint:
    """Where to fly, and what to do there."""

    name: str  # its number among the waypoints, counted from 1, and its place in the file
    point: GeoPoint | None  # None: over home
    height: float  # m over home
    heading_deg: float | None  # clockwise from north; None: any
    hold_s: float
    speed_m_s: float | None  # on the way there; None: the plan's


@dataclass(frozen=True)
class FencePolygon:
    """A fence of corners; the drone stays in, or out."""

    inclusion: bool
    corners: tuple[GeoPoint, ...]


@dataclass(frozen=True)
class FenceCircle:
    """A round fence; the drone stays in, or out."""

    inclusion: bool
    center: GeoPoint
    radius_m: float


@dataclass(frozen=True)
class Plan:
    """A whole file."""

    home: GeoPoint
    speed_m_s: float
    waypoints: tuple[Waypoint, ...]
    landing: GeoPoint | None  # None: at home
    polygons: tuple[FencePolygon, ...]
    circles: tuple[FenceCircle, ...]
    rally: tuple[GeoPoint, ...]
    notes: tuple[str, ...]

    @property
    def fastest_m_s(self) -> float:
        """The highest speed that it asks for."""
        return max([self.speed_m_s, *(w.speed_m_s or 0.0 for w in self.waypoints)])


def read_plan(path: Path) -> Plan:
    """Read a file; anything wrong with it is a ValueError that names the file, the item and the reason."""
    content = read_bounded(path, MAX_BYTES, "a plan is smaller")
    try:
        return _plan(_parse(content))
    except ValueError as error:
        raise ValueError(f"{path}: {brief(error)}") from error


# --- Private.


def _parse(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    document = _table(document, "the file")
    if document.get("fileType") != "Plan":
        raise ValueError(f"fileType: {document.get('fileType')!r}, not 'Plan'")
    _check_version(document, "the file", "version")
    return document


def _check_version(table: dict[str, Any], part: str, field: str) -> None:
    """Other versions keep other things under other names; where a part says none it is taken for ours."""
    version = table.get("version", _VERSIONS[part])
    if type(version) is not int or version != _VERSIONS[part]:
        raise ValueError(f"{field}: {repr(version)[:40]} is not read; choose {_VERSIONS[part]}")


def _section(document: dict[str, Any], part: str) -> dict[str, Any]:
    """A part of the plan that may be missing."""
    value = document.get(part)
    table = _table({} if value is None else value, part)
    _check_version(table, part, f"{part}.version")
    return table


def _plan(document: dict[str, Any]) -> Plan:
    mission = _table(document.get("mission"), "mission")
    _check_version(mission, "mission", "mission.version")
    where = "mission.plannedHomePosition"
    spot = _list(mission.get("plannedHomePosition"), where)
    if len(spot) != 3:
        raise ValueError(f"{where}: {len(spot)} numbers, not latitude, longitude and altitude")
    home, altitude = _point(spot, where), _number(spot[2], f"{where}.2")
    speed = _speed(mission.get("hoverSpeed", 5.0), "mission.hoverSpeed")
    reading = _Items(altitude)
    reading.take(_list(mission.get("items"), "mission.items"), "mission.items")
    waypoints, landing, notes = reading.result()
    fence, rally = _section(document, "geoFence"), _section(document, "rallyPoints")
    return Plan(
        home=home,
        speed_m_s=speed,
        waypoints=waypoints,
        landing=landing,
        polygons=_polygons(fence),
        circles=_circles(fence),
        rally=_rally(rally),
        notes=notes,
    )


class _Items:
    """Mission items, taken in their order."""

    def __init__(self, home_altitude: float) -> None:
        self._home_altitude = home_altitude
        self._waypoints: list[Waypoint] = []
        self._landing: GeoPoint | None = None
        self._ended = ""
        self._speed: float | None = None
        self._wait = 0.0
        self._count = 0
        self._notes: dict[str, int] = {}

    def take(self, items: list[Any], where: str, depth: int = 0) -> None:
        """Take a list of items, those within complex items (a survey's) too."""
        for index, item in enumerate(items):
            spot = f"{where}.{index}"
            item = _table(item, spot)
            if item.get("type") == "ComplexItem":
                self._take_complex(item, spot, depth)
            else:
                self._take_one(item, spot)

    def result(self) -> tuple[tuple[Waypoint, ...], GeoPoint | None, tuple[str, ...]]:
        """Waypoints, where to land, and what was left out."""
        if not self._waypoints:
            raise ValueError("mission.items: no waypoint, takeoff or loiter among them")
        if not self._ended:
            self._note("the plan ends without return or land: it returns to launch and lands")
        notes = tuple(
            f"{text}{f' ({n} items)' if n > 1 else ''}" for text, n in self._notes.items()
        )
        return tuple(self._waypoints), self._landing, notes

    # --- Private.

    def _take_complex(self, item: dict[str, Any], where: str, depth: int) -> None:
        kind = str(item.get("complexItemType"))[:40]
        holder = item.get("TransectStyleComplexItem")
        if not isinstance(holder, dict) or "Items" not in holder or depth >= MAX_NESTING:
            raise ValueError(
                f"{where}: complex item {kind!r} without waypoints of its own; those of surveys and corridors are flown"
            )
        self.take(_list(holder["Items"], f"{where}.Items"), f"{where}.Items", depth + 1)

    def _take_one(self, item: dict[str, Any], where: str) -> None:
        command = item.get("command")
        if type(command) is not int:
            raise ValueError(f"{where}.command: {command!r}, not a MAV_CMD number")
        if command in _PAYLOAD:
            self._note(
                f"command {command} ({_PAYLOAD[command]}) left out: nothing here carries it out"
            )
            return
        if command not in COMMANDS:
            known = ", ".join(f"{number} ({name})" for number, name in COMMANDS.items())
            raise ValueError(f"{where}.command: {command} is not flown; those that are: {known}")
        if self._ended:
            raise ValueError(
                f"{where}.command: {command} after the {self._ended} that ends the flight"
            )
        params = _list(item.get("params"), f"{where}.params")
        if len(params) != 7:
            raise ValueError(f"{where}.params: {len(params)} of them, not 7")
        self._carry_out(command, params, item.get("frame"), where)

    def _carry_out(self, command: int, params: list[Any], frame: Any, where: str) -> None:
        if command == CHANGE_SPEED:
            self._change_speed(params[1], f"{where}.params.1")
        elif command in (NAV_DELAY, CONDITION_DELAY):
            self._hold_here(_seconds(params[0], f"{where}.params.0"))
        elif command == RTL:
            self._ended = COMMANDS[command]
        elif command == LAND:
            self._ended, self._landing = COMMANDS[command], self._point(params, where)
            if self._landing is None and self._waypoints:
                self._landing = self._waypoints[-1].point
        else:
            self._fly_to(command, params, frame, where)

    def _change_speed(self, value: Any, where: str) -> None:
        if value == _KEEP_SPEED:
            return
        hint = f"; {_KEEP_SPEED} keeps the speed, {_USUAL_SPEED} takes hoverSpeed again"
        self._speed = None if value == _USUAL_SPEED else _speed(value, where, hint)

    def _fly_to(self, command: int, params: list[Any], frame: Any, where: str) -> None:
        if len(self._waypoints) >= MAX_ITEMS:
            raise ValueError(f"{where}: more than {MAX_ITEMS} waypoints")
        if command == SPLINE:
            self._note("spline waypoints are flown in straight lines")
        hold = 0.0 if command == TAKEOFF else _seconds(params[0], f"{where}.params.0")
        point = self._point(params, where, anywhere=command not in (WAYPOINT, SPLINE))
        if command == TAKEOFF and not self._waypoints:
            point = None  # Takeoff goes straight up, whatever it is written to lead to.
        elif point is None and self._waypoints:
            point = self._waypoints[-1].point
        heading = None if _is_free(params[3]) else _number(params[3], f"{where}.params.3")
        self._count += 1
        self._waypoints.append(
            Waypoint(
                name=f"waypoint {self._count} ({where})",
                point=point,
                height=self._height(params[6], frame, where),
                # QGroundControl writes 0 where no heading was asked for.
                heading_deg=heading if heading and command != TAKEOFF else None,
                hold_s=hold + self._wait,
                speed_m_s=self._speed,
            )
        )
        self._wait = 0.0

    def _hold_here(self, seconds: float) -> None:
        """Wait at the last waypoint; before the first, at that one."""
        if not self._waypoints:
            self._wait += seconds
            return
        last = self._waypoints[-1]
        self._waypoints[-1] = replace(last, hold_s=last.hold_s + seconds)

    def _point(self, params: list[Any], where: str, *, anywhere: bool = True) -> GeoPoint | None:
        """Where an item is; None where it says nowhere: zeros, or, of items that may be `anywhere`, no numbers."""
        latitude, longitude = params[4:6]
        nowhere = _is_free(latitude) and _is_free(longitude)
        if (latitude == 0 and longitude == 0) or (nowhere and anywhere):
            return None
        return _point([latitude, longitude], f"{where}.params")

    def _height(self, value: Any, frame: Any, where: str) -> float:
        height = _number(value, f"{where}.params.6")
        if frame in _ABSOLUTE:
            return height - self._home_altitude
        if frame in _TERRAIN:
            self._note("heights over terrain are taken over home")
        elif frame not in _RELATIVE:
            raise ValueError(f"{where}.frame: {frame!r} is none of MAV_FRAME's 0, 3, 5, 6, 10, 11")
        return height

    def _note(self, text: str) -> None:
        self._notes[text] = self._notes.get(text, 0) + 1


def _polygons(fence: dict[str, Any]) -> tuple[FencePolygon, ...]:
    where = "geoFence.polygons"
    found = []
    for index, entry in enumerate(_list(fence.get("polygons") or [], where)):
        spot = f"{where}.{index}"
        entry = _table(entry, spot)
        corners = _list(entry.get("polygon"), f"{spot}.polygon")
        if not 3 <= len(corners) <= MAX_ITEMS:
            raise ValueError(f"{spot}.polygon: {len(corners)} corners: from 3 to {MAX_ITEMS}")
        points = tuple(_point(corner, f"{spot}.polygon.{i}") for i, corner in enumerate(corners))
        found.append(FencePolygon(_inclusion(entry, spot), points))
    return tuple(found)


def _circles(fence: dict[str, Any]) -> tuple[FenceCircle, ...]:
    where = "geoFence.circles"
    found = []
    for index, entry in enumerate(_list(fence.get("circles") or [], where)):
        spot = f"{where}.{index}"
        entry = _table(entry, spot)
        circle = _table(entry.get("circle"), f"{spot}.circle")
        radius = _number(circle.get("radius"), f"{spot}.circle.radius")
        if radius <= 0:
            raise ValueError(f"{spot}.circle.radius: {radius:g}: must be above 0")
        center = _point(circle.get("center"), f"{spot}.circle.center")
        found.append(FenceCircle(_inclusion(entry, spot), center, radius))
    return tuple(found)


def _rally(rally: dict[str, Any]) -> tuple[GeoPoint, ...]:
    where = "rallyPoints.points"
    points = _list(rally.get("points") or [], where)
    return tuple(_point(point, f"{where}.{index}") for index, point in enumerate(points))


def _inclusion(entry: dict[str, Any], where: str) -> bool:
    value = entry.get("inclusion", True)
    if not isinstance(value, bool):
        raise ValueError(f"{where}.inclusion: {value!r}, not true or false")
    return value


def _point(value: Any, where: str) -> GeoPoint:
    pair = _list(value, where)
    if len(pair) < 2:
        raise ValueError(f"{where}: {len(pair)} numbers, not latitude and longitude")
    latitude, longitude = (
        _number(pair[0], f"{where}: latitude"),
        _number(pair[1], f"{where}: longitude"),
    )
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ValueError(
            f"{where}: latitude {latitude:g}, longitude {longitude:g} are no place on Earth"
        )
    return GeoPoint(latitude, longitude)


def _seconds(value: Any, where: str) -> float:
    seconds = 0.0 if _is_free(value) else _number(value, where)
    if not 0.0 <= seconds <= 3600.0:
        raise ValueError(f"{where}: {seconds:g}: from 0 to 3600 s")
    return seconds


def _speed(value: Any, where: str, hint: str = "") -> float:
    speed = _number(value, where)
    if not 0.0 < speed < 100.0:
        raise ValueError(f"{where}: {speed:g}: must be above 0 and below 100 m/s{hint}")
    return speed


def _is_free(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        shown = "null" if value is None else repr(str(value)[:60])
        raise ValueError(f"{where}: {shown}, not a number")
    if abs(value) > 1e9 or value != value:
        raise ValueError(f"{where}: {value!r:.40}: not a number that can be meant")
    return float(value)


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: {type(value).__name__}, not a table")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{where}: {type(value).__name__}, not a list")
    return value
