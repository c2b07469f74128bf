"""What happened and when: marks on the timeline to jump to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sim.record.reader import Flight
from sim.record.video import describe_event
from sim.types import MASKED, Outcome

NEAR_MISS = 0.25
"""m from the hull: a pass this close that did not touch is marked."""
_APART = 1.0
"""s between two near misses of one pass."""
_GOOD = {"site_visited", "close_up_done", "success", "landed", "course_completed", "goal_reached"}
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
    found = [(e.time, e.name, describe_event(e.name, e.detail)) for e in flight.events]
    found += [
        (float(times[i]), "near_miss", f"near miss, {clearance[i]:.2f} m from the hull")
        for i in near_misses(times, clearance, _ends_in_collision(flight))
    ]
    found += _end(flight, times)
    told = {event.name for event in flight.events}
    interventions = _interventions(flight)
    minor = {MASKED, *(name for _, name, _ in interventions)}
    found += [row for row in interventions if row[1] not in told]
    rows = [(*row, "minor" if row[1] in minor else _kind(row[1])) for row in found]
    return [
        # A crash ends the last step before its time is over; the log's event bears the step's end.
        Mark(min(time, float(times[-1])), sample_at(times, time), name, text, kind)
        for time, name, text, kind in sorted(rows, key=lambda row: row[0])
    ]


def sample_at(times: Float[np.ndarray, " m"], time: float) -> int:
    """The first sample at or after a time; the last where there is none."""
    return min(int(np.searchsorted(times, time - 1e-6)), len(times) - 1)


def near_misses(
    times: Float[np.ndarray, " m"], clearance: Float[np.ndarray, " m"], collided: bool
) -> list[int]:
    """Samples of least clearance of every pass within `NEAR_MISS` that touched nothing; what ends in the collision is none."""
    close, passes = np.flatnonzero(clearance < NEAR_MISS), []
    for sample in close.tolist():
        if passes and times[sample] - times[passes[-1][-1]] < _APART:
            passes[-1].append(sample)
        else:
            passes.append([sample])
    if collided and passes and times[-1] - times[passes[-1][-1]] < _APART:
        passes.pop()
    least = [samples[int(np.argmin(clearance[samples]))] for samples in passes]
    return [sample for sample in least if clearance[sample] > 0.0]


def _ends_in_collision(flight: Flight) -> bool:
    return flight.result is not None and flight.result.outcome is Outcome.COLLISION


def _interventions(flight: Flight) -> list[tuple[float, str, str]]:
    """Each when it begins: a decision repeats what still holds."""
    found, before = [], ()
    for time, decision in zip(flight.times.tolist(), flight.decisions, strict=True):
        found += [(time, n, describe_event(n, {})) for n in decision.events if n not in before]
        before = decision.events
    return found


def _end(flight: Flight, times: Float[np.ndarray, " m"]) -> list[tuple[float, str, str]]:
    """The end, where no event of the log tells it already."""
    result, end = flight.result, float(times[-1])
    if result is None:
        return [(end, "log_ends", "the log ends here, without a result")]
    if any(event.name == result.outcome.value for event in flight.events):
        return []
    return [(end, result.outcome.value, describe_event(result.outcome.value, {}))]


def _kind(name: str) -> str:
    return "good" if name in _GOOD else "bad" if name in _BAD else "note"
