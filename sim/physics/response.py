"""How the drone answers a velocity command, reduced to a point mass: what rollouts of many candidates can afford.

The autopilot's velocity law with its limits, behind two lags: the attitude loop turns the thrust (horizontal), the
rotors spin up (all). Rotor drag enters where it matters: the thrust that cancels it lags behind it. Left out:
parasitic drag and wind, which the autopilot cancels nearly, and the estimate's errors.
"""

import math
from typing import NamedTuple

from numba import njit

from sim.physics.autopilot import limited_acceleration
from sim.physics.vehicle import GRAVITY, Vehicle

STATE_SIZE = 9
"""A response state: position, velocity, acceleration, three each, world."""


class ResponseParams(NamedTuple):
    """Constants of the reduced model; the first five are the autopilot's own."""

    velocity_gain: float  # 1/s
    climb_gain: float  # 1/s
    acceleration_max: float  # m/s2, horizontal
    climb_acceleration_max: float  # m/s2
    descent_acceleration_max: float  # m/s2
    tilt_lag: float  # s, from wanted to actual horizontal acceleration
    tilt_share: float  # of a wanted horizontal acceleration, what arrives
    lift_lag: float  # s, vertical


def response_params(vehicle: Vehicle) -> ResponseParams:
    """Derive the reduced model from the vehicle's gains, limits and rotor drag.

    The tilt answers like 1 / attitude_gain behind a rate loop half as slow as its time constant says: closed loops
    overlap (the half fits flights of trident_1kg and x500). With thrust force F, F' = (wanted + c v - F) / lag and a = F - c v give a' = (wanted - a) / lag - c a: a shorter lag
    to a smaller value, both by 1 / (1 + c lag), c being rotor drag over mass.
    """
    lag = 1.0 / vehicle.attitude_gain + 0.5 / vehicle.rate_gain[1]
    share = 1.0 / (1.0 + lag * 4.0 * vehicle.hover_rotor_speed * vehicle.rotor_drag / vehicle.mass)
    return ResponseParams(
        velocity_gain=vehicle.velocity_gain,
        climb_gain=vehicle.climb_gain,
        acceleration_max=min(vehicle.acceleration_max, GRAVITY * math.tan(vehicle.tilt_max)),
        climb_acceleration_max=vehicle.climb_acceleration_max,
        descent_acceleration_max=vehicle.descent_acceleration_max,
        tilt_lag=lag * share,
        tilt_share=share,
        lift_lag=vehicle.rotor_lag,
    )


@njit(cache=True)
def predict(state, command, response, dt):
    """Advance a state (9,) by dt, s, under a velocity command (3,), m/s, all in the world; dt up to 0.07 s.

    The wanted acceleration is taken at mid-step and followed exactly, position and velocity by the trapezoidal rule.
    """
    half = 0.5 * dt
    ax, ay, az = limited_acceleration(
        command[0] - state[3] - half * state[6],
        command[1] - state[4] - half * state[7],
        command[2] - state[5] - half * state[8],
        response,
    )
    tilt = 1.0 - math.exp(-dt / response.tilt_lag)
    lift = 1.0 - math.exp(-dt / response.lift_lag)
    _advance(state, 0, ax * response.tilt_share, tilt, dt)
    _advance(state, 1, ay * response.tilt_share, tilt, dt)
    _advance(state, 2, az, lift, dt)


@njit(cache=True)
def _advance(state, axis, wanted, blend, dt):
    before = state[6 + axis]
    after = before + blend * (wanted - before)
    velocity = state[3 + axis]
    state[6 + axis] = after
    state[3 + axis] = velocity + 0.5 * dt * (before + after)
    state[axis] += 0.5 * dt * (velocity + state[3 + axis])
