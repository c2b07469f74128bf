"""What the depth camera measures, with the metres that its colours stand for."""

import cv2
import numpy as np
from jaxtyping import UInt8

from sim.record import canvas
from sim.record.canvas import Image
from sim.sensing.camera import depth_code

_PICTURE = 136, 102
_SCALE = 26
_MARKS = np.array([0.3, 1.0, 3.0, 20.0])
"""m, on the colour bar: the range of the camera's codes, and between."""


class DepthView:
    """A small picture over its colour bar, `width` x `height` px, with a dark edge."""

    width, height = _PICTURE[0] + 2, _PICTURE[1] + _SCALE + 2

    def __init__(self) -> None:
        """Draw the bar, near at the left."""
        self._bar = np.full((_SCALE, _PICTURE[0], 3), canvas.BACKGROUND, np.uint8)
        codes = depth_code(_MARKS).astype(int)
        nearest, farthest = int(codes[0]), int(codes[-1])
        left, span = 4, _PICTURE[0] - 8
        colors = canvas.DEPTH_COLORS[farthest : nearest + 1][::-1]
        canvas.bar_of_colors(self._bar, left, 3, span, 7, colors)
        for metres, code in zip(_MARKS.tolist(), codes.tolist(), strict=True):
            words = f"{metres:g} m" if code == farthest else f"{metres:g}"
            wide = canvas.text_width(words, 10)
            x = left + round(span * (nearest - code) / (nearest - farthest)) - wide // 2
            canvas.text(self._bar, words, min(max(x, 2), _PICTURE[0] - 2 - wide), 22, size=10)

    def draw(self, image: Image, code: UInt8[np.ndarray, "48 64"]) -> None:
        """Paint it over an image of its size."""
        canvas.frame(image, 0, 0, self.width, self.height, canvas.BACKGROUND)
        picture = image[1 : 1 + _PICTURE[1], 1 : 1 + _PICTURE[0]]
        colors = canvas.DEPTH_COLORS[code]
        cv2.resize(colors, _PICTURE, dst=picture, interpolation=cv2.INTER_NEAREST)
        canvas.tag(picture, "depth", 0, 0)
        image[1 + _PICTURE[1] : -1, 1:-1] = self._bar
