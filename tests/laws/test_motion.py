"""Newton's laws, seen through the compiled tick: forces, torques and rotors."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.frames import quat_to_matrix, yaw_of
from sim.physics.aero import drag_body
from sim.physics.plant import NOISE_SIZE, new_plant, set_command, set_rotors, tick
from sim.physics.rotors import allocate, rotor_wrench
from sim.physics.vehicle import (
    AIR_DENSITY,
    GRAVITY,
    load_vehicle,
    vehicle_names,
    vehicle_record,
)
from tests.laws.rigid_body import DT, VEHICLE, fly, hold, integrate, scenario

QUIET = np.zeros(NOISE_SIZE)
CONSTANTS = (VEHICLE.thrust_coefficient, VEHICLE.torque_ratio, VEHICLE.arm)
LIMITS = (VEHICLE.rotor_speed_min, VEHICLE.rotor_speed_max)


def _drop(seconds: float, drag_area: float) -> np.ndarray:
    """Let the airframe fall with its rotors stopped; the body at the end."""
    plant, params = new_plant(VEHICLE, scenario()), vehicle_record(VEHICLE, scenario())
    plant["rotor_speed"] = plant["rotor_truth"] = 0.0
    params["rotor_speed_min"] = params["rotor_speed_max"] = 1e-9
    params["drag_area"] = drag_area
    body, wrench = plant["estimate"][0].copy(), np.zeros(6)
    for _ in range(round(seconds / DT)):
        tick(plant, params, body, QUIET, wrench)
        integrate(body, wrench, VEHICLE.mass, np.array(VEHICLE.inertia), DT)
    return body


def test_free_fall_without_air() -> None:
    body = _drop(1.0, 0.0)
    assert body[9] == pytest.approx(-GRAVITY, rel=1e-9)
    # The symplectic step adds g dt t / 2 to the parabola.
    assert body[2] - 50.0 == pytest.approx(-0.5 * GRAVITY * (1.0 + DT), rel=1e-9)


def test_terminal_velocity_balances_weight() -> None:
    area = 0.4
    expected = math.sqrt(2 * VEHICLE.mass * GRAVITY / (AIR_DENSITY * area))
    assert _drop(5.0, area)[9] == pytest.approx(-expected, rel=1e-6)


@pytest.mark.parametrize("name", vehicle_names())
def test_hover_thrust_is_the_weight_and_hover_stays(name: str) -> None:
    vehicle = load_vehicle(name)
    constants = (vehicle.thrust_coefficient, vehicle.torque_ratio, vehicle.arm)
    thrust, *torque = rotor_wrench(np.full(4, vehicle.hover_rotor_speed), *constants)
    assert thrust == pytest.approx(vehicle.mass * GRAVITY)
    assert torque == pytest.approx([0, 0, 0], abs=1e-12)
    bodies, _ = fly(hold((0, 0, 0, 0), 2), vehicle=vehicle)
    assert bodies[-1, :3] == pytest.approx([0, 0, 50], abs=1e-9)


def test_impulse_of_the_wrench_is_the_change_of_momentum() -> None:
    plant, params = new_plant(VEHICLE, scenario()), vehicle_record(VEHICLE, scenario())
    set_command(plant, np.array([6.0, 2.0, 1.0, 1.0]))
    body, wrench, impulse = plant["estimate"][0].copy(), np.zeros(6), np.zeros(3)
    for _ in range(240):
        tick(plant, params, body, QUIET, wrench)
        impulse += DT * (wrench[:3] - [0, 0, VEHICLE.mass * GRAVITY])
        integrate(body, wrench, VEHICLE.mass, np.array(VEHICLE.inertia), DT)
    assert VEHICLE.mass * body[7:10] == pytest.approx(impulse)
    assert np.linalg.norm(impulse) > 3.0


@pytest.mark.parametrize("name", vehicle_names())
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_allocated_torque_gives_that_angular_acceleration(name: str, axis: int) -> None:
    vehicle = load_vehicle(name)
    wanted = np.zeros(3)
    wanted[axis] = 2.0  # rad/s2
    constants = (vehicle.thrust_coefficient, vehicle.torque_ratio, vehicle.arm)
    speeds = np.empty(4)
    weight = vehicle.mass * GRAVITY
    torque = wanted * vehicle.inertia
    allocate(
        weight,
        torque[0],
        torque[1],
        torque[2],
        *constants,
        vehicle.rotor_speed_min,
        vehicle.rotor_speed_max,
        speeds,
    )
    thrust, *made = rotor_wrench(speeds, *constants)
    body = np.zeros(13)
    body[6] = 1.0
    integrate(body, np.array([0, 0, thrust, *made]), vehicle.mass, np.array(vehicle.inertia), DT)
    assert body[10:] / DT == pytest.approx(wanted, abs=1e-9)
    assert body[9] == pytest.approx(0.0, abs=1e-12)


def test_each_rotor_pushes_where_it_stands_and_turns() -> None:
    lever = VEHICLE.arm / math.sqrt(2)
    places = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * lever
    for i, (x, y) in enumerate(places):
        speeds = np.zeros(4)
        speeds[i] = 1000.0
        thrust, *torque = rotor_wrench(speeds, *CONSTANTS)
        assert thrust == pytest.approx(VEHICLE.thrust_coefficient * 1e6)
        assert torque[:2] == pytest.approx(np.cross([x, y, 0], [0, 0, thrust])[:2])
        assert torque[2] == pytest.approx((-1) ** i * VEHICLE.torque_ratio * thrust)


def test_saturation_keeps_roll_and_pitch_then_thrust_and_gives_yaw_up() -> None:
    speeds = np.empty(4)
    top = 4 * VEHICLE.thrust_coefficient * VEHICLE.rotor_speed_max**2
    allocate(0.9 * top, 0.4, -0.3, 5.0, *CONSTANTS, *LIMITS, speeds)
    thrust, roll, pitch, yaw = rotor_wrench(speeds, *CONSTANTS)
    assert (roll, pitch) == pytest.approx((0.4, -0.3))
    assert thrust == pytest.approx(min(0.9 * top, top - 0.7 / VEHICLE.arm * math.sqrt(2)))
    assert 0 <= yaw < 5.0
    # Asked for more than the rotors have, the direction of the torque survives and thrust gives way.
    allocate(top, 40.0, -30.0, 0.0, *CONSTANTS, *LIMITS, speeds)
    _, roll, pitch, _ = rotor_wrench(speeds, *CONSTANTS)
    assert roll / pitch == pytest.approx(-4 / 3)
    assert speeds.min() >= VEHICLE.rotor_speed_min - 1e-9
    assert speeds.max() <= VEHICLE.rotor_speed_max + 1e-9


@given(
    thrust=st.floats(0.0, 60.0),
    roll=st.floats(-5.0, 5.0),
    pitch=st.floats(-5.0, 5.0),
    yaw=st.floats(-1.0, 1.0),
)
def test_saturation_never_lifts(thrust: float, roll: float, pitch: float, yaw: float) -> None:
    speeds = np.empty(4)
    allocate(thrust, roll, pitch, yaw, *CONSTANTS, *LIMITS, speeds)
    made, made_roll, made_pitch, _ = rotor_wrench(speeds, *CONSTANTS)
    idle = 4 * VEHICLE.thrust_coefficient * VEHICLE.rotor_speed_min**2
    assert made <= max(thrust, idle) + 1e-9
    # What torque there is points where it was asked to.
    assert made_roll * pitch == pytest.approx(made_pitch * roll, abs=1e-9)
    assert abs(made_roll) <= abs(roll) + 1e-9


@pytest.mark.parametrize("name", vehicle_names())
def test_rotors_reach_63_percent_after_the_time_constant(name: str) -> None:
    """1 - 1/e of a step of each rotor's command, through the tick; a hundred ticks are the time constant here."""
    vehicle = load_vehicle(name)
    plant, params = new_plant(vehicle, scenario()), vehicle_record(vehicle, scenario())
    params["dt"] = vehicle.rotor_lag / 100
    before = plant["rotor_truth"][0].copy()
    command = before + np.array([-50.0, 20.0, 50.0, 100.0])
    set_rotors(plant, command)
    body = plant["estimate"][0].copy()
    for _ in range(100):
        tick(plant, params, body, QUIET, np.zeros(6))
    share = (plant["rotor_truth"][0] - before) / (command - before)
    assert share == pytest.approx(np.full(4, 1 - math.exp(-1)))


