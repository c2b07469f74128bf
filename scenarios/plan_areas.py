"""Fences and rally points of a `.plan` file."""

from typing import Any

from scenarios.plan_data import MAX_ITEMS, FenceCircle, FencePolygon, GeoPoint
from scenarios.plan_values import geo_point, list_of, number_of, table_of


def polygons_of(fence: dict[str, Any]) -> tuple[FencePolygon, ...]:
    """Fences of corners."""
    where = "geoFence.polygons"
    found = []
    for index, entry in enumerate(list_of(fence.get("polygons") or [], where)):
        spot = f"{where}.{index}"
        entry = table_of(entry, spot)
        corners = list_of(entry.get("polygon"), f"{spot}.polygon")
        if not 3 <= len(corners) <= MAX_ITEMS:
            raise ValueError(f"{spot}.polygon: {len(corners)} corners: from 3 to {MAX_ITEMS}")
        points = tuple(geo_point(corner, f"{spot}.polygon.{i}") for i, corner in enumerate(corners))
        found.append(FencePolygon(_inclusion(entry, spot), points))
    return tuple(found)


def circles_of(fence: dict[str, Any]) -> tuple[FenceCircle, ...]:
    """Round fences."""
    where = "geoFence.circles"
    found = []
    for index, entry in enumerate(list_of(fence.get("circles") or [], where)):
        spot = f"{where}.{index}"
        entry = table_of(entry, spot)
        circle = table_of(entry.get("circle"), f"{spot}.circle")
        radius = number_of(circle.get("radius"), f"{spot}.circle.radius")
        if radius <= 0:
            raise ValueError(f"{spot}.circle.radius: {radius:g}: must be above 0")
        center = geo_point(circle.get("center"), f"{spot}.circle.center")
        found.append(FenceCircle(_inclusion(entry, spot), center, radius))
    return tuple(found)


def rally_of(rally: dict[str, Any]) -> tuple[GeoPoint, ...]:
    """Where the drone may flee to."""
    where = "rallyPoints.points"
    points = list_of(rally.get("points") or [], where)
    return tuple(geo_point(point, f"{where}.{index}") for index, point in enumerate(points))


# --- Private.


def _inclusion(entry: dict[str, Any], where: str) -> bool:
    value = entry.get("inclusion", True)
    if not isinstance(value, bool):
        raise ValueError(f"{where}.inclusion: {value!r}, not true or false")
    return value
