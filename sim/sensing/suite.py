"""The sensor suite as compiled code sees it: its channels, its constants, and its state."""

import numpy as np
from jaxtyping import Shaped

from sim.sensing.settings import MAX_DELAY_TICKS, Aiding, Sensors

SENSORS = ("gyro", "accel", "gps", "baro", "distance_sensor", "vio")
"""In the order of every array below, under PX4's names."""
GYRO, ACCEL, GPS, BARO, RANGE, VIO = range(6)
FIRST = (0, 3, 6, 12, 13, 14, 17)
"""First channel of each sensor, and the end: rates 3, force 3, position 3 and velocity 3, height, range, velocity 3."""
CHANNELS = FIRST[-1]
SUITE_NOISE_SIZE = 2 * CHANNELS
"""Standard normals a tick consumes, whatever is fitted or failed: white noise, then bias walk, of every channel."""
RING = 128
"""Ticks of the past that are kept; more than any delay."""
assert RING > MAX_DELAY_TICKS
STATES = 15
"""Of the filter's error: position, velocity, attitude (all in the world), gyroscope and accelerometer bias."""
OFF, STUCK, GARBAGE, WRONG, DELAYED, INTERMITTENT = 1, 2, 3, 4, 5, 6
"""Codes of `fault`; 0 is ok."""
FAULT_CODES = {
    "ok": 0,
    "off": OFF,
    "stuck": STUCK,
    "garbage": GARBAGE,
    "wrong": WRONG,
    "delayed": DELAYED,
    "intermittent": INTERMITTENT,
}
_LEAST_VARIANCE = 1e-8
"""Of a sensor without noise; a filter must not divide by zero."""
_AVERAGING_S = 10.0
"""Time over which the filter averages what it aids itself with; see `_believed_variance`."""
_START_STD = 1e-3
"""Spread of the start pose, m, m/s and rad: the pad defines the frame, so next to nothing."""

SUITE_DTYPE = np.dtype(
    [
        ("fitted", "i8"),  # 1: sensors and filter; 0: the scenario states the errors of an odometry
        ("noise", "f8", CHANNELS),  # standard deviation of one reading
        ("walk", "f8", CHANNELS),  # standard deviation of a tick's change of bias
        ("turn_on", "f8", CHANNELS),  # standard deviation of the bias at the start
        ("variance", "f8", CHANNELS),  # of a reading, as the filter believes
        ("period", "i8", len(SENSORS)),  # ticks between readings; 0: not fitted
        ("delay", "i8", len(SENSORS)),  # ticks
        ("range_low", "f8"),  # m
        ("range_high", "f8"),  # m
    ],
    align=True,
)
"""Constants of a flight."""

SENSING_DTYPE = np.dtype(
    [
        ("bias", "f8", CHANNELS),
        ("reading", "f8", CHANNELS),  # the last one; kept where a sensor falls silent
        ("fresh", "i8", len(SENSORS)),  # 1: came this tick
        ("fault", "i8", len(SENSORS)),
        ("fault_value", "f8", (len(SENSORS), 3)),
        ("fault_since", "i8", len(SENSORS)),  # tick
        ("velocity_before", "f8", 3),  # m/s, world, a tick ago
        ("truth", "f8", (RING, 10)),  # position, velocity, quaternion by tick, for delayed readings
        ("gyro_bias", "f8", 3),  # rad/s, body; the filter's belief, as all below
        ("accel_bias", "f8", 3),  # m/s2, body
        ("covariance", "f8", (STATES, STATES)),
        ("correction", "f8", STATES),  # of this tick's readings together
        ("jacobian", "f8", STATES),
        ("gain", "f8", STATES),
        ("corrected", "f8", 9),  # sum of all corrections: position, velocity, attitude
        ("believed", "f8", (RING, 19)),  # position, velocity, quaternion, `corrected` by tick
        ("rejected", "i8", len(SENSORS)),  # numbers that the gate refused
        ("trusted", "i8"),  # tick of the last horizontal reading that was believed whole
    ],
    align=True,
)
"""What changes."""


