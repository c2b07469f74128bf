"""Where a drone may be: geofences, no-fly zones and altitude limits as geometry; pure functions of a point."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Shaped
from scipy.ndimage import binary_erosion

from sim.safety_spec import Area, CircleArea, PolygonArea
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.types import Outcome, Vec3
from sim.world.geodesic import SPACING, FreeSpace

LANDING_RADIUS = 3.0
"""m around home and rally points within which the least altitude does not bind."""
_CELLS_APART = 2
"""Cells of the free space's grid between a way and a fence: more than the layer's margin."""
_RAY_STEP = 0.25
"""m between the points of a straight flight that are looked at."""
_TOUCHING = 1e-6
"""m; a wall nearer than this has no direction."""


@dataclass(frozen=True)
class Fences:
    """The areas of one scenario; a drone is where its centre is."""

    inside: tuple[Area, ...]
    """It must be in one of these, where there are any."""
    outside: tuple[Area, ...]
    altitude_min: float  # m
    altitude_max: float  # m
    landing: Float[np.ndarray, "p 2"]  # m, where it may come down

    def allowed(
        self, points: Float[np.ndarray, "n 3"], *, landing: bool = False
    ) -> Bool[np.ndarray, " n"]:
        """Which points break no rule; `landing` waives the least altitude."""
        return np.array(
            [rule is None for rule in self.breaches(points, landing=landing)], dtype=bool
        )

    def breaches(
        self, points: Float[np.ndarray, "n 3"], *, landing: bool = False
    ) -> Shaped[np.ndarray, " n"]:
        """The rule, an Outcome, that each point breaks, or None."""
        points = np.asarray(points, dtype=np.float64)
        found = np.full(len(points), None, dtype=object)
        low = points[:, 2] < self.altitude_min
        if landing or not low.any():
            low[:] = False
        else:
            low &= ~self._over_a_landing_place(points)
        found[low | (points[:, 2] > self.altitude_max)] = Outcome.ALTITUDE_BREACH
        for area in self.outside:
            found[contains(area, points)] = Outcome.NO_FLY_ZONE
        if self.inside:
            held = np.any([contains(area, points) for area in self.inside], axis=0)
            found[~held] = Outcome.GEOFENCE_BREACH
        return found

    def breach(self, point: Vec3, *, landing: bool = False) -> Outcome | None:
        """The rule a point breaks, or None."""
        return self.breaches(np.asarray(point)[None], landing=landing)[0]

    def walls(self, point: Vec3, *, landing: bool = False) -> Float[np.ndarray, "k 3"]:
        """Offsets from an allowed point to the nearest point of everything it must not cross, m."""
        point = np.asarray(point, dtype=np.float64)
        found = [self._altitudes(point, landing)]
        for index, area in enumerate(self.inside):
            if contains(area, point[None])[0]:
                offsets = _walls_from_inside(area, point)
                others = [other for i, other in enumerate(self.inside) if i != index]
                # Where two areas overlap, the way from one into the other is open.
                beyond = point + offsets * 1.001
                for other in others:
                    offsets = offsets[~contains(other, beyond)]
                    beyond = point + offsets * 1.001
                found.append(offsets)
        found += [_walls_from_outside(area, point) for area in self.outside]
        return np.vstack(found)

    def reach(self, point: Vec3, direction: Vec3, most: float, *, landing: bool = False) -> float:
        """How far, m, a straight flight from an allowed point breaks no rule; inf where `most` m of it break none."""
        steps = np.linspace(0.0, most, max(2, int(most / _RAY_STEP) + 1))
        points = np.asarray(point) + steps[:, None] * np.asarray(direction)
        broken = np.flatnonzero(~self.allowed(points, landing=landing))
        return float(steps[max(int(broken[0]) - 1, 0)]) if len(broken) else np.inf

    def way_in(self, point: Vec3) -> Float[np.ndarray, "3"]:
        """Offset from a point that breaks a rule to the nearest place, as far as one area knows, that does not."""
        point = np.asarray(point, dtype=np.float64)
        offset = np.zeros(3)
        offset[2] = np.clip(point[2], self.altitude_min, self.altitude_max) - point[2]
        if self.inside and not any(contains(area, point[None])[0] for area in self.inside):
            ways = np.vstack([_walls_from_outside(area, point) for area in self.inside])
            offset = ways[np.linalg.norm(ways, axis=1).argmin()]
        for area in self.outside:
            if contains(area, point[None])[0]:
                ways = _walls_from_inside(area, point)
                heights = point[2] + ways[:, 2]  # Not out through the ground, or too high.
                ways = ways[(heights > self.altitude_min) & (heights <= self.altitude_max)]
                offset = ways[np.linalg.norm(ways, axis=1).argmin()]
        return offset

    def _over_a_landing_place(self, points: Float[np.ndarray, "n 3"]) -> Bool[np.ndarray, " n"]:
        away = np.linalg.norm(points[:, None, :2] - self.landing, axis=2)
        return away.min(axis=1) <= LANDING_RADIUS

    def _altitudes(self, point: Vec3, landing: bool) -> Float[np.ndarray, "k 3"]:
        offsets = [[0.0, 0.0, self.altitude_max - point[2]]]
        over = bool(self._over_a_landing_place(point[None])[0])
        if self.altitude_min > 0.0 and not landing and not over:
            offsets.append([0.0, 0.0, self.altitude_min - point[2]])
        return np.array(offsets)


def fences_of(scenario: Scenario) -> Fences | None:
    """The fences a scenario states; None without a `[safety]` table."""
    safety = scenario.safety
    if safety is None:
        return None
    places = [home_of(scenario), *safety.rally_m]
    return Fences(
        inside=safety.geofence,
        outside=safety.no_fly,
        altitude_min=safety.altitude_min_m,
        altitude_max=scenario.limits.altitude_max_m,
        landing=np.array(places, dtype=np.float64)[:, :2],
    )


def home_of(scenario: Scenario) -> tuple[float, float, float]:
    """Where a return leads: a mission's pad, else where the flight began."""
    task = scenario.task
    return task.home_m if isinstance(task, MissionTask) else scenario.start.position_m


