"""Sensors measure what they state, when they state it; and the filter knows how wrong it is."""

from typing import Any

import numpy as np
import pytest

from sim.fault_board import FaultBoard
from sim.faults import MEANINGS, Fault
from sim.frames import quat_to_matrix
from sim.sensing.suite import ACCEL, FIRST, GPS, GYRO, RANGE, SENSORS
from tests.laws.rigid_body import DT, hold
from tests.laws.sensed_flight import (
    AID_WALKS,
    NOISES,
    TURN_ON,
    WALKS,
    Sensed,
    fly_sensed,
    nominal,
    perfect,
    sensed,
    wiggly,
    without,
)

HOVER = (0.0, 0.0, 0.0, 0.0)
HIGH: dict[str, Any] = {"position": (0.0, 0.0, 5.0)}
ROUGH: dict[str, Any] = {**HIGH, "wind": (2.0, 1.0, 0.0), "turbulence": 0.5}
IMU_RATE = 240
STATED = {
    "gyro": [3.4e-4 * np.sqrt(IMU_RATE)] * 3,
    "accel": [4.0e-3 * np.sqrt(IMU_RATE)] * 3,
    "gps": [0.4, 0.4, 0.8, 0.1, 0.1, 0.1],
    "baro": [0.1],
    "distance_sensor": [0.02],
    "vio": [0.05] * 3,
}
"""Standard deviation of one reading of the nominal suite; densities times the root of the rate (IEEE 952)."""
TABLES = {"gps": "gnss", "baro": "barometer", "distance_sensor": "rangefinder", "vio": "visual_odometry"}  # fmt: skip


def channels(sensor: str) -> slice:
    index = SENSORS.index(sensor)
    return slice(FIRST[index], FIRST[index + 1])


def true_readings(flown: Sensed, sensor: str) -> np.ndarray:
    """What a sensor without errors or delay would have read at every tick."""
    bodies = flown.bodies
    turns = np.array([quat_to_matrix(body[3:7]) for body in bodies])
    if sensor == "gps":
        return bodies[:, [0, 1, 2, 7, 8, 9]]
    if sensor == "baro":
        return bodies[:, 2:3]
    if sensor == "distance_sensor":
        return (bodies[:, 2] / turns[:, 2, 2])[:, None]
    vectors = {"vio": bodies[:, 7:10], "gyro": bodies[:, 10:13]}
    if sensor == "accel":
        velocity = np.vstack([np.zeros(3), bodies[:, 7:10]])
        vectors["accel"] = np.diff(velocity, axis=0) / DT + (0.0, 0.0, 9.80665)
    return np.einsum("nji,nj->ni", turns, vectors[sensor])


def delay_of(sensor: str) -> int:
    table = TABLES.get(sensor)
    return 0 if table is None else nominal()[table]["delay_ticks"]


def errors(flown: Sensed, sensor: str) -> np.ndarray:
    """Readings less what a perfect sensor would have read at the moment they are of."""
    ticks = np.flatnonzero(flown.fresh[:, SENSORS.index(sensor)])
    truth = true_readings(flown, sensor)[ticks - delay_of(sensor)]
    return flown.readings[ticks, channels(sensor)] - truth


# --- Each sensor for itself.


@pytest.mark.parametrize("sensor", SENSORS)
def test_noise_has_mean_zero_and_the_stated_spread(sensor: str) -> None:
    flown = fly_sensed(hold(HOVER, 600), sensed(without(nominal(), *TURN_ON, *WALKS)), still=True)
    if sensor == "distance_sensor":  # At 50 m it sees nothing.
        flown = fly_sensed(hold(HOVER, 600), sensed(without(nominal(), *WALKS), **HIGH), still=True)
    found = errors(flown, sensor)
    stated = np.array(STATED[sensor])
    # Four standard errors of a mean, and of a standard deviation.
    few = 4 / np.sqrt(len(found))
    assert (abs(found.mean(0)) < few * stated).all()
    assert found.std(0) == pytest.approx(stated, rel=few / np.sqrt(2))
    together = np.corrcoef(found[1:].T, found[:-1].T)
    assert abs(together - np.eye(len(together))).max() < 1.5 * few


