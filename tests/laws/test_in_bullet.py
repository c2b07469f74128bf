"""Newton's laws once more, of every shipped vehicle in Bullet: the whole simulator, where other laws have an integrator."""

import math

import numpy as np
import pytest

from sim.physics.rotors import rotor_wrench
from sim.physics.vehicle import AIR_DENSITY, GRAVITY, Vehicle, load_vehicle, vehicle_names
from sim.scenario import Scenario, Start
from sim.simulator import Simulator
from sim.types import POSITION, VELOCITY
from tests.builders import HOVER, place, scenario

ALOFT = (5.0, 0.0, 400.0)
"""m, far above ground effect."""
IDLE = np.full(4, -1.0, dtype=np.float32)


def flight(name: str) -> Scenario:
    return scenario(vehicle=name, start=Start(position_m=ALOFT, yaw_rad=0.0))


def thrust_of(vehicle: Vehicle, speeds: np.ndarray) -> float:
    """N."""
    constants = (vehicle.thrust_coefficient, vehicle.torque_ratio, vehicle.arm)
    return float(rotor_wrench(speeds, *constants)[0])


@pytest.mark.parametrize("name", vehicle_names())
def test_terminal_velocity_balances_the_weight(name: str) -> None:
    """With idling rotors, level: m g = thrust + rho A v^2 / 2, from half of that speed and from half as much again."""
    vehicle = load_vehicle(name)
    left = vehicle.mass * GRAVITY - thrust_of(vehicle, np.full(4, vehicle.rotor_speed_min))
    terminal = math.sqrt(2 * left / (AIR_DENSITY * vehicle.drag_area[2]))
    simulator = Simulator(flight(name), action="rotor", camera=False)
    try:
        for share in (0.5, 1.5):
            simulator.reset()
            place(simulator, ALOFT, velocity=(0.0, 0.0, -share * terminal))
            # Three times the scale v / g leave a hundredth of the difference, or less.
            for _ in range(math.ceil(3.0 * terminal / GRAVITY * 15)):
                simulator.step(IDLE)
            assert simulator.body[VELOCITY] == pytest.approx([0, 0, -terminal], rel=0.01, abs=1e-6)
    finally:
        simulator.close()


@pytest.mark.parametrize("name", vehicle_names())
def test_hover_thrust_is_the_weight_and_hover_stays(name: str) -> None:
    vehicle = load_vehicle(name)
    simulator = Simulator(flight(name), camera=False)
    try:
        for _ in range(30):
            simulator.step(HOVER)
        thrust = thrust_of(vehicle, simulator.plant["rotor_truth"][0])
        assert thrust == pytest.approx(vehicle.mass * GRAVITY, rel=1e-6)
        assert simulator.body[POSITION] == pytest.approx(ALOFT, abs=1e-6)
    finally:
        simulator.close()


@pytest.mark.parametrize("name", vehicle_names())
@pytest.mark.parametrize("turn", [0.25, -0.25])
def test_positive_yaw_rate_turns_left(name: str, turn: float) -> None:
    """0.5 rad/s for 4 s is 2 rad, less what the turn takes to begin."""
    simulator = Simulator(flight(name), camera=False)
    try:
        for _ in range(60):
            simulator.step(np.array([0.0, 0.0, 0.0, turn], dtype=np.float32))
        assert simulator.yaw == pytest.approx(8.0 * turn, abs=0.06)
        assert simulator.body[12] == pytest.approx(2.0 * turn, rel=0.01)
        assert simulator.body[POSITION] == pytest.approx(ALOFT, abs=1e-3)
    finally:
        simulator.close()
