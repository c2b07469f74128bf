"""What the sensors read, tick by tick: truth of a moment ago, bias, white noise, and what a fault makes of them.

Left out: saturation, misalignment and scale errors, g-sensitivity, vibration; lever arms (all sit at the centre of
mass); satellites lost behind buildings; roofs and trunks below the rangefinder, which knows the ground plane alone.
"""

import math

from numba import njit

from sim.frames import rotation_entries
from sim.physics.vehicle import GRAVITY
from sim.sensing.suite import (
    ACCEL,
    BARO,
    CHANNELS,
    DELAYED,
    FIRST,
    GARBAGE,
    GPS,
    GYRO,
    INTERMITTENT,
    OFF,
    RANGE,
    RING,
    STUCK,
    VIO,
    WRONG,
)


@njit(cache=True)
def read_sensors(sensing, suite, tick, dt, body, noise):
    """Write `reading` and `fresh` from the true body (13,) and SUITE_NOISE_SIZE standard normals."""
    spread = suite.walk if tick > 0 else suite.turn_on
    for channel in range(CHANNELS):
        sensing.bias[channel] += spread[channel] * noise[CHANNELS + channel]
    row = sensing.truth[tick % RING]
    for i in range(3):  # In loops: numba takes a second to compile an assignment of slices.
        row[i] = body[i]
        row[3 + i] = body[7 + i]
    for i in range(4):
        row[6 + i] = body[3 + i]
    _read_imu(sensing, tick, dt, body)
    for sensor in range(GPS, VIO + 1):
        late = _lateness(sensing, suite, sensor, tick, dt)
        sensing.fresh[sensor] = 0
        if late >= 0:
            then = sensing.truth[(tick - late) % RING]
            sensing.fresh[sensor] = _read_aid(sensing, suite, sensor, then)
    for sensor in range(VIO + 1):
        if sensing.fresh[sensor]:
            _spoil(sensing, suite, sensor, noise)


@njit(cache=True)
def _lateness(sensing, suite, sensor, tick, dt):
    """How many ticks old the reading is that comes this tick; -1 where none comes."""
    period = suite.period[sensor]
    fault = sensing.fault[sensor]
    if period == 0 or fault == OFF:
        return -1
    late = suite.delay[sensor]
    if fault == DELAYED:
        late += round(sensing.fault_value[sensor, 0] / dt)
    if fault == INTERMITTENT:
        span = max(round(sensing.fault_value[sensor, 0] / dt), 1)
        if (tick - sensing.fault_since[sensor]) // span % 2 == 0:
            return -1
    # Readings are taken on multiples of the period, and come when their delay is over.
    return late if tick >= late and (tick - late) % period == 0 else -1


@njit(cache=True)
def _read_imu(sensing, tick, dt, body):
    """Rates and specific force in the body as the tick ended: what strapdown equations turn back into the motion."""
    r = rotation_entries(body[3:7])
    # The flight begins at rest: there is no tick before the first.
    scale = 1.0 / dt if tick > 0 else 0.0
    fx = scale * (body[7] - sensing.velocity_before[0])
    fy = scale * (body[8] - sensing.velocity_before[1])
    fz = scale * (body[9] - sensing.velocity_before[2]) + GRAVITY
    for i in range(3):
        sensing.velocity_before[i] = body[7 + i]
        if sensing.fault[GYRO] != STUCK:
            sensing.reading[i] = r[i] * body[10] + r[3 + i] * body[11] + r[6 + i] * body[12]
        if sensing.fault[ACCEL] != STUCK:
            sensing.reading[3 + i] = r[i] * fx + r[3 + i] * fy + r[6 + i] * fz
    sensing.fresh[GYRO] = 1
    sensing.fresh[ACCEL] = 1


@njit(cache=True)
def _read_aid(sensing, suite, sensor, then):
    """Write what an aiding sensor would read without errors of the truth (10,) of that moment; 0 where it sees nothing."""
    reading = sensing.reading
    first = FIRST[sensor]
    r = rotation_entries(then[6:10])
    distance = then[2] / r[8] if r[8] > 0.0 else math.inf
    if sensor == RANGE and not (suite.range_low <= distance <= suite.range_high):
        return 0
    if sensing.fault[sensor] == STUCK:
        return 1
    if sensor == GPS:
        for i in range(6):
            reading[first + i] = then[i]
    elif sensor == BARO:
        reading[first] = then[2]
    elif sensor == RANGE:
        reading[first] = distance
    else:
        for i in range(3):
            reading[first + i] = r[i] * then[3] + r[3 + i] * then[4] + r[6 + i] * then[5]
    return 1


@njit(cache=True)
def _spoil(sensing, suite, sensor, noise):
    """Bias and white noise on a fresh reading, or what its fault does; stuck stays what it was, noise and all."""
    fault, value = sensing.fault[sensor], sensing.fault_value[sensor]
    if fault == STUCK:
        return
    first, end = FIRST[sensor], FIRST[sensor + 1]
    for channel in range(first, end):
        if fault == OFF:
            sensing.reading[channel] = 0.0
        elif fault == GARBAGE:
            sensing.reading[channel] = value[0] * noise[channel]
        else:
            sensing.reading[channel] += (
                sensing.bias[channel] + suite.noise[channel] * noise[channel]
            )
            # Of a position fix with velocity, the position is wrong.
            if fault == WRONG and channel - first < 3:
                sensing.reading[channel] += value[channel - first]
