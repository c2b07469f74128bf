"""Ground effect, shear, discrete gusts and the spectrum of turbulence, each against its closed form."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numba import njit
from scipy.signal import welch

from sim.physics.battery import hover_power
from sim.physics.plant import NOISE_SIZE, new_plant, tick
from sim.physics.rotors import GROUND_REACH, ground_gain
from sim.physics.vehicle import load_vehicle, vehicle_names, vehicle_record
from sim.physics.wind import dryden_lengths, gust_share
from sim.scenario import Gust, Scenario
from tests.laws.rigid_body import DT, VEHICLE, fly, hold, scenario


def _blown(**weather: object) -> Scenario:
    calm = scenario()
    return calm.model_copy(update={"weather": calm.weather.model_copy(update=weather)})


@njit(cache=True)
def _winds(plant, params, body, noise, velocity, winds):
    """Wind (n, 3) at a body carried along at a velocity (3,)."""
    wrench = np.zeros(6)
    body[7:10] = velocity
    for k in range(len(noise)):
        tick(plant, params, body, noise[k], wrench)
        winds[k] = plant[0].wind_world
        body[2] += DT * velocity[2]


def _felt(flown: Scenario, seconds: float, velocity: tuple[float, float, float]) -> np.ndarray:
    plant, params = new_plant(VEHICLE, flown), vehicle_record(VEHICLE, flown)
    ticks = round(seconds / DT)
    noise = np.random.default_rng(4).standard_normal((ticks, NOISE_SIZE))
    winds = np.empty((ticks, 3))
    _winds(plant, params, plant["estimate"][0].copy(), noise, np.array(velocity), winds)
    return winds


# --- Ground effect.


def test_thrust_near_the_ground_is_cheeseman_and_bennetts() -> None:
    """1 / (1 - g (R / 4z)^2), but for the share left at the reach, which is subtracted."""
    radius = 0.1
    for effect in (1.0, 8.6):
        left = effect / (4 * GROUND_REACH) ** 2
        for height in (0.25, 0.4, 0.7):
            share = effect * (radius / (4 * height)) ** 2 - left
            assert ground_gain(height, radius, effect) == pytest.approx(1 / (1 - share), rel=1e-12)


def test_ground_effect_ends_without_a_step_and_is_capped() -> None:
    reach = GROUND_REACH * 0.1
    assert ground_gain(reach, 0.1, 11.4) == 1.0
    assert 1.0 < ground_gain(reach - 1e-6, 0.1, 11.4) < 1.0 + 1e-6
    gains = [ground_gain(height, 0.1, 11.4) for height in np.linspace(-0.1, reach, 200)]
    assert max(gains) == pytest.approx(4 / 3)
    assert (np.diff(gains) <= 0).all()
    assert ground_gain(0.1, 0.1, 0.0) == 1.0, "0 switches it off"


@pytest.mark.parametrize("name", vehicle_names())
def test_hovering_near_the_ground_takes_slower_rotors_and_less_power(name: str) -> None:
    vehicle = load_vehicle(name)
    height = 1.5 * vehicle.rotor_radius + vehicle.hull_height / 2
    _, plant = fly(hold((0, 0, 0, 0), 8), scenario(position=(0, 0, height)), vehicle=vehicle)
    settled = float(plant["estimate"][0, 2])
    gain = ground_gain(settled, vehicle.rotor_radius, vehicle.ground_effect)
    assert gain > 1.005
    speeds = vehicle.hover_rotor_speed / math.sqrt(gain)
    assert plant["rotor_speed"][0] == pytest.approx([speeds] * 4, rel=1e-3)
    assert plant["power_w"][0] < hover_power(vehicle)


def test_flights_above_the_reach_do_not_know_of_the_ground() -> None:
    flown, commands = scenario(position=(0, 0, 2.0)), hold((3, 1, 0.5, 0.2), 2)
    bodies, _ = fly(commands, flown)
    without = replace(VEHICLE, ground_effect=0.0)
    assert np.array_equal(bodies, fly(commands, flown, vehicle=without)[0])
    near = scenario(position=(0, 0, 0.3))
    assert not np.array_equal(fly(commands, near)[0], fly(commands, near, vehicle=without)[0])


# --- Shear and gusts.


def test_the_mean_wind_follows_the_power_law() -> None:
    flown = _blown(wind_world_m_s=(4.0, -3.0, 0.0), shear_exponent=0.2, shear_reference_m=10.0)
    flown = flown.model_copy(update={"start": scenario(position=(0, 0, 0.5)).start})
    winds = _felt(flown, 20.0, (0.0, 0.0, 2.0))
    heights = 0.5 + 2.0 * DT * np.arange(len(winds))
    expected = np.outer((heights / 10.0) ** 0.2, [4.0, -3.0, 0.0])
    assert winds == pytest.approx(expected, rel=1e-9)


def test_without_an_exponent_the_wind_is_the_same_at_every_height() -> None:
    flown = _blown(wind_world_m_s=(4.0, -3.0, 0.0), shear_exponent=0.0, shear_reference_m=3.0)
    winds = _felt(flown, 2.0, (0.0, 0.0, -2.0))
    assert np.array_equal(winds, np.tile([4.0, -3.0, 0.0], (len(winds), 1)))


def test_a_discrete_gust_is_one_minus_cosine_and_adds_to_the_wind() -> None:
    gusts = (
        Gust(start_s=1.0, duration_s=2.0, peak_world_m_s=(6.0, 0.0, -1.0)),
        Gust(start_s=2.5, duration_s=1.0, peak_world_m_s=(0.0, 3.0, 0.0)),
    )
    winds = _felt(_blown(wind_world_m_s=(1.0, 0.0, 0.0), gusts=gusts), 4.0, (0.0, 0.0, 0.0))
    time = DT * np.arange(len(winds))
    expected = np.tile([1.0, 0.0, 0.0], (len(winds), 1))
    for gust in gusts:
        phase = np.clip((time - gust.start_s) / gust.duration_s, 0.0, 1.0)
        expected += np.outer((1 - np.cos(2 * np.pi * phase)) / 2, gust.peak_world_m_s)
    assert winds == pytest.approx(expected, abs=1e-9)
    assert winds[round(2.0 / DT)] == pytest.approx([7.0, 0.0, -1.0])
    assert gust_share(1.0, 1.0, 2.0) == gust_share(3.0, 1.0, 2.0) == 0.0


def test_a_gust_pushes_the_drone_and_the_autopilot_brings_it_to_rest_again() -> None:
    gust = Gust(start_s=1.0, duration_s=2.0, peak_world_m_s=(8.0, 0.0, 0.0))
    bodies, _ = fly(hold((0, 0, 0, 0), 8), _blown(gusts=(gust,)))
    assert bodies[: round(1.0 / DT), 7].max() < 1e-9
    assert bodies[:, 7].max() > 0.2
    assert abs(bodies[-1, 7]) < 0.01


# --- Dryden turbulence.


@pytest.mark.parametrize("component", ["along", "across", "up"])
def test_turbulence_has_the_dryden_spectrum(component: str) -> None:
    """One-sided densities of the Dryden form in MIL-F-8785C: 4 s^2 t / (1 + x^2) along, 2 s^2 t (1 + 3 x^2) / (1 + x^2)^2 else."""
    sigma, speed, height = 1.3, 10.0, 6.0
    column = ("along", "across", "up").index(component)
    flown = scenario(turbulence=sigma, position=(0, 0, height))
    wind = _felt(flown, 6000.0, (speed, 0.0, 0.0))[:, column]
    long, vertical = dryden_lengths(height)
    tau = (vertical if component == "up" else long) / speed
    frequency, density = welch(wind, 1 / DT, nperseg=1 << 15)
    x = 2 * np.pi * frequency * tau
    along = 4 * sigma**2 * tau / (1 + x**2)
    across = 2 * sigma**2 * tau * (1 + 3 * x**2) / (1 + x**2) ** 2
    expected = along if component == "along" else across
    edges = np.geomspace(0.05, 5.0, 7)  # Hz, three decades of power, well below the tick rate
    for low, high in pairwise(edges):
        band = (frequency >= low) & (frequency < high)
        ratio = density[band].sum() / expected[band].sum()
        assert ratio == pytest.approx(1.0, abs=0.12), (low, high)
    assert wind.std() == pytest.approx(sigma, rel=0.05)
