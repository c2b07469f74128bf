"""How fast a drone may go towards something it must not cross: what it can still brake from, by the reduced model."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sim.physics.response import STATE_SIZE, ResponseParams, predict
from sim.types import MAX_SPEED, Vec3

MARGIN = 0.5
"""m kept from fences: for the estimate's error and for gusts."""
_SPEEDS = np.linspace(0.0, MAX_SPEED, 25)
_DT = 1.0 / 60.0
_RELUCTANCE = 1.15
"""Braking distances are stretched by this: real brakes are softer than the model's."""
_PUSH = 0.8
"""m/s per m that the drone is pushed back by, nearer than the margin."""
_STANDING = 0.2
"""m/s below which a drone has no course."""
_PASSES = 4
"""Of all walls in turn; in a corner, keeping from one may lead towards the other."""


@dataclass(frozen=True)
class Brakes:
    """Braking distances, m, from each of `_SPEEDS` with reaction included: level, upward and downward."""

    level: Float[np.ndarray, " s"]
    up: Float[np.ndarray, " s"]
    down: Float[np.ndarray, " s"]

    @property
    def longest(self) -> float:
        """The longest braking distance, m."""
        return float(max(self.level[-1], self.up[-1], self.down[-1]))

    def fastest(self, distance: float, direction: Vec3) -> float:
        """m/s towards something so far off, such that the drone still stops before it."""
        if distance < 0.0:
            return max(_PUSH * distance, -1.0)
        steep = float(direction[2])
        vertical = self.up if steep > 0.0 else self.down
        table = (1.0 - abs(steep)) * self.level + abs(steep) * vertical
        return float(np.interp(distance, table, _SPEEDS))


def brakes_of(response: ResponseParams, reaction: float) -> Brakes:
    """The braking distances of a vehicle that takes `reaction` seconds to be told."""
    axes = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    tables = [
        [_RELUCTANCE * (_stop(speed * axis, response) + speed * reaction) for speed in _SPEEDS]
        for axis in axes
    ]
    return Brakes(*(np.maximum.accumulate(table) for table in tables))


def held_back(
    command: Vec3,
    velocity: Vec3,
    walls: Float[np.ndarray, "k 3"],
    reach: Callable[[Vec3, float], float],
    brakes: Brakes,
) -> Float[np.ndarray, "3"]:
    """The velocity command, world, without what would carry the drone across a wall.

    Towards the nearest point of each wall the command is at most what can still be braked from; and so it is along
    itself, for what bends inwards ahead. A drone that is faster already is told to brake by as much as it is too fast.

    Args:
        command: What is wanted, m/s, world.
        velocity: What is flown, m/s, world.
        walls: Offsets to the nearest points of all that must not be crossed, m.
        reach: How far a straight flight in a direction may go, m, looked at up to a distance, m.
        brakes: Of the vehicle.
    """
    distances = np.linalg.norm(walls, axis=1)
    near = distances < MARGIN + brakes.longest
    limits = []
    for index in np.flatnonzero(near)[distances[near].argsort()[::-1]]:
        direction = walls[index] / max(distances[index], 1e-6)
        limit = brakes.fastest(distances[index] - MARGIN, direction)
        limits.append((direction, limit - max(float(velocity @ direction) - limit, 0.0)))
    command = np.array(command, dtype=np.float64)
    for _ in range(_PASSES):
        for direction, limit in limits:
            excess = float(command @ direction) - limit
            if excess > 0.0:
                command -= excess * direction
    if not limits:
        return command
    for flown in (velocity, command.copy()):
        command = _along(flown, command, reach, brakes)
    return command


def _along(
    flown: Vec3, command: Vec3, reach: Callable[[Vec3, float], float], brakes: Brakes
) -> Float[np.ndarray, "3"]:
    """The command, less what is too fast along a velocity for what lies straight ahead of it."""
    speed = float(np.linalg.norm(flown))
    if speed < _STANDING:
        return command
    direction = flown / speed
    ahead = reach(direction, MARGIN + brakes.longest)
    if not np.isfinite(ahead):
        return command
    fastest = max(brakes.fastest(max(ahead - MARGIN, 0.0), direction), 0.0)
    if speed <= fastest:
        return command
    excess = float(command @ direction) - max(fastest - (speed - fastest), 0.0)
    return command - max(excess, 0.0) * direction


def _stop(velocity: Vec3, response: ResponseParams) -> float:
    """How far, m, a drone still flies after it is told to stand."""
    state = np.zeros(STATE_SIZE)
    state[3:6] = velocity
    still = np.zeros(3)
    for _ in range(round(4.0 / _DT)):
        predict(state, still, response, _DT)
    return float(np.linalg.norm(state[:3]))
