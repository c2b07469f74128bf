"""How a film ends: the last picture stands still under what happened, then the outcome in numbers."""

from typing import Any

from sim.record import canvas
from sim.record.canvas import Color, Image
from sim.record.duty import progress_words
from sim.record.instants import ended_at
from sim.record.prizes import prize_words
from sim.record.reader import Flight
from sim.record.told import ending_event
from sim.record.words import (
    clearance_words,
    describe_circumstances,
    event_details,
    spaced,
)
from sim.task_spec import MissionTask
from sim.types import Outcome

_LONGEST_REASON = 28
_LINE = 24


def ending_color(flight: Flight) -> Color:
    """Good, bad, or a log that just ends."""
    if flight.result is None:
        return canvas.WARN
    return canvas.GOOD if flight.result.success else canvas.BAD


def ending_words(flight: Flight) -> tuple[str, str]:
    """What happened in a word or two, and its circumstances; of a failure also how far it came."""
    result = flight.result
    if result is None:
        return "the log ends here", "in mid-flight, without a result"
    told = describe_circumstances(result.outcome, _last_detail(flight))
    when = f"after {result.duration_s:.1f} s"
    parts = [told, when, *(() if result.success else (progress_words(flight),))]
    return spaced(result.outcome.value), ", ".join(part for part in parts if part)


def impact(flight: Flight) -> tuple[tuple[float, ...], float | None] | None:
    """Where a flight failed, world, m, and how fast it was there, m/s, if its log says so; None for any other."""
    result = flight.result
    if result is None or result.success:
        return None
    detail = _last_detail(flight)
    place = detail.get("position_m")
    if place is None or len(place) != 3:
        return None
    return tuple(place), detail.get("speed_m_s") if result.outcome is Outcome.COLLISION else None


def draw_ending(image: Image, flight: Flight) -> None:
    """A banner at the foot of a picture: what happened, in full."""
    height, width = image.shape[:2]
    title, told = ending_words(flight)
    lines = canvas.wrapped(told, width - 40, 16)
    top = height - 44 - _LINE * len(lines)
    canvas.shade(image, 0, top, width, height - top, 0.8)
    canvas.fill(image, 0, top, 8, height - top, ending_color(flight))
    canvas.text(image, title, 22, top + 28, ending_color(flight), 22, 700)
    for row, words in enumerate(lines):
        canvas.text(image, words, 22, top + 28 + _LINE * (row + 1), size=16)


def draw_card(image: Image, flight: Flight, optimum: float | None) -> None:
    """The picture, dimmed, under the flight's result."""
    height, width = image.shape[:2]
    canvas.shade(image, 0, 0, width, height, 0.6)
    rows, color = _rows(flight, optimum), ending_color(flight)
    tall = 96 + 34 * len(rows)
    left, top, wide = width // 2 - 230, (height - tall) // 2, 460
    canvas.fill(image, left, top, wide, tall, canvas.SURFACE)
    canvas.fill(image, left, top, wide, 6, color)
    canvas.text_centred(image, ending_words(flight)[0], width // 2, top + 56, color, 32, 700)
    for row, (name, value) in enumerate(rows):
        y = top + 100 + 34 * row
        canvas.text(image, name, left + 40, y, canvas.MUTED, 17)
        canvas.text_right(image, value, left + wide - 40, y, canvas.TEXT, 17)


# --- Private.


def _last_detail(flight: Flight) -> dict[str, Any]:
    """Of the event that ended the flight."""
    return {} if flight.result is None else ending_event(flight.result).detail


def _rows(flight: Flight, optimum: float | None) -> list[tuple[str, str]]:
    """Names and values of the card."""
    result = flight.result
    if result is None:
        return [("recorded", f"{ended_at(flight):.1f} s"), ("result", "none")]
    rows = [
        ("duration", f"{result.duration_s:.1f} s"),
        ("distance", f"{result.distance_m:.1f} m"),
        ("least clearance", clearance_words(result.min_clearance_m)),
        ("energy", f"{result.energy_wh:.2f} Wh"),
    ]
    if not result.success:  # What a failure's event says of how it came about; the card is narrow.
        told = event_details(result.outcome, _last_detail(flight)).items()
        rows = [*((key, value) for key, value in told if len(value) <= _LONGEST_REASON), *rows]
    if isinstance(flight.scenario.task, MissionTask):
        rows.append(("prize", prize_words(flight.scenario, result.prize, optimum)))
    return rows