@pytest.mark.parametrize(
    ("sensor", "table", "field", "walk"),
    [
        ("gyro", "imu", "gyro_bias_walk", 3.9e-5),
        ("accel", "imu", "accel_bias_walk", 1e-3),
        ("gps", "gnss", "position_walk", 0.05),
        ("baro", "barometer", "drift", 0.02),
        ("distance_sensor", "rangefinder", "range_walk", 0.01),
        ("vio", "visual_odometry", "velocity_walk", 0.002),
    ],
)
def test_a_bias_walks_as_the_root_of_time(sensor: str, table: str, field: str, walk: float) -> None:
    suite = perfect()
    suite[table][field] = walk
    ends = []
    for seed in range(60):
        flown = fly_sensed(hold(HOVER, 16), sensed(suite, **HIGH), still=True, seed=seed)
        found = errors(flown, sensor)
        assert found[0] == pytest.approx(0, abs=walk)
        ends.append(found[-1][:3])
        steps = np.diff(flown.biases[:, channels(sensor)][:, :3], axis=0)
        assert steps.std() == pytest.approx(walk * np.sqrt(DT), rel=0.05)
    assert np.std(ends) == pytest.approx(walk * 4.0, rel=0.25)
    assert abs(np.mean(ends)) < 4 * walk * 4.0 / np.sqrt(np.size(ends))


@pytest.mark.parametrize(("sensor", "stated"), [("gyro", 0.002), ("accel", 0.05)])
def test_the_imu_turns_on_with_a_bias_of_the_stated_spread(sensor: str, stated: float) -> None:
    suite = without(nominal(), *NOISES, *WALKS)
    found = [
        errors(fly_sensed(hold(HOVER, 1 / 15), sensed(suite), still=True, seed=seed), sensor)[-1]
        for seed in range(200)
    ]
    assert np.std(found) == pytest.approx(stated, rel=0.12)
    assert abs(np.mean(found)) < 4 * stated / np.sqrt(np.size(found))


