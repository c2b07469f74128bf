"""Error-state Kalman filter: strapdown prediction, and readings taken in one number at a time.

Sola, *Quaternion kinematics for the error-state Kalman filter* (2017), with the attitude error in the world
(chapter 7): the true attitude is exp(error) times the believed one, so that errors of different ticks add up.
States of the error: 0 position, 3 velocity, 6 attitude, 9 gyroscope bias, 12 accelerometer bias.
"""

import math

from numba import njit

from sim.frames import quat_multiply, quat_perturb, rotation_entries
from sim.physics.vehicle import GRAVITY
from sim.sensing.suite import STATES

_DOUBT = (1.0, 1.0, 0.05, 0.05, 0.3)
"""Spread, in SI units, that a filter in doubt adds to position, velocity, attitude, gyroscope and accelerometer bias."""
_GATE = 25.0
"""Square of the standard deviations an innovation may have; PX4's gates are 5 wide, too."""


@njit(cache=True)
def predict(sensing, suite, estimate, dt):
    """Move the belief on by one tick of gyroscope and accelerometer."""
    reading = sensing.reading
    wx = reading[0] - sensing.gyro_bias[0]
    wy = reading[1] - sensing.gyro_bias[1]
    wz = reading[2] - sensing.gyro_bias[2]
    turn, turned = sensing.gain[0:3], sensing.gain[3:7]  # Memory; nothing else needs it now.
    turn[0], turn[1], turn[2] = wx * dt, wy * dt, wz * dt
    quat_perturb(estimate[3:7], turn, turned)
    _set_unit(turned, estimate[3:7])
    r = rotation_entries(estimate[3:7])
    ax = reading[3] - sensing.accel_bias[0]
    ay = reading[4] - sensing.accel_bias[1]
    az = reading[5] - sensing.accel_bias[2]
    fx = r[0] * ax + r[1] * ay + r[2] * az
    fy = r[3] * ax + r[4] * ay + r[5] * az
    fz = r[6] * ax + r[7] * ay + r[8] * az
    estimate[7] += dt * fx
    estimate[8] += dt * fy
    estimate[9] += dt * (fz - GRAVITY)
    for i in range(3):
        estimate[i] += dt * estimate[7 + i]
        estimate[10 + i] = r[3 * i] * wx + r[3 * i + 1] * wy + r[3 * i + 2] * wz
    _spread(sensing.covariance, r, fx, fy, fz, dt)
    _add_noise(sensing.covariance, suite, dt)


@njit(cache=True)
def take_in(sensing, innovation, variance):
    """Learn from one number that `jacobian` relates to the error; False where the gate refuses it.

    The correction is collected in `correction` and made once by `correct`.
    """
    covariance, row, gain = sensing.covariance, sensing.jacobian, sensing.gain
    correction = sensing.correction
    total = variance
    rest = innovation
    for i in range(STATES):
        gain[i] = 0.0
    for j in range(STATES):
        weight = row[j]
        if weight != 0.0:
            rest -= weight * correction[j]
            for i in range(STATES):
                gain[i] += weight * covariance[j, i]
    for i in range(STATES):
        total += row[i] * gain[i]
    if rest * rest > _GATE * total:
        return False
    for i in range(STATES):
        scaled = gain[i] / total
        correction[i] += scaled * rest
        for j in range(STATES):
            covariance[i, j] -= scaled * gain[j]
    return True


