"""Sensors measure what they state, when they state it."""

import numpy as np
import pytest

from sim.sensing.suite import ACCEL, GYRO, RANGE, SENSORS
from tests.laws.rigid_body import DT, hold
from tests.laws.sensed_flight import (
    NOISES,
    TURN_ON,
    WALKS,
    fly_sensed,
    nominal,
    perfect,
    sensed,
    wiggly,
    without,
)
from tests.laws.sensor_errors import (
    HIGH,
    HOVER,
    STATED,
    TABLES,
    channels,
    errors,
    failing,
    true_readings,
)


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
