"""Keeps Bullet's bodies where the movers are: those the hull may meet at every tick, all of them at every step's end."""

import numpy as np
from jaxtyping import Float

from sim.types import POSITION, VELOCITY, Body
from sim.world.bullet import BulletWorld
from sim.world.motion import within_reach
from sim.world.movers import Movers

_HULL_REACH = 1.0
"""m beyond what both fly in a step: the hull's own radius, and room for Bullet to look ahead."""
_HULL_ACCELERATION = 60.0
"""m/s2 that no drone here exceeds."""


class MoverBodies:
    """The movers of one flight inside its Bullet world; where they are follows from the tick alone."""

    def __init__(self, movers: Movers, bullet: BulletWorld) -> None:
        self._movers, self._bullet = movers, bullet
        self._near: list[int] = []
        self._all = list(range(len(movers)))

    def begin(self, body: Body, tick: int, ticks: int) -> bool:
        """Choose the movers that the hull may meet within the next `ticks`; whether there is one."""
        duration = ticks * self._movers.tick_s
        own = float(np.linalg.norm(body[VELOCITY])) + 0.5 * _HULL_ACCELERATION * duration
        reach = _HULL_REACH + duration * (own + self._movers.speed_limits)
        x, y, z = body[POSITION]
        table = self._movers.table_at(tick)
        self._near = np.flatnonzero(within_reach(table, reach, x, y, z)).tolist()
        return bool(self._near)

    def advance(self, tick: int) -> None:
        """Bring the near ones to their places at a tick."""
        if self._near:
            self._place(self._near, tick)

    def settle(self, tick: int) -> None:
        """Bring all of them to their places at a tick."""
        self._place(self._all, tick)

    def velocity(self, mover: int, tick: int) -> Float[np.ndarray, "3"]:
        """Of one mover at a tick, m/s, world."""
        return self._movers.states_at(tick).velocities[mover]

    def _place(self, chosen: list[int], tick: int) -> None:
        states = self._movers.states_at(tick)
        self._bullet.place_movers(chosen, states.positions, states.velocities)
