"""A way out of dead ends for pilots whose skills keep no memory: where progress stalls, the course is the way a map leaves open."""

import numpy as np
from jaxtyping import Float

from agents.known_way import KnownWay
from agents.local_map import LocalMap
from agents.pilot import Briefing, Whereabouts
from agents.reckoning import turn_about_z
from agents.ways import aim_along
from sim.frames import wrap_angle
from sim.types import Observation

_PROGRESS = 0.5
"""m nearer to the goal that count as progress."""
_PATIENCE = 2.5
"""s without progress after which a detour begins; it ends where the drone is nearer than it was before and the way leads to the goal."""
_STRAIGHT_ON = np.deg2rad(30.0)
"""rad between the way and the goal up to which the way leads there: along a wall a drone comes nearer, too."""
_LOOK_EVERY = 3
"""Control steps from one image taken into the map to the next: walls do not move."""
_MARGIN = 0.3
"""m beyond the hull that planned ways keep from what is known."""


class Detour:
    """Remembers what stood in the way, and one goal's progress."""

    def __init__(self, briefing: Briefing) -> None:
        self._dt = 1.0 / briefing.control_hz
        self._map = LocalMap(briefing)
        self._way = KnownWay(briefing, _MARGIN)
        self._target: int | None = None
        self._begin(None)

    @property
    def active(self) -> bool:
        return self._stalled >= _PATIENCE

    def observe(self, observation: Observation, here: Whereabouts) -> None:
        """Take in one step, as the environment gave it, and where it was made; to be called every step."""
        self._map.move(here)
        if self._map.frame % _LOOK_EVERY == 0:
            self._map.look(observation)

    def course(self, observation: Observation, target: int) -> Float[np.ndarray, "3"] | None:
        """Where the open way to the goal leads from here, heading frame, while a detour lasts; else None."""
        goal = observation["goal"].astype(np.float64)
        distance = float(np.expm1(goal[3]))
        if target != self._target:
            self._begin(target)
        nearer = distance < self._closest - _PROGRESS
        if nearer:
            self._closest = distance
        if nearer and not self.active:
            self._stalled = 0.0
        else:
            self._stalled += self._dt
        if not self.active:
            return None
        onward = self._onward(distance * goal[:3])
        if nearer and _angle(onward, goal[:3]) < _STRAIGHT_ON:
            self._stalled = 0.0
        return onward / max(float(np.linalg.norm(onward)), 1e-6)

    # --- Private.

    def _begin(self, target: int | None) -> None:
        """A new goal: how near it can be come to straight on is to be seen."""
        self._target = target
        self._closest, self._stalled = np.inf, 0.0

    def _onward(self, offset_heading: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
        """Where to aim on the open way to a goal; both relative to the drone, heading frame."""
        known = self._map
        turn = turn_about_z(known.yaw)
        goal = known.position + turn @ offset_heading
        bends = self._way.bends(known, goal[:2])
        if bends is None:
            return offset_heading
        left = self._way.field(known, goal[:2]).at(known.position)
        onward = aim_along(bends, known.position[:2], left)
        return turn.T @ np.array([onward[0], onward[1], offset_heading[2]])


def _angle(a: Float[np.ndarray, "3"], b: Float[np.ndarray, "3"]) -> float:
    """Between two directions seen from above, rad."""
    return abs(float(wrap_angle(np.arctan2(a[1], a[0]) - np.arctan2(b[1], b[0]))))
