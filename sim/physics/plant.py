"""One tick of everything outside Bullet: estimate, wind, autopilot, rotors, air forces and battery, in that order."""

import math

import numpy as np
from jaxtyping import Shaped
from numba import njit

from sim.frames import rotation_entries, world_from_heading, yaw_of, yaw_quat
from sim.physics.aero import drag_body
from sim.physics.autopilot import FROM_RATES, FROM_ROTORS, FROM_VELOCITY, fly
from sim.physics.battery import draw_energy, hover_power, pack_voltage
from sim.physics.rotors import ground_gain, lag_rotors, rotor_wrench
from sim.physics.vehicle import GRAVITY, Vehicle, vehicle_record
from sim.physics.wind import shear_factor, update_wind
from sim.scenario import Scenario
from sim.sensing.estimator import update_estimate
from sim.sensing.navigation_filter import update_fused
from sim.sensing.odometry import update_odometry
from sim.sensing.suite import SENSING_DTYPE, SUITE_NOISE_SIZE, start_sensing
from sim.types import BODY_SIZE, POSITION, QUATERNION

NOISE_SIZE = 15
"""Standard normals a tick consumes: gusts 3, position 3, velocity 3, attitude 3, rates 3."""
FUSED_NOISE_SIZE = 3 + SUITE_NOISE_SIZE
"""The same where sensors are fused: gusts 3, then the suite's."""
WRENCH_SIZE = 6
PLANT_DTYPE = np.dtype(
    [
        ("tick", "i8"),
        ("time", "f8"),  # s
        ("entry", "i8"),  # where commands enter the autopilot's cascade, see autopilot.py
        ("velocity_command_world", "f8", 3),  # m/s
        ("yaw_rate_wanted", "f8"),  # rad/s
        ("yaw_rate_command", "f8"),  # rad/s, follows what is wanted at a limited rate
        ("yaw_setpoint", "f8"),  # rad
        ("velocity_predicted", "f8", 3),  # m/s, world, the disturbance observer's
        ("disturbance", "f8", 3),  # m/s2, world
        ("acceleration_expected", "f8", 3),  # m/s2, world
        ("thrust_direction", "f8", 3),  # unit vector, world
        ("collective", "f8"),  # N
        ("rate_setpoint", "f8", 3),  # rad/s, body
        ("rotor_command", "f8", 4),  # rad/s
        ("rotor_speed", "f8", 4),  # rad/s
        ("gust_filters", "f8", 5),  # m/s, see wind.py
        ("wind_world", "f8", 3),  # m/s: mean, turbulence and discrete gusts
        ("position_error", "f8", 3),  # m, world
        ("velocity_error", "f8", 3),  # m/s, world
        ("attitude_error", "f8", 3),  # rad, body
        ("estimate", "f8", BODY_SIZE),  # laid out as the body, see sim/types.py
        ("energy_used_wh", "f8"),
        ("power_w", "f8"),
        ("voltage", "f8"),  # V
        ("motor_share", "f8", 4),  # of its speed that a motor's fault leaves; 1: sound
        ("rotor_target", "f8", 4),  # rad/s, what is left of the command
        ("rotor_truth", "f8", 4),  # rad/s; rotor_speed is what the autopilot takes it for
        ("charge_lost_wh", "f8"),  # to a fault of the battery
        ("sensing", SENSING_DTYPE),
    ],
    align=True,
)
"""Everything outside Bullet that changes during a flight; copying the array of one record saves it, whole."""


def new_plant(vehicle: Vehicle, scenario: Scenario) -> Shaped[np.ndarray, "1"]:
    """The plant at the start: hovering rotors, no command, an exact estimate, a pack charged as the scenario says."""
    plant = np.zeros(1, PLANT_DTYPE)
    plant["rotor_speed"] = plant["rotor_command"] = plant["rotor_truth"] = vehicle.hover_rotor_speed
    plant["thrust_direction"][0, 2] = 1.0
    plant["collective"] = vehicle.mass * GRAVITY
    plant["yaw_setpoint"] = scenario.start.yaw_rad
    plant["estimate"][0, POSITION] = scenario.start.position_m
    plant["estimate"][0, QUATERNION] = yaw_quat(scenario.start.yaw_rad)
    params = vehicle_record(vehicle, scenario)
    height = scenario.start.position_m[2]
    shear = shear_factor(height, params["shear_exponent"][0], params["shear_reference"][0])
    plant["wind_world"] = shear * params["wind_world"]
    plant["power_w"] = hover_power(vehicle)
    plant["voltage"] = pack_voltage(params[0], 0.0, plant["power_w"][0])
    plant["motor_share"] = 1.0
    start_sensing(plant["sensing"], params["suite"], scenario.start.position_m[2])
    return plant


