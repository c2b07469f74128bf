"""The plant as the simulator's loop calls it: a control step's memory is handed over whole, records as bytes.

Telling compiled code which record an array holds costs more than a tick's mathematics, bytes cost nothing; and a
row that compiled code takes for itself is no NumPy view to be made.
"""

import math

from numba import njit

from sim.physics.plant import PLANT_DTYPE, set_command, tick
from sim.physics.vehicle import VEHICLE_DTYPE
from sim.types import MAX_SPEED, MAX_YAW_RATE


@njit(cache=True)
def command_step(plant_bytes, action, speed_limit, setpoint):
    """Take over an action (4,) in [-1, 1] as a command in SI, its velocity clipped to the speed limit, m/s.

    `setpoint` (4,) is overwritten.
    """
    vx, vy, vz = MAX_SPEED * action[0], MAX_SPEED * action[1], MAX_SPEED * action[2]
    speed = math.sqrt(vx * vx + vy * vy + vz * vz)
    scale = speed_limit / speed if speed > speed_limit else 1.0
    setpoint[0] = vx * scale
    setpoint[1] = vy * scale
    setpoint[2] = vz * scale
    setpoint[3] = MAX_YAW_RATE * action[3]
    set_command(plant_bytes.view(PLANT_DTYPE), setpoint)


@njit(cache=True)
def tick_step(plant_bytes, params_bytes, path, index, noise, free, wrench):
    """One tick of the plant from row `index` of a step's path (t + 1, 13); writes the wrench (6,), world.

    Returns whether the hull is as far as `free` m or farther from where the step began, NaN included: contacts are
    then possible.
    """
    body = path[index]
    tick(
        plant_bytes.view(PLANT_DTYPE), params_bytes.view(VEHICLE_DTYPE), body, noise[index], wrench
    )
    dx, dy, dz = body[0] - path[0, 0], body[1] - path[0, 1], body[2] - path[0, 2]
    return not (math.sqrt(dx * dx + dy * dy + dz * dz) < free)
