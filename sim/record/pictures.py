"""The image of a step as logs hold it: colours as JPEG, for eyes; depth in mm, exact; a checksum of both as observed."""

import zlib

import cv2
import numpy as np
from jaxtyping import UInt8, UInt16

from sim.types import DEPTH_NEAR, IMAGE_SHAPE

_JPEG = [
    cv2.IMWRITE_JPEG_QUALITY, 92,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
]  # fmt: skip
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers after which height and width stand."""


def image_checksum(image: UInt8[np.ndarray, "4 48 64"]) -> int:
    """CRC-32 over every bit of an observed image, by which a second flight's is compared with it."""
    return zlib.crc32(np.ascontiguousarray(image).data)


def compress_colors(image: UInt8[np.ndarray, "4 48 64"]) -> bytes:
    """JPEG of the red, green and blue planes, colour at full resolution."""
    return cv2.imencode(".jpg", cv2.merge([image[2], image[1], image[0]]), _JPEG)[1].tobytes()


def expand_colors(jpeg: bytes) -> UInt8[np.ndarray, "3 48 64"]:
    """The planes that come back; ValueError where these bytes are no picture of the camera's size."""
    height, width = IMAGE_SHAPE[1:]
    # Looked at before decoding: a few bytes can announce a picture of gigabytes.
    if _jpeg_size(jpeg) != (height, width):
        raise ValueError(f"a picture is no JPEG of {width} x {height}")
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        colors = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flags)
    except cv2.error:
        colors = None
    if colors is None or colors.shape != (height, width, 3):
        raise ValueError("a JPEG cannot be decoded")
    return colors[..., ::-1].transpose(2, 0, 1)


def depth_millimetres() -> UInt16[np.ndarray, "256"]:
    """Depth along the optical axis for each depth code, mm; code 0 is no return.

    Of the depths that have a code, the one with most binary zeros at its end: it says no more than the code knows, and
    packs a fifth smaller than the code's middle. Codes below 18, which lie beyond 65 m and which only a broken camera
    shows, share the numbers from 65535 downwards.
    """
    return np.array([0, *(_round_depth(code) for code in range(1, 256))], np.uint16)


def depth_image(code: UInt8[np.ndarray, "48 64"]) -> UInt16[np.ndarray, "48 64"]:
    """Millimetres for codes, see `depth_millimetres`."""
    return cv2.LUT(code, _MILLIMETRES)


def depth_codes(millimetres: UInt16[np.ndarray, "48 64"]) -> UInt8[np.ndarray, "48 64"]:
    """`depth_image` backwards, exactly; ValueError for a depth that is no code's."""
    codes = _CODES[millimetres]
    if not np.array_equal(_MILLIMETRES[codes], millimetres):
        raise ValueError("a depth is that of no depth code")
    return codes


def _round_depth(code: int) -> int:
    near, middle, far = (1000.0 * DEPTH_NEAR * (255.0 / (code + d)) ** 2 for d in (0.5, 0.0, -0.5))
    if middle >= 65535:
        return 65536 - code
    # Half a millimetre is kept from where the next code begins.
    for step in (1 << bit for bit in reversed(range(16))):
        depth = step * round(middle / step)
        if near + 0.5 <= depth <= min(far, 65535.0) - 0.5:
            return depth
    raise AssertionError(f"code {code} has no whole millimetre")


def _code_table() -> UInt8[np.ndarray, "65536"]:
    table = np.zeros(1 << 16, np.uint8)
    table[_MILLIMETRES] = np.arange(256)
    return table


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Height and width that a JPEG announces."""
    place = 2 if data[:2] == b"\xff\xd8" else len(data)
    while place + 9 <= len(data) and data[place] == 0xFF:
        if data[place + 1] in _FRAME_HEADERS:
            height, width = data[place + 5 : place + 7], data[place + 7 : place + 9]
            return int.from_bytes(height), int.from_bytes(width)
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return None


_MILLIMETRES = depth_millimetres()
_CODES = _code_table()
