"""The shortest way to a goal as far as is known: what has not been seen counts as free."""

import numpy as np
from jaxtyping import Float
from numba import njit

from agents.local_map import LocalMap
from agents.pilot import Briefing
from agents.ways import nearest_free
from sim.world.geodesic import SPACING, FreeSpace, GeodesicField, distance_field

_ROOM, _WIDER = 20.0, 60.0
"""m beyond drone and goal that the plan covers: the longest detour to one side that it can find, and where that finds none."""
_FARTHEST = 40.0
"""m; what is further off is aimed at as far as this, in a straight line."""
_SQUEEZE = 0.65
"""Share of the margin that is kept where otherwise no way is left."""
_PLAN_SECONDS = 0.5
"""s a plan lasts."""
_AT_FENCE = 1.0
"""m kept from the fence."""


class KnownWay:
    """Plans over a local map, now and then."""

    def __init__(self, briefing: Briefing, room: float) -> None:
        """`room` is what the way keeps from things beyond the hull, m."""
        margin = briefing.hull_radius + room
        self._fence = briefing.fence + np.array([[_AT_FENCE], [-_AT_FENCE]])
        self._margins = margin, _SQUEEZE * margin
        self._every = round(_PLAN_SECONDS * briefing.control_hz)
        self._field: GeodesicField | None = None
        self._goal = np.full(2, np.inf)
        self._planned = -1
        self._bends: np.ndarray | None = None

    def field(self, known: LocalMap, goal_xy: Float[np.ndarray, "2"]) -> GeodesicField:
        """Length of the shortest way to a goal (world, as the map counts it) from anywhere around."""
        moved = float(np.linalg.norm(goal_xy - self._goal)) > 2.0 * SPACING
        if self._field is None or moved or known.frame >= self._planned + self._every:
            self._field = self._plan(known, goal_xy)
            self._goal, self._planned = goal_xy.copy(), known.frame
        return self._field

    def bends(
        self, known: LocalMap, goal_xy: Float[np.ndarray, "2"]
    ) -> Float[np.ndarray, "n 2"] | None:
        """Corners of the way to a goal as it was planned last, the goal being the last; None where no way is left."""
        planned = self._planned
        field = self.field(known, goal_xy)
        if self._bends is None or self._planned != planned:
            reachable = np.isfinite(field.at(known.position))
            self._bends = field.path_from(known.position)[1:] if reachable else None
        return self._bends

    # --- Private.

    def _plan(self, known: LocalMap, goal_xy: Float[np.ndarray, "2"]) -> GeodesicField:
        """The way with all of the margin, else with less, else from farther around, else with both."""
        field = self._planned_within(_ROOM, self._margins[0], known, goal_xy)
        for room, margin in ((_ROOM, self._margins[1]), *((_WIDER, m) for m in self._margins)):
            if np.isfinite(field.at(known.position)):
                break
            field = self._planned_within(room, margin, known, goal_xy)
        return field

    def _planned_within(
        self, room: float, margin: float, known: LocalMap, goal_xy: Float[np.ndarray, "2"]
    ) -> GeodesicField:
        here = known.position[:2]
        offset = goal_xy - here
        distance = float(np.linalg.norm(offset))
        goal = here + offset * min(1.0, _FARTHEST / max(distance, 1e-6))
        low = np.maximum(np.minimum(here, goal) - room, self._fence[0])
        high = np.minimum(np.maximum(here, goal) + room, self._fence[1])
        # Cells stay where they are from plan to plan, lest the way flickers with their corners.
        low = SPACING * np.ceil(low / SPACING)
        goal = np.clip(goal, low, high)
        columns, rows = np.maximum(((high - low) / SPACING).astype(int) + 1, 2)
        center, reach = (low + high) / 2, float((high - low).max()) / 2 + SPACING
        return _field(known.in_the_way(center, reach), low, (rows, columns), goal, margin)


def _field(
    points: Float[np.ndarray, "n 3"],
    origin: Float[np.ndarray, "2"],
    shape: tuple[int, int],
    goal: Float[np.ndarray, "2"],
    margin: float,
) -> GeodesicField:
    free = np.ones(shape, dtype=np.bool_)
    block(free, origin, points, margin)
    space = FreeSpace(origin, free)
    return distance_field(space, nearest_free(space, goal))


@njit(cache=True)
def block(free, origin, points, margin):
    """Close the cells (y, x) whose centres are within `margin`, m, of a point."""
    height, width = free.shape
    reach = int(np.ceil(margin / SPACING))
    for n in range(points.shape[0]):
        u, v = (points[n, 0] - origin[0]) / SPACING, (points[n, 1] - origin[1]) / SPACING
        i, j = int(np.floor(u + 0.5)), int(np.floor(v + 0.5))
        for row in range(max(0, j - reach), min(height, j + reach + 1)):
            for column in range(max(0, i - reach), min(width, i + reach + 1)):
                if (row - v) ** 2 + (column - u) ** 2 <= (margin / SPACING) ** 2:
                    free[row, column] = False
