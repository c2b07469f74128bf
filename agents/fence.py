"""Keeps a flight within the field, whose edge no camera sees: candidates that would soon lead out of it are ruled out."""

import numpy as np
from jaxtyping import Bool, Float

from agents.lattice import candidate_velocities
from agents.pilot import Briefing
from agents.reckoning import Reckoning, turn_about_z
from sim.types import Observation

_AHEAD_S = 1.0
"""s a candidate is followed: at speed, somewhat longer than it takes to stop."""
_MARGIN = 0.3
"""m kept from the edge, which reckoning knows no better."""


class Fence:
    """Follows the drone over the field, and looks where each candidate leads."""

    def __init__(self, briefing: Briefing) -> None:
        self._reckoning = Reckoning(briefing)
        self._low, self._high = briefing.fence + np.array([[_MARGIN], [-_MARGIN]])
        self._ways = _AHEAD_S * candidate_velocities(briefing.speed_limit)

    def observe(self, observation: Observation) -> None:
        """Take in one step, as the environment gave it; to be called every step."""
        self._reckoning.move(observation)

    def leaves(self) -> Bool[np.ndarray, " k"]:
        """Which candidates end up beyond the edge, and no nearer to the field than the drone is."""
        here = self._reckoning.position[:2]
        ends = here + (self._ways @ turn_about_z(self._reckoning.yaw).T)[:, :2]
        beyond = self._beyond(ends)
        return (beyond > 0.0) & (beyond >= self._beyond(here[None]))

    def _beyond(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
        """How far out points lie, m; 0 within."""
        return np.maximum(np.maximum(self._low - points, points - self._high), 0.0).max(axis=1)
