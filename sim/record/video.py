"""Renders a flight log to video: what the drone saw, where it was, and what each head said."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sim.record import canvas
from sim.record.altitude import heights_over_ground
from sim.record.canvas import Image
from sim.record.captions import captions
from sim.record.chase_view import ChaseView
from sim.record.depth_view import DepthView
from sim.record.encoding import encode_segment, join_segments
from sim.record.instants import drawable, ended_at, sample_bodies, sample_times
from sim.record.lattice_view import LatticeView, draw_candidates, read_lattice
from sim.record.mapview import MapView
from sim.record.mission_view import MissionView
from sim.record.outcome_view import draw_card, draw_ending, impact
from sim.record.phases import phase_color
from sim.record.reader import Flight
from sim.record.strips_view import StripsView
from sim.record.words import spaced
from sim.types import POSITION, VELOCITY

WIDTH, HEIGHT = 1280, 720
_STILL_SECONDS, _CARD_SECONDS = 1.5, 2.5
"""For which the last picture stands under what happened, and then under the outcome in numbers."""
_SEGMENT_FRAMES = 60
"""Encoded by one process at a time, each from a key frame on: as finely the film can be sought in."""
_LONG_FLIGHT = 450
_CAPTION_LINE = 26

# Regions of the frame: left, top, width, height.
_CHASE = (16, 56, 512, 384)
_LATTICE = (16, 452, 512, 256)
_MAP = (544, 56, 432, 432)
_STRIPS = (544, 500, 432, 208)
_ONBOARD = (992, 56, 272, 204)
_MISSION = (992, 272, 272, 436)


def write_video(
    flight: Flight,
    path: str | Path,
    progress: Callable[[int, int], None] | None = None,
    workers: int = 1,
    optimum: float | None = None,
) -> None:
    """H.264, 1280 x 720, in real time, then the outcome for a moment; `progress` hears (frames done, frames).

    `optimum` is the best prize of a mission; without it prizes stand against all that was on offer.
    The film is the same whatever the number of `workers`; more than one are processes, started anew, so a script that
    asks for them needs the usual `if __name__ == "__main__"`.
    """
    flight.require_steps("draw")
    if Path(path).suffix != ".mp4":
        raise ValueError(f"a film ends in .mp4, not in {Path(path).suffix or 'nothing'!r}")
    rate, total = flight.scenario.rates.control_hz, film_length(flight)
    spans = [
        (first, min(first + _SEGMENT_FRAMES, total)) for first in range(0, total, _SEGMENT_FRAMES)
    ]

    def heard(segments: Iterator[bytes]) -> Iterator[bytes]:
        for (_, end), segment in zip(spans, segments, strict=True):
            if progress is not None:
                progress(end, total)
            yield segment

    # Nothing is written before a frame is drawn, so that what cannot be written is told at once.
    Path(path).touch()
    if workers <= 1:
        composer = _Composer(drawable(flight), optimum)
        made = (_segment(composer, rate, *span) for span in spans)
        join_segments(heard(made), path, rate)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin_worker, (flight, optimum)) as pool:
        join_segments(heard(pool.map(_worker_segment, spans)), path, rate)


def film_length(flight: Flight) -> int:
    """Frames of a flight's film: one a control step, and those of its ending."""
    return len(flight) + sum(_ending_frames(flight))


def _ending_frames(flight: Flight) -> tuple[int, int]:
    """Frames of the still picture, and of the outcome's."""
    hz = flight.scenario.rates.control_hz
    return round(_STILL_SECONDS * hz), round(_CARD_SECONDS * hz)


def film_workers(flight: Flight) -> int:
    """How many processes are worth their start: a second one for flights of more than half a minute."""
    return 1 if len(flight) < _LONG_FLIGHT or (os.cpu_count() or 1) < 2 else 2


def frames(flight: Flight, optimum: float | None = None) -> Iterator[Image]:
    """The video's frames in order; the array is drawn on again after each."""
    flight.require_steps("draw")
    composer = _Composer(drawable(flight), optimum)
    for index in range(film_length(flight)):
        yield composer.frame(index)


# --- One process's share.

_worker: dict[str, Any] = {}


def _begin_worker(flight: Flight, optimum: float | None) -> None:
    cv2.setNumThreads(1)
    _worker["composer"] = _Composer(drawable(flight), optimum)
    _worker["rate"] = flight.scenario.rates.control_hz


def _worker_segment(span: tuple[int, int]) -> bytes:
    return _segment(_worker["composer"], _worker["rate"], *span)


def _segment(composer: "_Composer", rate: int, first: int, end: int) -> bytes:
    return encode_segment((composer.frame(index) for index in range(first, end)), rate)


