"""The filter knows how wrong it is, and what it has lost."""

from typing import Any

import numpy as np
import pytest

from sim.frames import quat_to_matrix
from sim.sensing.suite import GPS
from tests.laws.sensed_flight import (
    AID_WALKS,
    Sensed,
    fly_sensed,
    nominal,
    perfect,
    sensed,
    wiggly,
    without,
)
from tests.laws.sensor_errors import (
    HIGH,
    ROUGH,
    failing,
)


def position_error(flown: Sensed) -> np.ndarray:
    return np.linalg.norm((flown.estimates - flown.bodies)[:, :3], axis=1)


def distance(flown: Sensed) -> float:
    return float(np.linalg.norm(np.diff(flown.bodies[:, :3], axis=0), axis=1).sum())


def nees(flown: Sensed) -> np.ndarray:
    """Normalised estimation error squared after each step: 15 on average for a filter that knows itself."""
    found = []
    for step, covariance in enumerate(flown.covariances):
        row = 16 * step + 15
        body, estimate = flown.bodies[row], flown.estimates[row]
        error = np.empty(15)
        error[0:3], error[3:6] = (body - estimate)[0:3], (body - estimate)[7:10]
        turn = quat_to_matrix(body[3:7]) @ quat_to_matrix(estimate[3:7]).T
        skew = 0.5 * (turn - turn.T)
        error[6:9] = skew[2, 1], skew[0, 2], skew[1, 0]
        error[9:15] = flown.biases[row, :6] - flown.believed_biases[row]
        found.append(error @ np.linalg.solve(covariance, error))
    return np.array(found)


def test_perfect_sensors_give_the_truth() -> None:
    """Prediction is the exact inverse of the motion, and every reading, late or not, agrees with it."""
    flown = fly_sensed(wiggly(20, 0), sensed(perfect(), **ROUGH))
    np.testing.assert_allclose(flown.estimates, flown.bodies, rtol=0, atol=1e-9)


def test_the_filter_is_consistent_where_its_model_holds() -> None:
    """Without the wander of its aids, which it has no states for: 15 states, 20 flights, 99.9 % bounds."""
    suite = without(nominal(), *AID_WALKS)
    flights = np.array(
        [
            nees(fly_sensed(wiggly(20, seed), sensed(suite, **ROUGH), seed=seed))
            for seed in range(20)
        ]
    )
    at_a_time = flights[:, 45::15].mean(0)
    assert 11.3 < np.median(at_a_time) < 19.4
    assert (at_a_time < 22.0).all()
    assert 12.5 < flights[:, 45:].mean() < 17.5


def test_with_the_wander_of_its_aids_the_filter_errs_by_no_more_than_twice_what_it_believes() -> (
    None
):
    flights = [nees(fly_sensed(wiggly(40, s), sensed(**ROUGH), seed=s))[45:] for s in range(12)]
    assert 8.0 < np.mean(flights) < 30.0


@pytest.mark.parametrize("seconds", [8, 60])
def test_the_nominal_drift_is_below_a_hundredth_of_the_distance(seconds: float) -> None:
    flights = [fly_sensed(wiggly(seconds, s), sensed(**ROUGH), seed=s) for s in range(16)]
    shares = np.array([position_error(flown)[-1] / distance(flown) for flown in flights])
    assert distance(flights[0]) > 3.5 * seconds
    assert np.sqrt(np.mean(shares**2)) < 0.005
    assert shares.max() < 0.01


def rms_errors(suite: dict[str, Any]) -> tuple[float, float, float]:
    """Root mean squares over flights of 40 s: position and velocity horizontally, height."""
    found = []
    for seed in range(8):
        flown = fly_sensed(wiggly(40, seed), sensed(suite, **ROUGH), seed=seed)
        found.append(flown.estimates - flown.bodies)
    square = np.mean(np.square(found), axis=(0, 1))
    return np.sqrt(square[0] + square[1]), np.sqrt(square[7] + square[8]), np.sqrt(square[2])


def test_losing_a_sensor_matters() -> None:
    full = rms_errors(nominal())
    blind, unfixed, both, high = (
        rms_errors({name: table for name, table in nominal().items() if name not in lost})
        for lost in (["visual_odometry"], ["gnss"], ["visual_odometry", "gnss"], ["rangefinder"])
    )
    assert unfixed[0] > 2 * full[0]  # Heading and position drift away,
    assert blind[1] > 1.5 * full[1]  # velocity gets noisy,
    assert both[0] > 5 * max(unfixed[0], blind[0])  # nothing is left but the IMU,
    assert high[2] > 3 * full[2]  # and the height is the barometer's.


@pytest.mark.parametrize("sensor", ["gps", "vio"])
def test_losing_a_sensor_in_flight_matters(sensor: str) -> None:
    flown = sensed(**ROUGH)
    column = slice(0, 2) if sensor == "gps" else slice(7, 9)

    def error(before_step: Any, seed: int) -> float:
        s = fly_sensed(wiggly(40, seed), flown, seed=seed, before_step=before_step)
        return float(np.square((s.estimates - s.bodies)[20 * 240 :, column]).mean())

    whole = np.mean([error(None, seed) for seed in range(6)])
    lost = np.mean([error(failing(flown, sensor, "off", at=150), seed) for seed in range(6)])
    assert lost > 3 * whole


@pytest.mark.parametrize(
    ("component", "jump", "channel"),
    [("gyro", (0.05, -0.05, 0.05), 0), ("accel", (0.3, 0.3, -0.3), 3)],
)
def test_a_jump_of_an_imu_bias_is_felt_and_learnt(
    component: str, jump: tuple[float, float, float], channel: int
) -> None:
    flown = sensed(**HIGH)
    whole = fly_sensed(wiggly(40, 1), flown)
    s = fly_sensed(
        wiggly(40, 1), flown, before_step=failing(flown, component, "wrong", jump, at=150)
    )
    felt = slice(10 * 240, 13 * 240)
    assert position_error(s)[felt].max() > 3 * position_error(whole)[felt].max()
    learnt = s.believed_biases[-1, channel : channel + 3] - s.biases[-1, channel : channel + 3]
    assert learnt == pytest.approx(jump, abs=0.2 * abs(jump[0]))
    assert position_error(s)[-1] < 1.5


def test_a_fix_far_off_is_refused_and_a_near_one_believed() -> None:
    flown = sensed(**HIGH)
    for offset, refused in ((30.0, True), (3.0, False)):
        s = fly_sensed(
            wiggly(20, 0), flown, before_step=failing(flown, "gps", "wrong", (offset, 0, 0), at=75)
        )
        assert bool(s.plant["sensing"]["rejected"][0, GPS]) == refused
        assert position_error(s).max() < 3.0
        assert (position_error(s)[-1] > 0.5) == (not refused)
