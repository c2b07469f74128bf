"""Renders a flight log to video: what the drone saw, where it was, and what each head said."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from jaxtyping import Float

from sim.record import canvas
from sim.record.canvas import Color, Image
from sim.record.lattice_view import LatticeView, draw_candidates, read_lattice
from sim.record.mapview import MapView
from sim.record.mission_view import MissionView
from sim.record.reader import Flight
from sim.record.strips_view import PHASE_COLORS, StripsView
from sim.types import BODY_SIZE, POSITION, QUATERNION, VELOCITY

WIDTH, HEIGHT = 1280, 720
_CAPTION_SECONDS = 2.0
_CARD_SECONDS = 1.5
_FARTHEST = 1e5
"""m, m/s: beyond it a state is not worth drawing."""

# Regions of the frame: left, top, width, height.
_CAMERA = (16, 56, 512, 384)
_LATTICE = (16, 452, 512, 256)
_MAP = (544, 56, 432, 432)
_STRIPS = (544, 500, 432, 208)
_DEPTH = (992, 56, 272, 204)
_MISSION = (992, 272, 272, 436)


def write_video(
    flight: Flight, path: str | Path, progress: Callable[[int, int], None] | None = None
) -> None:
    """H.264, 1280 x 720, in real time, then the outcome for a moment; `progress` hears (frames done, frames)."""
    if not len(flight):
        raise ValueError(
            f"{flight.path}: no steps to draw ({flight.damage or 'the flight ended at once'})"
        )
    rate = flight.scenario.rates.control_hz
    total = len(flight) + round(_CARD_SECONDS * rate)
    with av.open(str(path), "w", format="mp4") as container:
        stream = _open_stream(container, rate)
        for index, image in enumerate(frames(flight)):
            planes = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420).astype(np.uint8, copy=False)
            picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            picture.pts = index
            container.mux(stream.encode(picture))
            if progress is not None:
                progress(index + 1, total)
        container.mux(stream.encode())


def frames(flight: Flight) -> Iterator[Image]:
    """The video's frames in order; the array is drawn on again after each."""
    flight = drawable(flight)
    composer = _Composer(flight)
    for step in range(len(flight)):
        yield composer.compose(step)
    card = composer.outcome_card()
    for _ in range(round(_CARD_SECONDS * flight.scenario.rates.control_hz)):
        yield card


def drawable(flight: Flight) -> Flight:
    """The flight with bodies that diverged left where they last made sense."""
    sound = np.all(np.abs(flight.poses) < _FARTHEST, axis=1)
    latest = np.maximum.accumulate(np.where(sound, np.arange(len(flight.poses)), 0))
    return replace(flight, poses=flight.poses[latest])


def _open_stream(container: OutputContainer, rate: int) -> VideoStream:
    stream = container.add_stream(
        "libx264", rate=rate, options={"preset": "ultrafast", "crf": "22"}
    )
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.time_base = Fraction(1, rate)
    # OpenCV converts with the coefficients of BT.601; players would assume BT.709 at this size.
    stream.codec_context.colorspace = Colorspace.ITU601
    return stream


