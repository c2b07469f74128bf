"""Wind, noise and energy obey their stated statistics and closed forms."""

import math

import numpy as np
import pytest
from numba import njit

from sim.frames import quat_multiply
from sim.physics.battery import hover_power, induced_velocity, level_flight_power
from sim.physics.plant import NOISE_SIZE, new_plant, tick
from sim.physics.vehicle import (
    AIR_DENSITY,
    GRAVITY,
    load_vehicle,
    vehicle_names,
    vehicle_record,
)
from sim.physics.wind import dryden_lengths
from tests.laws.rigid_body import DT, VEHICLE, fly, hold, scenario


@njit(cache=True)
def _watch(plant, params, body, noise, winds, errors):
    """Tick a body that is held still or dragged along: winds (n, 3), odometry errors (n, 12)."""
    wrench = np.zeros(6)
    for k in range(len(noise)):
        tick(plant, params, body, noise[k], wrench)
        winds[k] = plant[0].wind_world
        errors[k, 0:3] = plant[0].position_error
        errors[k, 3:6] = plant[0].velocity_error
        errors[k, 6:9] = plant[0].attitude_error
        errors[k, 9:12] = plant[0].estimate[10:13] - body[10:13]


def _statistics(seconds: float, speed: float, **kwargs: object) -> tuple[np.ndarray, np.ndarray]:
    flown = scenario(**kwargs)  # type: ignore[arg-type]
    plant, params = new_plant(VEHICLE, flown), vehicle_record(VEHICLE, flown)
    ticks = round(seconds / DT)
    noise = np.random.default_rng(0).standard_normal((ticks, NOISE_SIZE))
    winds, errors = np.empty((ticks, 3)), np.empty((ticks, 12))
    body = plant["estimate"][0].copy()
    body[7] = speed
    _watch(plant, params, body, noise, winds, errors)
    return winds, errors


def test_gusts_have_zero_mean_and_the_stated_spread_on_the_mean_wind() -> None:
    mean = (3.0, -4.0, 0.5)
    winds, _ = _statistics(2500, 15.0, wind=mean, turbulence=1.2, position=(0, 0, 2))
    assert winds.mean(0) == pytest.approx(mean, abs=0.15)
    assert winds.std(0) == pytest.approx([1.2] * 3, rel=0.08)


def test_gusts_along_the_wind_forget_over_their_length_scale() -> None:
    winds, _ = _statistics(2500, 20.0, turbulence=1.0, position=(0, 0, 2))
    length, height = dryden_lengths(2.0)
    assert height == pytest.approx(10 * 0.3048)
    lag = round(length / 20.0 / DT)
    along = winds[:, 0] / winds[:, 0].std()
    assert np.mean(along[lag:] * along[:-lag]) == pytest.approx(math.exp(-1), abs=0.08)


def test_gusts_are_settled_from_the_first_tick() -> None:
    flown = scenario(turbulence=1.0)
    params, rng = vehicle_record(VEHICLE, flown), np.random.default_rng(1)
    first = []
    for _ in range(2000):
        plant = new_plant(VEHICLE, flown)
        tick(
            plant, params, plant["estimate"][0].copy(), rng.standard_normal(NOISE_SIZE), np.zeros(6)
        )
        first.append(plant["wind_world"][0].copy())
    assert np.std(first, axis=0) == pytest.approx([1.0] * 3, rel=0.08)


def test_wind_blows_the_drone_downwind_until_the_autopilot_has_learnt_it() -> None:
    bodies, plant = fly(hold((0, 0, 0, 0), 8), scenario(wind=(0, 6, 0)))
    assert 0.1 < bodies[:, 1].max() < 1.0
    assert abs(bodies[:, 0]).max() < 1e-6
    assert bodies[-1, 7:10] == pytest.approx([0, 0, 0], abs=0.01)
    assert plant["disturbance"][0, 1] > 1.0


def test_odometry_errors_have_the_stated_spread_and_memory() -> None:
    drift, velocity, attitude, rate = 0.03, 0.2, 0.01, 0.05
    _, errors = _statistics(1500, 4.0, odometry=(drift, velocity, attitude, rate))
    assert errors[:, 3:].mean(0) == pytest.approx(np.zeros(9), abs=0.04)
    steps = np.diff(errors[:, :2], axis=0)
    assert np.sqrt((steps**2).mean() / (4.0 * DT)) == pytest.approx(drift, rel=0.01)
    spread = errors[240:].std(0)
    assert spread[2] == pytest.approx(
        drift, rel=0.08
    )  # The laws' scenario gives height the same number.
    assert spread[3:6] == pytest.approx([velocity] * 3, rel=0.08)
    assert spread[6:9] == pytest.approx([attitude] * 3, rel=0.08)
    assert spread[9:] == pytest.approx([rate] * 3, rel=0.02)
    slow = errors[240:, 3] / spread[3]
    assert np.mean(slow[240:] * slow[:-240]) == pytest.approx(math.exp(-1), abs=0.08)


