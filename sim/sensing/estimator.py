"""The one state estimate that autopilot and observation read: truth seen through the odometry's errors."""

from numba import njit

from sim.frames import quat_perturb


@njit(cache=True)
def update_estimate(state, params, body, noise):
    """Write the estimate (13,) from the true body (13,), the odometry errors, and three standard normals for the rates.

    The attitude error is a small rotation about the body's own axes, so heading errs as tilt does.
    """
    estimate = state.estimate
    for i in range(3):
        estimate[i] = body[i] + state.position_error[i]
        estimate[7 + i] = body[7 + i] + state.velocity_error[i]
        # The noise is equal on all axes, so adding it in the world is adding it in the body.
        estimate[10 + i] = body[10 + i] + params.rate_std * noise[i]
    quat_perturb(body[3:7], state.attitude_error, estimate[3:7])
