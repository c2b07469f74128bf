"""Velocity autopilot, all from the estimate: velocity to attitude, attitude to body rate, rate to rotor commands.

Wind and everything else unmodelled is found by a disturbance observer instead of an integral of the velocity error:
a velocity step then winds nothing up, and `response` can predict it. Commands may enter lower: as thrust and body rates,
or as rotor speeds.
"""

import math

from numba import njit

from sim.frames import rotation_entries, wrap_angle, yaw_of
from sim.physics.aero import drag_body
from sim.physics.rotors import allocate, rotor_wrench
from sim.physics.vehicle import GRAVITY

FROM_VELOCITY, FROM_RATES, FROM_ROTORS = 0, 1, 2
"""Where a command enters the cascade; what lies above is not computed."""
_DISTURBANCE_MAX = 6.0  # m/s2: enough for a 15 m/s wind, and bounds the fight against a wall
_YAW_LEAD = 0.6  # rad that the heading setpoint may run ahead of the estimate
_LIFT_MIN = 0.35  # of the weight: falling faster than this leaves too little thrust to steer with
_UPRIGHT_MIN = 0.4  # cosine of tilt below which thrust is no longer raised to hold the altitude


@njit(cache=True)
def fly(state, params):
    """One tick of the whole cascade: writes the setpoints, the observer and `rotor_command` into the state."""
    estimate = state.estimate
    rotation = rotation_entries(estimate[3:7])
    total = (
        state.rotor_speed[0] + state.rotor_speed[1] + state.rotor_speed[2] + state.rotor_speed[3]
    )
    drag = _drag_world(rotation, estimate, total, params)
    _observe_disturbance(state, params, rotation, drag)
    if state.entry == FROM_VELOCITY:
        _thrust_setpoint(state, params, rotation, drag)
        _rate_setpoint(state, params, rotation)
    if state.entry != FROM_ROTORS:
        _rotor_setpoint(state, params, rotation)


@njit(cache=True)
def limited_acceleration(ex, ey, ez, params):
    """Acceleration wanted for a velocity error, m/s2: proportional, then limited (horizontally as a vector)."""
    ax, ay = params.velocity_gain * ex, params.velocity_gain * ey
    size = math.sqrt(ax * ax + ay * ay)
    if size > params.acceleration_max:
        ax *= params.acceleration_max / size
        ay *= params.acceleration_max / size
    az = min(
        max(params.climb_gain * ez, -params.descent_acceleration_max), params.climb_acceleration_max
    )
    return ax, ay, az


@njit(cache=True)
def _drag_world(r, estimate, rotor_speed_sum, params):
    """Drag acceleration in the world that the model expects at the estimated velocity in still air."""
    vx, vy, vz = estimate[7], estimate[8], estimate[9]
    bx, by, bz = drag_body(
        r[0] * vx + r[3] * vy + r[6] * vz,
        r[1] * vx + r[4] * vy + r[7] * vz,
        r[2] * vx + r[5] * vy + r[8] * vz,
        rotor_speed_sum,
        params.rotor_drag,
        params.drag_area,
    )
    return (
        (r[0] * bx + r[1] * by + r[2] * bz) / params.mass,
        (r[3] * bx + r[4] * by + r[5] * bz) / params.mass,
        (r[6] * bx + r[7] * by + r[8] * bz) / params.mass,
    )


@njit(cache=True)
def _observe_disturbance(state, params, r, drag):
    """Luenberger observer, both poles at the bandwidth: what accelerates the drone beyond thrust, gravity, own drag."""
    thrust, _, _, _ = rotor_wrench(
        state.rotor_speed, params.thrust_coefficient, params.torque_ratio, params.arm
    )
    lift = thrust / params.mass
    model = (lift * r[2] + drag[0], lift * r[5] + drag[1], lift * r[8] + drag[2] - GRAVITY)
    bandwidth = params.observer_bandwidth
    for i in range(3):
        error = state.estimate[7 + i] - state.velocity_predicted[i]
        disturbance = state.disturbance[i]
        state.acceleration_expected[i] = model[i] + disturbance
        state.velocity_predicted[i] += params.dt * (
            model[i] + disturbance + 2.0 * bandwidth * error
        )
        disturbance += params.dt * bandwidth * bandwidth * error
        state.disturbance[i] = min(max(disturbance, -_DISTURBANCE_MAX), _DISTURBANCE_MAX)


