"""Errors of a visual-inertial odometry, as they grow and wander from tick to tick."""

import math

from numba import njit


@njit(cache=True)
def update_odometry(state, params, speed, noise):
    """Advance the errors by one tick with nine standard normals: position, velocity, attitude.

    The horizontal position walks at random with the distance flown; height, velocity and attitude errors are
    Ornstein-Uhlenbeck processes, zero at the start, whose standard deviation settles to the stated one.
    """
    walk = params.position_drift * math.sqrt(speed * params.dt)
    keep = math.exp(-params.dt / params.correlation)
    kick = math.sqrt(1.0 - keep * keep)
    state.position_error[0] += walk * noise[0]
    state.position_error[1] += walk * noise[1]
    state.position_error[2] = keep * state.position_error[2] + params.height_std * kick * noise[2]
    for i in range(3):
        state.velocity_error[i] = (
            keep * state.velocity_error[i] + params.velocity_std * kick * noise[3 + i]
        )
        state.attitude_error[i] = (
            keep * state.attitude_error[i] + params.attitude_std * kick * noise[6 + i]
        )
