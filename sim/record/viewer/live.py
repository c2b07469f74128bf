"""A flight in the viewer while it is flown: a recorder that sends every step as it comes."""

from collections import deque
from collections.abc import Iterable

import numpy as np
import rerun as rr
from jaxtyping import Float

from sim.record.instants import start_body
from sim.record.lattice_view import Lattice
from sim.record.near_misses import NearMiss, NearMisses
from sim.record.told import untold_ending
from sim.record.viewer.blueprint import Column, blueprint
from sim.record.viewer.camera import send_sight
from sim.record.viewer.drone import send_motion, send_movers
from sim.record.viewer.events import near_miss_event, send_events
from sim.record.viewer.heads import send_heads, send_states
from sim.record.viewer.perception import Perception
from sim.record.viewer.recollect import believed, told
from sim.record.viewer.recording import send_styles
from sim.record.viewer.rows import (
    Clock,
    Motion,
    Sight,
    charge_of,
    visited_by_tokens,
    visited_on_route,
)
from sim.record.viewer.stage import Stage, new_recording
from sim.record.viewer.task import send_way
from sim.scenario import Scenario
from sim.simulator import Simulator
from sim.task_spec import MissionTask
from sim.types import MAX_TOKENS, Decision, Event, FlightResult, Observation, Outcome


class LiveFlight:
    """Shows one flight; it reads the simulator and changes nothing in it."""

    def __init__(self, scenario: Scenario, pilot: str, lattice: Lattice, level: str) -> None:
        """`level` says what the pilot's actions are."""
        self._scenario, self._lattice, self._level = scenario, lattice, level
        self.stream = new_recording(f"{scenario.name} {scenario.seed}, {pilot}, live")
        self._stage = Stage(self.stream, "live")
        self._simulator: Simulator | None = None
        self._passes, self._ended = NearMisses(), 0.0
        self._visits: list[float] = []
        self._told: set[str] = set()
        self._last: Decision | None = None
        start = start_body(scenario)
        # One body a tick, newest last, long enough for the delayed camera.
        self._trail = deque([start], maxlen=scenario.camera.delay_ticks + 1)
        self._clearance = np.zeros(0)

    @property
    def layout(self) -> rr.blueprint.Blueprint:
        """The layout that follows what comes in."""
        column = Column("live", self._scenario, has_lattice=True)
        return blueprint([column], live=True)

    def begin(self, simulator: Simulator) -> None:
        """Show the world and the start; the simulator that flies is asked for estimates from now on."""
        self._simulator, self._perception = simulator, Perception(self._scenario)
        send_styles(self._stage, self._scenario, self._lattice, self._perception)
        self._send_motion(
            Clock(np.zeros(1), np.zeros(1, dtype=int)), self._trail[-1][None], 0, None
        )
        self._passes.feed(0.0, float(self._clearance[0]))

    def step(
        self,
        time: float,
        action: Float[np.ndarray, "4"],
        ticks: Float[np.ndarray, "t 13"],
        observation: Observation,
        decision: Decision,
        events: Iterable[Event],
    ) -> None:
        """Show one control step, as `FlightLog.step` takes it."""
        assert self._simulator is not None, "begin comes first"
        if not np.isfinite(ticks).all():
            return  # It has diverged: nothing more can be shown.
        before, number = self._trail[-1], self._simulator.step_count
        last = self._simulator.tick
        events = tuple(events)
        self._send_sight(
            Clock(np.array([time]), np.array([number - 1])),
            last - len(ticks),
            action,
            observation,
            decision,
        )
        self._trail.extend(ticks)
        end = Clock(
            np.array([time + len(ticks) / self._scenario.rates.physics_hz]), np.array([number])
        )
        self._send_motion(end, ticks, last, before)
        self._visits += [event.time for event in events if event.name == "site_visited"]
        passed = self._passes.feed(float(end.times[0]), float(self._clearance[0]))
        self._ended = float(end.times[0])
        self._send_events(events)
        self._send_near_miss(passed)

    def close(self, result: FlightResult | None) -> None:
        """Send what is still waiting: the ending, and a near miss that is known to be one by now."""
        self._send_events(untold_ending(self._told, result))
        collided = result is not None and result.outcome is Outcome.COLLISION
        self._send_near_miss(self._passes.end(self._ended, collided=collided))
        self.stream.flush(timeout_sec=5.0)

    def _send_events(self, events: tuple[Event, ...]) -> None:
        self._told |= {event.name for event in events}
        send_events(self._stage, events, self._scenario.rates.control_hz, self._clearance)

    def _send_near_miss(self, miss: NearMiss | None) -> None:
        """It is told when it is over; its dot lies on the curve where it was."""
        if miss is not None:
            near = np.array([miss.clearance])
            event = near_miss_event(miss)
            send_events(self._stage, (event,), self._scenario.rates.control_hz, near)

    def _send_motion(
        self, clock: Clock, path: Float[np.ndarray, "t 13"], tick: int, before: np.ndarray | None
    ) -> None:
        assert self._simulator is not None
        self._clearance = np.array([self._perception.hull.after(path, tick)])
        setpoint = np.full(4, np.nan) if before is None else told(self._simulator)
        motion = Motion(
            clock, path[-1:], believed(self._simulator)[None], setpoint[None], self._clearance
        )
        send_motion(self._stage, motion, before)
        send_movers(self._stage, self._perception.movers, clock)

    def _send_sight(
        self,
        clock: Clock,
        tick: int,
        action: Float[np.ndarray, "4"],
        observation: Observation,
        decision: Decision,
    ) -> None:
        eye = self._trail[0]
        sight = Sight(
            clock=clock,
            bodies=self._trail[-1][None],
            eyes=eye[None],
            images=observation["image"][None],
            classes=self._perception.classes(eye, tick)[None],
            charges=charge_of(observation["ego"][None]),
            visited=self._visited(clock, observation),
            actions=action[None],
            decisions=(decision,),
        )
        send_way(self._stage, self._scenario, sight)
        send_sight(self._stage, self._scenario, sight)
        send_heads(self._stage, self._scenario, self._lattice, sight, self._level)
        send_states(self._stage, sight, self._last)
        self._last = decision

    def _visited(self, clock: Clock, observation: Observation) -> np.ndarray:
        task = self._scenario.task
        if isinstance(task, MissionTask) and task.ordered:
            return visited_on_route(len(task.sites), clock.times, np.array(self._visits))
        return visited_by_tokens(self._scenario, observation["sites"].reshape(1, MAX_TOKENS, -1))
