"""Which events of a flight are told, the same in films, figures, pages and viewers: the log's, the pilot's, and its ending."""

from collections.abc import Collection

from sim.record.reader import Flight
from sim.types import Event, FlightResult, Outcome

ARRIVALS = frozenset(
    {
        "site_visited",
        "close_up_done",
        "goal_reached",
        "course_completed",
        "landed",
        Outcome.SUCCESS.value,
    }
)
"""Names of events that bring the task on."""


def told_events(flight: Flight) -> tuple[Event, ...]:
    """The log's events, and what ended the flight where it stands in the result alone."""
    return (*flight.events, *untold_ending({event.name for event in flight.events}, flight.result))


def main_events(flight: Flight) -> tuple[Event, ...]:
    """The same without what pilots note at every step it holds, which may be most of them: `interventions` has it."""
    noted = {name for decision in flight.decisions for name in decision.events}
    return tuple(event for event in told_events(flight) if event.name not in noted)


def untold_ending(told: Collection[str], result: FlightResult | None) -> tuple[Event, ...]:
    """What ended a flight, of which events with these names were told; none where that is among them."""
    if result is None or result.outcome.value in told:
        return ()
    return (ending_event(result),)


def ending_event(result: FlightResult) -> Event:
    """The event that ended a flight; where there was none, as when it was interrupted, its outcome without circumstances."""
    ending = [event for event in result.events if event.name == result.outcome.value]
    return ending[-1] if ending else Event(result.duration_s, result.outcome.value, {})


def interventions(flight: Flight) -> list[Event]:
    """What decisions name, each when it begins: a decision repeats what still holds."""
    found: list[Event] = []
    before: tuple[str, ...] = ()
    for time, decision in zip(flight.times.tolist(), flight.decisions, strict=True):
        found += [Event(time, name, {}) for name in decision.events if name not in before]
        before = decision.events
    return found
