"""What would happen: every lattice candidate flown ahead in the reduced response model, against the true geometry."""

import numpy as np
from jaxtyping import Float
from numba import njit

from agents.altitude_guard import guarded_climb
from agents.preference import END_SECONDS
from agents.smoothing import MAX_CHANGE_M_S, ramp
from sim.flight import Flight
from sim.frames import world_from_heading
from sim.physics.response import STATE_SIZE, predict, response_params
from sim.task_spec import NavigateTask
from sim.types import MAX_SPEED, POSITION, VELOCITY
from sim.world.clearance import clearance_at
from sim.world.motion import passing_distance, ways_between
from sim.world.primitives import primitive_distance

HORIZON = 2.0
"""s a candidate must survive."""
_DT = 0.05
_STEPS = round(HORIZON / _DT)
_END_STEP = round(END_SECONDS / _DT)


class Rollouts:
    """Flies candidates of one flight ahead from its true state."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        task = flight.scenario.task
        self._goal, self._arrival = np.zeros(3), -1.0
        if isinstance(task, NavigateTask):
            # There the flight ends: what lies behind is nobody's danger.
            self._goal = np.array(task.goal_m)
            self._arrival = task.finish.within_m if task.finish.shape == "ball" else -1.0
        # A rollout's step may change a command by its share of what a control step may.
        self._change = MAX_CHANGE_M_S * flight.scenario.rates.control_hz * _DT
        self._response = response_params(flight.simulator.vehicle)
        self._ceiling = flight.scenario.limits.altitude_max_m
        # A hull this high above the ground has its lower rim clear of it.
        self._floor = flight.simulator.vehicle.hull_height / 2 + 0.05

    def fly(
        self, velocities_heading: Float[np.ndarray, "k 3"]
    ) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, "k 3"]]:
        """Least hull clearance over the horizon (m, negative = hit), and end points, of commands flown as the pilot flies them.

        It reaches a command from the last one no faster than `smooth` lets it, and keeps off ground and altitude limit
        as `guard_altitude` does. The field's edge, which nobody sees, is the pilot's `Fence`'s to mind.
        """
        sim = self._flight.simulator
        x, y, _ = sim.body[POSITION]
        previous = MAX_SPEED * sim.previous_action[:3].astype(np.float64)
        state = np.empty(STATE_SIZE)
        state[0:3], state[3:6] = sim.body[POSITION], sim.body[VELOCITY]
        state[6:9] = sim.plant["acceleration_expected"][0]
        # What moves is where it truly will be, one table a step.
        tables = sim.movers.tables(sim.tick * sim.movers.tick_s, _DT, _STEPS + 1)
        return _fly_candidates(
            sim.clearance.arrays, tables, state, velocities_heading, previous, self._change, sim.yaw,
            self._response, sim.vehicle.hull_radius, self._floor, self._ceiling,
            sim.clearance.ground_height(x, y), self._goal, self._arrival,
        )  # fmt: skip


@njit(cache=True)
def _fly_candidates(
    arrays, tables, start, velocities_heading, previous, change, yaw, response, hull_radius, floor, ceiling,
    ground, goal, arrival,
):  # fmt: skip
    """Clearances (k,) and end points (k, 3); a clearance is looked up again only once the last one could be used up.

    `tables` holds the movers at the start and after every step; each uses up its own by what it and the drone fly.
    """
    count = velocities_heading.shape[0]
    gone = ways_between(tables)
    met = np.empty(tables.shape[1])
    for row in range(len(met)):
        met[row] = primitive_distance(tables[0], row, start[0], start[1], start[2]) - hull_radius
    apart, flown_command = np.empty_like(met), np.empty(3)
    clearance = np.empty(count)
    ends = np.empty((count, 3))
    for k in range(count):
        wanted = velocities_heading[k]
        flown_command[:] = previous
        state = start.copy()
        least = clearance_at(arrays, state[0], state[1], state[2]) - hull_radius
        slack = least
        apart[:] = met
        moving = met.min() if len(met) else np.inf
        for step in range(_STEPS):
            x, y, z = state[0], state[1], state[2]
            ramp(flown_command, wanted, change)
            command = world_from_heading(flown_command, yaw)
            command[2] = guarded_climb(command[2], z - ground, ceiling - (z - ground))
            predict(state, command, response, _DT)
            flown = np.sqrt((state[0] - x) ** 2 + (state[1] - y) ** 2 + (state[2] - z) ** 2)
            slack -= flown
            if step + 1 == _END_STEP:
                ends[k] = state[0:3]
            if slack <= 0.1 or slack < least:
                slack = clearance_at(arrays, state[0], state[1], state[2]) - hull_radius
                least = min(least, slack)
            for row in range(len(apart)):
                apart[row] -= flown + gone[step, row]
                if apart[row] < moving:
                    passing = passing_distance(
                        tables[step], tables[step + 1], row, x, y, z, state[0], state[1], state[2]
                    )
                    apart[row] = passing - hull_radius
                    moving = min(moving, apart[row])
            if state[2] - ground < floor or state[2] - ground > ceiling:
                least = -1.0
            if min(least, moving) <= 0.0 and step + 1 >= _END_STEP:
                break
            away = np.sqrt(
                (state[0] - goal[0]) ** 2 + (state[1] - goal[1]) ** 2 + (state[2] - goal[2]) ** 2
            )
            if away < arrival:
                if step + 1 < _END_STEP:
                    ends[k] = state[0:3]
                break
        clearance[k] = min(least, moving)
    return clearance, ends
