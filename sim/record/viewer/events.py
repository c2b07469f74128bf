"""Events as entities: a log of words, a mark on the timeline for each kind, and a dot on the curve of clearance."""

from collections.abc import Iterable

import numpy as np
import rerun as rr
from jaxtyping import Float

from sim.record.near_misses import NearMiss
from sim.record.told import ARRIVALS
from sim.record.viewer.rows import Clock
from sim.record.viewer.stage import Stage
from sim.record.words import describe_event
from sim.types import Event, Outcome

_LEVELS = {
    "contact": "ERROR",
    "ending": "ERROR",
    "failsafe": "WARN",
    "fault": "WARN",
    "near_miss": "WARN",
}
_COLORS = {
    "arrival": (90, 200, 120),
    "contact": (235, 70, 70),
    "ending": (235, 70, 70),
    "failsafe": (245, 150, 60),
    "fault": (200, 110, 230),
    "near_miss": (245, 200, 60),
    "pilot": (150, 160, 175),
}


def kind_of(event: Event) -> str:
    """What an event is, in one of the words of `_COLORS`; each is an entity under `events`."""
    name = event.name
    if name in ARRIVALS:
        return "arrival"
    if name == "near_miss":
        return "near_miss"
    if name == Outcome.COLLISION:
        return "contact"
    if name.startswith("fault_"):
        return "fault"
    if (
        name.startswith("failsafe_")
        or "action" in event.detail
        or name.endswith("_cleared")
        or name == "fence_avoided"
    ):
        return "failsafe"
    return "ending" if name in set(Outcome) else "pilot"


def send_event_styles(stage: Stage) -> None:
    """How the dots on the clearance curve look."""
    style = rr.SeriesPoints(
        names="events", markers="diamond", marker_sizes=5.0, colors=(235, 235, 240)
    )
    stage.fixed("curves/clearance/events", style)


def send_events(
    stage: Stage, events: Iterable[Event], control_hz: int, clearance: Float[np.ndarray, " m"]
) -> None:
    """Words, marks and dots; `clearance` is that at the start and after each step, or the latest alone."""
    for event in events:
        step = int(np.floor(event.time * control_hz + 1e-6))
        clock, kind = Clock(np.array([event.time]), np.array([step])), kind_of(event)
        text = rr.TextLog.columns(
            text=[describe_event(event.name, event.detail)],
            level=[_LEVELS.get(kind, "INFO")],
            color=[_COLORS[kind]],
        )
        stage.rows(f"events/{kind}", clock, text)
        if len(clearance):
            near = float(clearance[min(step, len(clearance) - 1)])
            stage.rows("curves/clearance/events", clock, rr.Scalars.columns(scalars=[near]))


def near_miss_event(miss: NearMiss) -> Event:
    """A near miss as an event of the flight."""
    return Event(miss.time, "near_miss", {"clearance_m": miss.clearance})
