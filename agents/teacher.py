"""The privileged teacher: the free way, true survival and the exact mission programme, as one brain."""

import numpy as np
from jaxtyping import Float

from agents.lattice import candidate_velocities
from agents.mission_mask import energy_left
from agents.mission_teacher import MissionTeacher
from agents.pilot import Plan, make_briefing
from agents.rollout import Rollouts
from agents.sites import read_sites
from agents.truth import Truth
from agents.ways import follow
from sim.flight import Flight
from sim.frames import world_from_heading
from sim.task_spec import MissionTask
from sim.types import CHOICES, HOME, LAND, Observation

SURVIVAL_MARGIN = 0.12
"""m of clearance beyond the hull that counts as surviving: what noise and gusts may take."""
_SOFT_MARGIN = 0.28
"""m of clearance below which the teacher itself prefers more."""


_AS_GOOD_LOGIT = -0.3
"""Of a choice that begins a best plan, but not the cheapest one: a little more energy at every site adds up."""
_KEEP_LOGIT = -0.9
"""Of a choice worth keeping: less than the best, and within what the pilot's mission control keeps a target for."""


class TeacherBrain:
    """Sees the true state of the flight it is reset to; never used where results of learned pilots are made."""

    def __init__(self) -> None:
        self._asked_at = -1

    def reset(self, flight: Flight) -> None:
        self.flight = flight
        self.truth = Truth(flight)
        self._rollouts = Rollouts(flight)
        self._velocities = candidate_velocities(flight.scenario.speed_limit_m_s)
        self._briefing = make_briefing(flight)
        task = flight.scenario.task
        is_mission = isinstance(task, MissionTask) and not task.ordered
        self._is_route = isinstance(task, MissionTask) and task.ordered
        self._mission = MissionTeacher(self.truth) if is_mission else None
        self._asked_at = -1

    def forget(self) -> None:
        """Look anew: the flight was put back to another moment of the same number."""
        self._asked_at = -1

    def plan(self, observation: Observation) -> Plan:
        best, keep = self.best_choices(observation), self._worth_keeping(observation)
        logits = np.where(best, _AS_GOOD_LOGIT, np.where(keep, _KEEP_LOGIT, -10.0))
        logits[self._cheapest(observation, best)] = 0.0
        return Plan(logits.astype(np.float32), self.status(observation))

    def navigate(self, observation: Observation) -> Float[np.ndarray, " k"]:
        return self.way_preference(self.target_meant(observation))

    def clearances(self) -> Float[np.ndarray, " k"]:
        """Least hull clearance of every candidate if it is flown throughout the horizon, m; 0 or less hits."""
        return self._fly()[0]

    def survive(self, observation: Observation) -> Float[np.ndarray, " k"]:
        """1 with room to spare, 0 where a candidate hits; the ramp between makes the teacher keep its distance."""
        return np.clip((self.clearances() - SURVIVAL_MARGIN) / _SOFT_MARGIN, 0.0, 1.0).astype(
            np.float32
        )

    def survives(self) -> np.ndarray:
        """The avoidance label: which candidates truly survive."""
        return self.clearances() > SURVIVAL_MARGIN

    def way_preference(self, target: int) -> Float[np.ndarray, " k"]:
        """The navigation label: log-probabilities by progress along the free way, survival left out."""
        field, goal = self.truth.field(target), self.truth.targets[target]
        _, ends = self._fly()
        return follow(field, goal, self.truth.position, ends, self.truth.yaw)

    def best_choices(self, observation: Observation) -> np.ndarray:
        """The mission label: the set of best choices."""
        sites = read_sites(observation)
        if self._is_route:
            ahead = 1 if not sites.visited[1] else LAND if sites.over_pad else HOME
            return np.arange(CHOICES) == ahead
        if self._mission is None:
            return np.zeros(CHOICES, dtype=bool)
        state = self._mission.state(sites, energy_left(observation, self._briefing))
        return self._mission.best_choices(state, sites.over_pad)

    def status(self, observation: Observation) -> Float[np.ndarray, "2"]:
        """Truth of the panel in view: faulty, blocked; 0.5 where none is."""
        seen = read_sites(observation).in_view(self._briefing.panel_side) - 1
        if self._mission is None or seen < 0:
            return np.full(2, 0.5, dtype=np.float32)
        return np.array([self._mission.faulty[seen], self._mission.covered[seen]], dtype=np.float32)

    def target_meant(self, observation: Observation) -> int:
        """Which target the goal entry points at."""
        direction, distance = (
            observation["goal"][:3].astype(np.float64),
            np.expm1(float(observation["goal"][3])),
        )
        offset = world_from_heading(distance * direction, self.truth.yaw)
        return self.truth.nearest_target(self.truth.position + offset)

    # --- Private.

    def _cheapest(self, observation: Observation, best: np.ndarray) -> int:
        """Of the best choices, the one whose plan takes the least energy."""
        if self._mission is not None and best[HOME + 1 : HOME + 1 + len(self._mission.prize)].any():
            state = self._mission.state(
                read_sites(observation), energy_left(observation, self._briefing)
            )
            return 1 + self._mission.onward(state).order[0]
        return int(best.argmax())

    def _worth_keeping(self, observation: Observation) -> np.ndarray:
        """Choices that are no longer the first, and good enough to go on with."""
        if self._mission is None:
            return np.zeros(CHOICES, dtype=bool)
        sites = read_sites(observation)
        state = self._mission.state(sites, energy_left(observation, self._briefing))
        return self._mission.worth_keeping(state)

    def _fly(self) -> tuple[np.ndarray, np.ndarray]:
        """The rollouts from this step's state, computed once."""
        step = self.flight.simulator.step_count
        if self._asked_at != step:
            self._flown = self._rollouts.fly(self._velocities)
            self._asked_at = step
        return self._flown