class _Composer:
    """One frame after another over a background that is drawn once."""

    def __init__(self, flight: Flight, optimum: float | None) -> None:
        self._flight, self._optimum = flight, optimum
        self._lattice = read_lattice(flight)
        self._map = MapView(flight, _MAP[2])
        self._depth = DepthView()
        self._mission = MissionView(flight, optimum)
        self._chase = ChaseView(flight, *_CHASE[2:])
        self._ending = ""
        limit = flight.scenario.speed_limit_m_s
        self._heads = None if self._lattice is None else LatticeView(self._lattice, limit)
        self._background = np.full((HEIGHT, WIDTH, 3), canvas.BACKGROUND, np.uint8)
        self._draw_static()
        self._strips = StripsView(flight, *_STRIPS[2:])
        self._captions = captions(flight)
        self._times, self._bodies = sample_times(flight), sample_bodies(flight)
        self._heights = heights_over_ground(flight.scenario, flight.step_bodies[:, POSITION])
        self._canvas = self._background.copy()

    def frame(self, index: int) -> Image:
        """A frame of the film: steps first, then what ended them, then the outcome."""
        steps = len(self._flight)
        if index < steps:
            self._ending = ""
            return self.compose(index)
        ending = "still" if index < steps + _ending_frames(self._flight)[0] else "card"
        if ending != self._ending:  # Drawn once, then it stands.
            self._ending = ending
            self.compose(steps - 1, captioned=False)
            if ending == "still":
                self._draw_ending()
            else:
                draw_card(self._canvas, self._flight, self._optimum)
        return self._canvas

    def compose(self, step: int, *, captioned: bool = True) -> Image:
        """The picture of one step; under its ending, which tells more, without captions."""
        image = self._canvas
        image[...] = self._background
        self._draw_header(image, step)
        self._draw_chase(_region(image, _CHASE), step)
        if captioned:
            self._draw_captions(_region(image, _CHASE), step)
        self._draw_onboard(_region(image, _ONBOARD), step)
        self._map.draw(_region(image, _MAP), step)
        if self._heads is not None:
            self._heads.draw(_region(image, _LATTICE), self._flight.decisions[step])
        self._mission.draw(_region(image, _MISSION), step)
        self._strips.draw(_region(image, _STRIPS), step)
        return image

    def _draw_ending(self) -> None:
        """What happened and where, over the last step's picture."""
        image, hit = self._canvas, impact(self._flight)
        if hit is not None:
            place, speed = hit
            self._map.mark_impact(_region(image, _MAP), place)
            self._chase.mark_impact(_region(image, _CHASE), place)
            if speed is not None:  # The last step's own is what the impact left of it.
                canvas.fill(image, 880, 14, 260, 32, canvas.BACKGROUND)
                canvas.text_right(image, f"{speed:.1f} m/s at impact", 1130, 36, canvas.BAD, 18)
        draw_ending(_region(image, _CHASE), self._flight)

    def _draw_static(self) -> None:
        image, flight = self._background, self._flight
        for region in (_LATTICE, _MISSION):
            canvas.fill(image, *region, canvas.SURFACE)
        canvas.text(image, flight.scenario.name, 16, 36, canvas.TEXT, 22, 600)
        x = 16 + canvas.text_width(flight.scenario.name, 22, 600) + 18
        pilot = flight.metadata.get("pilot", "unnamed")
        canvas.text(image, f"seed {flight.scenario.seed}    pilot {pilot}", x, 36, canvas.MUTED, 15)
        if self._heads is not None:
            self._heads.draw_static(_region(image, _LATTICE))
        else:
            canvas.text(image, "no candidate lattice in this log", 32, 484, canvas.MUTED, 13)

    def _draw_header(self, image: Image, step: int) -> None:
        flight = self._flight
        phase = flight.decisions[step].phase
        if phase:
            words, color = spaced(phase), canvas.of_hex(phase_color(phase))
            canvas.fill(image, 544, 17, canvas.text_width(words, 15, 600) + 24, 28, color)
            canvas.text(image, words, 556, 36, canvas.BACKGROUND, 15, 600)
        speed = float(np.linalg.norm(flight.step_bodies[step, VELOCITY]))
        height = float(self._heights[step])
        last = step == len(flight) - 1
        time = ended_at(flight) if last else float(self._times[step + 1])
        canvas.text_right(image, f"{height:.1f} m up", 1010, 36, canvas.TEXT, 18)
        canvas.text_right(image, f"{speed:.1f} m/s", 1130, 36, canvas.TEXT, 18)
        canvas.text_right(image, f"{time:.1f} s", 1264, 36, canvas.TEXT, 22, 600)

    def _draw_chase(self, image: Image, step: int) -> None:
        self._chase.draw(image, step)
        canvas.tag(image, "from behind, with the last 12 s of the way", 0, 0)
        self._draw_depth(image, step)

    def _draw_captions(self, image: Image, step: int) -> None:
        """The latest at the foot, each in as many lines as it takes."""
        bottom = _CHASE[3]
        for words in reversed(self._captions[step][-3:]):
            lines = canvas.wrapped(words, _CHASE[2] - 24, 16)
            top = bottom - _CAPTION_LINE * len(lines) - 4
            canvas.shade(image, 0, top, _CHASE[2], bottom - top, 0.65)
            for row, line in enumerate(lines):
                canvas.text(image, line, 12, top + _CAPTION_LINE * row + 20, size=16)
            bottom = top - 4

    def _draw_onboard(self, image: Image, step: int) -> None:
        colors = np.ascontiguousarray(self._flight.images[step, 2::-1].transpose(1, 2, 0))
        size = _ONBOARD[2], _ONBOARD[3]
        cv2.resize(colors, size, dst=image, interpolation=cv2.INTER_NEAREST)
        if self._lattice is not None:
            draw_candidates(image, self._flight, self._lattice, step, self._bodies[step])
        canvas.tag(image, "onboard; dots: commands by survival", 0, 0)

    def _draw_depth(self, image: Image, step: int) -> None:
        """What the camera measures, small in the upper right corner."""
        left, depth = _CHASE[2] - self._depth.width - 8, self._depth
        corner = _region(image, (left, 8, depth.width, depth.height))
        depth.draw(corner, self._flight.images[step, 3])


def _region(image: Image, region: tuple[int, int, int, int]) -> Image:
    x, y, width, height = region
    return image[y : y + height, x : x + width]
