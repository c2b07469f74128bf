"""No standing before a wall: whoever has not moved for a second on the way to a goal turns, one way, until it can fly on."""

import numpy as np
from jaxtyping import Bool

from agents.lattice import CANDIDATES, HOVER, MOVING

_PATIENCE_S = 1.0
"""For longer, the camera sees what it saw before, and the answer will be what it was."""


class Standstill:
    """Watches what is flown, and bars what would keep the drone where it is, looking where it looks."""

    def __init__(self, control_hz: float) -> None:
        self._patience = round(_PATIENCE_S * control_hz)
        self._idle = 0
        self._turn = -1

    def barred(self) -> Bool[np.ndarray, " k"]:
        """Candidates not to be flown now: after a second on the spot hovering, and turning the other way."""
        barred = np.zeros(CANDIDATES, dtype=bool)
        if self._idle >= self._patience:
            barred[HOVER] = True
            if self._turn > HOVER:
                barred[MOVING:] = True
                barred[self._turn] = False
        return barred

    def flown(self, chosen: int) -> None:
        """Take note of the candidate that is flown."""
        self._idle = 0 if chosen < MOVING else self._idle + 1
        self._turn = chosen