@njit(cache=True)
def correct(sensing, estimate):
    """Put the collected correction into the belief, and remember its sum."""
    correction = sensing.correction
    angle, quat = correction[6:9], sensing.gain[0:4]
    for i in range(3):
        estimate[i] += correction[i]
        estimate[7 + i] += correction[3 + i]
        sensing.gyro_bias[i] += correction[9 + i]
        sensing.accel_bias[i] += correction[12 + i]
    norm = math.sqrt(angle[0] ** 2 + angle[1] ** 2 + angle[2] ** 2)
    scale = 0.5 - norm * norm / 48.0 if norm < 1e-4 else math.sin(0.5 * norm) / norm
    turn = sensing.gain[4:8]
    turn[0], turn[1], turn[2] = scale * angle[0], scale * angle[1], scale * angle[2]
    turn[3] = math.cos(0.5 * norm)
    quat_multiply(turn, estimate[3:7], quat)
    _set_unit(quat, estimate[3:7])
    for i in range(9):
        sensing.corrected[i] += correction[i]
    for i in range(STATES):
        correction[i] = 0.0


@njit(cache=True)
def doubt(covariance):
    """Open the gates again: where all readings are refused, the belief is wrong (an IMU fault, say), not they."""
    for i in range(STATES):
        covariance[i, i] += _DOUBT[i // 3] ** 2


@njit(cache=True)
def _set_unit(quat, out):
    """Integration rounds: write the quaternion (4,) at length one."""
    norm = math.sqrt(quat[0] ** 2 + quat[1] ** 2 + quat[2] ** 2 + quat[3] ** 2)
    for i in range(4):
        out[i] = quat[i] / norm


@njit(cache=True)
def _spread(p, r, fx, fy, fz, dt):
    """P <- F P F', where F is the identity but for dp += dt dv, dv += dt (dtheta x f - R dba), dtheta -= dt R dbg.

    f is the specific force in the world. Rows first, then the same on columns; each reads only what is not yet changed.
    """
    gx, gy, gz = dt * fx, dt * fy, dt * fz
    a, b, c = dt * r[0], dt * r[1], dt * r[2]
    d, e, f = dt * r[3], dt * r[4], dt * r[5]
    g, h, k = dt * r[6], dt * r[7], dt * r[8]
    for j in range(STATES):
        p[0, j] += dt * p[3, j]
        p[1, j] += dt * p[4, j]
        p[2, j] += dt * p[5, j]
        p[3, j] += gz * p[7, j] - gy * p[8, j] - (a * p[12, j] + b * p[13, j] + c * p[14, j])
        p[4, j] += gx * p[8, j] - gz * p[6, j] - (d * p[12, j] + e * p[13, j] + f * p[14, j])
        p[5, j] += gy * p[6, j] - gx * p[7, j] - (g * p[12, j] + h * p[13, j] + k * p[14, j])
        p[6, j] -= a * p[9, j] + b * p[10, j] + c * p[11, j]
        p[7, j] -= d * p[9, j] + e * p[10, j] + f * p[11, j]
        p[8, j] -= g * p[9, j] + h * p[10, j] + k * p[11, j]
    for i in range(STATES):
        q = p[i]
        q[0] += dt * q[3]
        q[1] += dt * q[4]
        q[2] += dt * q[5]
        q[3] += gz * q[7] - gy * q[8] - (a * q[12] + b * q[13] + c * q[14])
        q[4] += gx * q[8] - gz * q[6] - (d * q[12] + e * q[13] + f * q[14])
        q[5] += gy * q[6] - gx * q[7] - (g * q[12] + h * q[13] + k * q[14])
        q[6] -= a * q[9] + b * q[10] + c * q[11]
        q[7] -= d * q[9] + e * q[10] + f * q[11]
        q[8] -= g * q[9] + h * q[10] + k * q[11]


@njit(cache=True)
def _add_noise(p, suite, dt):
    """What a tick of IMU noise and of bias walk adds; equal on all axes, so the rotation drops out."""
    for i in range(3):
        force, rate = dt * suite.noise[3 + i], dt * suite.noise[i]
        p[3 + i, 3 + i] += force * force
        p[6 + i, 6 + i] += rate * rate
        p[9 + i, 9 + i] += suite.walk[i] * suite.walk[i]
        p[12 + i, 12 + i] += suite.walk[3 + i] * suite.walk[3 + i]
