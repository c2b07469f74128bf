"""The mission skill of the teacher: the exact programme on the true energy graph, re-solved in every state."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from agents.orienteering import Solution, begins_enough, solve
from agents.sites import Sites
from agents.truth import Truth
from sim.rules import (
    CLOSE_UP_ALLOWANCE,
    CLOSE_UP_SECONDS,
    FAULT_FACTOR,
    PRIOR_BLOCKED,
    PRIOR_FAULTY,
)
from sim.task_spec import MissionTask
from sim.types import CHOICES, HOME, INSPECT, LAND

MANDATORY_BONUS = 1000.0
"""Makes the programme serve mandatory sites first, whatever their prize."""
SAFETY = 1.06
"""The teacher plans with energies stretched by this: for wind and for detours that the way's grid does not resolve."""
DUTY_STRETCHES = (1.15, 1.0, 0.85)
"""And by these beside, while a mandatory site is open: the most careful plan of those that serve the most of them.

Without them a mission fails, so that other sites wait until they are safe, and what may just suffice is tried.
"""


@dataclass(frozen=True)
class State:
    """Where a mission stands, as far as planning goes; n sites."""

    ways_from_here: Float[np.ndarray, " t"]  # m, to home and every site
    visited: Bool[np.ndarray, " n"]
    here: int  # site index the drone is at, -1 for none
    dwell: float  # s of close-up there
    budget_wh: float  # above the reserve