def test_estimate_is_truth_turned_by_the_attitude_error() -> None:
    flown = scenario(odometry=(0.1, 0.3, 0.05, 0.1))
    plant, params = new_plant(VEHICLE, flown), vehicle_record(VEHICLE, flown)
    body = plant["estimate"][0].copy()
    noise = np.random.default_rng(3).standard_normal(NOISE_SIZE)
    body[7:10] = 5.0
    for _ in range(100):
        tick(plant, params, body, noise, np.zeros(6))
    angle = plant["attitude_error"][0]
    size = np.linalg.norm(angle)
    turned = np.empty(4)
    quat_multiply(body[3:7], np.append(np.sin(size / 2) * angle / size, np.cos(size / 2)), turned)
    estimate = plant["estimate"][0]
    assert estimate[3:7] == pytest.approx(turned)
    assert estimate[:3] - body[:3] == pytest.approx(plant["position_error"][0])
    assert estimate[7:10] - body[7:10] == pytest.approx(plant["velocity_error"][0])
    assert size > 0.01


def test_perfect_odometry_gives_the_truth() -> None:
    _, errors = _statistics(1, 5.0)
    assert not errors.any()


def test_induced_velocity_solves_the_momentum_equation() -> None:
    thrust, area = 9.8, 0.05
    hover = math.sqrt(thrust / (2 * AIR_DENSITY * area))
    assert induced_velocity(thrust, area, 0.0, 0.0) == pytest.approx(hover)
    for in_plane, axial in ((2.0, 0.0), (10.0, 1.0), (0.0, 5.0), (15.0, 8.0)):
        v = induced_velocity(thrust, area, in_plane, axial)
        assert v * math.hypot(in_plane, axial + v) == pytest.approx(hover**2, rel=1e-6)


@pytest.mark.parametrize("name", vehicle_names())
def test_hover_reaction_torque_costs_about_the_shaft_power(name: str) -> None:
    """Torque and power come from different constants; both describe the same rotor."""
    vehicle = load_vehicle(name)
    shaft = (hover_power(vehicle) - vehicle.avionics_power) * vehicle.drive_efficiency
    torque = vehicle.torque_ratio * vehicle.mass * GRAVITY
    assert torque * vehicle.hover_rotor_speed == pytest.approx(shaft, rel=0.15)


@pytest.mark.parametrize("name", vehicle_names())
def test_hovering_draws_hover_power(name: str) -> None:
    vehicle = load_vehicle(name)
    _, plant = fly(hold((0, 0, 0, 0), 10), vehicle=vehicle)
    assert plant["power_w"][0] == pytest.approx(hover_power(vehicle), rel=1e-6)
    assert plant["energy_used_wh"][0] == pytest.approx(hover_power(vehicle) * 10 / 3600, rel=1e-6)


@pytest.mark.parametrize("name", vehicle_names())
def test_hover_power_is_momentum_theorys(name: str) -> None:
    """(kappa T sqrt(T / 2 rho A) + rho A s (omega R)^3 / 8) / eta + avionics, written out for four rotors."""
    vehicle = load_vehicle(name)
    weight, area = vehicle.mass * GRAVITY, 4 * math.pi * vehicle.rotor_radius**2
    ideal = weight * math.sqrt(weight / (2 * AIR_DENSITY * area))
    tip = vehicle.hover_rotor_speed * vehicle.rotor_radius
    profile = AIR_DENSITY * area * vehicle.solidity_drag / 8 * tip**3
    shaft = vehicle.induced_factor * ideal + profile
    expected = shaft / vehicle.drive_efficiency + vehicle.avionics_power
    assert hover_power(vehicle) == pytest.approx(expected, rel=1e-9)


def test_a_crazyflie_hovers_for_the_minutes_its_maker_states() -> None:
    assert 0.25 * 3.7 / hover_power(load_vehicle("crazyflie")) * 60 == pytest.approx(7.0, abs=0.5)


@pytest.mark.parametrize("name", vehicle_names())
@pytest.mark.parametrize(("speed", "headwind"), [(4.0, 0.0), (7.0, 3.0), (8.0, -2.0)])
def test_steady_flight_draws_the_closed_form(name: str, speed: float, headwind: float) -> None:
    vehicle = load_vehicle(name)
    _, plant = fly(hold((speed, 0, 0, 0), 10), scenario(wind=(-headwind, 0, 0)), vehicle=vehicle)
    assert plant["power_w"][0] == pytest.approx(
        level_flight_power(vehicle, speed, headwind), rel=0.005
    )


def test_flight_power_has_a_bucket_and_grows_beyond() -> None:
    powers = [level_flight_power(VEHICLE, speed, 0.0) for speed in range(16)]
    assert min(powers) < hover_power(VEHICLE)
    assert powers[15] > 1.2 * hover_power(VEHICLE)
    assert level_flight_power(VEHICLE, 5.0, 4.0) == pytest.approx(
        level_flight_power(VEHICLE, 9.0, 0.0)
    )


def test_the_pack_sags_under_load_and_with_use() -> None:
    _, fresh = fly(hold((0, 0, 0, 0), 1))
    _, climbing = fly(hold((0, 0, 5, 0), 1))
    _, later = fly(hold((0, 0, 0, 0), 60))
    voltage = fresh["voltage"][0]
    assert climbing["voltage"][0] < voltage
    assert later["voltage"][0] < voltage
    charge = 1 - fresh["energy_used_wh"][0] / 20
    open_circuit = VEHICLE.cells * (3.5 + 0.7 * charge)
    current = fresh["power_w"][0] / voltage
    assert voltage == pytest.approx(
        open_circuit - current * VEHICLE.cells * VEHICLE.cell_resistance
    )
