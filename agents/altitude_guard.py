"""Keeps commands from reaching the ground or the altitude limit: the same for every pilot, and in what the teacher foresees."""

import numpy as np
from numba import njit

from sim.types import EGO_FIELDS, MAX_SPEED, Observation

_HEIGHT, _HEADROOM = EGO_FIELDS.index("height"), EGO_FIELDS.index("headroom")
_SECONDS = 0.8
"""No climb or descent reaches a limit sooner than this."""
_GROUND_MARGIN = 0.35
"""m kept between the hull's centre and the ground while under way."""
_CEILING_MARGIN = 0.35
"""m below the altitude limit above which the drone is sent down."""
_RETURN_SPEED = 0.8
"""m/s at which the drone climbs or sinks back into the band."""


def guard_altitude(action: np.ndarray, observation: Observation) -> tuple[np.ndarray, bool]:
    """Limit the vertical command of an action so that ground and altitude limit stay out of reach; whether it did."""
    ego = observation["ego"]
    asked = float(action[2]) * MAX_SPEED
    guarded = guarded_climb(asked, float(ego[_HEIGHT]), float(ego[_HEADROOM]))
    if guarded == asked:
        return action, False
    action = action.copy()
    action[2] = guarded / MAX_SPEED
    return action, True


@njit(cache=True)
def guarded_climb(climb: float, height: float, headroom: float) -> float:
    """The climb rate, m/s, that is flown in place of one asked for; m to the ground and to the altitude limit."""
    most = max(0.0, headroom - _CEILING_MARGIN) / _SECONDS
    least = -max(0.0, height - _GROUND_MARGIN) / _SECONDS
    if headroom < _CEILING_MARGIN:
        most = -_RETURN_SPEED
    if height < _GROUND_MARGIN:
        least = _RETURN_SPEED
    return min(max(climb, least), most)
