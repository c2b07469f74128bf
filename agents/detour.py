"""A way out of dead ends for pilots whose skills keep no memory: where progress stalls, aim aside for a while."""

import numpy as np
from jaxtyping import Float

from agents.lattice import AZIMUTHS, ELEVATIONS, MOVING, SPEEDS
from agents.reckoning import turn_rate
from sim.tasks.base import make_goal
from sim.types import Observation

_PROGRESS = 0.5
"""m nearer to the goal that count as progress."""
_PATIENCE = 3.0
"""s without progress after which a detour begins."""
_ASIDE = np.deg2rad(80.0)
"""rad between the way to the goal and the detour."""
_DURATION = 2.5
"""s of the first detour; each further one to the same goal is longer by as much, and to the other side."""
_LOOKAHEAD = 12.0
"""m to the point a detour aims at."""


class Detour:
    """Remembers one goal's progress; yaw is dead-reckoned from the rates, so that a detour keeps its direction."""

    def __init__(self, control_hz: int) -> None:
        self._dt = 1.0 / control_hz
        self._yaw = 0.0
        self._target: int | None = None
        self._side = 1.0
        self._begin(None)

    @property
    def active(self) -> bool:
        return self._left > 0.0

    def observe(self, observation: Observation) -> None:
        """Take in one step's turn; to be called every step."""
        self._yaw += turn_rate(observation["ego"]) * self._dt

    def aim(
        self, observation: Observation, target: int, survival: Float[np.ndarray, " k"] | None
    ) -> Observation:
        """The observation with its goal replaced while a detour lasts; `survival` is the last frame's."""
        goal = observation["goal"]
        distance = float(np.expm1(goal[3]))
        if target != self._target:
            self._begin(target)
        if self.active:
            self._left -= self._dt
            if not self.active:
                self._closest, self._stalled = distance, 0.0
        else:
            self._watch(distance, float(np.arctan2(goal[1], goal[0])), survival)
        if not self.active:
            return observation
        bearing = self._direction - self._yaw
        aside = np.array([np.cos(bearing), np.sin(bearing), 0.0])
        height = distance * float(goal[2])
        point = _LOOKAHEAD * aside + np.array([0.0, 0.0, height])
        return {**observation, "goal": make_goal(point, float(goal[4]))}

    # --- Private.

    def _begin(self, target: int | None) -> None:
        """A new goal: nothing is known of its way."""
        self._target = target
        self._closest, self._stalled = np.inf, 0.0
        self._count, self._left, self._direction = 0, 0.0, 0.0

    def _watch(
        self, distance: float, bearing: float, survival: Float[np.ndarray, " k"] | None
    ) -> None:
        if distance < self._closest - _PROGRESS:
            self._closest, self._stalled = distance, 0.0
            return
        self._stalled += self._dt
        if self._stalled < _PATIENCE:
            return
        self._side = -self._side if self._count else _freer_side(survival)
        self._count += 1
        self._left = _DURATION * self._count
        self._direction = self._yaw + bearing + self._side * _ASIDE


def _freer_side(survival: Float[np.ndarray, " k"] | None) -> float:
    """+1 if more candidates survive to the left, else -1."""
    if survival is None:
        return 1.0
    grid = survival[:MOVING].reshape(len(SPEEDS), len(ELEVATIONS), len(AZIMUTHS))
    by_azimuth = grid.mean(axis=(0, 1))
    return 1.0 if by_azimuth[AZIMUTHS > 0].sum() >= by_azimuth[AZIMUTHS < 0].sum() else -1.0
