"""What a film writes under its picture at each step."""

from sim.record.clearances import sample_clearances
from sim.record.instants import sample_times, step_ends
from sim.record.near_misses import collided, near_misses
from sim.record.reader import Flight
from sim.record.told import interventions, main_events
from sim.record.words import describe_event, describe_near_miss
from sim.types import MASKED

CAPTION_SECONDS = 2.0


def captions(flight: Flight) -> list[list[str]]:
    """Events, interventions and near misses of the last seconds, as of each step's end: the last tells the ending.

    Without forbidden first choices: they come up to once a second, and the mission's panel tells them.
    """
    ends = step_ends(flight).tolist()
    marks = [
        (event.time, describe_event(event.name, event.detail))
        for event in interventions(flight)
        if event.name != MASKED
    ]
    times, clearances = sample_times(flight), sample_clearances(flight)
    found = near_misses(times, clearances, collided=collided(flight))
    marks += [(miss.time, describe_near_miss(miss.clearance)) for miss in found]
    # A crash ends the last step before its time is over: what the log dates later belongs to its end.
    marks += [
        (min(event.time, ends[-1]), describe_event(event.name, event.detail))
        for event in main_events(flight)
    ]
    marks.sort(key=lambda mark: mark[0])
    # A mark may be an event and a decision's at once, or come again every second: it is told once.
    return [
        list(
            dict.fromkeys(words for t, words in marks if t <= end + _ROUNDING < t + CAPTION_SECONDS)
        )
        for end in ends
    ]


_ROUNDING = 1e-6
