"""Faults, and flights that have them."""

from typing import Any

from sim.faults import Fault
from sim.scenario import Limits, Scenario
from sim.sensing.settings import Sensors
from sim.types import Event
from tests.builders import (
    THINGS,
    breeze,
    grainy,
    scenario,
    world,
)
from tests.laws.sensed_flight import nominal


def fault(component: str, kind: str, value: Any = None, at: float = 0.0, **which: Any) -> Fault:
    table = {"time_s": at, "component": component, "kind": kind, "value": value, **which}
    return Fault.model_validate(table)


def fused(**changes: Any) -> Scenario:
    """A flight on the nominal sensors."""
    return scenario(odometry=None, sensors=Sensors.model_validate(nominal()), **changes)


def faults_in(events: tuple[Event, ...]) -> list[tuple[float, str, str]]:
    return [
        (round(event.time, 3), event.name, f"{event.detail['component']} {event.detail['kind']}")
        for event in events
        if event.name.startswith("fault_")
    ]


EVERYTHING = (
    fault("motor", "wrong", 0.9, motor=1),
    fault("battery", "wrong", 0.6),
    fault("camera", "delayed", 0.3),
    fault("depth", "garbage"),
    fault("gyro", "wrong", (0.01, 0.0, -0.01)),
    fault("accel", "wrong", (0.1, 0.0, 0.0)),
    fault("gps", "wrong", (2.0, 0.0, 0.0), at=0.2),
    fault("baro", "delayed", 0.2, at=0.4),
    fault("distance_sensor", "stuck", at=0.5),
    fault("vio", "intermittent", 0.3),
    fault("gps", "ok", at=1.5),
    fault("camera", "ok", at=2.0),
)


def everything() -> Scenario:
    return fused(
        world=world(*THINGS),
        weather=breeze(),
        camera=grainy(delay_ticks=24),
        faults=EVERYTHING,
        limits=Limits(altitude_max_m=5.5),
    )
