"""Drawing words for video frames: colours, text and bars on BGR images, in pixels."""

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import UInt8

Image = UInt8[np.ndarray, "_ _ 3"]
Color = tuple[int, int, int]
"""Blue, green, red, as OpenCV orders them."""

BACKGROUND: Color = (26, 22, 19)
SURFACE: Color = (40, 35, 31)
LINE: Color = (78, 70, 64)
TEXT: Color = (236, 232, 228)
MUTED: Color = (168, 158, 150)
ACCENT: Color = (240, 180, 70)
GOOD: Color = (165, 205, 70)
WARN: Color = (60, 180, 245)
BAD: Color = (70, 95, 240)


def of_hex(color: str) -> Color:
    """A colour written as #rrggbb."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return blue, green, red


@lru_cache(maxsize=1)
def _face() -> cv2.FontFace:
    return cv2.FontFace("sans")


def text(
    image: Image, words: str, x: int, y: int, color: Color = TEXT, size: int = 14, weight: int = 400
) -> None:
    """Write with the baseline starting at (x, y)."""
    cv2.putText(image, words, (x, y), color, _face(), size, weight)


def text_width(words: str, size: int = 14, weight: int = 400) -> int:
    """Width the words will take, px."""
    return int(cv2.getTextSize((1280, 720), words, (0, 0), _face(), size, weight)[2])


def text_right(
    image: Image, words: str, x: int, y: int, color: Color = TEXT, size: int = 14, weight: int = 400
) -> None:
    """Write so that the words end at x."""
    text(image, words, x - text_width(words, size, weight), y, color, size, weight)


def text_centred(
    image: Image, words: str, x: int, y: int, color: Color = TEXT, size: int = 14, weight: int = 400
) -> None:
    """Write so that the words' middle is at x."""
    text(image, words, x - text_width(words, size, weight) // 2, y, color, size, weight)


def shortened(words: str, width: int, size: int = 14) -> str:
    """Words cut to a width, px, with an ellipsis."""
    if text_width(words, size) <= width:
        return words
    while words and text_width(f"{words}…", size) > width:
        words = words[:-1]
    return f"{words.rstrip()}…"


def wrapped(words: str, width: int, size: int = 14) -> list[str]:
    """Words as lines no wider than a width, px, broken between words; one that is wider alone is cut."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(shortened(word, width, size))
    return lines


def scale(
    image: Image,
    x: int,
    y: int,
    ends: tuple[str, str],
    colors: UInt8[np.ndarray, "256 3"],
    width: int = 60,
) -> int:
    """A colour bar between the words for its ends, on the baseline y; returns its right end, px."""
    text(image, ends[0], x, y, MUTED, 11)
    left = x + text_width(ends[0], 11) + 5
    bar_of_colors(image, left, y - 8, width, 8, colors)
    text(image, ends[1], left + width + 5, y, MUTED, 11)
    return left + width + 5 + text_width(ends[1], 11)


def bar_of_colors(
    image: Image, x: int, y: int, width: int, height: int, colors: UInt8[np.ndarray, "n 3"]
) -> None:
    """Colours side by side, first to last."""
    places = np.linspace(0, len(colors) - 1, width).round().astype(int)
    image[y : y + height, x : x + width] = colors[places]


def fill(image: Image, x: int, y: int, width: int, height: int, color: Color) -> None:
    """A filled rectangle."""
    image[y : y + height, x : x + width] = color


def frame(
    image: Image, x: int, y: int, width: int, height: int, color: Color, thickness: int = 1
) -> None:
    """The outline of a rectangle, drawn inside it."""
    cv2.rectangle(image, (x, y), (x + width - 1, y + height - 1), color, thickness)


def shade(image: Image, x: int, y: int, width: int, height: int, strength: float) -> None:
    """Darken a rectangle, so that what is written on it can be read."""
    patch = image[y : y + height, x : x + width]
    patch[...] = cv2.convertScaleAbs(patch, alpha=1.0 - strength)


def tag(image: Image, words: str, x: int, y: int) -> None:
    """A picture's name on a dark chip in its corner."""
    shade(image, x, y, text_width(words, 13) + 16, 22, 0.7)
    text(image, words, x + 8, y + 16, TEXT, 13)


def bar(
    image: Image, x: int, y: int, width: int, height: int, fraction: float, color: Color
) -> None:
    """A horizontal bar filled to a fraction."""
    fill(image, x, y, width, height, LINE)
    fill(image, x, y, round(width * min(max(fraction, 0.0), 1.0)), height, color)


def _ramp(stops: list[tuple[float, Color]]) -> UInt8[np.ndarray, "256 3"]:
    places = np.linspace(0.0, 1.0, 256)
    channels = [
        np.interp(places, [s for s, _ in stops], [color[c] for _, color in stops]) for c in range(3)
    ]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


SURVIVAL_COLORS = _ramp(
    [(0.0, (30, 30, 150)), (0.5, (50, 150, 235)), (0.8, (205, 215, 170)), (1.0, (235, 170, 60))]
)
"""Dark red over amber to light blue, told apart by every kind of eye: probability of surviving."""
PROBABILITY_COLORS = _ramp(
    [(0.0, (52, 44, 38)), (0.35, (140, 95, 50)), (0.7, (180, 180, 60)), (1.0, (80, 225, 250))]
)
"""Dark over blue to yellow: probability of being chosen."""
SPEED_COLORS = _ramp([(0.0, (190, 110, 80)), (0.5, (170, 200, 90)), (1.0, (70, 220, 250))])
"""Blue over green to yellow: slow to fast."""


def _depth_colors() -> UInt8[np.ndarray, "256 3"]:
    """Near is bright; code 0, no return, is nearly black."""
    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_INFERNO)[:, 0]
    # Codes run from 31 at 20 m to 255 at 0.3 m: spread them over the whole map.
    codes = np.clip((np.arange(256) - 31) * 255 // 224, 0, 255)
    colors = table[np.clip(codes + 24, 0, 255)]
    colors[0] = BACKGROUND
    return colors


DEPTH_COLORS = _depth_colors()