@pytest.mark.parametrize("name", vehicle_names())
def test_positive_yaw_rate_turns_left(name: str) -> None:
    bodies, _ = fly(hold((0, 0, 0, 0.5), 4), vehicle=load_vehicle(name))
    assert yaw_of(bodies[-1, 3:7]) == pytest.approx(2.0, abs=0.06)
    assert bodies[-1, 12] == pytest.approx(0.5, rel=0.01)


def test_drag_coefficients_meet_the_velocity_in_the_body_frame() -> None:
    """Turning the whole situation about z turns the drag with it: c(R'v), not R'(c v)."""
    wind, yaw = np.array([4.0, -1.0, 0.0]), 0.8
    turn = quat_to_matrix(np.array([0, 0, math.sin(yaw / 2), math.cos(yaw / 2)]))
    forces = []
    for matrix, heading in ((np.eye(3), 0.0), (turn, yaw)):
        air = matrix @ wind
        flown = scenario(wind=(air[0], air[1], air[2]), yaw=heading)
        params = vehicle_record(VEHICLE, flown)
        params["drag_area"] = (0.01, 0.03, 0.05)
        plant, wrench = new_plant(VEHICLE, flown), np.zeros(6)
        tick(plant, params, plant["estimate"][0].copy(), QUIET, wrench)
        forces.append(matrix.T @ wrench[:3])
    assert forces[0] == pytest.approx(forces[1])
    assert forces[0][:2] @ wind[:2] > 0, "still drone, moving air: pushed downwind"


