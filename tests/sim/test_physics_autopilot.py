"""What the autopilot promises: speeds held, short stops, no overshoot, steady altitude, exact repetition."""

import numpy as np
import pytest

from sim.frames import quat_to_matrix, yaw_of
from sim.physics.plant import NOISE_SIZE, new_plant, set_command, tick
from sim.physics.response import predict, response_params
from sim.physics.vehicle import load_vehicle, vehicle_names, vehicle_record
from tests.laws.rigid_body import DT, VEHICLE, fly, hold, scenario

NAMES = vehicle_names()
TOP = {"crazyflie": 5.0}
"""m/s that suits a vehicle; 10 where nothing is said, as for every frame made to carry a camera."""
ROUGH = {"wind": (3.0, 2.0, 0.0), "turbulence": 1.0, "odometry": (0.02, 0.05, 0.01, 0.02)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_speed_is_reached_without_overshoot_and_held_level(name: str, share: float) -> None:
    speed = share * TOP.get(name, 10.0)
    bodies, _ = fly(hold((speed, 0, 0, 0), 6), vehicle=load_vehicle(name))
    assert bodies[:, 7].max() <= 1.05 * speed
    assert bodies[-240:, 7] == pytest.approx(np.full(240, speed), rel=0.01)
    assert np.abs(bodies[:, 2] - 50).max() < 0.1
    assert np.abs(bodies[:, 8]).max() < 0.01


def test_ten_metres_a_second_hold_against_wind_and_noise() -> None:
    bodies, _ = fly(
        hold((10, 0, 0, 0), 30),
        scenario(wind=(-5, 3, 0), turbulence=1.0, odometry=ROUGH["odometry"]),
    )
    settled = bodies[5 * 240 :, 7:10]
    assert settled.mean(0) == pytest.approx([10, 0, 0], abs=0.15)
    assert settled.std(0).max() < 0.5


@pytest.mark.parametrize("name", NAMES)
def test_stop_from_seven_tenths_of_the_top_speed_within_six_and_a_half_metres(name: str) -> None:
    speed = 0.7 * TOP.get(name, 10.0)
    bodies, _ = fly(
        np.vstack([hold((speed, 0, 0, 0), 5), hold((0, 0, 0, 0), 4)]), vehicle=load_vehicle(name)
    )
    start = bodies[5 * 240 - 1]
    assert start[7] == pytest.approx(speed, rel=0.01)
    assert bodies[:, 0].max() - start[0] < 6.5
    assert np.abs(bodies[-1, 7:10]).max() < 0.01
    assert np.abs(bodies[:, 2] - 50).max() < 0.1


@pytest.mark.parametrize("name", NAMES)
def test_yaw_rate_is_held_while_flying(name: str) -> None:
    bodies, _ = fly(hold((2, 0, 0, 2), 4), vehicle=load_vehicle(name))
    assert bodies[-1, 12] == pytest.approx(2.0, abs=0.1)


def test_tilt_stays_within_its_limit_and_the_heading_stays_put_in_a_reversal() -> None:
    bodies, _ = fly(np.vstack([hold((7, 7, 0, 0), 4), hold((-7, -7, 0, 0), 4)]))
    upright = np.array([quat_to_matrix(body[3:7])[2, 2] for body in bodies])
    assert upright.min() > np.cos(VEHICLE.tilt_max + 0.1)
    assert max(abs(yaw_of(body[3:7])) for body in bodies) < 0.35


def test_command_is_in_the_heading_frame_of_its_moment() -> None:
    flown = scenario(yaw=np.pi / 2)
    bodies, plant = fly(hold((3, 0, 0, 0), 4), flown)
    assert bodies[-1, 7:10] == pytest.approx([0, 3, 0], abs=0.05)
    set_command(plant, np.array([0.0, 2.0, -1.0, 0.5]))
    assert plant["velocity_command_world"][0] == pytest.approx([-2, 0, -1], abs=0.05)
    assert plant["yaw_rate_wanted"][0] == 0.5


def test_only_the_estimate_steers() -> None:
    """A velocity error in the estimate moves the truth the other way: the autopilot knows nothing else."""
    flown = scenario()
    plant, params = new_plant(VEHICLE, flown), vehicle_record(VEHICLE, flown)
    plant["velocity_error"] = (1.0, 0.0, 0.0)
    params["correlation"] = 1e9
    tick(plant, params, plant["estimate"][0].copy(), np.zeros(NOISE_SIZE), np.zeros(6))
    assert plant["thrust_direction"][0, 0] < -0.1


def test_same_seed_same_flight_and_another_seed_another() -> None:
    rough = scenario(**ROUGH)
    first, plant = fly(hold((5, 0, 0, 1), 4), rough, seed=0)
    again, plant_again = fly(hold((5, 0, 0, 1), 4), rough, seed=0)
    other, _ = fly(hold((5, 0, 0, 1), 4), rough, seed=1)
    assert np.array_equal(first, again)
    assert plant.tobytes() == plant_again.tobytes()
    assert not np.array_equal(first, other)


def test_a_copied_plant_continues_bit_for_bit() -> None:
    flown = scenario(**ROUGH)
    _, plant = fly(hold((5, 1, 0, 1), 2), flown)
    params, noise = (
        vehicle_record(VEHICLE, flown),
        np.random.default_rng(5).standard_normal((50, NOISE_SIZE)),
    )
    body = plant["estimate"][0].copy()
    saved, wrenches = plant.copy(), np.zeros((2, 50, 6))
    for run in range(2):
        plant[:] = saved
        for k in range(50):
            tick(plant, params, body, noise[k], wrenches[run, k])
    assert np.array_equal(wrenches[0], wrenches[1])
    assert plant["tick"][0] == saved["tick"][0] + 50
    assert plant["time"][0] == pytest.approx(plant["tick"][0] * DT)


def _response_state(plant: np.ndarray) -> np.ndarray:
    """The response state (9,) that continues a flight: its estimate, and the acceleration the autopilot expects."""
    estimate = plant["estimate"][0]
    return np.concatenate([estimate[:3], estimate[7:10], plant["acceleration_expected"][0]])


def _step_errors(name: str, step: float, cases: int) -> np.ndarray:
    """Largest distance over 2 s between prediction and flight, for random changes of a settled velocity."""
    vehicle, rng = load_vehicle(name), np.random.default_rng(2)
    response, errors = response_params(vehicle), []
    for _ in range(cases):
        top = TOP.get(name, 10.0)
        before, after = rng.uniform(-1, 1, (2, 3)) * (0.5 * top, 0.5 * top, 0.15 * top)
        first = hold((*before, 0), 3)
        bodies, _ = fly(np.vstack([first, hold((*after, 0), 2)]), vehicle=vehicle, in_world=True)
        _, plant = fly(first, vehicle=vehicle, in_world=True)
        state, every = _response_state(plant), round(step / DT)
        worst = 0.0
        for row in range(len(first) * 16 - 1 + every, len(bodies), every):
            predict(state, after, response, step)
            worst = max(worst, float(np.linalg.norm(state[:3] - bodies[row, :3])))
        errors.append(worst)
    return np.array(errors)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("step", [1 / 15, 1 / 30])
def test_response_predicts_changes_among_velocities_up_to_seven_tenths_of_the_top_speed(
    name: str, step: float
) -> None:
    errors = _step_errors(name, step, 200)
    assert np.percentile(errors, 90) < 0.25
    assert errors.max() < 0.45


def test_response_starts_from_the_estimate_and_settles_on_the_command() -> None:
    _, plant = fly(hold((4, -2, 1, 0), 5), scenario(wind=(-4, 0, 0)))
    state = _response_state(plant)
    assert state[:3] == pytest.approx(plant["estimate"][0, :3])
    assert state[3:6] == pytest.approx(plant["estimate"][0, 7:10])
    assert state[6:] == pytest.approx(np.zeros(3), abs=0.05), (
        "steady flight, wind and all, does not accelerate"
    )
    command = np.array([1.0, 2.0, -1.0])
    for _ in range(100):
        predict(state, command, response_params(VEHICLE), 1 / 15)
    assert state[3:6] == pytest.approx(command, abs=1e-3)
