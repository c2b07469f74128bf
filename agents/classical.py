"""The control without learning: a local map and the way it leaves open, candidates that can still stop, a pattern reader."""

import numpy as np
from jaxtyping import Float

from agents.known_way import KnownWay
from agents.lattice import candidate_velocities
from agents.local_map import LocalMap
from agents.path_check import FIELD_REACH, LOOK_AHEAD_S, distance_field, look_ahead
from agents.pilot import Plan, Whereabouts, make_briefing
from agents.planners import RankingPlanner
from agents.reckoning import heading_from_body, turn_about_z
from agents.smoothing import MAX_CHANGE_M_S
from agents.ways import follow
from sim.flight import Flight
from sim.physics.response import STATE_SIZE, ResponseParams
from sim.physics.vehicle import GRAVITY
from sim.types import EGO_FIELDS, MAX_SPEED, Observation

_ROOM = 0.12
"""m beyond the hull at which survival is judged even."""
_SOFTNESS = 0.05
"""m that change the odds of survival by e."""
_COURSE_SHARE = 0.5
"""Of survival, what hangs on the course staying clear; the rest on being able to stop."""
_SLOW = 1.7
"""m/s that a drone can take back within what it sees beside its picture's edge."""
_WAY_MARGIN = 0.2
"""m beyond the hull that planned ways keep from what is known."""
_PREVIOUS = slice(EGO_FIELDS.index("previous_vx"), EGO_FIELDS.index("previous_vz") + 1)
_HEIGHT, _HEADROOM = EGO_FIELDS.index("height"), EGO_FIELDS.index("headroom")


class ClassicalBrain:
    """Sees the observation only."""

    def __init__(self) -> None:
        self._planner = RankingPlanner()

    def reset(self, flight: Flight) -> None:
        self._planner.reset(flight)
        briefing = self._briefing = make_briefing(flight)
        self._velocities = candidate_velocities(briefing.speed_limit)
        self._in_sight = _in_sight(self._velocities, briefing.fov)
        self._map = LocalMap(briefing)
        self._reach = min(LOOK_AHEAD_S * briefing.speed_limit + 1.0, FIELD_REACH)
        self._way = KnownWay(briefing, _WAY_MARGIN)
        self._seen: np.ndarray | None = None

    def plan(self, observation: Observation) -> Plan:
        """Stay where a fault shows, else go for the best prize per energy, else go home."""
        return self._planner.plan(observation)

    def watch(self, observation: Observation, here: Whereabouts) -> None:
        """Follow the drone and take the image in, every step: what it docks at stays where it is on the map."""
        self._map.move(here)
        self._map.look(observation)

    def navigate(self, observation: Observation) -> Float[np.ndarray, " k"]:
        """Progress along the shortest way that the map leaves open."""
        self._look(observation)
        known = self._map
        distance = np.expm1(float(observation["goal"][3]))
        turn = turn_about_z(known.yaw)
        goal = known.position + turn @ (distance * observation["goal"][:3].astype(np.float64))
        field = self._way.field(known, goal[:2])
        ends = known.position + self._outlook.ends @ turn.T
        return follow(field, goal, known.position, ends, known.yaw)

    def survive(self, observation: Observation) -> Float[np.ndarray, " k"]:
        """Whether the drone could still stop after a moment of each candidate; less where its course is not clear."""
        self._look(observation)
        stopping, course = self._safe(self._outlook.stopping), self._safe(self._outlook.course)
        clear = 1.0 - _COURSE_SHARE + _COURSE_SHARE * course
        return (self._in_sight * stopping * clear).astype(np.float32)

    # --- Private.

    def _look(self, observation: Observation) -> None:
        """Look ahead over the map, once a frame."""
        if observation["image"] is self._seen:
            return
        self._seen = observation["image"]
        ego = observation["ego"].astype(np.float64)
        self._outlook = look_ahead(
            self._velocities, _response_state(ego, self._briefing.response), MAX_SPEED * ego[_PREVIOUS],
            MAX_CHANGE_M_S, self._briefing.response, 1.0 / self._briefing.control_hz,
            distance_field(self._map.points(self._reach)), ego[_HEIGHT], ego[_HEADROOM],
        )  # fmt: skip

    def _safe(self, distance: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        margin = distance - self._briefing.hull_radius - _ROOM
        return 1.0 / (1.0 + np.exp(-np.clip(margin / _SOFTNESS, -30.0, 30.0)))


def _response_state(
    ego: Float[np.ndarray, "16"], response: ResponseParams
) -> Float[np.ndarray, "9"]:
    """The response state at the origin, heading frame: thrust pulls where the drone leans, rotor drag holds it back."""
    level = heading_from_body(ego)
    lean = level[:, 2] / max(level[2, 2], 0.3)
    drag = (1.0 - response.tilt_share) / response.tilt_lag
    state = np.zeros(STATE_SIZE)
    state[3:6] = level @ ego[:3]
    state[6:8] = GRAVITY * lean[:2] - drag * state[3:5]
    return state


def _in_sight(velocities: Float[np.ndarray, "k 3"], fov: float) -> Float[np.ndarray, " k"]:
    """1 for candidates that lead into the picture; beside its edge the less, the faster they are."""
    speed = np.maximum(np.linalg.norm(velocities, axis=1), 1e-6)
    beside = np.abs(np.arctan2(velocities[:, 1], velocities[:, 0])) > fov / 2
    return np.where(beside, np.minimum(_SLOW / speed, 1.0), 1.0)
