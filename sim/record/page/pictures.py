"""The onboard camera's pictures as sheets of WebP: small, and one decoding for many frames."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from sim.record import canvas
from sim.types import IMAGE_SHAPE

_COLUMNS, _ROWS = 16, 16
_QUALITY = 72
BUDGET = 4_500_000
"""Bytes of both films together before base64; where they need more, every second picture is left out, then again."""


@dataclass(frozen=True)
class Film:
    """Sheets of `columns` x `rows` pictures; picture i was taken at step i * stride."""

    stride: int
    columns: int
    rows: int
    rgb: tuple[str, ...]
    """data: URLs."""
    depth: tuple[str, ...]


def film(images: UInt8[np.ndarray, "n 4 48 64"], budget: int = BUDGET) -> Film | None:
    """Both films, or None where the camera showed nothing in the whole flight."""
    if not images.any():
        return None
    stride = 1
    while True:
        shown = images[::stride]
        colors = _sheets(np.ascontiguousarray(shown[:, 2::-1].transpose(0, 2, 3, 1)))
        depth = _sheets(canvas.DEPTH_COLORS[shown[:, 3]]) if images[:, 3].any() else []
        if sum(map(len, colors + depth)) <= budget or len(shown) == 1:
            return Film(stride, _COLUMNS, _ROWS, tuple(map(_url, colors)), tuple(map(_url, depth)))
        stride *= 2


def _sheets(pictures: UInt8[np.ndarray, "n 48 64 3"]) -> list[bytes]:
    """BGR pictures, row by row on as many sheets as they need."""
    per_sheet = _COLUMNS * _ROWS
    _, height, width = IMAGE_SHAPE
    sheets = []
    for first in range(0, len(pictures), per_sheet):
        some = pictures[first : first + per_sheet]
        rows = -(-len(some) // _COLUMNS)
        blank = np.zeros((rows * _COLUMNS, height, width, 3), np.uint8)
        blank[: len(some)] = some
        grid = blank.reshape(rows, _COLUMNS, height, width, 3).transpose(0, 2, 1, 3, 4)
        sheet = grid.reshape(rows * height, _COLUMNS * width, 3)
        done, data = cv2.imencode(".webp", sheet, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
        if not done:
            raise ValueError("this build of OpenCV cannot write WebP")
        sheets.append(data.tobytes())
    return sheets


def _url(data: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"
