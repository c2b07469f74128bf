"""The mission items of a `.plan` file, in their order: what is flown, what is left out and what is refused; commands are MAVLink's MAV_CMD."""

from dataclasses import replace
from typing import Any

from scenarios.plan_data import MAX_ITEMS, GeoPoint, Waypoint
from scenarios.plan_values import (
    geo_point,
    is_free,
    list_of,
    number_of,
    seconds_of,
    speed_of,
    table_of,
)

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
_PAYLOAD = {
    114: "condition distance", 115: "condition yaw", 181: "set relay", 183: "set servo", 189: "land start marker",
    195: "region of interest", 196: "region of interest", 197: "no region of interest", 201: "region of interest",
    202: "camera configuration", 203: "camera control", 204: "mount configuration", 205: "mount control",
    206: "camera trigger distance", 211: "gripper", 214: "camera trigger interval", 530: "camera mode",
    531: "camera zoom", 1000: "gimbal", 2000: "take pictures", 2001: "stop taking pictures", 2500: "record video",
    2501: "stop recording",
}  # fmt: skip
"""What has no meaning here, and changes no way: left out, with a note."""


class Items:
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
            item = table_of(item, spot)
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
        self.take(list_of(holder["Items"], f"{where}.Items"), f"{where}.Items", depth + 1)

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
        params = list_of(item.get("params"), f"{where}.params")
        if len(params) != 7:
            raise ValueError(f"{where}.params: {len(params)} of them, not 7")
        self._carry_out(command, params, item.get("frame"), where)

    def _carry_out(self, command: int, params: list[Any], frame: Any, where: str) -> None:
        if command == CHANGE_SPEED:
            self._change_speed(params[1], f"{where}.params.1")
        elif command in (NAV_DELAY, CONDITION_DELAY):
            self._hold_here(seconds_of(params[0], f"{where}.params.0"))
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
        self._speed = None if value == _USUAL_SPEED else speed_of(value, where, hint)

    def _fly_to(self, command: int, params: list[Any], frame: Any, where: str) -> None:
        if len(self._waypoints) >= MAX_ITEMS:
            raise ValueError(f"{where}: more than {MAX_ITEMS} waypoints")
        if command == SPLINE:
            self._note("spline waypoints are flown in straight lines")
        hold = 0.0 if command == TAKEOFF else seconds_of(params[0], f"{where}.params.0")
        point = self._point(params, where, anywhere=command not in (WAYPOINT, SPLINE))
        if command == TAKEOFF and not self._waypoints:
            point = None  # Takeoff goes straight up, whatever it is written to lead to.
        elif point is None and self._waypoints:
            point = self._waypoints[-1].point
        heading = None if is_free(params[3]) else number_of(params[3], f"{where}.params.3")
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
        nowhere = is_free(latitude) and is_free(longitude)
        if (latitude == 0 and longitude == 0) or (nowhere and anywhere):
            return None
        return geo_point([latitude, longitude], f"{where}.params")

    def _height(self, value: Any, frame: Any, where: str) -> float:
        height = number_of(value, f"{where}.params.6")
        if frame in _ABSOLUTE:
            return height - self._home_altitude
        if frame in _TERRAIN:
            self._note("heights over terrain are taken over home")
        elif frame not in _RELATIVE:
            raise ValueError(f"{where}.frame: {frame!r} is none of MAV_FRAME's 0, 3, 5, 6, 10, 11")
        return height

    def _note(self, text: str) -> None:
        self._notes[text] = self._notes.get(text, 0) + 1
