"""Where the drone is, as far as the observation tells: dead reckoning, held by the points that it names again and again."""

import math

import numpy as np
from jaxtyping import Float

from agents.pilot import Briefing, Whereabouts
from sim.frames import wrap_angle
from sim.types import EGO_FIELDS, MAX_TOKENS, SITE_FIELDS, Observation

_GAIN = 0.1
"""Share of a step's disagreement with the goal entry that is corrected."""
_FAR_ENOUGH = 6.0
"""m from the goal below which its direction says little about the drone's."""
_OTHER_SITE = 0.5
"""m that a viewpoint cannot have moved by, as seen from the pad, from one step to the next: it is another one."""
_HEIGHT = EGO_FIELDS.index("height")
_FACING = slice(SITE_FIELDS.index("facing_cos"), SITE_FIELDS.index("facing_sin") + 1)


def heading_from_body(ego: np.ndarray) -> Float[np.ndarray, "3 3"]:
    """Rotation from the body to the heading frame, from the direction of gravity alone."""
    x, y, z = (-float(g) for g in ego[3:6])
    size = math.sqrt(x * x + y * y + z * z)
    x, y, z = x / size, y / size, z / size
    # The heading is body x without its vertical part; what lies to the left is across both.
    level = math.sqrt(max(1.0 - x * x, 1e-12))
    return np.array(
        [[level, -x * y / level, -x * z / level], [0.0, z / level, -y / level], [x, y, z]]
    )


def turn_rate(ego: np.ndarray) -> float:
    """Rate of the yaw angle, rad/s: Euler kinematics, since pitching while rolled turns the heading too."""
    _, y, z = (-float(g) for g in ego[3:6])
    return (float(ego[7]) * y + float(ego[8]) * z) / max(y * y + z * z, 1e-6)


def turn_about_z(angle: float) -> Float[np.ndarray, "3 3"]:
    """Rotation by an angle, rad, to the left."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


class Reckoning:
    """Position and yaw in the world's frame, but for some drift; z is the height above ground."""

    def __init__(self, briefing: Briefing) -> None:
        self._task = briefing.task
        self._dt = 1.0 / briefing.control_hz
        self.position = briefing.start[:3].copy()
        self.yaw = float(briefing.start[3])
        self._level = np.eye(3)
        self._anchor: np.ndarray | None = None
        self._from_pad = np.zeros(3)

    def move(self, observation: Observation) -> Whereabouts:
        """Follow the drone for one step; `observation` as the environment gave it, its goal not replaced."""
        ego = observation["ego"]
        self._level = heading_from_body(ego)
        if self._anchor is not None:
            self.yaw += self._dt * turn_rate(ego)
            self.position += self._dt * (turn_about_z(self.yaw) @ (self._level @ ego[0:3]))
        self.position[2] = ego[_HEIGHT]
        {"avoid": self._by_course, "navigate": self._by_goal, "mission": self._by_sites}[
            self._task
        ](observation)
        self.yaw = float(wrap_angle(self.yaw))
        return self.here()

    def here(self) -> Whereabouts:
        """Where the drone is by now; level until the first step."""
        return Whereabouts(self.position.copy(), self.yaw, turn_about_z(self.yaw) @ self._level)

    # --- Private: what holds the reckoning, set by its first sight.

    def _by_course(self, observation: Observation) -> None:
        """The goal entry points along a fixed course."""
        goal = observation["goal"]
        bearing = math.atan2(goal[1], goal[0])
        if self._anchor is None:
            self._anchor = np.array([self.yaw + bearing])
        self.yaw = float(self._anchor[0]) - bearing

    def _by_goal(self, observation: Observation) -> None:
        """The goal stays where it is: across the line of sight the yaw is corrected, along it the position."""
        goal = observation["goal"].astype(np.float64)
        distance = math.expm1(goal[3])
        seen = turn_about_z(self.yaw) @ (distance * goal[:3])
        if self._anchor is None:
            self._anchor = self.position[:2] + seen[:2]
        level = math.hypot(seen[0], seen[1])
        if level < _FAR_ENOUGH:
            return
        toward = seen[:2] / level
        error = seen[:2] - (self._anchor - self.position[:2])
        self.position[:2] -= _GAIN * float(error @ toward) * toward
        across = float(toward[0] * error[1] - toward[1] * error[0])
        self.yaw -= _GAIN * across / level

    def _by_sites(self, observation: Observation) -> None:
        """The pad stays where it is, and so does the first viewpoint, until a route goes on to the next one."""
        tokens = observation["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS)).astype(np.float64)
        cos, sin = tokens[1, _FACING]
        facing = math.atan2(sin, cos)
        if self._anchor is None:
            pad = self.position + turn_about_z(self.yaw) @ tokens[0, :3]
            self._anchor = np.array([*pad[:2], self.yaw + facing])
            self._from_pad = turn_about_z(-facing) @ (tokens[1, :3] - tokens[0, :3])
        # Seen from the viewpoint, however the drone is turned: the way from the pad.
        from_pad = turn_about_z(-facing) @ (tokens[1, :3] - tokens[0, :3])
        if np.linalg.norm(from_pad - self._from_pad) > _OTHER_SITE:
            self._anchor[2] = self._yaw_by_pad(tokens[0, :3]) + facing
        self._from_pad = from_pad
        self.yaw = float(self._anchor[2]) - facing
        offset = turn_about_z(self.yaw) @ tokens[0, :3]
        self.position[:2] = self._anchor[:2] - offset[:2]

    def _yaw_by_pad(self, pad: Float[np.ndarray, "3"]) -> float:
        """The yaw at which the pad, m relative to the drone, lies where it is; dead reckoning's beside the pad."""
        assert self._anchor is not None
        if math.hypot(pad[0], pad[1]) < _FAR_ENOUGH:
            return self.yaw
        there = self._anchor[:2] - self.position[:2]
        return math.atan2(there[1], there[0]) - math.atan2(pad[1], pad[0])