class MissionTeacher:
    """Certainty-equivalent on panels it has not reached; knows those it is at."""

    def __init__(self, truth: Truth, safety: float = SAFETY) -> None:
        task = truth.scenario.task
        assert isinstance(task, MissionTask)
        self._truth = truth
        self._safety = safety
        self.prize = np.array([site.prize for site in task.sites])
        self.mandatory = np.array([site.mandatory for site in task.sites])
        known = truth.scenario.world.panels
        panels = [None if site.panel is None else known[site.panel] for site in task.sites]
        self.faulty = np.array([p is not None and p.faulty and not p.covered for p in panels])
        self.covered = np.array([p is not None and p.covered for p in panels])

    def best_choices(self, state: State, over_pad: bool) -> Bool[np.ndarray, "14"]:
        """Every choice that begins an optimal continuation."""
        best = np.zeros(CHOICES, dtype=bool)
        onward = self.onward(state)
        if state.here >= 0 and self.worth_staying(state):
            best[INSPECT] = True
            return best
        best[1 : len(self.prize) + 1] = onward.first
        if not onward.first.any():
            best[LAND if over_pad else HOME] = True
        return best

    def worth_keeping(self, state: State) -> Bool[np.ndarray, "14"]:
        """Sites that begin a plan as good as the best, if nothing more than planned goes wrong: the margin left out.

        A plan is chosen with a margin on its ways, and followed while it is possible without: what a leg takes more
        than planned would else turn a drone around half-way, at a cost that brings nothing.
        """
        keep = np.zeros(CHOICES, dtype=bool)
        open_sites, programme = self._programme(state, 1.0)
        del programme["home_now"]
        enough = self.onward(state).prize
        keep[open_sites + 1] = begins_enough(**programme, budget=state.budget_wh, enough=enough)
        return keep

    def onward(self, state: State) -> Solution:
        """The programme over the sites not yet visited."""
        return self._careful(state)[1]

    def worth_staying(self, state: State) -> bool:
        """Whether the close-up of a known fault is worth the prizes its energy costs elsewhere, with no less care."""
        if not self.faulty[state.here] or state.dwell >= CLOSE_UP_SECONDS:
            return False
        stay_wh = self._truth.costs.hovering_wh(CLOSE_UP_ALLOWANCE - state.dwell)
        safety, onward = self._careful(state)
        after = self._solve(state, stay_wh, safety)
        gain = FAULT_FACTOR * self.prize[state.here]
        return after.energy <= state.budget_wh - stay_wh and after.prize + gain > onward.prize

    def state(self, sites: Sites, budget_wh: float) -> State:
        """The true state of a flight that the observation's tokens describe."""
        here = sites.at() - 1
        count = len(self.prize)
        return State(
            ways_from_here=self._truth.ways_from(self._truth.position),
            visited=sites.visited[1 : count + 1],
            here=max(here, -1),
            dwell=float(sites.dwell[here + 1]) if here >= 0 else 0.0,
            budget_wh=budget_wh,
        )

    # --- Private.

    def _careful(self, state: State) -> tuple[float, Solution]:
        """By how much energies are stretched, and the programme with it."""
        due = self.mandatory & ~state.visited
        if self._safety == 1.0 or not due.any():
            return self._safety, self._solve(state, 0.0, self._safety)
        stretched = [self._safety * stretch for stretch in DUTY_STRETCHES]
        plans = [(safety, self._solve(state, 0.0, safety)) for safety in stretched]
        return max(plans, key=lambda plan: due[list(plan[1].order)].sum())

    def _solve(self, state: State, spent_wh: float, safety: float) -> Solution:
        open_sites, programme = self._programme(state, safety)
        solution = solve(**programme, budget=state.budget_wh - spent_wh)
        first = np.zeros(len(self.prize), dtype=bool)
        first[open_sites[solution.first]] = True
        order = tuple(int(open_sites[i]) for i in solution.order)
        return Solution(solution.prize, first, order, solution.energy)

    def _programme(self, state: State, safety: float) -> tuple[np.ndarray, dict[str, Any]]:
        """The sites that are open, and what `solve` is told of them; ways stretched by `safety`."""
        truth = self._truth
        open_sites = np.flatnonzero(~state.visited & np.isfinite(state.ways_from_here[1:]))
        cost = safety * truth.costs.per_metre_wh
        serve = truth.costs.per_stop_wh + PRIOR_FAULTY * truth.costs.hovering_wh(CLOSE_UP_ALLOWANCE)
        tokens = open_sites + 1
        return open_sites, {
            "prize": self._expected(open_sites),
            "to_site": cost * state.ways_from_here[tokens] + serve,
            "between": cost * truth.ways[np.ix_(tokens, tokens)] + serve,
            "to_home": cost * truth.ways[tokens, HOME] + truth.costs.landing_wh,
            "home_now": cost * state.ways_from_here[HOME] + truth.costs.landing_wh,
        }

    def _expected(self, sites: np.ndarray) -> Float[np.ndarray, " m"]:
        """Expected prize of sites whose panels are not known yet; mandatory ones are never blocked."""
        mandatory = self.mandatory[sites]
        served = np.where(mandatory, 1.0, 1.0 - PRIOR_BLOCKED)
        return (
            self.prize[sites] * served * (1.0 + PRIOR_FAULTY * FAULT_FACTOR)
            + MANDATORY_BONUS * mandatory
        )


def collectable_prize(truth: Truth) -> float:
    """The mission's optimum: what the programme collects on the true graph, panels revealed on arrival, no flight."""
    teacher = MissionTeacher(truth, safety=1.0)
    budget, count = truth.budget_wh, len(teacher.prize)
    visited, ways, prize = np.zeros(count, dtype=bool), truth.ways_from(truth.position), 0.0
    while True:
        solution = teacher.onward(State(ways, visited, -1, 0.0, budget))
        if not solution.order:
            return prize
        site = solution.order[0]
        budget -= truth.costs.per_metre_wh * ways[site + 1] + truth.costs.per_stop_wh
        ways, visited = truth.ways[:, site + 1], visited | (np.arange(count) == site)
        prize += 0.0 if teacher.covered[site] else teacher.prize[site]
        state = State(ways, visited, site, 0.0, budget)
        if teacher.worth_staying(state):
            prize += FAULT_FACTOR * teacher.prize[site]
            budget -= truth.costs.hovering_wh(CLOSE_UP_ALLOWANCE)
