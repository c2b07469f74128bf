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
from sim.record.canvas import Color, Image
from sim.record.captions import captions
from sim.record.chase_view import ChaseView
from sim.record.encoding import encode_segment, join_segments
from sim.record.instants import drawable, sample_bodies, sample_times, step_ends
from sim.record.lattice_view import LatticeView, draw_candidates, read_lattice
from sim.record.mapview import MapView
from sim.record.mission_view import MissionView
from sim.record.phase_colors import phase_color
from sim.record.reader import Flight
from sim.record.strips_view import StripsView
from sim.record.words import clearance_words, detail_words, spaced
from sim.types import VELOCITY

WIDTH, HEIGHT = 1280, 720
_CARD_SECONDS = 1.5

_SEGMENT_FRAMES = 60
"""Encoded by one process at a time, each from a key frame on: as finely the film can be sought in."""
_LONGEST_REASON = 28
_LONG_FLIGHT = 450
_DEPTH_SIZE = 128, 96

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
) -> None:
    """H.264, 1280 x 720, in real time, then the outcome for a moment; `progress` hears (frames done, frames).

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
        composer = _Composer(drawable(flight))
        made = (_segment(composer, rate, *span) for span in spans)
        join_segments(heard(made), path, rate)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin_worker, (flight,)) as pool:
        join_segments(heard(pool.map(_worker_segment, spans)), path, rate)


def film_length(flight: Flight) -> int:
    """Frames of a flight's film: one a control step, and those of the outcome."""
    return len(flight) + round(_CARD_SECONDS * flight.scenario.rates.control_hz)


def film_workers(flight: Flight) -> int:
    """How many processes are worth their start: a second one for flights of more than half a minute."""
    return 1 if len(flight) < _LONG_FLIGHT or (os.cpu_count() or 1) < 2 else 2


def frames(flight: Flight) -> Iterator[Image]:
    """The video's frames in order; the array is drawn on again after each."""
    flight.require_steps("draw")
    composer = _Composer(drawable(flight))
    for index in range(film_length(flight)):
        yield composer.frame(index)


# --- One process's share.

_worker: dict[str, Any] = {}


def _begin_worker(flight: Flight) -> None:
    cv2.setNumThreads(1)
    _worker["composer"] = _Composer(drawable(flight))
    _worker["rate"] = flight.scenario.rates.control_hz


def _worker_segment(span: tuple[int, int]) -> bytes:
    return _segment(_worker["composer"], _worker["rate"], *span)


def _segment(composer: "_Composer", rate: int, first: int, end: int) -> bytes:
    return encode_segment((composer.frame(index) for index in range(first, end)), rate)


