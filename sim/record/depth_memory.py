"""The depth history of each step from the depth images before it, so that logs need not repeat it."""

import numpy as np
from jaxtyping import UInt8

from sim.types import HISTORY_AGES_S, HISTORY_SHAPE, IMAGE_SHAPE


class DepthMemory:
    """Sees the depth code of one control step after the other."""

    def __init__(self, control_hz: int) -> None:
        """`control_hz`: steps a second."""
        self._ages = [round(age * control_hz) for age in HISTORY_AGES_S]
        self._pooled: list[np.ndarray] = []

    def see(self, code: UInt8[np.ndarray, "48 64"]) -> UInt8[np.ndarray, "3 12 16"]:
        """The history that the environment observes at this step; what lies before the first step looks like it."""
        self._pooled.append(_pool(code))
        now = len(self._pooled) - 1
        return np.array([self._pooled[max(0, now - age)] for age in self._ages])


def _pool(code: np.ndarray) -> np.ndarray:
    """The nearest return of each block, as `sim.sensing.camera.max_pool_code` finds it."""
    width, (rows, columns) = IMAGE_SHAPE[2], HISTORY_SHAPE[1:]
    # Rows first: each is one run of memory, which NumPy compares many numbers at a time.
    return code.reshape(rows, -1, width).max(axis=1).reshape(rows, columns, -1).max(axis=2)
