"""The hull put where a rule begins or ends, and what comes of it."""

from typing import Any

import numpy as np

from sim.flight import Flight
from sim.scenario import Scenario
from sim.types import MAX_SPEED, SITE_FIELDS, Outcome
from tests.builders import (
    HEIGHT,
    HOVER,
    hover,
    mission,
    place,
)

SITE = (15.0, 5.0)
CLOSE_UP_STEPS = 45
"""3 s at 15 Hz."""


def put(flight: Flight, x: float, y: float, z: float = HEIGHT, **motion: Any) -> None:
    place(flight.simulator, (x, y, z), **motion)


def one_site(**settings: Any) -> Scenario:
    changes = {key: settings.pop(key) for key in ("battery", "time_limit_s") if key in settings}
    return mission({"x": SITE[0], "y": SITE[1], **settings}, **changes)


def site_token(flight: Flight, index: int = 0) -> dict[str, float]:
    """A site's fields in the observation."""
    row = flight.observation()["sites"].reshape(12, -1)[index + 1]
    return dict(zip(SITE_FIELDS, row.tolist(), strict=True))


def ended(flight: Flight) -> Outcome | None:
    """The outcome after one more step."""
    return flight.advance(HOVER).outcome


def land(flight: Flight, x: float, y: float, speed: float = 0.5, **motion: Any) -> Outcome | None:
    """The outcome of touching the ground at x, y, sinking at `speed` m/s."""
    height = flight.simulator.vehicle.hull_height / 2
    put(flight, x, y, height + 0.01, velocity=(0.0, 0.0, -speed), **motion)
    for _ in range(4):
        # A sinking command at full scale is met by no climb of the autopilot.
        if flight.outcome is None:
            flight.advance(np.array([0.0, 0.0, -speed / MAX_SPEED, 0.0]))
    return flight.outcome


def serve(flight: Flight) -> None:
    put(flight, *SITE)
    hover(flight, 1)
