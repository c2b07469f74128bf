"""A flight: the simulator, its task, and the rules that end it; `env` and the pilots' loop both drive this."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sim.faults import Fault
from sim.observation import observe
from sim.record.black_box import BlackBox
from sim.scenario import Scenario
from sim.simulator import Simulator, Snapshot
from sim.tasks import make_task
from sim.types import POSITION, VELOCITY, Event, FlightResult, Observation, Outcome
from sim.world.bullet import Contact

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


@dataclass(frozen=True)
class FlightSnapshot:
    """A flight at one moment, for `Flight.restore`."""

    simulator: Snapshot
    facts: dict[str, Any]
    """What the flight itself remembers, by attribute; the task as a copy."""


class Flight:
    """One scenario being flown, from its start to its outcome."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        action: str = "velocity",
        camera: bool = True,
        once: bool = False,
        dump_to: Path | None = None,
    ) -> None:
        """One flight.

        Args:
            scenario: What is flown.
            action: The level of `sim.actions` that `advance` takes.
            camera: Without it nothing is rendered, and the observation has no images.
            once: It is flown once and never reset, which `reset` then refuses: so it is made in less time.
            dump_to: Folder for the last seconds of a flight that diverges; None is the user's cache.
        """
        self.scenario = scenario
        self.simulator = Simulator(scenario, action=action, camera=camera, once=once)
        self._bounds = self.simulator.world.bounds.tolist()
        self._black_box = BlackBox(scenario, action, dump_to)
        self._begin()

    def reset(self) -> Observation:
        """Back to the start; returns the first observation."""
        self.simulator.reset()
        return self._begin()

    def observation(self) -> Observation:
        """What the drone perceives now; once the flight has diverged, what it perceived last."""
        if self.outcome is not Outcome.DIVERGED:
            self._seen = observe(self.simulator, self.task)
        return self._seen

    def inject(self, fault: Fault) -> None:
        """Let a fault begin (or with kind ok end) with the next control step; an error says why it cannot."""
        if self.outcome is not None:
            raise RuntimeError(f"the flight is over ({self.outcome}); call reset first")
        self.simulator.inject(fault)

    def advance(self, action: Float[np.ndarray, "4"], *, look: bool = True) -> Step:
        """Fly one control step; `look` as in `Simulator.step`."""
        if self.outcome is not None:
            raise RuntimeError(f"the flight is over ({self.outcome}); call reset first")
        safety = self.simulator.safety
        seen, known = len(self.task.events), len(self.simulator.faults.events)
        noted = 0 if safety is None else len(safety.events)
        time = self.simulator.time
        ticks = self.simulator.step(action, look=look)
        self._black_box.note(time, action, self._seen, ticks)
        length, speed = self.simulator.way
        if speed > _DIVERGED_SPEED:
            return self._diverge(ticks, self.simulator.faults.events[known:])
        self._energy_wh = float(self.simulator.plant["energy_used_wh"][0])
        self.distance += length
        self.min_clearance = min(self.min_clearance, self.simulator.least_clearance(ticks))
        self.outcome = self._judge(ticks)
        rewards = dict(self.task.rewards())
        if self.outcome is not None:
            rewards["ending"] = _ENDING_REWARD.get(self.outcome, _FAILURE_REWARD)
        faults = self.simulator.faults.events[known:]
        guards = () if safety is None else safety.events[noted:]
        events = (*faults, *guards, *self.task.events[seen:], *self._ending)
        return Step(ticks, rewards, self.outcome, events)

    def save(self) -> FlightSnapshot:
        """A snapshot of simulator, task and account, from which `restore` continues bit for bit; see `Simulator.save`."""
        facts = {name: getattr(self, name) for name in _REMEMBERED}
        return FlightSnapshot(self.simulator.save(), self._copied(facts))

    def restore(self, snapshot: FlightSnapshot) -> Observation:
        """Return to a snapshot of this flight; returns what the drone perceived then. The black box starts anew."""
        self.simulator.restore(snapshot.simulator)
        for name, value in self._copied(snapshot.facts).items():
            setattr(self, name, value)
        self._black_box.clear()
        return self._seen

    def discard(self, snapshot: FlightSnapshot) -> None:
        """Free the memory of a snapshot that is no longer needed."""
        self.simulator.discard(snapshot.simulator)

    def result(self) -> FlightResult:
        """The flight in one row; one that is still in the air counts as interrupted."""
        return FlightResult(
            outcome=self.outcome or Outcome.INTERRUPTED,
            duration_s=self.simulator.time,
            distance_m=self.distance,
            min_clearance_m=self.min_clearance,
            energy_wh=self._energy_wh,
            prize=self.task.prize,
            events=(*self._past_events(), *self._ending),
        )

    def close(self) -> None:
        """Give the simulator back."""
        self.simulator.close()

    def _begin(self) -> Observation:
        """The account of a flight whose simulator is at its start."""
        self.task = make_task(self.simulator)
        self.outcome: Outcome | None = None
        self.distance = self._energy_wh = 0.0
        self.min_clearance = self.simulator.least_clearance(self.simulator.body[None])
        self._ending: tuple[Event, ...] = ()
        self._black_box.clear()
        return self.observation()

    def _past_events(self) -> list[Event]:
        """Faults, what the safety layer did and what the task saw, in order."""
        safety = self.simulator.safety
        guards = () if safety is None else safety.events
        events = [*self.simulator.faults.events, *guards, *self.task.events]
        return sorted(events, key=lambda event: event.time)

    # --- Private: the rules that end any flight, in order of precedence.

    def _judge(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome | None:
        sim = self.simulator
        outcome = self.task.update(ticks)
        if sim.contacts:
            return self._touched(ticks)
        outcome = self._left_the_limits() or self._breached(ticks) or outcome
        if outcome is None:
            return None
        where = [round(x, 3) for x in sim.body[POSITION].tolist()]
        return self._end(outcome, {"position_m": where})

    def _left_the_limits(self) -> Outcome | None:
        """In z the ground, at 0, and the altitude limit come first: `check_flyable` keeps both within the bounds."""
        sim = self.simulator
        x, y, z = sim.body[POSITION].tolist()
        (x_low, y_low, _), (x_high, y_high, _) = self._bounds
        if not (x_low <= x <= x_high and y_low <= y <= y_high):
            return Outcome.OUT_OF_BOUNDS
        if z - sim.clearance.ground_height(x, y) > sim.scenario.limits.altitude_max_m:
            return Outcome.ALTITUDE_BREACH
        return Outcome.BATTERY_EMPTY if sim.battery <= 0.0 else None

    def _breached(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome | None:
        """A fence crossed in truth, at any tick."""
        safety = self.simulator.safety
        if safety is None:
            return None
        found = safety.fences.breaches(ticks[:, POSITION], landing=safety.landing)
        return next((outcome for outcome in found if outcome is not None), None)

    def _touched(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome:
        """Contact: a landing if only the ground was touched, else a collision."""
        contacts = self.simulator.contacts
        only_ground = all(contact.is_ground for contact in contacts)
        contact = next((c for c in contacts if not c.is_ground), contacts[0])
        speed = self._impact_speed(ticks, contact)
        outcome = self._touchdown(speed) if only_ground else Outcome.COLLISION
        detail = {
            "with": _touched_thing(contact),
            "position_m": [round(float(x), 3) for x in contact.position],
            "speed_m_s": round(speed, 3),
        }
        return self._end(outcome, detail)

    def _touchdown(self, speed: float) -> Outcome:
        """The task's business, but for a landing that the safety layer made: safe at best, never a success."""
        safety = self.simulator.safety
        outcome = self.task.touchdown(speed)
        if safety is not None and safety.landing and outcome is not Outcome.COLLISION:
            return Outcome.FAILSAFE_LANDED
        return outcome

    def _impact_speed(self, ticks: Float[np.ndarray, "t 13"], contact: Contact) -> float:
        """Speed, relative to what was hit, just before Bullet resolved the contact."""
        before = ticks[-2] if len(ticks) > 1 else self.simulator.previous_body
        velocity, bodies = before[VELOCITY], self.simulator.mover_bodies
        if bodies is not None and contact.mover >= 0:
            velocity = velocity - bodies.velocity(contact.mover, self.simulator.tick - 1)
        return float(np.linalg.norm(velocity))

    def _diverge(self, ticks: Float[np.ndarray, "t 13"], faults: list[Event]) -> Step:
        """End a flight whose state means nothing any more, and leave a trace of how it came to that."""
        path = self._black_box.path(self.simulator.time)
        detail: dict[str, Any] = {"why": _why_diverged(ticks), "log": str(path)}
        self.outcome = self._end(Outcome.DIVERGED, detail)
        try:
            self._black_box.dump(path, self.result())
        except OSError as error:
            self._end(Outcome.DIVERGED, {**detail, "log": None, "log_error": str(error)})
        rewards = {"ending": _FAILURE_REWARD}
        return Step(ticks, rewards, self.outcome, (*faults, *self._ending))

    def _copied(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Copies that share what never changes, and the simulator, which has a snapshot of its own."""
        shared = self.simulator, self.scenario, self.scenario.task, *self.scenario.world.panels
        return copy.deepcopy(facts, {id(thing): thing for thing in shared})

    def _end(self, outcome: Outcome, detail: dict[str, Any]) -> Outcome:
        self._ending = (Event(self.simulator.time, str(outcome), detail),)
        return outcome


_REMEMBERED = (
    "task", "outcome", "distance", "_energy_wh", "min_clearance", "_ending", "_seen",
)  # fmt: skip


def _touched_thing(contact: Contact) -> str:
    if contact.is_ground:
        return "ground"
    return "obstacle" if contact.mover < 0 else "moving obstacle"


def _why_diverged(ticks: Float[np.ndarray, "t 13"]) -> str:
    """The first number of the body that cannot be."""
    broken = np.argwhere(~np.isfinite(ticks))
    if len(broken):
        tick, entry = broken[0].tolist()
        return f"entry {entry} of the body is {ticks[tick, entry]} at tick {tick}"
    speed = float(np.abs(ticks[:, VELOCITY]).max())
    return f"speed {speed:.1f} m/s exceeds {_DIVERGED_SPEED:g} m/s"
