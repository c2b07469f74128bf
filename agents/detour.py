"""A way out of dead ends for pilots whose skills keep no memory: where progress stalls, aim along the way the map leaves open."""

import numpy as np
from jaxtyping import Float

from agents.known_way import KnownWay
from agents.local_map import LocalMap
from agents.pilot import Briefing, Whereabouts
from agents.reckoning import turn_about_z
from agents.ways import aim_along
from sim.tasks.base import make_goal
from sim.types import Observation

_PROGRESS = 0.5
"""m nearer to the goal that count as progress."""
_PATIENCE = 2.5
"""s without progress after which a detour begins; it ends as soon as the drone is nearer than it was before."""
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

    def aim(self, observation: Observation, target: int) -> Observation:
        """The observation with its goal moved onto the open way while a detour lasts."""
        goal = observation["goal"].astype(np.float64)
        distance = float(np.expm1(goal[3]))
        if target != self._target:
            self._begin(target)
        if distance < self._closest - _PROGRESS:
            self._closest, self._stalled = distance, 0.0
        else:
            self._stalled += self._dt
        if not self.active:
            return observation
        return {**observation, "goal": make_goal(self._onward(distance * goal[:3]), float(goal[4]))}

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