class _Composer:
    """One frame after another over a background that is drawn once."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._lattice = read_lattice(flight)
        self._map = MapView(flight, _MAP[2])
        self._mission = MissionView(flight)
        limit = flight.scenario.speed_limit_m_s
        self._heads = None if self._lattice is None else LatticeView(self._lattice, limit)
        self._background = np.full((HEIGHT, WIDTH, 3), canvas.BACKGROUND, np.uint8)
        self._draw_static()
        self._strips = StripsView(flight, *_STRIPS[2:])
        self._captions = _captions(flight)
        self._canvas = self._background.copy()

    def compose(self, step: int) -> Image:
        image = self._canvas
        image[...] = self._background
        self._draw_header(image, step)
        self._draw_camera(_region(image, _CAMERA), step)
        self._draw_depth(_region(image, _DEPTH), step)
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
            canvas.fill(
                image,
                544,
                17,
                canvas.text_width(phase, 15, 600) + 24,
                28,
                PHASE_COLORS.get(phase, canvas.LINE),
            )
            canvas.text(image, phase, 556, 36, canvas.BACKGROUND, 15, 600)
        speed = float(np.linalg.norm(flight.step_bodies[step, VELOCITY]))
        canvas.text_right(image, f"{speed:.1f} m/s", 1130, 36, canvas.TEXT, 18)
        canvas.text_right(image, f"{flight.times[step]:.1f} s", 1264, 36, canvas.TEXT, 22, 600)

    def _draw_camera(self, image: Image, step: int) -> None:
        colors = np.ascontiguousarray(self._flight.images[step, 2::-1].transpose(1, 2, 0))
        cv2.resize(colors, (_CAMERA[2], _CAMERA[3]), dst=image, interpolation=cv2.INTER_NEAREST)
        if self._lattice is not None:
            draw_candidates(image, self._flight, self._lattice, step, self._body_seen(step))
        canvas.tag(image, "onboard camera, candidates coloured by survival", 0, 0)
        for row, words in enumerate(reversed(self._captions[step][-3:])):
            y = _CAMERA[3] - 34 * (row + 1)
            canvas.shade(image, 0, y, _CAMERA[2], 30, 0.65)
            canvas.text(image, words, 12, y + 21, canvas.TEXT, 16)

    def _body_seen(self, step: int) -> Float[np.ndarray, "13"]:
        """The body when a step's decision was made: the end of the step before, or the start."""
        if step:
            return self._flight.step_bodies[step - 1]
        body, start = np.zeros(BODY_SIZE), self._flight.scenario.start
        body[POSITION] = start.position_m
        body[QUATERNION] = 0.0, 0.0, np.sin(start.yaw_rad / 2), np.cos(start.yaw_rad / 2)
        return body

    def _draw_depth(self, image: Image, step: int) -> None:
        colors = canvas.DEPTH_COLORS[self._flight.images[step, 3]]
        cv2.resize(colors, (_DEPTH[2], _DEPTH[3]), dst=image, interpolation=cv2.INTER_NEAREST)
        canvas.tag(image, "depth, near is bright", 0, 0)


def _region(image: Image, region: tuple[int, int, int, int]) -> Image:
    x, y, width, height = region
    return image[y : y + height, x : x + width]


# --- Words.


def _captions(flight: Flight) -> list[list[str]]:
    """What to write under the camera at each step: events and interventions of the last seconds."""
    marks = [(event.time, describe_event(event.name, event.detail)) for event in flight.events]
    for time, before, decision in zip(
        flight.times, (None, *flight.decisions), flight.decisions, strict=False
    ):
        marks += [
            (time, _words(name))
            for name in decision.events
            if before is None or name not in before.events
        ]
    marks.sort()
    return [
        [words for t, words in marks if t <= time < t + _CAPTION_SECONDS] for time in flight.times
    ]


def describe_event(name: str, detail: dict[str, Any]) -> str:
    """An event in words, as it is captioned."""
    # Sites count from 0 in events, and from 1 on maps, where 0 is the pad's token.
    told = {**detail, "site": detail["site"] + 1} if isinstance(detail.get("site"), int) else detail
    return ", ".join(
        [_words(name), *(f"{_words(key)} {_value(value)}" for key, value in told.items())]
    )


def _words(name: str) -> str:
    return name.removesuffix("_m_s").removesuffix("_m").replace("_", " ")


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list):
        return "(" + ", ".join(_value(part) for part in value) + ")"
    return str(value)


def _verdict(flight: Flight) -> tuple[str, Color, list[tuple[str, str]]]:
    """Title, its colour, and the rows of the outcome card."""
    result = flight.result
    if result is None:
        return (
            "the log ends here",
            canvas.WARN,
            [("recorded", f"{flight.times[-1]:.1f} s"), ("result", "none")],
        )
    rows = [
        ("duration", f"{result.duration_s:.1f} s"),
        ("distance", f"{result.distance_m:.1f} m"),
        ("least clearance", f"{result.min_clearance_m:.2f} m"),
        ("energy", f"{result.energy_wh:.2f} Wh"),
    ]
    if flight.scenario.task.kind == "mission":
        rows.append(("prize", f"{result.prize:g}"))
    return _words(result.outcome.value), canvas.GOOD if result.success else canvas.BAD, rows