class _Composer:
    """One frame after another over a background that is drawn once."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._lattice = read_lattice(flight)
        self._map = MapView(flight, _MAP[2])
        self._mission = MissionView(flight)
        self._chase = ChaseView(flight, *_CHASE[2:])
        self._carded = False
        limit = flight.scenario.speed_limit_m_s
        self._heads = None if self._lattice is None else LatticeView(self._lattice, limit)
        self._background = np.full((HEIGHT, WIDTH, 3), canvas.BACKGROUND, np.uint8)
        self._draw_static()
        self._strips = StripsView(flight, *_STRIPS[2:])
        self._captions = captions(flight)
        self._times, self._bodies = sample_times(flight), sample_bodies(flight)
        self._canvas = self._background.copy()

    def frame(self, index: int) -> Image:
        """A frame of the film: steps first, then the outcome."""
        if index < len(self._flight):
            self._carded = False
            return self.compose(index)
        if not self._carded:
            self.compose(len(self._flight) - 1, captioned=False)
            self.outcome_card()
            self._carded = True
        return self._canvas

    def compose(self, step: int, *, captioned: bool = True) -> Image:
        """The picture of one step; under the outcome, which tells more, without captions."""
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

    def outcome_card(self) -> Image:
        """The last frame, dimmed, under the flight's result."""
        image = self._canvas
        canvas.shade(image, 0, 0, WIDTH, HEIGHT, 0.6)
        title, color, rows = _verdict(self._flight)
        left, top, width, height = WIDTH // 2 - 230, HEIGHT // 2 - 150, 460, 96 + 34 * len(rows)
        canvas.fill(image, left, top, width, height, canvas.SURFACE)
        canvas.fill(image, left, top, width, 6, color)
        canvas.text_centred(image, title, WIDTH // 2, top + 56, color, 32, 700)
        for row, (name, value) in enumerate(rows):
            y = top + 100 + 34 * row
            canvas.text(image, name, left + 40, y, canvas.MUTED, 17)
            canvas.text_right(image, value, left + width - 40, y, canvas.TEXT, 17)
        return image

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
        canvas.text_right(image, f"{speed:.1f} m/s", 1130, 36, canvas.TEXT, 18)
        canvas.text_right(image, f"{self._times[step + 1]:.1f} s", 1264, 36, canvas.TEXT, 22, 600)

    def _draw_chase(self, image: Image, step: int) -> None:
        self._chase.draw(image, step)
        canvas.tag(image, "from behind, with the last 12 s of the way", 0, 0)
        self._draw_depth(image, step)

    def _draw_captions(self, image: Image, step: int) -> None:
        for row, words in enumerate(reversed(self._captions[step][-3:])):
            y = _CHASE[3] - 34 * (row + 1)
            canvas.shade(image, 0, y, _CHASE[2], 30, 0.65)
            canvas.text(image, canvas.shortened(words, _CHASE[2] - 24, 16), 12, y + 21, size=16)

    def _draw_onboard(self, image: Image, step: int) -> None:
        colors = np.ascontiguousarray(self._flight.images[step, 2::-1].transpose(1, 2, 0))
        size = _ONBOARD[2], _ONBOARD[3]
        cv2.resize(colors, size, dst=image, interpolation=cv2.INTER_NEAREST)
        if self._lattice is not None:
            draw_candidates(image, self._flight, self._lattice, step, self._bodies[step])
        canvas.tag(image, "onboard camera, candidates by survival", 0, 0)

    def _draw_depth(self, image: Image, step: int) -> None:
        """What the camera measures, small in the upper right corner."""
        width, height = _DEPTH_SIZE
        left, top = _CHASE[2] - width - 8, 8
        corner = image[top : top + height, left : left + width]
        colors = canvas.DEPTH_COLORS[self._flight.images[step, 3]]
        cv2.resize(colors, _DEPTH_SIZE, dst=corner, interpolation=cv2.INTER_NEAREST)
        canvas.frame(image, left - 1, top - 1, width + 2, height + 2, canvas.BACKGROUND)
        canvas.tag(corner, "depth", 0, 0)


def _region(image: Image, region: tuple[int, int, int, int]) -> Image:
    x, y, width, height = region
    return image[y : y + height, x : x + width]


# --- Words.


def _verdict(flight: Flight) -> tuple[str, Color, list[tuple[str, str]]]:
    """Title, its colour, and the rows of the outcome card."""
    result = flight.result
    if result is None:
        return (
            "the log ends here",
            canvas.WARN,
            [("recorded", f"{step_ends(flight)[-1]:.1f} s"), ("result", "none")],
        )
    rows = [
        ("duration", f"{result.duration_s:.1f} s"),
        ("distance", f"{result.distance_m:.1f} m"),
        ("least clearance", clearance_words(result.min_clearance_m)),
        ("energy", f"{result.energy_wh:.2f} Wh"),
    ]
    if not result.success and result.events:
        rows = [*_reason(result.events[-1].detail), *rows]
    if flight.scenario.task.kind == "mission":
        rows.append(("prize", f"{result.prize:g}"))
    return spaced(result.outcome.value), canvas.GOOD if result.success else canvas.BAD, rows


def _reason(detail: dict[str, Any]) -> list[tuple[str, str]]:
    """What a failure's event says of how it came about; the card has room for short words only."""
    told = detail_words(detail).items()
    return [(key, value) for key, value in told if len(value) <= _LONGEST_REASON]
