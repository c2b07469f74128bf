"""Mission planners without privilege, variants of pilots, the mask's account, and the bounds on a mission's prize."""

from itertools import combinations, pairwise, permutations
from pathlib import Path

import numpy as np
import pytest

import agents
from agents.composite import BlindMission
from agents.lattice_pilot import LatticePilot
from agents.optimum import mission_bounds
from agents.pilot import MissionSkill, Plan
from agents.planners import NearestPlanner, ObservablePlanner, RankingPlanner, RatioPlanner
from agents.truth import Truth
from sim.flight import Flight
from sim.rules import CLOSE_UP_ALLOWANCE, FAULT_FACTOR
from sim.scenario import Battery, Scenario
from sim.types import CHOICES, HOME, INSPECT, LAND
from tests.builders import mission

FAULTY = "bbbbbooobboobbbb"
NEAR_AND_FAR = (
    {"x": 15.0, "y": 0.0, "prize": 1.0},
    {"x": 35.0, "y": 12.0, "prize": 9.0},
)
SITES = (
    {"x": 18.0, "y": 6.0, "prize": 2.0, "cells": FAULTY},
    {"x": 22.0, "y": -6.0, "prize": 1.0, "yaw": -1.0},
    {"x": 34.0, "y": 0.0, "prize": 3.0, "covered": True},
    {"x": 30.0, "y": 12.0, "prize": 3.0, "cells": FAULTY},
)


def pack(capacity: float) -> Battery:
    return Battery(capacity_wh=capacity, initial_fraction=1.0, reserve_fraction=0.2)


def answer(planner: MissionSkill, one: Scenario) -> np.ndarray:
    flight = Flight(one)
    try:
        planner.reset(flight)
        return planner.plan(flight.observation()).logits
    finally:
        flight.close()


def first_choice(planner: MissionSkill, one: Scenario) -> int:
    return int(answer(planner, one).argmax())


def test_the_planners_differ_where_they_should() -> None:
    rich = mission(*NEAR_AND_FAR, battery=pack(20.0))
    assert first_choice(NearestPlanner(), rich) == 1
    assert first_choice(RatioPlanner(), rich) == 2
    scarce = mission(*NEAR_AND_FAR, battery=pack(0.3))
    assert first_choice(ObservablePlanner(), scarce) in (HOME, LAND)


def test_mandatory_sites_come_first_for_all() -> None:
    duty = mission(NEAR_AND_FAR[0] | {"mandatory": True}, NEAR_AND_FAR[1], battery=pack(20.0))
    for planner in (NearestPlanner(), RatioPlanner(), RankingPlanner()):
        assert first_choice(planner, duty) == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_ranking_begins_with_the_best_ratio_and_ranks_the_others_by_theirs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sites = [
        {"x": float(x), "y": float(y), "prize": float(prize)}
        for x, y, prize in rng.uniform((10.0, -15.0, 1.0), (45.0, 15.0, 9.0), (6, 3))
    ]
    while sites:
        one = mission(*sites, battery=pack(40.0))
        best = first_choice(RatioPlanner(), one)
        ranked = answer(RankingPlanner(), one)
        assert ranked.argmax() == best
        assert (np.delete(ranked[1 : len(sites) + 1], best - 1) > ranked[LAND]).all()
        del sites[best - 1]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["observable", "nearest", "best-ratio"])
def test_planners_complete_a_mission_flown_by_either_skill(name: str) -> None:
    for pilot in (name, f"teacher-{name}"):
        result = agents.fly(mission(*SITES, battery=pack(6.0)), agents.load_pilot(pilot))
        assert result.success, (pilot, result.outcome)
        assert result.prize >= 6.0
        assert result.mission_decisions > 20


class _Headlong:
    """Always wants the far site, whatever it costs; remembers the images it was shown."""

    def __init__(self) -> None:
        self.brightest = 0

    def reset(self, flight: Flight) -> None: ...

    def plan(self, observation: dict) -> Plan:
        self.brightest = max(self.brightest, int(observation["image"].max()))
        logits = np.full(CHOICES, -1.0, dtype=np.float32)
        logits[2], logits[INSPECT] = 5.0, -9.0
        return Plan(logits, np.full(2, 0.5, dtype=np.float32))

    def navigate(self, observation: dict) -> np.ndarray:
        raise AssertionError("not asked")

    survive = navigate


def asked_once(pilot: LatticePilot, one: Scenario) -> tuple[int, bool]:
    flight = Flight(one)
    try:
        pilot.reset(flight)
        assert pilot.control is not None
        pilot.control.decide(pilot.control.observe(flight.observation()), pilot.brain)
        return pilot.control.choice, pilot.control.masked
    finally:
        flight.close()


def test_the_mask_forbids_and_counts_and_can_be_left_off() -> None:
    scarce = mission(*NEAR_AND_FAR, battery=pack(1.2))
    pilot = LatticePilot("headlong", _Headlong())
    assert asked_once(pilot, scarce) == (1, True)
    unmasked = pilot.variant("headlong+unmasked", masking=False)
    assert asked_once(unmasked, scarce) == (2, False)


def test_the_blind_mission_skill_sees_nothing_and_the_others_do() -> None:
    flight, skill = Flight(mission(*NEAR_AND_FAR)), _Headlong()
    try:
        observation = flight.observation()
        BlindMission(skill).plan(observation)
        assert skill.brightest == 0
        skill.plan(observation)
        assert skill.brightest > 0
    finally:
        flight.close()


def test_variants_are_named_behind_the_pilot(tmp_path: Path) -> None:
    assert agents.load_pilot("classical+blind").name == "classical+blind"
    assert agents.load_pilot("teacher+unmasked").name == "teacher+unmasked"
    for wrong in ("random+blind", "teacher+blind", "classical+deaf"):
        with pytest.raises(agents.PilotError):
            agents.load_pilot(wrong)
    assert agents.pilot_networks("shared+blind") == agents.pilot_networks("shared")


@pytest.mark.parametrize("capacity", [0.8, 1.3, 1.9, 2.5, 6.0])
def test_the_clairvoyant_bound_is_the_best_of_all_tours_and_close_ups(capacity: float) -> None:
    one = mission(*SITES, battery=pack(capacity))
    bounds = mission_bounds(one)
    assert bounds is not None
    assert bounds.clairvoyant >= bounds.optimum
    assert bounds.clairvoyant == pytest.approx(_brute_force(one))


def _brute_force(one: Scenario) -> float:
    flight = Flight(one, camera=False)
    try:
        truth = Truth(flight)
        costs, ways = truth.costs, truth.ways_from(truth.position)
    finally:
        flight.close()
    budget, best = 0.8 * one.battery.capacity_wh, 0.0
    look = costs.hovering_wh(CLOSE_UP_ALLOWANCE)
    for size in range(1, 5):
        for order in permutations(range(4), size):
            stops = [i + 1 for i in order]
            length = ways[stops[0]] + truth.ways[stops[-1], 0]
            length += sum(truth.ways[a, b] for a, b in pairwise(stops))
            energy = costs.per_metre_wh * length + size * costs.per_stop_wh + costs.landing_wh
            faulty = [i for i in order if SITES[i].get("cells") == FAULTY]
            for looks in range(len(faulty) + 1):
                for seen in combinations(faulty, looks):
                    if energy + looks * look <= budget:
                        prize = sum(SITES[i]["prize"] for i in order if not SITES[i].get("covered"))
                        prize += sum(FAULT_FACTOR * SITES[i]["prize"] for i in seen)
                        best = max(best, prize)
    return best
