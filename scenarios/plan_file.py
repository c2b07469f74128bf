"""QGroundControl's `.plan` files as data: waypoints, fences and rally points as the file has them, in degrees and metres.

Format: https://docs.qgroundcontrol.com/master/en/qgc-dev-guide/file_formats/plan.html; commands are MAVLink's MAV_CMD.
"""

import json
from pathlib import Path
from typing import Any

from scenarios.plan_areas import circles_of, polygons_of, rally_of
from scenarios.plan_data import Plan
from scenarios.plan_items import Items
from scenarios.plan_values import geo_point, list_of, number_of, speed_of, table_of
from sim.world.place_file import brief, read_bounded

MAX_BYTES = 8 * 1024 * 1024
_VERSIONS = {"the file": 1, "mission": 2, "geoFence": 2, "rallyPoints": 2}
"""Of the format and its parts, which QGroundControl counts apart."""


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
    document = table_of(document, "the file")
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
    table = table_of({} if value is None else value, part)
    _check_version(table, part, f"{part}.version")
    return table


def _plan(document: dict[str, Any]) -> Plan:
    mission = table_of(document.get("mission"), "mission")
    _check_version(mission, "mission", "mission.version")
    where = "mission.plannedHomePosition"
    spot = list_of(mission.get("plannedHomePosition"), where)
    if len(spot) != 3:
        raise ValueError(f"{where}: {len(spot)} numbers, not latitude, longitude and altitude")
    home, altitude = geo_point(spot, where), number_of(spot[2], f"{where}.2")
    speed = speed_of(mission.get("hoverSpeed", 5.0), "mission.hoverSpeed")
    reading = Items(altitude)
    reading.take(list_of(mission.get("items"), "mission.items"), "mission.items")
    waypoints, landing, notes = reading.result()
    fence, rally = _section(document, "geoFence"), _section(document, "rallyPoints")
    return Plan(
        home=home,
        speed_m_s=speed,
        waypoints=waypoints,
        landing=landing,
        polygons=polygons_of(fence),
        circles=circles_of(fence),
        rally=rally_of(rally),
        notes=notes,
    )
