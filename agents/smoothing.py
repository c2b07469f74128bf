"""Commands that change no faster than a vehicle can follow, and that a look ahead can therefore count on."""

import numpy as np
from jaxtyping import Float
from numba import njit

from sim.types import EGO_FIELDS, MAX_SPEED, MAX_YAW_RATE, Observation

MAX_CHANGE_M_S = 1.0
"""Largest change of a velocity command from one step to the next, each component: twice what the drone can follow, so
that little agility is lost, and commands that swing to and fro cost less height."""
_MAX_CHANGE = np.array([MAX_CHANGE_M_S / MAX_SPEED] * 3 + [0.5 / MAX_YAW_RATE])
"""Of an action; 0.5 rad/s for the yaw rate."""
_PREVIOUS = slice(EGO_FIELDS.index("previous_vx"), len(EGO_FIELDS))


def smooth(action: Float[np.ndarray, "4"], observation: Observation) -> Float[np.ndarray, "4"]:
    """The action, changed by no more than a vehicle can follow since the last step."""
    previous = observation["ego"][_PREVIOUS]
    return np.clip(action, previous - _MAX_CHANGE, previous + _MAX_CHANGE).astype(np.float32)


@njit(cache=True)
def ramp(command: np.ndarray, wanted: np.ndarray, change: float) -> None:
    """Move a command (3,) in place towards the one wanted, each component by `change` at most: `smooth`, looked ahead."""
    for i in range(3):
        command[i] += min(max(wanted[i] - command[i], -change), change)
