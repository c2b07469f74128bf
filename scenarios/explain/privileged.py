"""What the truth says of one step: rollouts of all candidates, the free way, the mission programme, energies."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from agents.fusion import course_preference, fuse
from agents.lattice_pilot import LatticePilot
from agents.teacher import TeacherBrain
from scenarios.explain.again import Again
from sim.record.route_marks import waypoints_done
from sim.task_spec import AvoidTask, MissionTask
from sim.types import HOME, POSITION, Outcome

RESCUE_SECONDS = 3.0
"""s beyond the failure for which a rescue must last."""


@dataclass(frozen=True)
class Truth:
    """The teacher's answers where the log's pilot decided a step; k candidates."""

    clearance: Float[np.ndarray, " k"]
    """m, least over the next 2 s if a candidate is flown throughout; 0 or less hits."""
    survives: Bool[np.ndarray, " k"]
    """The avoidance label: with 0.12 m to spare."""
    preference: Float[np.ndarray, " k"]
    """The navigation label: log-probabilities by progress along the free way; for avoidance, along the course."""
    chosen: int
    """The candidate the teacher would have flown to the pilot's target."""
    best: Bool[np.ndarray, "14"]
    """The mission label: choices that begin a best plan; none where the task is no mission."""


class Privileged:
    """Asks the teacher along a log that is flown again."""

    def __init__(self, again: Again) -> None:
        self._again = again
        self._brain = TeacherBrain()
        self._brain.reset(again.flight)
        self._pilot = LatticePilot("teacher", TeacherBrain(), detours=False, masking=False)

    @property
    def is_choice_mission(self) -> bool:
        """Whether sites may be chosen: a mission, but no route."""
        task = self._again.log.scenario.task
        return isinstance(task, MissionTask) and not task.ordered

    def at(self, step: int) -> Truth:
        """The truth where a step was decided."""
        observation = self._again.stand_before(step)
        self._brain.forget()
        preference = (
            course_preference(observation["goal"][:3])
            if isinstance(self._again.log.scenario.task, AvoidTask)
            else self._brain.way_preference(self._target(step))
        )
        _, chosen = fuse(preference, self._brain.survive(observation), self._pilot.rule)
        return Truth(
            clearance=self._brain.clearances(),
            survives=self._brain.survives(),
            preference=preference,
            chosen=chosen,
            best=self._brain.best_choices(observation),
        )

    def rescues(self, step: int, until: int) -> bool:
        """Whether the teacher, flying from where a step was decided, still flies `RESCUE_SECONDS` after step `until`."""
        observation = self._again.stand_before(step)
        flight, pilot = self._again.flight, self._pilot
        pilot.reset(flight)
        more = round(RESCUE_SECONDS * self._again.log.scenario.rates.control_hz)
        outcome = None
        for _ in range(until - step + 1 + more):
            outcome = self._again.leave(pilot.act(observation).action)
            if outcome is not None:
                break
            observation = flight.observation()
        return outcome in (None, Outcome.SUCCESS)

    def energy_via(self, step: int, token: int) -> float:
        """Wh that the true free way to a token and home costs from where a step was decided, landing included."""
        costs, home = self._brain.truth.costs, float(self._brain.truth.ways[token, HOME])
        return self.energy_to(step, token) + costs.per_metre_wh * home + costs.landing_wh

    def energy_home(self, step: int) -> float:
        """Wh that flying home along the true way and landing costs from where a step was decided."""
        costs = self._brain.truth.costs
        return costs.per_metre_wh * self.way_to(step, HOME) + costs.landing_wh

    def energy_to(self, step: int, token: int) -> float:
        """Wh that the true way to a token, and stopping or landing there, costs from where a step was decided."""
        costs = self._brain.truth.costs
        stop = costs.landing_wh if token == HOME else costs.per_stop_wh
        return costs.per_metre_wh * self.way_to(step, token) + stop

    def way_to(self, step: int, token: int) -> float:
        """Metres of the true free way to a token from where a step was decided."""
        return float(self._brain.truth.field(token).at(self._place(step)))

    def _place(self, step: int) -> Float[np.ndarray, "3"]:
        log = self._again.log
        return (
            log.step_bodies[step - 1][POSITION]
            if step
            else np.array(log.scenario.start.position_m, dtype=float)
        )

    def _target(self, step: int) -> int:
        """The target that navigation was asked for, as the teacher counts them."""
        task = self._again.log.scenario.task
        if not isinstance(task, MissionTask):
            return 0
        target = self._again.log.decisions[step].target
        if target <= HOME:
            return HOME
        if task.ordered:
            return min(waypoints_done(self._again.log, step) + 1, len(task.sites))
        return min(target, len(task.sites))