def test_drag_of_any_attitude_is_the_closed_form() -> None:
    """R (c o (R' v)) for parasitic drag alone: rotors stopped, every axis with its own area."""
    area = np.array([0.01, 0.03, 0.05])
    rng = np.random.default_rng(1)
    for quat, velocity in zip(rng.normal(size=(20, 4)), 4 * rng.normal(size=(20, 3)), strict=True):
        plant, params = new_plant(VEHICLE, scenario()), vehicle_record(VEHICLE, scenario())
        params["drag_area"] = area
        params["rotor_speed_min"] = params["rotor_speed_max"] = 1e-9
        plant["rotor_speed"] = plant["rotor_truth"] = 1e-9
        body, wrench = plant["estimate"][0].copy(), np.zeros(6)
        body[3:7], body[7:10] = quat / np.linalg.norm(quat), velocity
        tick(plant, params, body, QUIET, wrench)
        turn = quat_to_matrix(body[3:7])
        in_body = turn.T @ velocity
        drag = -0.5 * AIR_DENSITY * np.linalg.norm(velocity) * area * in_body
        assert wrench[:3] == pytest.approx(turn @ drag, abs=1e-9)
        wrong = turn.T @ (area * velocity)
        assert wrench[:3] != pytest.approx(
            -0.5 * AIR_DENSITY * np.linalg.norm(velocity) * wrong, abs=1e-3
        )


def test_drag_is_odd_and_takes_energy() -> None:
    area = np.array(VEHICLE.drag_area)
    for velocity in np.random.default_rng(0).normal(size=(20, 3)) * 5:
        x, y, z = velocity
        force = np.array(drag_body(x, y, z, 5000.0, VEHICLE.rotor_drag, area))
        assert force @ velocity < 0
        assert np.array(drag_body(-x, -y, -z, 5000.0, VEHICLE.rotor_drag, area)) == pytest.approx(
            -force
        )
