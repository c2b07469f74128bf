"""The control without learning: a depth map, candidates checked against it, best-ratio site choice, a pattern reader."""

import numpy as np
from jaxtyping import Float
from numba import njit

from agents.depth_map import DepthMap, heading_from_body
from agents.lattice import candidate_velocities
from agents.mission_control import (
    CHOICES,
    HOME,
    INSPECT,
    LAND,
    Sites,
    allowed_choices,
    read_sites,
)
from agents.panel_reader import read_panel
from agents.pilot import Plan, make_briefing
from agents.preference import END_SECONDS, way_preference
from sim.flight import Flight
from sim.physics.response import predict
from sim.types import EGO_FIELDS, Observation

_SAFE_DISTANCE = 0.18
"""m beyond the hull at which survival is judged even."""
_SOFTNESS = 0.08
_LOOK_AHEAD = 2.0
_SAMPLE = 0.1
"""s between the points of a candidate's path that are checked."""
_INSPECT_ABOVE = 0.5
_HEIGHT, _HEADROOM = EGO_FIELDS.index("height"), EGO_FIELDS.index("headroom")


class ClassicalBrain:
    """Sees the observation only."""

    def reset(self, flight: Flight) -> None:
        self._briefing = make_briefing(flight)
        self._velocities = candidate_velocities(self._briefing.speed_limit)
        self._map = DepthMap(self._briefing)
        self._seen: np.ndarray | None = None
        self._paths = np.zeros((len(self._velocities), 1, 3))

    def plan(self, observation: Observation) -> Plan:
        """Stay where a fault shows, else go for the best prize per energy, else go home."""
        sites = read_sites(observation)
        status = self._status(observation, sites)
        allowed = allowed_choices(sites, observation, self._briefing)
        logits = np.full(CHOICES, -10.0, dtype=np.float32)
        logits[HOME], logits[LAND] = -5.0, -4.0
        cost = (
            sites.distance * self._briefing.energy.per_metre_wh + self._briefing.energy.per_stop_wh
        )
        value = sites.prize * (1.0 + 10.0 * sites.mandatory) / cost
        ranked = sites.present & allowed[: len(value)]
        ranked[HOME] = False
        logits[: len(value)][ranked] = np.log(np.maximum(value[ranked], 1e-6)) / np.log(10.0)
        if allowed[INSPECT] and status[0] > _INSPECT_ABOVE:
            logits[INSPECT] = 10.0
        return Plan(logits, status)

    def navigate(self, observation: Observation) -> Float[np.ndarray, " k"]:
        """Progress in a straight line."""
        self._look(observation)
        goal = np.expm1(float(observation["goal"][3])) * observation["goal"][:3].astype(np.float64)
        ends = self._paths[:, round(END_SECONDS / _SAMPLE) - 1]
        progress = np.linalg.norm(goal[:2]) - np.linalg.norm(goal[:2] - ends[:, :2], axis=1)
        return way_preference(progress, ends[:, 2] - goal[2], float(np.arctan2(goal[1], goal[0])))

    def survive(self, observation: Observation) -> Float[np.ndarray, " k"]:
        """Distance of every candidate's path from what the map holds, squashed to a probability."""
        self._look(observation)
        ego = observation["ego"]
        distance = _path_clearance(
            self._paths, self._map.points(), -float(ego[_HEIGHT]), float(ego[_HEADROOM])
        )
        margin = distance - self._briefing.hull_radius - _SAFE_DISTANCE
        return (1.0 / (1.0 + np.exp(-np.clip(margin / _SOFTNESS, -30.0, 30.0)))).astype(np.float32)

    # --- Private.

    def _look(self, observation: Observation) -> None:
        """Take a new frame into the map, once."""
        if observation["image"] is self._seen:
            return
        self._seen = observation["image"]
        self._map.add(observation)
        velocity = heading_from_body(observation["ego"]) @ observation["ego"][:3]
        self._paths = _paths(velocity, self._velocities, self._briefing.response)

    def _status(self, observation: Observation, sites: Sites) -> Float[np.ndarray, "2"]:
        seen = sites.in_view(self._briefing.panel_side)
        if seen < 0:
            return np.full(2, 0.5, dtype=np.float32)
        return read_panel(observation, sites.panel_offset[seen], sites.facing[seen], self._briefing)


@njit(cache=True)
def _paths(velocity, commands, response):
    """Positions (k, n, 3) every _SAMPLE seconds under each command, heading frame, from the drone."""
    steps = round(_LOOK_AHEAD / _SAMPLE)
    paths = np.empty((commands.shape[0], steps, 3))
    for k in range(commands.shape[0]):
        state = np.zeros(9)
        state[3:6] = velocity
        for step in range(steps):
            predict(state, commands[k], response, 0.5 * _SAMPLE)
            predict(state, commands[k], response, 0.5 * _SAMPLE)
            paths[k, step] = state[0:3]
    return paths


@njit(cache=True)
def _path_clearance(paths, points, ground, ceiling):
    """Least distance (k,) of each path to points (n, 3), the ground and the ceiling, m."""
    clearance = np.empty(paths.shape[0])
    for k in range(paths.shape[0]):
        least = 1e6
        floor = 1e6
        for step in range(paths.shape[1]):
            x, y, z = paths[k, step, 0], paths[k, step, 1], paths[k, step, 2]
            floor = min(floor, z - ground + 0.3, ceiling - z + 0.4)
            for n in range(points.shape[0]):
                dx, dy, dz = points[n, 0] - x, points[n, 1] - y, points[n, 2] - z
                least = min(least, dx * dx + dy * dy + dz * dz)
        clearance[k] = min(np.sqrt(least), floor)
    return clearance
