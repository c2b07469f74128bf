"""What may end a flight: endings, doubtful and certain ones, in the order in which they count."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from scenarios.referee.contact import Touch
from scenarios.referee.track import Track

SLACK = 1e-3
"""m, m/s or rad by which a decision counts as close; touching has its own, TOUCH."""
CHARGE_SLACK = 2e-3
"""Of the capacity."""


@dataclass(frozen=True)
class Ending:
    """One outcome a flight may have had, and everything it rests on."""

    outcome: str
    reason: str
    step: int
    sample: int
    latest: int
    """The last sample with which it may have come; `sample` where there is no doubt about the time."""
    touch: Touch | None
    close: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """Something that ended the flight, or may have."""

    rank: tuple[int, int, int]
    """Earlier ones count first: the control step, the kind of rule, the sample or place among its like."""
    sure: bool
    """Whether the flight cannot have gone on."""
    endings: tuple[Ending, ...]
    """What it may have been; the likeliest first."""


@dataclass(frozen=True)
class Spell:
    """Samples in a row beyond a threshold."""

    first: int
    last: int
    sure: bool
    """Whether it is beyond by more than the slack."""


def spells(
    track: Track, beyond: Bool[np.ndarray, " n"], surely: Bool[np.ndarray, " n"]
) -> Iterator[Spell]:
    """Spells beyond a threshold up to the first that is sure, with which the flight is over.

    One that becomes sure in a later control step than it began with is first a doubtful one, then a sure one.
    """
    edges = np.flatnonzero(np.diff(beyond.astype(np.int8), prepend=0, append=0)).tolist()
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        if not surely[first:stop].any():
            yield Spell(first, stop - 1, False)
            continue
        sure = first + int(surely[first:stop].argmax())
        if track.step_of(sure) == track.step_of(first):
            yield Spell(first, sure, True)
            return
        yield Spell(first, sure - 1, False)
        yield Spell(sure, sure, True)
        return
