"""What faults of camera and depth make of an image, once a control step. The image itself is always taken."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

Image = UInt8[np.ndarray, "4 h w"]


@dataclass
class ImageFault:
    """A fault of the camera (all four planes) or of the depth (the last one) while it lasts."""

    kind: str
    frames: int
    """Delay, or length of a gap and of what follows it, in control steps."""
    held: Image
    """What was seen last before it began."""
    age: int = 0
    late: deque[Image] = field(default_factory=deque)

    def spoil(self, image: Image, planes: slice, rng: np.random.Generator) -> None:
        """Turn the fresh image into what is seen."""
        seen = image[planes]
        if self.kind == "off":
            seen[:] = 0
        elif self.kind == "garbage":
            seen[:] = rng.integers(0, 256, seen.shape, dtype=np.uint8)
        elif self.kind == "stuck":
            seen[:] = self.held[planes]
        elif self.kind == "delayed":
            # The stream stalls on what was seen last, then runs on late.
            self.late.append(image.copy())
            if len(self.late) > self.frames:
                self.held = self.late.popleft()
            seen[:] = self.held[planes]
        elif self.kind == "intermittent":
            if self.age // self.frames % 2 == 0:
                seen[:] = self.held[planes]
            else:
                self.held = image.copy()
        self.age += 1


CAMERA, DEPTH = slice(0, 4), slice(3, 4)
"""Planes that each component spoils."""
