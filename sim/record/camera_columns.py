"""What logs of every schema say of the camera, gathered message by message: images, depth histories, checksums."""

from typing import Any

import numpy as np
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from jaxtyping import UInt8, UInt32

from sim.record.depth_memory import DepthMemory
from sim.record.pictures import depth_codes, expand_colors, image_checksum
from sim.types import HISTORY_SHAPE, IMAGE_SHAPE

_SIZE = IMAGE_SHAPE[1:]


class CameraColumns:
    """Takes messages in the order of the log; what is none is a ValueError or DecodeError."""

    def __init__(self, schema_version: int, control_hz: int) -> None:
        """Both as the metadata have them."""
        self._raw = schema_version == 1
        self._memory = DepthMemory(control_hz)
        self._colors: list[np.ndarray] = []
        self._codes: list[np.ndarray] = []
        self._histories: list[bytes] = []
        self._checksums: list[int] = []

    def __len__(self) -> int:
        """Steps whose camera is known."""
        return min(len(self._colors), len(self._codes), len(self._histories))

    def take_step(self, message: Any) -> None:
        """The camera's part of a `trident.Step`."""
        size = len(message.history)
        if size != np.prod(HISTORY_SHAPE) and (self._raw or size):
            raise ValueError(f"a depth history of {size} bytes")
        if self._raw:
            self._codes.append(np.frombuffer(message.depth_code, np.uint8).reshape(_SIZE))
        self._histories.append(message.history)
        self._checksums.append(message.image_crc32)

    def take_colors(self, data: bytes) -> None:
        """A message of /camera/rgb."""
        if self._raw:
            pixels = np.frombuffer(RawImage.FromString(data).data, np.uint8)
            self._colors.append(pixels.reshape(*_SIZE, 3).transpose(2, 0, 1))
        else:
            self._colors.append(expand_colors(CompressedImage.FromString(data).data))

    def take_depth(self, data: bytes) -> None:
        """A message of /camera/depth, from which schema 1 could not tell codes below 18 apart."""
        if not self._raw:
            millimetres = np.frombuffer(RawImage.FromString(data).data, "<u2")
            self._codes.append(depth_codes(millimetres.reshape(_SIZE)))

    def images(self, count: int) -> UInt8[np.ndarray, "n 4 48 64"]:
        """Of the first `count` steps: colours as the log keeps them, depth codes as they were observed."""
        images = np.empty((count, *IMAGE_SHAPE), np.uint8)
        for image, colors, code in zip(images, self._colors, self._codes, strict=False):
            image[:3], image[3] = colors, code
        return images

    def histories(self, count: int) -> UInt8[np.ndarray, "n 3 12 16"]:
        """As stated, else as they follow from the depth codes before."""
        histories = np.empty((count, *HISTORY_SHAPE), np.uint8)
        for history, code, stated in zip(histories, self._codes, self._histories, strict=False):
            seen = self._memory.see(code)
            history[...] = (
                np.frombuffer(stated, np.uint8).reshape(HISTORY_SHAPE) if stated else seen
            )
        return histories

    def checksums(self, images: UInt8[np.ndarray, "n 4 48 64"]) -> UInt32[np.ndarray, " n"]:
        """Of the images as they were observed; schema 1 has none, but holds them exactly."""
        if self._raw:
            return np.array([image_checksum(image) for image in images], np.uint32)
        return np.array(self._checksums[: len(images)], np.uint32)
