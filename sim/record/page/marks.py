"""What happened and when: marks on the timeline to jump to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sim.record.near_misses import collided, near_misses
from sim.record.reader import Flight
from sim.record.told import ARRIVALS, interventions, told_events
from sim.record.words import describe_event, describe_near_miss
from sim.types import MASKED, Outcome

_BAD = {outcome.value for outcome in Outcome} - {Outcome.SUCCESS.value}


@dataclass(frozen=True)
class Mark:
    """One of them; `sample` is the first at or after it."""

    time: float  # s
    sample: int
    name: str
    text: str
    kind: str
    """good, bad, note, or minor: an intervention, of which a flight may have hundreds."""


def marks(
    flight: Flight, times: Float[np.ndarray, " m"], clearance: Float[np.ndarray, " m"]
) -> list[Mark]:
    """Events of the log, interventions that decisions name, near misses and the end, in order of time."""
    found = [(e.time, e.name, describe_event(e.name, e.detail)) for e in told_events(flight)]
    found += [
        (miss.time, "near_miss", describe_near_miss(miss.clearance))
        for miss in near_misses(times, clearance, collided=collided(flight))
    ]
    if flight.result is None:
        found.append((float(times[-1]), "log_ends", "the log ends here, without a result"))
    told = {event.name for event in flight.events}
    begun = interventions(flight)
    minor = {MASKED, *(event.name for event in begun)}
    found += [
        (e.time, e.name, describe_event(e.name, e.detail)) for e in begun if e.name not in told
    ]
    rows = [(*row, "minor" if row[1] in minor else _kind(row[1])) for row in found]
    return [
        # A crash ends the last step before its time is over; the log's event bears the step's end.
        Mark(min(time, float(times[-1])), sample_at(times, time), name, text, kind)
        for time, name, text, kind in sorted(rows, key=lambda row: row[0])
    ]


def sample_at(times: Float[np.ndarray, " m"], time: float) -> int:
    """The first sample at or after a time; the last where there is none."""
    return min(int(np.searchsorted(times, time - 1e-6)), len(times) - 1)


def _kind(name: str) -> str:
    return "good" if name in ARRIVALS else "bad" if name in _BAD else "note"
