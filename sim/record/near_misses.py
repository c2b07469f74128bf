"""What counts as a near miss, for films, pages and viewers alike: a pass close by that touched nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sim.record.reader import Flight
from sim.types import Outcome

NEAR = 0.25
"""m from the hull: a pass this close is told."""
APART = 1.0
"""s without anything so close, after which the pass is over; one that was under way this long before a collision led to it."""


@dataclass(frozen=True)
class NearMiss:
    """A pass at its nearest."""

    sample: int
    """How many instants were looked at before this one."""
    time: float  # s
    clearance: float  # m, above 0


class NearMisses:
    """Finds the passes of a flight as its instants come."""

    def __init__(self) -> None:
        """A flight that begins close to something has not passed it."""
        self._seen = 0
        self._ready = False
        self._least: NearMiss | None = None
        self._last_near = -np.inf

    def feed(self, time: float, clearance: float) -> NearMiss | None:
        """The pass that is known to be over with this instant, if one is."""
        sample, over = self._seen, None
        self._seen += 1
        if clearance >= NEAR:
            self._ready = True
            if time - self._last_near >= APART - _ROUNDING:
                over, self._least = self._passed(), None
        elif self._ready:
            self._last_near = time
            if self._least is None or clearance < self._least.clearance:
                self._least = NearMiss(sample, time, clearance)
        return over

    def end(self, time: float, *, collided: bool) -> NearMiss | None:
        """The pass that was under way when the flight ended; what led into a collision is none."""
        led_there = collided and time - self._last_near < APART - _ROUNDING
        return None if led_there else self._passed()

    def _passed(self) -> NearMiss | None:
        """What touched is no miss."""
        return None if self._least is None or self._least.clearance <= 0.0 else self._least


_ROUNDING = 1e-6


def near_misses(
    times: Sequence[float] | Float[np.ndarray, " n"],
    clearances: Sequence[float] | Float[np.ndarray, " n"],
    *,
    collided: bool,
) -> list[NearMiss]:
    """All passes of a flight, in order."""
    search = NearMisses()
    found = [search.feed(float(t), float(c)) for t, c in zip(times, clearances, strict=True)]
    found.append(search.end(float(times[-1]) if len(times) else 0.0, collided=collided))
    return [miss for miss in found if miss is not None]


def collided(flight: Flight) -> bool:
    """Whether the flight ended in a collision, by its result or, where the log is cut short, by its events."""
    if flight.result is not None:
        return flight.result.outcome is Outcome.COLLISION
    return any(event.name == Outcome.COLLISION for event in flight.events)
