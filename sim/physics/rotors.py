"""Rotors in X layout: thrust and torque from speed, first-order lag, and the allocation of a wanted wrench.

Seen from above, rotor 0 is front left, 1 back left, 2 back right, 3 front right; 0 and 2 turn clockwise, so that
their reaction pushes the nose to the left (positive yaw torque). Left out: gyroscopic torque of the rotors, the
torque of their own acceleration, thrust lost or gained by climbing, downwash.
"""

import math

from numba import njit

GROUND_REACH = 8.0
"""Rotor radii above the ground from which on its effect is exactly nil."""
_GROUND_SHARE_MAX = 0.25  # thrust at most 4/3: closer to the ground the formula runs away; gym-pybullet-drones stops at 1.27


@njit(cache=True)
def ground_gain(height, radius, ground_effect):
    """Thrust near the ground over thrust far from it, at rotors this high, m.

    Cheeseman & Bennett (ARC R&M 3021, 1955): 1 / (1 - (R / 4 z)^2) for one rotor in hover; `ground_effect` multiplies
    the square, as Danjun et al. (CCC 2015) fit it to quadrotors. The little that is left at GROUND_REACH is subtracted
    everywhere, so that the gain is continuous and flights above it are untouched, bit for bit.
    """
    if height >= GROUND_REACH * radius:
        return 1.0
    ratio = radius / (4.0 * max(height, 1e-3))
    share = ground_effect * (ratio * ratio - 1.0 / (16.0 * GROUND_REACH * GROUND_REACH))
    return 1.0 / (1.0 - min(share, _GROUND_SHARE_MAX))


@njit(cache=True)
def lag_rotors(speed, command, time_constant, dt):
    """Advance rotor speeds (4,) towards their commands by one tick, exactly for a constant command."""
    blend = 1.0 - math.exp(-dt / time_constant)
    for i in range(4):
        speed[i] += blend * (command[i] - speed[i])


@njit(cache=True)
def rotor_wrench(speed, thrust_coefficient, torque_ratio, arm):
    """Total thrust along body z, and torque about body x, y, z, from rotor speeds (4,)."""
    f0 = thrust_coefficient * speed[0] * speed[0]
    f1 = thrust_coefficient * speed[1] * speed[1]
    f2 = thrust_coefficient * speed[2] * speed[2]
    f3 = thrust_coefficient * speed[3] * speed[3]
    lever = arm * math.sqrt(0.5)
    thrust = f0 + f1 + f2 + f3
    roll = lever * (f0 + f1 - f2 - f3)
    pitch = lever * (f1 + f2 - f0 - f3)
    yaw = torque_ratio * (f0 - f1 + f2 - f3)
    return thrust, roll, pitch, yaw


@njit(cache=True)
def allocate(
    thrust, roll, pitch, yaw, thrust_coefficient, torque_ratio, arm, speed_min, speed_max, out
):
    """Rotor speeds (4,) for a wanted thrust and torque; where they do not fit, roll and pitch come first, then thrust, yaw last.

    Thrust may give way to roll and pitch but never grows for them, as in PX4 with air mode off (MC_AIRMODE 0): where a
    rotor would have to turn slower than it can, the torque shrinks. Otherwise turning to and fro would lift the drone.
    """
    low = thrust_coefficient * speed_min * speed_min
    high = thrust_coefficient * speed_max * speed_max
    lever = 4.0 * arm * math.sqrt(0.5)
    roll /= lever
    pitch /= lever
    mean = min(max(0.25 * thrust, low), high)
    reach = abs(roll) + abs(pitch)
    room = min(mean - low, 0.5 * (high - low))
    if reach > room:
        shrink = room / reach
        roll *= shrink
        pitch *= shrink
        reach = room
    mean = min(mean, high - reach)
    f0, f1, f2, f3 = (
        mean + roll - pitch,
        mean + roll + pitch,
        mean - roll + pitch,
        mean - roll - pitch,
    )
    # Yaw adds y to rotors 0 and 2 and takes it from 1 and 3: keep y within what all four have left.
    top = min(high - max(f0, f2), min(f1, f3) - low)
    bottom = -min(high - max(f1, f3), min(f0, f2) - low)
    turn = min(max(yaw / (4.0 * torque_ratio), min(bottom, 0.0)), max(top, 0.0))
    out[0] = math.sqrt(max(f0 + turn, low) / thrust_coefficient)
    out[1] = math.sqrt(max(f1 - turn, low) / thrust_coefficient)
    out[2] = math.sqrt(max(f2 + turn, low) / thrust_coefficient)
    out[3] = math.sqrt(max(f3 - turn, low) / thrust_coefficient)
