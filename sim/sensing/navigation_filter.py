"""One tick of the estimator: IMU prediction, then every fresh reading against what was believed when it was taken.

A late reading is compared with the belief of its own moment, moved by all corrections made since, and corrects the
belief of now; only a position's lateness enters the Jacobian, since velocity and attitude errors hardly change
within a delay. Heading has no sensor of its own: it follows from satellite velocity (world) against visual
velocity (body) and against acceleration, as long as the drone moves.
"""

from numba import njit

from sim.frames import rotation_entries
from sim.sensing.kalman import correct, doubt, predict, take_in
from sim.sensing.readings import read_sensors
from sim.sensing.suite import BARO, FIRST, GPS, RANGE, RING, STATES, VIO

_PATIENCE = 0.5
"""Seconds without a believed horizontal reading, though readings come, after which the filter doubts itself."""
_UPRIGHT_MIN = 0.5
"""Cosine of tilt below which a range says too little about the height."""


@njit(cache=True)
def update_fused(state, params, body, noise):
    """Read the sensors of the true body (13,) with SUITE_NOISE_SIZE standard normals and write the estimate (13,)."""
    sensing, suite, estimate = state.sensing, params.suite, state.estimate
    tick = state.tick
    read_sensors(sensing, suite, tick, params.dt, body, noise)
    if tick > 0:
        predict(sensing, suite, estimate, params.dt)
    _remember(sensing, estimate, sensing.believed[tick % RING])
    heard = False
    for sensor in range(GPS, VIO + 1):
        if sensing.fresh[sensor]:
            heard = True
            then = sensing.believed[(tick - suite.delay[sensor]) % RING]
            late = suite.delay[sensor] * params.dt
            refused = sensing.rejected[sensor]
            _compare(sensing, suite, sensor, then, late)
            if sensor in (GPS, VIO):
                if sensing.rejected[sensor] == refused:
                    sensing.trusted = tick
                elif (tick - sensing.trusted) * params.dt > _PATIENCE:
                    doubt(sensing.covariance)
                    sensing.trusted = tick
    if heard:
        correct(sensing, estimate)


@njit(cache=True)
def _remember(sensing, estimate, row):
    """Write into a row (19,) of the ring what is believed now, and the corrections that led here."""
    for i in range(3):
        row[i] = estimate[i]
        row[3 + i] = estimate[7 + i]
    for i in range(4):
        row[6 + i] = estimate[3 + i]
    for i in range(9):
        row[10 + i] = sensing.corrected[i]


@njit(cache=True)
def _compare(sensing, suite, sensor, then, late):
    """Take in one sensor's fresh reading against the belief (19,) of its moment, `late` seconds ago."""
    if sensor == GPS:
        for i in range(3):
            _clear(sensing.jacobian)
            sensing.jacobian[i] = 1.0
            sensing.jacobian[3 + i] = -late
            _learn(sensing, suite, GPS, i, _believed(sensing, then, i))
        for i in range(3):
            _clear(sensing.jacobian)
            sensing.jacobian[3 + i] = 1.0
            _learn(sensing, suite, GPS, 3 + i, _believed(sensing, then, 3 + i))
    elif sensor == BARO:
        _clear(sensing.jacobian)
        sensing.jacobian[2] = 1.0
        sensing.jacobian[5] = -late
        _learn(sensing, suite, BARO, 0, _believed(sensing, then, 2))
    elif sensor == RANGE:
        _compare_range(sensing, suite, then, late)
    else:
        _compare_visual(sensing, suite, then)


@njit(cache=True)
def _compare_range(sensing, suite, then, late):
    """Range z / (R ez)_z: turning by theta adds (theta x R ez)_z to the denominator."""
    r = rotation_entries(then[6:10])
    turn_x = sensing.corrected[6] - then[16]
    turn_y = sensing.corrected[7] - then[17]
    upright = r[8] + turn_x * r[5] - turn_y * r[2]
    if upright < _UPRIGHT_MIN:
        return
    height = _believed(sensing, then, 2)
    _clear(sensing.jacobian)
    sensing.jacobian[2] = 1.0 / upright
    sensing.jacobian[5] = -late / upright
    sensing.jacobian[6] = -height / (upright * upright) * r[5]
    sensing.jacobian[7] = height / (upright * upright) * r[2]
    _learn(sensing, suite, RANGE, 0, height / upright)


@njit(cache=True)
def _compare_visual(sensing, suite, then):
    """Body velocity R' v: turning by theta makes it R' (v - theta x v) = R' (v + v x theta)."""
    r = rotation_entries(then[6:10])
    tx = sensing.corrected[6] - then[16]
    ty = sensing.corrected[7] - then[17]
    tz = sensing.corrected[8] - then[18]
    vx, vy, vz = (
        _believed(sensing, then, 3),
        _believed(sensing, then, 4),
        _believed(sensing, then, 5),
    )
    ux = vx - (ty * vz - tz * vy)
    uy = vy - (tz * vx - tx * vz)
    uz = vz - (tx * vy - ty * vx)
    row = sensing.jacobian
    for i in range(3):
        x, y, z = r[i], r[3 + i], r[6 + i]
        _clear(row)
        row[3], row[4], row[5] = x, y, z
        row[6] = y * vz - z * vy
        row[7] = z * vx - x * vz
        row[8] = x * vy - y * vx
        _learn(sensing, suite, VIO, i, x * ux + y * uy + z * uz)


@njit(cache=True)
def _believed(sensing, then, i):
    """Entry i of position and velocity then, as it is believed now."""
    return then[i] + sensing.corrected[i] - then[10 + i]


@njit(cache=True)
def _learn(sensing, suite, sensor, offset, expected):
    channel = FIRST[sensor] + offset
    if not take_in(sensing, sensing.reading[channel] - expected, suite.variance[channel]):
        sensing.rejected[sensor] += 1


@njit(cache=True)
def _clear(row):
    for i in range(STATES):
        row[i] = 0.0
