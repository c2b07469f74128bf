"""Speed, height, battery and phase against time: bright for what has been, plain for what is to come."""

import cv2
import numpy as np

from sim.record import canvas
from sim.record.altitude import heights_over_ground
from sim.record.canvas import Color, Image
from sim.record.instants import ended_at, step_ends
from sim.record.phases import phase_color
from sim.record.reader import Flight
from sim.record.told import main_events
from sim.record.words import spaced
from sim.types import EGO_FIELDS, POSITION, VELOCITY

_LEFT, _RIGHT_MARGIN = 112, 12
_TOP, _SPACING, _CURVE_HEIGHT = 10, 54, 46
_PHASE_TOP = 174
_BATTERY = EGO_FIELDS.index("battery")


class StripsView:
    """The panel of curves; both copies are drawn once and a frame only joins them."""

    def __init__(self, flight: Flight, width: int, height: int) -> None:
        """Draw both copies."""
        span = width - _RIGHT_MARGIN - _LEFT
        self._columns = _LEFT + np.rint(np.linspace(0, span, len(flight))).astype(int)
        self._right = width - _RIGHT_MARGIN
        self._plain = np.full((height, width, 3), canvas.SURFACE, np.uint8)
        curves = _curves(flight)
        for row, (name, ends, _, _) in enumerate(curves):
            self._draw_axis(_TOP + _SPACING * row, name, ends)
        self._draw_reserve(flight.scenario.battery.reserve_fraction)
        canvas.text(self._plain, "phase", 12, _PHASE_TOP + 12, canvas.TEXT, 13)
        self._draw_time(
            (float(flight.times[0]), ended_at(flight)),
            list(dict.fromkeys(d.phase for d in flight.decisions)),
        )
        self._bright = self._plain.copy()
        for row, (_, _, fractions, color) in enumerate(curves):
            self._draw_curve(_TOP + _SPACING * row, fractions, color)
        self._draw_phases(flight)
        self._draw_events(flight)

    def draw(self, image: Image, step: int) -> None:
        """The panel at one step."""
        now = self._columns[step]
        image[...] = self._plain
        image[:, :now] = self._bright[:, :now]
        image[8:-8, now : now + 2] = canvas.TEXT

    def _draw_axis(self, y: int, name: str, ends: tuple[str, str]) -> None:
        canvas.text(self._plain, name, 12, y + 27, canvas.TEXT, 13)
        for words, down in zip(ends, (_CURVE_HEIGHT, 9), strict=True):
            canvas.text_right(self._plain, words, _LEFT - 6, y + down, canvas.MUTED, 11)
        canvas.fill(self._plain, _LEFT, y, self._right - _LEFT, _CURVE_HEIGHT, canvas.BACKGROUND)

    def _draw_reserve(self, fraction: float) -> None:
        """In dashes across the battery's strip, the last of three."""
        y = _TOP + 2 * _SPACING + (_CURVE_HEIGHT - 1) - round((_CURVE_HEIGHT - 2) * fraction)
        for x in range(_LEFT, self._right, 8):
            canvas.fill(self._plain, x, y, min(4, self._right - x), 1, canvas.BAD)
        canvas.text(self._plain, "reserve", _LEFT + 4, y - 3, canvas.MUTED, 10)

    def _draw_time(self, times: tuple[float, float], phases: list[str]) -> None:
        """Below the phases: when the flight begins and ends, and between them whose colour is whose, as many as fit."""
        y = _PHASE_TOP + 29
        begun, ended = (f"{time:.1f} s" for time in times)
        canvas.text(self._plain, begun, _LEFT, y, canvas.MUTED, 11)
        canvas.text_right(self._plain, ended, self._right, y, canvas.MUTED, 11)
        x = _LEFT + canvas.text_width(begun, 11) + 14
        end = self._right - canvas.text_width(ended, 11) - 14
        for phase in phases:
            words = spaced(phase).removesuffix(" scripted") or "none"
            if x + canvas.text_width(words, 11) > end:
                break
            canvas.text(self._plain, words, x, y, canvas.of_hex(phase_color(phase)), 11)
            x += canvas.text_width(words, 11) + 12

    def _draw_curve(self, y: int, fractions: np.ndarray, color: Color) -> None:
        heights = y + (_CURVE_HEIGHT - 1) - (_CURVE_HEIGHT - 2) * np.clip(fractions, 0.0, 1.0)
        points = np.rint(np.column_stack([self._columns, heights])).astype(np.int32)
        cv2.polylines(self._plain, [points], False, canvas.LINE, 1, cv2.LINE_AA)
        cv2.polylines(self._bright, [points], False, color, 2, cv2.LINE_AA)

    def _draw_phases(self, flight: Flight) -> None:
        for column, decision in zip(self._columns.tolist(), flight.decisions, strict=True):
            color = canvas.of_hex(phase_color(decision.phase))
            canvas.fill(self._bright, column, _PHASE_TOP, self._right - column, 12, color)
        canvas.fill(self._plain, _LEFT, _PHASE_TOP, self._right - _LEFT, 12, canvas.LINE)

    def _draw_events(self, flight: Flight) -> None:
        ends = step_ends(flight)
        for event in main_events(flight):
            step = min(int(np.searchsorted(ends, event.time - 1e-6)), len(flight) - 1)
            column = int(self._columns[step])
            canvas.fill(self._bright, column, _PHASE_TOP - 4, 2, 20, canvas.TEXT)
            canvas.fill(self._plain, column, _PHASE_TOP - 4, 2, 20, canvas.MUTED)


def _curves(flight: Flight) -> list[tuple[str, tuple[str, str], np.ndarray, Color]]:
    """Name, what the axis' ends stand for, values as fractions of its top, colour."""
    limit, ceiling = flight.scenario.speed_limit_m_s, flight.scenario.limits.altitude_max_m
    speed = np.linalg.norm(flight.step_bodies[:, VELOCITY], axis=1)
    height = heights_over_ground(flight.scenario, flight.step_bodies[:, POSITION])
    return [
        ("speed", ("0", f"{limit:g} m/s"), speed / limit, canvas.ACCENT),
        ("height", ("0", f"{ceiling:g} m"), height / ceiling, canvas.WARN),
        ("battery", ("0", "100 %"), flight.ego[:, _BATTERY], canvas.GOOD),
    ]
