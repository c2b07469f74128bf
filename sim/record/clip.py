"""A short moving picture of a flight for a page: from behind, and on the map, at several times its speed."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Picture

from sim.record import canvas
from sim.record.altitude import heights_over_ground
from sim.record.canvas import Image
from sim.record.chase_view import ChaseView
from sim.record.instants import step_ends
from sim.record.mapview import MapView
from sim.record.reader import Flight
from sim.record.words import spaced
from sim.types import POSITION, VELOCITY

_CHASE, _MAP_SIZE = (448, 336), 336
_ONBOARD = (128, 96)
_RATE = 10
"""Pictures a second."""
_LAST_SECONDS = 2.0
"""For which the last picture stands."""
_QUALITY = 55


def write_clip(
    flight: Flight,
    path: str | Path,
    *,
    speed: float = 3.0,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """An animated WebP, 784 x 336, that plays a flight `speed` times as fast as it was flown, for ever."""
    flight.require_steps("draw")
    stride = max(1, round(speed * flight.scenario.rates.control_hz / _RATE))
    steps = list(range(0, len(flight), stride))
    steps += [] if steps[-1] == len(flight) - 1 else [len(flight) - 1]
    chase, map_view = ChaseView(flight, *_CHASE), MapView(flight, _MAP_SIZE)
    pictures = []
    for done, step in enumerate(steps):
        image = np.zeros((_CHASE[1], _CHASE[0] + _MAP_SIZE, 3), np.uint8)
        _draw(image, flight, chase, map_view, step)
        pictures.append(Picture.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)))
        if progress is not None:
            progress(done + 1, len(steps))
    frame_ms = round(1000 * stride / (speed * flight.scenario.rates.control_hz))
    durations = [frame_ms] * (len(pictures) - 1) + [round(1000 * _LAST_SECONDS)]
    pictures[0].save(
        path, "WEBP", save_all=True, append_images=pictures[1:], duration=durations, loop=0,
        quality=_QUALITY, method=4, minimize_size=False,
    )  # fmt: skip


def _draw(image: Image, flight: Flight, chase: ChaseView, map_view: MapView, step: int) -> None:
    left = image[:, : _CHASE[0]]
    # Views write into memory of their own: a slice of columns is not contiguous.
    picture = np.zeros((_CHASE[1], _CHASE[0], 3), np.uint8)
    chase.draw(picture, step)
    left[...] = picture
    world = np.zeros((_MAP_SIZE, _MAP_SIZE, 3), np.uint8)
    map_view.draw(world, step)
    image[:, _CHASE[0] :] = world
    width, height = _ONBOARD
    colors = np.ascontiguousarray(flight.images[step, 2::-1].transpose(1, 2, 0))
    image[8 : 8 + height, 8 : 8 + width] = cv2.resize(
        colors, _ONBOARD, interpolation=cv2.INTER_NEAREST
    )
    canvas.frame(image, 7, 7, width + 2, height + 2, canvas.BACKGROUND)
    canvas.tag(image, "onboard, 64 x 48", 8, 8)
    body = flight.step_bodies[step]
    speed = float(np.linalg.norm(body[VELOCITY]))
    height = float(heights_over_ground(flight.scenario, body[None, POSITION])[0])
    phase = spaced(flight.decisions[step].phase)
    words = f"{step_ends(flight)[step]:4.1f} s   {speed:.1f} m/s   {height:.1f} m up   {phase}"
    canvas.tag(image, words, 0, _CHASE[1] - 22)
