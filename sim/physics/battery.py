"""Power and energy: momentum theory for the rotors, avionics beside it, and a pack that sags under load.

Left out: thrust lost at low voltage (speed controllers hold rotor speed), temperature, ageing.
"""

import math

from numba import njit

from sim.physics.aero import drag_body
from sim.physics.vehicle import AIR_DENSITY, GRAVITY, Vehicle, airframe_record

_EMPTY_CELL, _FULL_CELL = (
    3.5,
    4.2,
)  # V, open circuit; linear between, which a lithium polymer cell is to 0.1 V
_SECONDS_PER_HOUR = 3600.0


@njit(cache=True)
def induced_velocity(thrust, disc_area, in_plane, axial):
    """Velocity that the rotors add to the air, m/s: Glauert's momentum equation, solved by Newton's method.

    v = vh^2 / sqrt(in_plane^2 + (axial + v)^2) with vh^2 = T / (2 rho A); axial is the climb speed along the thrust.
    In a descent the vortex ring breaks momentum theory: the axial speed is then taken as zero.
    """
    hover_squared = thrust / (2.0 * AIR_DENSITY * disc_area)
    axial = max(axial, 0.0)
    velocity = hover_squared / math.sqrt(in_plane * in_plane + axial * axial + hover_squared + 1e-9)
    for _ in range(4):
        through = axial + velocity
        speed_squared = in_plane * in_plane + through * through + 1e-12
        ideal = hover_squared / math.sqrt(speed_squared)
        velocity -= (velocity - ideal) / (1.0 + ideal * through / speed_squared)
    return velocity


@njit(cache=True)
def electrical_power(params, thrust, speed_sum, speed_cubes, vx, vy, vz):
    """Power drawn, W, at a total thrust, sums of rotor speeds and of their cubes, and an air velocity in the body.

    Induced kappa T v + T vz (climb and parasite power: thrust times the speed along it) + profile
    rho A sigma Cd / 8 (omega R)^3 (1 + 4.65 mu^2) (Leishman 2.6, 5.4), over the drive's efficiency, + avionics.
    Falling gives nothing back: the rotors' sum stays at or above their profile power.
    """
    radius = params.rotor_radius
    disc = math.pi * radius * radius
    in_plane_squared = vx * vx + vy * vy
    velocity = induced_velocity(thrust, 4.0 * disc, math.sqrt(in_plane_squared), vz)
    lifting = max(thrust * (params.induced_factor * velocity + vz), 0.0)
    tip = 0.25 * speed_sum * radius
    advance_squared = in_plane_squared / max(tip * tip, 1.0)
    profile = (
        AIR_DENSITY
        * disc
        * params.solidity_drag
        / 8.0
        * radius**3
        * speed_cubes
        * (1.0 + 4.65 * advance_squared)
    )
    return (lifting + profile) / params.drive_efficiency + params.avionics_power


@njit(cache=True)
def pack_voltage(params, energy_used_wh, power):
    """Voltage at the pack's terminals, V, that delivers a power: U^2 - U0 U + P R = 0."""
    charge = max(params.initial_fraction - energy_used_wh / params.capacity_wh, 0.0)
    open_circuit = params.cells * (_EMPTY_CELL + (_FULL_CELL - _EMPTY_CELL) * charge)
    root = open_circuit * open_circuit - 4.0 * power * params.cells * params.cell_resistance
    return 0.5 * (open_circuit + math.sqrt(max(root, 0.0)))


@njit(cache=True)
def draw_energy(state, params, vx, vy, vz, thrust):
    """Book one tick of power at the true rotor speeds."""
    w = state.rotor_truth
    total = w[0] + w[1] + w[2] + w[3]
    cubes = w[0] ** 3 + w[1] ** 3 + w[2] ** 3 + w[3] ** 3
    power = electrical_power(params, thrust, total, cubes, vx, vy, vz)
    state.power_w = power
    state.energy_used_wh += power * params.dt / _SECONDS_PER_HOUR
    state.voltage = pack_voltage(params, state.energy_used_wh + state.charge_lost_wh, power)


def hover_power(vehicle: Vehicle) -> float:
    """Electrical power, W, of hovering in still air."""
    return level_flight_power(vehicle, 0.0, 0.0)


def level_flight_power(vehicle: Vehicle, speed: float, headwind: float) -> float:
    """Electrical power, W, of steady level flight over ground at a speed against a headwind, both m/s.

    Balance of forces on the tilted airframe: m g sin(tilt) = drag along body x, T = m g cos(tilt) + drag along body z.
    """
    air_speed = abs(speed + headwind)
    weight = vehicle.mass * GRAVITY
    airframe = airframe_record(vehicle)[0]
    sine, thrust = 0.0, weight
    vx = vz = total = 0.0
    for _ in range(20):
        vx, vz = air_speed * math.sqrt(1.0 - sine * sine), air_speed * sine
        total = 4.0 * math.sqrt(thrust / (4.0 * vehicle.thrust_coefficient))
        drag_x, _, drag_z = drag_body(
            vx, 0.0, vz, total, airframe["rotor_drag"], airframe["drag_area"]
        )
        sine = min(-drag_x / weight, 0.95)
        thrust = weight * math.sqrt(1.0 - sine * sine) - drag_z
    return electrical_power(airframe, thrust, total, total**3 / 16.0, vx, 0.0, vz)