@pytest.mark.parametrize("sensor", [*TABLES])
@pytest.mark.parametrize(("rate", "delay"), [(240, 0), (16, 5), (5, 24), (3, 120)])
def test_a_reading_comes_on_its_tick_and_is_of_its_moment(
    sensor: str, rate: int, delay: int
) -> None:
    suite = perfect()
    suite[TABLES[sensor]] |= {"rate_hz": rate, "delay_ticks": delay}
    flown = fly_sensed(wiggly(4, 0), sensed(suite, **HIGH))
    came = np.flatnonzero(flown.fresh[:, SENSORS.index(sensor)])
    np.testing.assert_array_equal(came, np.arange(delay, len(flown.fresh), 240 // rate))
    truth = true_readings(flown, sensor)
    assert np.ptp(truth, axis=0).min() > 0.05
    np.testing.assert_allclose(
        flown.readings[came, channels(sensor)], truth[came - delay], rtol=0, atol=1e-12
    )


def test_the_imu_reads_every_tick() -> None:
    flown = fly_sensed(wiggly(4, 0), sensed(perfect(), **HIGH))
    assert flown.fresh[:, [GYRO, ACCEL]].all()
    for sensor in ("gyro", "accel"):
        assert errors(flown, sensor) == pytest.approx(0, abs=1e-9)


def test_the_rangefinder_is_silent_outside_its_limits() -> None:
    for height, heard in ((0.05, False), (0.2, True), (11.9, True), (12.1, False)):
        flown = fly_sensed(hold(HOVER, 1), sensed(position=(0, 0, height)), still=True)
        assert bool(flown.fresh[:, RANGE].any()) == heard


def test_the_same_seed_reads_the_same_and_another_does_not() -> None:
    first, same, other = (
        fly_sensed(wiggly(2, 0), sensed(**HIGH), seed=seed).readings for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, same)
    assert not np.isclose(first[100:], other[100:]).any(axis=0).all()


@pytest.mark.parametrize("sensor", [*TABLES])
def test_a_sensors_absence_noise_or_fault_changes_no_other_sensors_draws(sensor: str) -> None:
    usual = fly_sensed(hold(HOVER, 4), sensed(**HIGH), still=True)
    louder, none = nominal(), nominal()
    louder[TABLES[sensor]] = {
        name: ([3 * v for v in value] if isinstance(value, list) else 3 * value)
        if name in NOISES
        else value
        for name, value in louder[TABLES[sensor]].items()
    }
    del none[TABLES[sensor]]
    faulty = sensed(**HIGH)
    others = [i for i, name in enumerate(SENSORS) if name != sensor]
    for flown in (
        fly_sensed(hold(HOVER, 4), sensed(louder, **HIGH), still=True),
        fly_sensed(hold(HOVER, 4), sensed(none, **HIGH), still=True),
        fly_sensed(hold(HOVER, 4), faulty, still=True, before_step=failing(faulty, sensor, "off")),
    ):
        np.testing.assert_array_equal(flown.fresh[:, others], usual.fresh[:, others])
        for index in others:
            cut = channels(SENSORS[index])
            np.testing.assert_array_equal(flown.readings[:, cut], usual.readings[:, cut])
        assert not np.array_equal(flown.readings[:, channels(sensor)], usual.readings[:, channels(sensor)])  # fmt: skip


# --- The filter.


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


def failing(flown: Any, component: str, kind: str, value: Any = None, at: int = 0) -> Any:
    """A `before_step` that lets one fault begin with a step."""
    board = FaultBoard(flown)

    def begin(step: int, plant: np.ndarray) -> None:
        if step == at:
            board.inject(Fault(time_s=0, component=component, kind=kind, value=value), step / 15)  # type: ignore[arg-type]
            board.begin(step / 15, plant, np.zeros((4, 48, 64), np.uint8))

    return begin


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


# --- Faults of sensors, on a body that stands still 5 m up.


def still_with(component: str, kind: str, value: Any = None) -> tuple[Sensed, Sensed]:
    """Without the fault, and with it from the second second on."""
    flown = sensed(**HIGH)
    fault = failing(flown, component, kind, value, at=30)
    return (
        fly_sensed(hold(HOVER, 8), flown, still=True),
        fly_sensed(hold(HOVER, 8), flown, still=True, before_step=fault),
    )


@pytest.mark.parametrize(
    ("sensor", "kind"), [(sensor, kind) for sensor in SENSORS for kind in MEANINGS[sensor]]
)
def test_a_sensors_fault_does_what_it_says(sensor: str, kind: str) -> None:
    imu = sensor in ("gyro", "accel")
    scalar = sensor in ("baro", "distance_sensor")
    value: Any = {
        "wrong": 2.0 if scalar else (1.0, 2.0, 3.0),
        "garbage": 7.0,
        "delayed": 0.25,
        "intermittent": 1.0,
    }.get(kind)
    whole, faulty = still_with(sensor, kind, value)
    index, cut = SENSORS.index(sensor), channels(sensor)
    np.testing.assert_array_equal(faulty.readings[:480], whole.readings[:480])
    came, usual = np.flatnonzero(faulty.fresh[480:, index]), np.flatnonzero(whole.fresh[480:, index])  # fmt: skip
    after, before = faulty.readings[480:, cut], whole.readings[480:, cut]
    if kind == "off":
        assert (after == 0).all() if imu else len(came) == 0
    elif kind == "stuck":
        np.testing.assert_array_equal(came, usual)
        assert (after == faulty.readings[479, cut]).all()
    elif kind == "garbage":
        assert after[came].std() == pytest.approx(7.0, rel=0.3)
    elif kind == "wrong":
        offset = np.zeros(after.shape[1])
        offset[:3] = value
        np.testing.assert_allclose((after - before)[came], np.tile(offset, (len(came), 1)), atol=1e-9)  # fmt: skip
    elif kind == "delayed":
        late = (came - delay_of(sensor) - 60) % (240 // nominal()[TABLES[sensor]]["rate_hz"])
        assert (late == 0).all()
        assert len(came) > 10
    else:
        silent = came // 240 % 2 == 0
        assert len(came) > 5
        assert not silent.any()
