"""Where the drone was, and what moved: one sample at the start and one at the end of each control step."""

import numpy as np
from jaxtyping import Float

from sim.physics.vehicle import load_vehicle
from sim.record.page.pack import Column, exact, quantised
from sim.record.reader import Flight
from sim.types import BODY_SIZE, EGO_FIELDS, POSITION, QUATERNION, VELOCITY
from sim.world.clearance import ClearanceField
from sim.world.movers import Movers

MILLIMETRE = 1e-3
QUATERNION_SCALE = 1 / 32767
SPEED_SCALE = 1e-2  # m/s
CHARGE_SCALE = 1e-4
ACTION_SCALE = 1e-4
_FARTHEST = 1e5
"""m, m/s: beyond it a state is not worth drawing."""
_BATTERY = EGO_FIELDS.index("battery")


def sample_times(flight: Flight) -> Float[np.ndarray, " m"]:
    """s; the last step may have been cut short by a crash."""
    last_ticks = int(flight.tick_starts[-1] - flight.tick_starts[-2])
    end = flight.times[-1] + last_ticks / flight.scenario.rates.physics_hz
    return np.append(flight.times, end)


def sample_bodies(flight: Flight) -> Float[np.ndarray, "m 13"]:
    """Bodies at the samples; what diverged is left where it last made sense."""
    bodies = np.vstack([_first_body(flight), flight.step_bodies])
    sound = np.all(np.abs(bodies) < _FARTHEST, axis=1)
    latest = np.maximum.accumulate(np.where(sound, np.arange(len(bodies)), 0))
    return bodies[latest]


def _first_body(flight: Flight) -> Float[np.ndarray, "13"]:
    """At rest at the start; of a log that begins later, the first body it holds."""
    if flight.times[0] > 0.0 and len(flight.poses):
        return flight.poses[0]
    body, start = np.zeros(BODY_SIZE), flight.scenario.start
    body[POSITION] = start.position_m
    body[QUATERNION] = 0.0, 0.0, np.sin(start.yaw_rad / 2), np.cos(start.yaw_rad / 2)
    return body


def clearances(
    flight: Flight, bodies: Float[np.ndarray, "m 13"], field: ClearanceField, movers: Movers
) -> Float[np.ndarray, " m"]:
    """Distance from the hull to the nearest obstacle, m, the ground excepted; the least within a step of what moves.

    Exact near obstacles; further off than the field reaches, that reach.
    """
    found = field.at_points(np.ascontiguousarray(bodies[:, POSITION]))
    if movers:
        first_tick = round(float(flight.times[0]) * flight.scenario.rates.physics_hz)
        for step in range(len(flight)):
            path = np.ascontiguousarray(flight.step_ticks(step)[:, POSITION])
            tick = first_tick + int(flight.tick_starts[step]) + 1
            found[step + 1] = min(found[step + 1], movers.least_distance(tick, path))
    return found - hull_radius(flight)


def hull_radius(flight: Flight) -> float:
    """Of the body that collides, m."""
    radius = flight.scenario.collision_radius_m
    return load_vehicle(flight.scenario.vehicle).hull_radius if radius is None else radius


def track_columns(
    flight: Flight,
    times: Float[np.ndarray, " m"],
    bodies: Float[np.ndarray, "m 13"],
    clearance: Float[np.ndarray, " m"],
    movers: Movers,
) -> dict[str, Column]:
    """Times, poses, velocities, clearance, battery, commands and movers."""
    columns = {
        "times": exact(times, "float32"),
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