def noise_size(scenario: Scenario) -> int:
    """Standard normals a tick of this scenario consumes."""
    return NOISE_SIZE if scenario.sensors is None else FUSED_NOISE_SIZE


@njit(cache=True)
def set_command(plant, command):
    """Take over a command (4,): velocity in the heading frame of this moment's estimate, m/s, and yaw rate, rad/s.

    The velocity then stays fixed in the world until the next command, also while the drone turns.
    """
    state = plant[0]
    state.entry = FROM_VELOCITY
    state.velocity_command_world[:] = world_from_heading(command[0:3], yaw_of(state.estimate[3:7]))
    state.yaw_rate_wanted = command[3]


@njit(cache=True)
def set_rates(plant, command):
    """Take over a command (4,): collective thrust, N, and body rates, rad/s, below the velocity and attitude loops."""
    state = plant[0]
    state.entry = FROM_RATES
    state.collective = command[0]
    state.rate_setpoint[:] = command[1:4]


@njit(cache=True)
def set_rotors(plant, command):
    """Take over rotor speeds (4,), rad/s, below the whole autopilot; the rotors follow with their lag."""
    state = plant[0]
    state.entry = FROM_ROTORS
    state.rotor_command[:] = command


@njit(cache=True)
def tick(plant, params, body, noise, wrench):
    """Advance by one tick from the true body (13,) and as many standard normals as `noise_size` says.

    Writes into wrench (6,) the force at the centre of mass and the torque, both in the world; gravity is not in it.
    Plant and params are arrays of one record: handing over a bare record of many fields costs 5 us, an array 0.1.
    """
    _tick(plant[0], params[0], body, noise, wrench)


@njit(cache=True)
def _tick(state, params, body, noise, wrench):
    vx, vy, vz = body[7], body[8], body[9]
    if params.suite.fitted:
        update_fused(state, params, body, noise[3:])
    else:
        update_odometry(state, params, math.sqrt(vx * vx + vy * vy + vz * vz), noise[3:12])
        update_estimate(state, params, body, noise[12:15])
    shear = shear_factor(body[2], params.shear_exponent, params.shear_reference)
    ax = vx - shear * params.wind_world[0]
    ay = vy - shear * params.wind_world[1]
    az = vz - shear * params.wind_world[2]
    update_wind(state, params, body[2], math.sqrt(ax * ax + ay * ay + az * az), shear, noise[0:3])
    fly(state, params)
    lag_rotors(state.rotor_speed, state.rotor_command, params.rotor_lag, params.dt)
    _turn_rotors(state, params)
    _air_and_rotors(state, params, body, wrench)
    state.tick += 1
    state.time = state.tick * params.dt


@njit(cache=True)
def _turn_rotors(state, params):
    """The speeds that rotors really have: the commanded ones, but for what faults of their motors take."""
    for i in range(4):
        state.rotor_target[i] = state.motor_share[i] * state.rotor_command[i]
    lag_rotors(state.rotor_truth, state.rotor_target, params.rotor_lag, params.dt)


@njit(cache=True)
def _air_and_rotors(state, params, body, wrench):
    """Wrench in the world of rotors and air on the true body, and the power it costs."""
    r = rotation_entries(body[3:7])
    ax = body[7] - state.wind_world[0]
    ay = body[8] - state.wind_world[1]
    az = body[9] - state.wind_world[2]
    bx = r[0] * ax + r[3] * ay + r[6] * az
    by = r[1] * ax + r[4] * ay + r[7] * az
    bz = r[2] * ax + r[5] * ay + r[8] * az
    speed = state.rotor_truth
    total = speed[0] + speed[1] + speed[2] + speed[3]
    thrust, roll, pitch, yaw = rotor_wrench(
        speed, params.thrust_coefficient, params.torque_ratio, params.arm
    )
    fx, fy, fz = drag_body(bx, by, bz, total, params.rotor_drag, params.drag_area)
    # What the ground adds it adds for free: the power below is that of the rotors' speed.
    gain = ground_gain(body[2], params.rotor_radius, params.ground_effect)
    fz += gain * thrust
    roll *= gain
    pitch *= gain
    for i in range(3):
        wrench[i] = r[3 * i] * fx + r[3 * i + 1] * fy + r[3 * i + 2] * fz
        wrench[3 + i] = r[3 * i] * roll + r[3 * i + 1] * pitch + r[3 * i + 2] * yaw
    draw_energy(state, params, bx, by, bz, thrust)