@njit(cache=True)
def _thrust_setpoint(state, params, r, drag):
    """Wanted thrust direction in the world, and collective thrust, N."""
    want, velocity, disturbance = state.velocity_command_world, state.estimate, state.disturbance
    ax, ay, az = limited_acceleration(
        want[0] - velocity[7], want[1] - velocity[8], want[2] - velocity[9], params
    )
    fx = ax - drag[0] - disturbance[0]
    fy = ay - drag[1] - disturbance[1]
    fz = max(az - drag[2] - disturbance[2] + GRAVITY, _LIFT_MIN * GRAVITY)
    sideways = math.sqrt(fx * fx + fy * fy)
    allowed = fz * math.tan(params.tilt_max)
    if sideways > allowed:
        fx *= allowed / sideways
        fy *= allowed / sideways
    size = math.sqrt(fx * fx + fy * fy + fz * fz)
    state.thrust_direction[0] = fx / size
    state.thrust_direction[1] = fy / size
    state.thrust_direction[2] = fz / size
    # Lift, not thrust along the wanted direction, is what the present tilt must deliver: altitude holds while it turns.
    state.collective = params.mass * fz / max(r[8], _UPRIGHT_MIN)


@njit(cache=True)
def _rate_setpoint(state, params, r):
    """Body rates that turn the thrust axis the shortest way to its setpoint, and the heading at the commanded rate."""
    d = state.thrust_direction
    bx = r[0] * d[0] + r[3] * d[1] + r[6] * d[2]
    by = r[1] * d[0] + r[4] * d[1] + r[7] * d[2]
    bz = r[2] * d[0] + r[5] * d[1] + r[8] * d[2]
    sine = math.sqrt(bx * bx + by * by)
    # Opposite thrust has no shortest way; any does, and rounding picks one.
    gain = params.attitude_gain * math.atan2(sine, bz) / max(sine, 1e-9)
    yaw = yaw_of(state.estimate[3:7])
    change = params.yaw_acceleration_max * params.dt
    step = state.yaw_rate_wanted - state.yaw_rate_command
    state.yaw_rate_command += min(max(step, -change), change)
    lead = wrap_angle(state.yaw_setpoint + state.yaw_rate_command * params.dt - yaw)
    lead = min(max(lead, -_YAW_LEAD), _YAW_LEAD)
    state.yaw_setpoint = wrap_angle(yaw + lead)
    turn = state.yaw_rate_command + params.yaw_gain * lead
    rate = state.rate_setpoint
    rate[0] = -gain * by
    rate[1] = gain * bx
    # Euler kinematics, z-y-x: yaw' cos(pitch) = q sin(roll) + r cos(roll); pitching while rolled must not turn the nose.
    wy = r[1] * state.estimate[10] + r[4] * state.estimate[11] + r[7] * state.estimate[12]
    rate[2] = (turn * (1.0 - r[6] * r[6]) - wy * r[7]) / max(r[8], _UPRIGHT_MIN)
    for i in range(3):
        rate[i] = min(max(rate[i], -params.rate_max[i]), params.rate_max[i])


@njit(cache=True)
def _rotor_setpoint(state, params, r):
    """Rotor speeds whose torque drives the body rates to their setpoint, gyroscopic torque of the body included."""
    w = state.estimate
    wx = r[0] * w[10] + r[3] * w[11] + r[6] * w[12]
    wy = r[1] * w[10] + r[4] * w[11] + r[7] * w[12]
    wz = r[2] * w[10] + r[5] * w[11] + r[8] * w[12]
    j, gain, rate = params.inertia, params.rate_gain, state.rate_setpoint
    allocate(
        state.collective,
        j[0] * gain[0] * (rate[0] - wx) + wy * wz * (j[2] - j[1]),
        j[1] * gain[1] * (rate[1] - wy) + wz * wx * (j[0] - j[2]),
        j[2] * gain[2] * (rate[2] - wz) + wx * wy * (j[1] - j[0]),
        params.thrust_coefficient,
        params.torque_ratio,
        params.arm,
        params.rotor_speed_min,
        params.rotor_speed_max,
        state.rotor_command,
    )
