"""Keeps a flight within the field, whose edge no camera sees: candidates that would soon lead out of it are ruled out."""

import numpy as np
from jaxtyping import Bool, Float

from agents.lattice import candidate_velocities
from agents.pilot import Briefing, Whereabouts
from agents.reckoning import turn_about_z

_AHEAD_S = 1.0
"""s a candidate is followed: at speed, somewhat longer than it takes to stop."""
_MARGIN = 0.3
"""m kept from the edge, which reckoning knows no better."""


class Fence:
    """Looks where each candidate leads."""

    def __init__(self, briefing: Briefing) -> None:
        self._low, self._high = briefing.fence + np.array([[_MARGIN], [-_MARGIN]])
        self._ways = _AHEAD_S * candidate_velocities(briefing.speed_limit)

    def leaves(self, drone: Whereabouts) -> Bool[np.ndarray, " k"]:
        """Which candidates end up beyond the edge, and no nearer to the field than the drone is."""
        here = drone.position[:2]
        ends = here + (self._ways @ turn_about_z(drone.yaw).T)[:, :2]
        beyond = self._beyond(ends)
        return (beyond > 0.0) & (beyond >= self._beyond(here[None]))

    def _beyond(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
        """How far out points lie, m; 0 within."""
        return np.maximum(np.maximum(self._low - points, points - self._high), 0.0).max(axis=1)
