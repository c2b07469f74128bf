"""The best a mission allows, without flying it: the optimum everybody is measured by, and what knowing all would bring."""

from dataclasses import dataclass

import numpy as np

from agents.mission_teacher import MANDATORY_BONUS, MissionTeacher, collectable_prize
from agents.orienteering import cheapest_subsets, subset_prizes
from agents.truth import Truth
from sim.flight import Flight
from sim.rules import CLOSE_UP_ALLOWANCE, FAULT_FACTOR
from sim.scenario import Scenario
from sim.task_spec import MissionTask


@dataclass(frozen=True)
class MissionBounds:
    """Prizes that no flight was needed for."""

    optimum: float
    """What the exact programme collects on the true graph with panels revealed on arrival."""
    clairvoyant: float
    """The same with every panel known beforehand; nothing collects more within the planned energies."""


def mission_bounds(scenario: Scenario) -> MissionBounds | None:
    """Both bounds; None without a mission."""
    task = scenario.task
    if not isinstance(task, MissionTask):
        return None
    if task.ordered:  # Nothing to choose: all of it.
        everything = float(sum(site.prize for site in task.sites))
        return MissionBounds(everything, everything)
    flight = Flight(scenario, camera=False)
    try:
        truth = Truth(flight)
        return MissionBounds(collectable_prize(truth), clairvoyant_prize(truth))
    finally:
        flight.close()


def mission_optimum(scenario: Scenario) -> float | None:
    """The optimum alone; None without a mission."""
    bounds = mission_bounds(scenario)
    return None if bounds is None else bounds.optimum


def clairvoyant_prize(truth: Truth) -> float:
    """The best prize where panels and blocks are known, mandatory sites first; exact.

    Close-ups cost the same everywhere, so that of any set of sites visited the dearest faults are the ones to look
    at, as many as the energy left by its cheapest tour allows.
    """
    teacher, costs = MissionTeacher(truth, safety=1.0), truth.costs
    budget = truth.budget_wh
    ways = truth.ways_from(truth.position)
    reachable = np.flatnonzero(np.isfinite(ways[1:]))
    tokens = reachable + 1
    energy = cheapest_subsets(
        to_site=costs.per_metre_wh * ways[tokens] + costs.per_stop_wh,
        between=costs.per_metre_wh * truth.ways[np.ix_(tokens, tokens)] + costs.per_stop_wh,
        to_home=costs.per_metre_wh * truth.ways[tokens, 0] + costs.landing_wh,
        home_now=costs.per_metre_wh * float(ways[0]) + costs.landing_wh,
    )
    seen = subset_prizes(teacher.prize[reachable] * ~teacher.covered[reachable])
    duty = subset_prizes(MANDATORY_BONUS * teacher.mandatory[reachable])
    looks = np.floor((budget - energy) / costs.hovering_wh(CLOSE_UP_ALLOWANCE) + 1e-9)
    faults = FAULT_FACTOR * _dearest(teacher.prize[reachable] * teacher.faulty[reachable], looks)
    total = np.where(energy <= budget, seen + duty + faults, -np.inf)
    total[0] = 0.0
    best = int(total.argmax())
    return float(total[best] - duty[best])


# --- Private.


def _dearest(prize: np.ndarray, looks: np.ndarray) -> np.ndarray:
    """Of each subset, by bit mask, the sum of its dearest `looks[subset]` prizes."""
    order = np.argsort(-prize)
    masks = np.arange(len(looks))
    total, left = np.zeros(len(looks)), np.maximum(looks, 0.0)
    for site in order:
        taken = ((masks >> site) & 1).astype(bool) & (left >= 1.0) & (prize[site] > 0.0)
        total += prize[site] * taken
        left -= taken
    return total
