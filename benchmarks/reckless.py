"""A pilot that asks for trouble: it skims whatever is near by centimetres, so that the referee gets hard cases."""

import numpy as np
from jaxtyping import Float

from sim.entries import clip
from sim.flight import Flight
from sim.frames import heading_from_world, yaw_of
from sim.physics.vehicle import colliding_hull
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import MAX_SPEED, POSITION, QUATERNION, Decision, Observation

_STREAM = 6
"""Of the scenario's seed; see `sim/fault_board.py` for the others."""
_PERIOD_S = 2.0
"""After which it skims at another distance, speed and height."""
_GAP = (-0.01, 0.06)
"""m between hull and obstacle that it aims for."""
_PULL = 4.0
"""1/s with which it corrects that gap."""
_NOTICED = 2.5
"""m from the hull's centre within which it turns to an obstacle."""
_PROBE = 0.01  # m, for the direction in which clearance grows


class RecklessPilot:
    """Knows the true world, flies where it should, but along every surface on its way."""

    name = "reckless"

    action_level = "velocity"

    def reset(self, flight: Flight) -> None:
        self._sim = flight.simulator
        self._radius, _ = colliding_hull(flight.simulator.vehicle, flight.scenario)
        self._rng = np.random.default_rng([flight.scenario.seed, _STREAM])
        task, self._targets, self._course = flight.scenario.task, [], None
        if isinstance(task, NavigateTask):
            self._targets = [np.array(task.goal_m)]
        elif isinstance(task, MissionTask):
            self._targets = [np.array(site.position_m) for site in task.sites]
            self._targets.append(np.array(task.home_m))
        elif isinstance(task, AvoidTask):
            self._course = np.array([np.cos(task.course_rad), np.sin(task.course_rad), 0.0])
        self._until = 0.0

    def act(self, observation: Observation) -> Decision:
        sim = self._sim
        if sim.time >= self._until:
            self._draw()
        position = sim.body[POSITION]
        velocity = self._speed * self._wanted(position)
        clearance, away = self._nearest(position)
        if clearance < _NOTICED:
            gap = clearance - self._radius - self._gap
            velocity = velocity - (velocity @ away) * away - _PULL * gap * away
        return Decision(action=self._action(velocity), phase="random")

    def _draw(self) -> None:
        limit = self._sim.scenario.speed_limit_m_s
        self._until = self._sim.time + _PERIOD_S
        self._gap = self._rng.uniform(*_GAP)
        self._speed = self._rng.uniform(0.2, 1.0) * limit
        top = self._sim.scenario.limits.altitude_max_m
        # Now and then close to the ground, or to the altitude limit.
        heights = [self._rng.uniform(0.3, 0.9) * top, 1.5, 1.5, 1.5, 0.15, top - 0.1]
        self._height = float(self._rng.choice(heights))

    def _wanted(self, position: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3"]:
        """A direction: along the course, or to the next target; its height as drawn until the last one is near."""
        climb = np.clip(self._height - position[2], -0.5, 0.5)
        if self._course is not None:
            return self._course + np.array([0.0, 0.0, climb])
        if len(self._targets) > 1 and np.linalg.norm(self._targets[0] - position) < 1.0:
            self._targets.pop(0)
        offset = self._targets[0] - position
        distance = float(np.linalg.norm(offset))
        if distance > 3.0:
            offset[2] = climb * distance
        return offset / max(float(np.linalg.norm(offset)), 1.0)

    def _nearest(self, position: Float[np.ndarray, "3"]) -> tuple[float, Float[np.ndarray, "3"]]:
        """Clearance of the centre, moving obstacles included, and the unit direction in which it grows."""
        here = self._clearance(position)
        ahead = [self._clearance(position + _PROBE * axis) - here for axis in np.eye(3)]
        size = float(np.linalg.norm(ahead))
        return here, np.array(ahead) / size if size > 1e-9 else np.zeros(3)

    def _clearance(self, point: Float[np.ndarray, "3"]) -> float:
        sim = self._sim
        still = sim.clearance.at(point)
        return min(still, sim.movers.least_distance(sim.tick, point[None])) if sim.movers else still

    def _action(self, velocity: Float[np.ndarray, "3"]) -> Float[np.ndarray, "4"]:
        heading = heading_from_world(velocity, yaw_of(self._sim.body[QUATERNION]))
        action = np.array([*(heading / MAX_SPEED), 0.0], dtype=np.float32)
        clip(action, -np.ones(4, dtype=np.float32), np.ones(4, dtype=np.float32))
        return action
