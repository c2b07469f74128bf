"""A flight: the simulator, its task, and the rules that end it; `env` and the pilots' loop both drive this."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sim.faults import Fault
from sim.observation import observe
from sim.scenario import Scenario
from sim.simulator import Simulator
from sim.tasks import make_task
from sim.types import POSITION, VELOCITY, Event, FlightResult, Observation, Outcome

_DIVERGED_SPEED = 60.0
"""m/s no vehicle here can reach; beyond it the integration has failed."""
_ENDING_REWARD = {Outcome.SUCCESS: 10.0, Outcome.TIMEOUT: 0.0}
_FAILURE_REWARD = -10.0


@dataclass(frozen=True)
class Step:
    """What one control step brought."""

    ticks: Float[np.ndarray, "t 13"]
    rewards: dict[str, float]
    outcome: Outcome | None
    events: tuple[Event, ...]


class Flight:
    """One scenario being flown, from its start to its outcome."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.simulator = Simulator(scenario)
        self.reset()

    def reset(self) -> Observation:
        """Back to the start; returns the first observation."""
        self.simulator.reset()
        self.task = make_task(self.simulator)
        self.outcome: Outcome | None = None
        self.distance = 0.0
        self.min_clearance = self._clearance()
        self._ending: tuple[Event, ...] = ()
        return self.observation()

    def observation(self) -> Observation:
        """What the drone perceives now."""
        return observe(self.simulator, self.task)

    def inject(self, fault: Fault) -> None:
        """Let a fault begin (or with kind ok end) with the next control step; an error says why it cannot."""
        if self.outcome is not None:
            raise RuntimeError(f"the flight is over ({self.outcome}); call reset first")
        self.simulator.inject(fault)

    def advance(self, action: Float[np.ndarray, "4"]) -> Step:
        """Fly one control step."""
        if self.outcome is not None:
            raise RuntimeError(f"the flight is over ({self.outcome}); call reset first")
        seen, known = len(self.task.events), len(self.simulator.faults.events)
        before = self.simulator.body[POSITION].copy()
        ticks = self.simulator.step(action)
        path = np.vstack([before, ticks[:, POSITION]])
        self.distance += float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
        self.min_clearance = min(self.min_clearance, self._clearance())
        self.outcome = self._judge(ticks)
        rewards = dict(self.task.rewards())
        if self.outcome is not None:
            rewards["ending"] = _ENDING_REWARD.get(self.outcome, _FAILURE_REWARD)
        faults = self.simulator.faults.events[known:]
        events = (*faults, *self.task.events[seen:], *self._ending)
        return Step(ticks, rewards, self.outcome, events)

    def result(self, interrupted: bool = False) -> FlightResult:
        """The flight in one row."""
        outcome = self.outcome or (Outcome.INTERRUPTED if interrupted else Outcome.TIMEOUT)
        return FlightResult(
            outcome=outcome,
            duration_s=self.simulator.time,
            distance_m=self.distance,
            min_clearance_m=self.min_clearance,
            energy_wh=float(self.simulator.plant["energy_used_wh"][0]),
            prize=self.task.prize,
            events=(*self._past_events(), *self._ending),
        )

    def close(self) -> None:
        """Give the simulator back."""
        self.simulator.close()

    def _past_events(self) -> list[Event]:
        """Faults and what the task saw, in order."""
        events = [*self.simulator.faults.events, *self.task.events]
        return sorted(events, key=lambda event: event.time)

    # --- Private: the rules that end any flight, in order of precedence.

    def _judge(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome | None:
        sim = self.simulator
        if not np.isfinite(ticks).all() or np.abs(ticks[:, VELOCITY]).max() > _DIVERGED_SPEED:
            return self._end(Outcome.DIVERGED, {})
        outcome = self.task.update(ticks)
        if sim.contacts:
            return self._touched(ticks)
        position = sim.body[POSITION]
        where = {"position_m": [round(float(x), 3) for x in position]}
        low, high = sim.world.bounds
        if (position[:2] < low[:2]).any() or (position[:2] > high[:2]).any():
            return self._end(Outcome.OUT_OF_BOUNDS, where)
        if position[2] > sim.scenario.limits.altitude_max_m:
            return self._end(Outcome.ALTITUDE_BREACH, where)
        if sim.battery <= 0.0:
            return self._end(Outcome.BATTERY_EMPTY, where)
        return outcome if outcome is None else self._end(outcome, where)

    def _touched(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome:
        """Contact: a landing if only the ground was touched, else a collision."""
        speed = self._impact_speed(ticks)
        only_ground = all(contact.is_ground for contact in self.simulator.contacts)
        outcome = self.task.touchdown(speed) if only_ground else Outcome.COLLISION
        contact = next(
            (c for c in self.simulator.contacts if not c.is_ground), self.simulator.contacts[0]
        )
        detail = {
            "with": "ground" if contact.is_ground else "obstacle",
            "position_m": [round(float(x), 3) for x in contact.position],
            "speed_m_s": round(speed, 3),
        }
        return self._end(outcome, detail)

    def _impact_speed(self, ticks: Float[np.ndarray, "t 13"]) -> float:
        """Speed just before Bullet resolved the contact."""
        before = ticks[-2] if len(ticks) > 1 else self.simulator.previous_body
        return float(np.linalg.norm(before[VELOCITY]))

    def _end(self, outcome: Outcome, detail: dict[str, Any]) -> Outcome:
        self._ending = (Event(self.simulator.time, str(outcome), detail),)
        return outcome

    def _clearance(self) -> float:
        """Distance from the hull to the nearest obstacle, ground excepted, m."""
        sim = self.simulator
        return sim.clearance.at(sim.body[POSITION]) - sim.vehicle.hull_radius
