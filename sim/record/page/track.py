"""Where the drone was, and what moved: one sample at the start and one at the end of each control step."""

import numpy as np
from jaxtyping import Float

from sim.record.altitude import ground_below
from sim.record.page.pack import Column, exact, quantised
from sim.record.reader import Flight
from sim.types import EGO_FIELDS, POSITION, QUATERNION, VELOCITY
from sim.world.movers import Movers

MILLIMETRE = 1e-3
QUATERNION_SCALE = 1 / 32767
SPEED_SCALE = 1e-2  # m/s
CHARGE_SCALE = 1e-4
ACTION_SCALE = 1e-4
_BATTERY = EGO_FIELDS.index("battery")


def track_columns(
    flight: Flight,
    times: Float[np.ndarray, " m"],
    bodies: Float[np.ndarray, "m 13"],
    clearance: Float[np.ndarray, " m"],
    movers: Movers,
) -> dict[str, Column]:
    """Times, poses and the ground below, velocities, clearance, battery, commands and movers."""
    columns = {
        "times": exact(times, "float32"),
        "ground": quantised(
            ground_below(flight.scenario, bodies[:, POSITION]),
            "int32",
            MILLIMETRE,
            differenced=True,
        ),
        "position": quantised(bodies[:, POSITION], "int32", MILLIMETRE, differenced=True),
        "quaternion": quantised(_continuous(bodies[:, QUATERNION]), "int16", QUATERNION_SCALE),
        "velocity": quantised(bodies[:, VELOCITY], "int16", SPEED_SCALE),
        "clearance": quantised(clearance, "int16", MILLIMETRE),
        "battery": quantised(flight.ego[:, _BATTERY], "uint16", CHARGE_SCALE, differenced=True),
        "action": quantised(flight.actions, "int16", ACTION_SCALE),
    }
    if movers:
        hz = flight.scenario.rates.physics_hz
        ticks = np.rint(times * hz).astype(int).tolist()
        where = np.array([movers.positions_at(tick) for tick in ticks])
        columns["mover_position"] = quantised(where, "int32", MILLIMETRE, differenced=True)
        columns["mover_shape"] = exact(movers.shapes, "float32")
        columns["mover_color"] = exact(np.rint(movers.colors), "uint8")
    return columns


def _continuous(quaternions: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 4"]:
    """Of the two quaternions of each rotation the one nearer to that before it: no turn the long way round."""
    dots = np.sum(quaternions[1:] * quaternions[:-1], axis=1)
    signs = np.cumprod(np.concatenate([[1.0], np.where(dots < 0.0, -1.0, 1.0)]))
    return quaternions * signs[:, None]
