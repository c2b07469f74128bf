"""A QGroundControl plan as data: degrees and metres, as its file has them."""

from dataclasses import dataclass

MAX_ITEMS = 500
"""Waypoints, and corners of fences, that a plan may have."""


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
