"""The loop that flies one scenario with one pilot."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from agents.pilot import Pilot
from sim.flight import Flight
from sim.scenario import Scenario
from sim.types import MASKED, Decision, Event, FlightResult, Observation


class Recorder(Protocol):
    """What `fly` writes to; `sim.record.FlightLog` is one."""

    def step(
        self,
        time: float,
        action: np.ndarray,
        ticks: np.ndarray,
        observation: Observation,
        decision: Decision,
        events: tuple[Event, ...],
    ) -> None: ...

    def close(self, result: FlightResult) -> None: ...


def fly(
    scenario: Scenario,
    pilot: Pilot,
    log: Recorder | None = None,
    progress: Callable[[float], None] | None = None,
    dump_to: Path | None = None,
) -> FlightResult:
    """Fly to the outcome; an interrupt closes the log with what was flown and is raised again.

    A flight that diverges leaves its last seconds in `dump_to`, or in the user's cache.
    """
    flight = Flight(scenario, action=pilot.action_level, once=True, dump_to=dump_to)
    try:
        pilot.reset(flight)
        return _loop(flight, pilot, log, progress)
    except KeyboardInterrupt:
        if log is not None:
            log.close(flight.result())
        raise
    finally:
        flight.close()


def _loop(
    flight: Flight, pilot: Pilot, log: Recorder | None, progress: Callable[[float], None] | None
) -> FlightResult:
    observation = flight.observation()
    asked = masked = 0
    while flight.outcome is None:
        time = flight.simulator.time
        decision = pilot.act(observation)
        asked += decision.asked
        masked += MASKED in decision.events
        step = flight.advance(decision.action)
        if log is not None:
            marks = tuple(Event(time, name) for name in decision.events)
            log.step(
                time, decision.action, step.ticks, observation, decision, (*marks, *step.events)
            )
        observation = flight.observation()
        if progress is not None:
            progress(flight.simulator.time)
    result = replace(flight.result(), mission_decisions=asked, mask_interventions=masked)
    if log is not None:
        log.close(result)
    return result
