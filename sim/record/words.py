"""Events and numbers in words, the same in films, figures, pages and viewers."""

from collections.abc import Collection
from typing import Any

import numpy as np

from sim.record.reader import Flight
from sim.types import Event, FlightResult


def describe_event(name: str, detail: dict[str, Any]) -> str:
    """An event in words, as it is captioned."""
    # Sites count from 0 in events, and from 1 on maps, where 0 is the pad's token.
    told = {**detail, "site": detail["site"] + 1} if isinstance(detail.get("site"), int) else detail
    return ", ".join(
        [spaced(name), *(f"{spaced(key)} {value_words(value)}" for key, value in told.items())]
    )


def describe_near_miss(clearance: float) -> str:
    """A near miss in words, from its least clearance, m."""
    return f"near miss, {clearance:.2f} m from the hull"


def clearance_words(clearance: float) -> str:
    """A least clearance, m; infinite where nothing stood within reach."""
    return f"{number(clearance)} m" if np.isfinite(clearance) else "nothing near"


def number(value: float) -> str:
    """With two decimals, and never a negative zero."""
    return f"{round(value, 2) + 0.0:.2f}"


def spaced(name: str) -> str:
    """A name in code as words, without its unit."""
    return name.removesuffix("_m_s").removesuffix("_m").replace("_", " ")


def value_words(value: object) -> str:
    """A value of an event's detail."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return "(" + ", ".join(value_words(part) for part in value) + ")"
    return str(value)


def told_events(flight: Flight) -> tuple[Event, ...]:
    """The log's events, and what ended the flight where it stands in the result alone."""
    return (*flight.events, *untold_ending({event.name for event in flight.events}, flight.result))


def untold_ending(told: Collection[str], result: FlightResult | None) -> tuple[Event, ...]:
    """What ended a flight, of which events with these names were told; none where that is among them."""
    if result is None or result.outcome.value in told:
        return ()
    ending = [event for event in result.events if event.name == result.outcome.value]
    return (*ending[-1:],) or (Event(result.duration_s, result.outcome.value, {}),)