def fenced(space: FreeSpace, fences: Fences | None, height: float) -> FreeSpace:
    """The free space within the fences, m from them as the layer keeps; all of it where there are none."""
    if fences is None or not (fences.inside or fences.outside):
        return space
    rows, columns = np.indices(space.free.shape)
    xy = space.origin + SPACING * np.stack([columns.ravel(), rows.ravel()], axis=1)
    points = np.hstack([xy, np.full((len(xy), 1), height)])
    allowed = fences.allowed(points, landing=True).reshape(space.free.shape)
    apart = binary_erosion(allowed, iterations=_CELLS_APART, border_value=1)
    return replace(space, free=space.free & apart)


def contains(area: Area, points: Float[np.ndarray, "n 3"]) -> Bool[np.ndarray, " n"]:
    """Which points lie in an area, its boundary included."""
    low = area.low_m if area.low_m > 0.0 else -np.inf  # What begins at the ground has no floor.
    level = (points[:, 2] >= low) & (points[:, 2] <= area.high_m)
    return level & _in_outline(area, points[:, :2])


def outline(area: Area, corners: int = 48) -> Float[np.ndarray, "m 2"]:
    """An area's outline as a polygon, m, for drawing and for ways around it."""
    if isinstance(area, PolygonArea):
        return np.array(area.corners_m, dtype=np.float64)
    turns = np.linspace(0.0, 2.0 * np.pi, corners, endpoint=False)
    spokes = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return np.array(area.center_m) + area.radius_m * spokes


# --- Private.


def _in_outline(area: Area, xy: Float[np.ndarray, "n 2"]) -> Bool[np.ndarray, " n"]:
    if isinstance(area, CircleArea):
        return np.linalg.norm(xy - np.array(area.center_m), axis=1) <= area.radius_m
    ring = np.array(area.corners_m, dtype=np.float64)
    (ax, ay), (bx, by) = ring.T, np.roll(ring, -1, axis=0).T
    x, y = xy[:, :1], xy[:, 1:]
    spans = (ay > y) != (by > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = ax + (y - ay) * (bx - ax) / (by - ay)
    return (np.where(spans, x < crossing, False).sum(axis=1) % 2).astype(bool)


def _nearest_on_outline(area: Area, xy: Float[np.ndarray, "2"]) -> Float[np.ndarray, "m 2"]:
    """Offsets to the nearest point of each edge, or of the circle."""
    if isinstance(area, CircleArea):
        out = xy - np.array(area.center_m)
        distance = float(np.linalg.norm(out))
        direction = out / distance if distance > _TOUCHING else np.array([1.0, 0.0])
        return ((area.radius_m - distance) * direction)[None]
    start = np.array(area.corners_m, dtype=np.float64)
    edge = np.roll(start, -1, axis=0) - start
    along = ((xy - start) * edge).sum(axis=1) / np.maximum((edge**2).sum(axis=1), 1e-12)
    return start + np.clip(along, 0.0, 1.0)[:, None] * edge - xy


def _walls_from_inside(area: Area, point: Vec3) -> Float[np.ndarray, "k 3"]:
    """Offsets to every side of an area that a point is in, floor and ceiling included."""
    sides = _nearest_on_outline(area, point[:2])
    level = np.hstack([sides, np.zeros((len(sides), 1))])
    caps = np.array([[0.0, 0.0, area.high_m - point[2]], [0.0, 0.0, area.low_m - point[2]]])
    return np.vstack([level, caps if area.low_m > 0.0 else caps[:1]])


def _walls_from_outside(area: Area, point: Vec3) -> Float[np.ndarray, "k 3"]:
    """Offsets to an area that a point is not in: its sides, and floor or ceiling above or below it."""
    rise = float(np.clip(point[2], area.low_m, area.high_m)) - point[2]
    if _in_outline(area, point[None, :2])[0]:
        return np.array([[0.0, 0.0, rise]])
    sides = _nearest_on_outline(area, point[:2])
    return np.hstack([sides, np.full((len(sides), 1), rise)])