def pack_suite(sensors: Sensors | None, physics_hz: int) -> Shaped[np.ndarray, "1"]:
    """The constants of a flight; all zero where the scenario has no sensors."""
    suite = np.zeros(1, SUITE_DTYPE)
    if sensors is None:
        return suite
    record = suite[0]
    record["fitted"] = 1
    dt = 1.0 / physics_hz
    imu = sensors.imu
    _fit(record, GYRO, 1, 0)
    _fit(record, ACCEL, 1, 0)
    record["noise"][0:3] = imu.gyro_noise / np.sqrt(dt)
    record["noise"][3:6] = imu.accel_noise / np.sqrt(dt)
    record["walk"][0:3] = imu.gyro_bias_walk
    record["walk"][3:6] = imu.accel_bias_walk
    record["turn_on"][0:3] = imu.gyro_turn_on_bias_rad_s
    record["turn_on"][3:6] = imu.accel_turn_on_bias_m_s2
    aids = (sensors.gnss, sensors.barometer, sensors.rangefinder, sensors.visual_odometry)
    for sensor, aid in zip((GPS, BARO, RANGE, VIO), aids, strict=True):
        if aid is not None:
            _fit(record, sensor, physics_hz // aid.rate_hz, aid.delay_ticks)
    if sensors.gnss is not None:
        record["noise"][6:8], record["noise"][8] = sensors.gnss.position_std_m
        record["noise"][9:12] = sensors.gnss.velocity_std_m_s
        record["walk"][6:9] = sensors.gnss.position_walk
    if sensors.barometer is not None:
        record["noise"][12], record["walk"][12] = (
            sensors.barometer.height_std_m,
            sensors.barometer.drift,
        )
    if sensors.rangefinder is not None:
        finder = sensors.rangefinder
        record["noise"][13], record["walk"][13] = finder.range_std_m, finder.range_walk
        record["range_low"], record["range_high"] = finder.range_min_m, finder.range_max_m
    if sensors.visual_odometry is not None:
        record["noise"][14:17] = sensors.visual_odometry.velocity_std_m_s
        record["walk"][14:17] = sensors.visual_odometry.velocity_walk
    for sensor, aid in zip((GPS, BARO, RANGE, VIO), aids, strict=True):
        if aid is not None:
            channels = slice(FIRST[sensor], FIRST[sensor + 1])
            record["variance"][channels] = _believed_variance(record, channels, aid)
    record["walk"] *= np.sqrt(dt)
    return suite


def start_sensing(
    sensing: Shaped[np.ndarray, "1"], suite: Shaped[np.ndarray, "1"], height_m: float
) -> None:
    """The filter's first belief: a pose as good as exact, biases as uncertain as they are."""
    constants = suite[0]
    spread = np.full(STATES, _START_STD)
    spread[9:12], spread[12:15] = constants["turn_on"][0:3], constants["turn_on"][3:6]
    # A filter that is certain never learns: a bias that cannot be is a bias next to nothing.
    sensing["covariance"][0] = np.diag(np.maximum(spread, 1e-9) ** 2)
    sensing["reading"][0, 12:14] = height_m


def _fit(record: np.void, sensor: int, period: int, delay: int) -> None:
    record["period"][sensor], record["delay"][sensor] = period, delay


def _believed_variance(record: np.void, channels: slice, aid: Aiding) -> np.ndarray:
    """White noise, and the wander as if it were white.

    The filter has no state for the wander of its aids. It is alike in all the readings of an averaging time T, and
    rate T readings of variance V weigh as one of V / (rate T): so that it weighs as it should, walk^2 T counts that often.
    """
    wander = record["walk"][channels] ** 2 * _AVERAGING_S
    return np.maximum(
        record["noise"][channels] ** 2 + wander * aid.rate_hz * _AVERAGING_S, _LEAST_VARIANCE
    )
