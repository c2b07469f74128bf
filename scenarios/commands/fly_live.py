"""`fly --live`: the flight in Rerun while it is flown, at a chosen speed; what is flown is the same as without."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

import agents
from agents.flying import Recorder
from scenarios.commands.console import InputError
from scenarios.commands.stopping import terminable
from scenarios.commands.viewing import announce, looking, need_rerun, open_viewer
from sim.flight import Flight
from sim.scenario import Scenario
from sim.types import Decision, Event, FlightResult, Observation

if TYPE_CHECKING:
    from sim.record.viewer.live import LiveFlight
    from sim.record.viewer.serving import Viewer

_SLICE = 0.05
"""s of waiting after which an interrupt is looked for."""


@dataclass(frozen=True)
class LiveOptions:
    """What was asked for."""

    speed: float
    """Seconds of flight a second."""
    port: int

    def check(self) -> None:
        """Refuse what cannot be, before anything is loaded."""
        if not (math.isfinite(self.speed) and self.speed > 0.0):
            raise InputError(f"speed = {self.speed}: must be a positive number")
        need_rerun("live")


class Show:
    """A viewer that follows one flight."""

    def __init__(self, viewer: "Viewer", flight: "LiveFlight", speed: float) -> None:
        self._viewer, self._flight, self._speed = viewer, flight, speed
        self._began: float | None = None

    def watched(self, pilot: agents.Pilot) -> agents.Pilot:
        """The pilot, whose flight is shown once it is given one."""
        return _Watched(pilot, self._flight)

    def both(self, log: Recorder) -> Recorder:
        """A recorder that writes the log, then shows the step."""
        return _Both(log, self._flight)

    def pace(self, flown: float, check: Callable[[], None]) -> None:
        """Wait until it is time for what comes after `flown` s; a flight that is late is not held up further."""
        now = time.monotonic()
        if self._began is None or now > self._began + flown / self._speed + 1.0:
            self._began = now - flown / self._speed
        due = self._began + flown / self._speed
        while (left := due - time.monotonic()) > 0.0:
            check()
            time.sleep(min(left, _SLICE))

    def wait(self) -> None:
        """Until the user has seen enough."""
        with looking():
            self._viewer.wait()


@contextmanager
def live_show(options: LiveOptions, scenario: Scenario, pilot: agents.Pilot) -> Iterator[Show]:
    """Open the viewer for a flight that is about to begin."""
    from sim.record.lattice_view import Lattice
    from sim.record.viewer.live import LiveFlight

    parts = agents.describe_lattice()
    lattice = Lattice(*(np.array(parts[name]) for name in ("speeds", "elevations", "azimuths")))
    with terminable(), open_viewer(options.port) as viewer:
        flight = LiveFlight(scenario, pilot.name, lattice, pilot.action_level)
        viewer.show(flight.stream, flight.layout)
        announce(viewer)
        yield Show(viewer, flight, options.speed)


class _Watched:
    """Flies as the pilot it holds."""

    def __init__(self, pilot: agents.Pilot, live: "LiveFlight") -> None:
        self._pilot, self._live = pilot, live
        self.name, self.action_level = pilot.name, pilot.action_level

    def reset(self, flight: Flight) -> None:
        self._pilot.reset(flight)
        self._live.begin(flight.simulator)

    def act(self, observation: Observation) -> Decision:
        return self._pilot.act(observation)


class _Both:
    """A log, and the same shown."""

    def __init__(self, log: Recorder, live: "LiveFlight") -> None:
        self._log, self._live = log, live

    def step(
        self,
        time: float,
        action: Float[np.ndarray, "4"],
        ticks: Float[np.ndarray, "t 13"],
        observation: Observation,
        decision: Decision,
        events: Iterable[Event],
    ) -> None:
        events = tuple(events)
        self._log.step(time, action, ticks, observation, decision, events)
        self._live.step(time, action, ticks, observation, decision, events)

    def close(self, result: FlightResult) -> None:
        self._log.close(result)
        self._live.close(result)
