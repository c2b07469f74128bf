"""Where the chase camera is at every step: behind and above the drone, nearer where something would stand between."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sim.frames import yaw_of
from sim.record.reader import Flight
from sim.sensing.camera import CameraScene
from sim.types import POSITION, QUATERNION

BACK, UP = 2.8, 1.15
"""m behind and above the drone, where there is room."""
_LOOK_DOWN = np.deg2rad(13.0)
_TURN_SECONDS = 0.7
"""s over which the heading is averaged: the picture turns with the flight, not with every command."""
_ROOM_SECONDS = 0.6
_NEAREST = 0.3
"""Share of the full distance that the camera comes up to at most."""
_MARGIN = 0.85
"""Share of the free distance that is used."""
_FLOOR = 0.4
"""m above ground that the camera stays."""


@dataclass(frozen=True)
class ChasePoses:
    """Camera poses as bodies whose optical axis is the body's x axis; n steps."""

    positions: Float[np.ndarray, "n 3"]  # m, world
    quaternions: Float[np.ndarray, "n 4"]  # xyzw


def chase_poses(flight: Flight, scene: CameraScene) -> ChasePoses:
    """One pose a step."""
    bodies, hz = flight.step_bodies, flight.scenario.rates.control_hz
    yaws = np.unwrap(np.array([yaw_of(body[QUATERNION]) for body in bodies]))
    yaws = _averaged(yaws, round(_TURN_SECONDS * hz))
    offset = np.column_stack([-BACK * np.cos(yaws), -BACK * np.sin(yaws), np.full(len(yaws), UP)])
    share = _free_share(scene, bodies[:, POSITION], offset)
    reach = round(_ROOM_SECONDS * hz)
    # The least over some time before it is averaged over the same: the camera has come nearer before it must.
    padded = np.pad(share, reach, mode="edge")
    least = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    share = np.clip(_averaged(least, reach), _NEAREST, 1.0)
    positions = bodies[:, POSITION] + share[:, None] * offset
    positions[:, 2] = np.maximum(positions[:, 2], _FLOOR)
    half_yaw, half_pitch = 0.5 * yaws, np.full(len(yaws), 0.5 * _LOOK_DOWN)
    # Yaw after pitch about the body's y axis, which turns the nose down: xyzw.
    quaternions = np.column_stack(
        [
            -np.sin(half_yaw) * np.sin(half_pitch),
            np.cos(half_yaw) * np.sin(half_pitch),
            np.sin(half_yaw) * np.cos(half_pitch),
            np.cos(half_yaw) * np.cos(half_pitch),
        ]
    )
    return ChasePoses(positions, quaternions)


def _averaged(values: Float[np.ndarray, " n"], reach: int) -> Float[np.ndarray, " n"]:
    """A moving average over `reach` steps either side; the ends count on."""
    if not reach:
        return values
    padded = np.pad(values, reach, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).mean(axis=1)


def _free_share(
    scene: CameraScene, places: Float[np.ndarray, "n 3"], offsets: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, " n"]:
    """How far along each offset nothing that stands is in the way, as a share of it, with a margin."""
    origins = np.ascontiguousarray(places, dtype=np.float32)
    rays = np.ascontiguousarray(offsets, dtype=np.float32)
    faces = scene.cast(origins, rays, np.ones(len(rays), dtype=np.float32))
    planes = scene.planes[np.maximum(faces, 0)] if len(scene.planes) else np.zeros((len(rays), 4))
    along = np.einsum("ni,ni->n", planes[:, :3], offsets)
    gap = planes[:, 3] - np.einsum("ni,ni->n", planes[:, :3], places)
    hit = (faces >= 0) & (np.abs(along) > 1e-9)
    share = np.where(hit, gap / np.where(hit, along, 1.0), 1.0)
    return np.where(hit, _MARGIN * share, 1.0)
