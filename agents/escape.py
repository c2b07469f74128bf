"""Whether there is a way out: a candidate flown for a moment, then whatever command saves the drone best.

An unchanged command seldom survives 2 s in a dense forest, and a pilot never flies one: what matters is that after
the moment until it can decide again something is left that does.
"""

import numpy as np
from numba import njit

from agents.lattice import AZIMUTHS, ELEVATIONS, HOVER, SPEEDS
from sim.frames import world_from_heading
from sim.physics.response import predict
from sim.world.clearance import clearance_at
from sim.world.motion import passing_distance

_COMMIT_S = 0.4
"""s a candidate is followed before another takes over."""
_LEVEL = len(ELEVATIONS) // 2
_TURNS = (0, 2, 4, 6, 8, 10)
_SHARES = (2, 0)


def way_outs() -> np.ndarray:
    """Candidates that may take over: stop, or level turns at full and at least speed."""
    per_speed, per_elevation = len(ELEVATIONS) * len(AZIMUTHS), len(AZIMUTHS)
    level = [
        speed * per_speed + _LEVEL * per_elevation + turn for speed in _SHARES for turn in _TURNS
    ]
    assert max(_SHARES) < len(SPEEDS)
    return np.array([HOVER, *level])


@njit(cache=True)
def escape_clearance(
    arrays, tables, start, previous, change, velocities, outs, yaw, response, space, dt, enough
):
    """Least hull clearance (k,) over the horizon of each candidate's best continuation, m, cut off at `enough`.

    `tables` holds the movers at the start and after every step of `dt`; `previous` is the command of the last step
    in the heading frame, of which a step changes no component by more than `change`, m/s; `space` is (hull radius, floor,
    ceiling, least x, least y, largest x, largest y).
    """
    count, steps = velocities.shape[0], len(tables) - 1
    commit = round(_COMMIT_S / dt)
    best = np.empty(count)
    state, branch = start.copy(), start.copy()
    command, branch_command = np.empty(3), np.empty(3)
    for k in range(count):
        state[:], command[:] = start, previous
        begun = _fly_on(
            arrays, tables, state, command, velocities[k], change, yaw, response, space, dt,
            0, commit, 0.0,
        )  # fmt: skip
        branch[:], branch_command[:] = state, command
        best[k] = min(begun, enough)
        if begun <= 0.0:
            continue
        safest = _fly_on(
            arrays, tables, branch, branch_command, velocities[k], change, yaw, response, space, dt,
            commit, steps, 0.0,
        )  # fmt: skip
        for out in outs:
            if safest >= best[k]:
                break
            branch[:], branch_command[:] = state, command
            clearance = _fly_on(
                arrays, tables, branch, branch_command, velocities[out], change, yaw, response,
                space, dt, commit, steps, max(safest, 0.0),
            )  # fmt: skip
            safest = max(safest, clearance)
        best[k] = min(best[k], safest)
    return best


@njit(cache=True)
def _fly_on(
    arrays, tables, state, command, wanted, change, yaw, response, space, dt, first, last, give_up
):
    """Advance state and command from one step to another; the least clearance, or less than `give_up` early, m."""
    hull, floor, ceiling = space[0], space[1], space[2]
    least = np.inf
    slack = 0.0
    for step in range(first, last):
        for i in range(3):
            command[i] += min(max(wanted[i] - command[i], -change), change)
        x, y, z = state[0], state[1], state[2]
        predict(state, world_from_heading(command, yaw), response, dt)
        slack -= np.sqrt((state[0] - x) ** 2 + (state[1] - y) ** 2 + (state[2] - z) ** 2)
        # A clearance is looked up again only once the last one could be used up.
        if slack <= 0.1 or slack < least:
            slack = clearance_at(arrays, state[0], state[1], state[2]) - hull
            least = min(least, slack)
        passing = passing_distance(
            tables[step], tables[step + 1], x, y, z, state[0], state[1], state[2]
        )
        least = min(least, passing - hull)
        if state[2] < floor or state[2] > ceiling:
            least = -1.0
        if not (space[3] <= state[0] <= space[5] and space[4] <= state[1] <= space[6]):
            least = -1.0
        if least <= give_up:
            return least
    return least
