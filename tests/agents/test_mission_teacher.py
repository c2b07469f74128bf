"""The mission teacher on graphs small enough to try every order."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations, pairwise, permutations
from typing import Any

import numpy as np
import pytest

from agents.mission_teacher import (
    DUTY_STRETCHES,
    MANDATORY_BONUS,
    SAFETY,
    MissionTeacher,
    State,
    collectable_prize,
)
from agents.optimum import mission_optimum
from agents.truth import Truth
from sim.flight import Flight
from sim.rules import CLOSE_UP_ALLOWANCE, FAULT_FACTOR, PRIOR_BLOCKED, PRIOR_FAULTY
from sim.scenario import Battery
from sim.types import HOME, INSPECT, LAND
from tests.builders import FAULTY, mission, scenario

SITES = (
    {"x": 12.0, "y": 5.0, "prize": 1.0, "cells": FAULTY},
    {"x": 20.0, "y": -6.0, "prize": 3.0},
    {"x": 30.0, "y": 4.0, "prize": 2.0, "cells": FAULTY, "covered": True},
    {"x": 38.0, "y": -8.0, "prize": 2.0, "cells": FAULTY},
)
NEVER = np.zeros(len(SITES), dtype=bool)


@contextmanager
def truth_of(*sites: dict[str, Any], **changes: Any) -> Iterator[Truth]:
    flight = Flight(mission(*sites, **changes))
    try:
        yield Truth(flight)
    finally:
        flight.close()


@pytest.fixture(scope="module")
def truth() -> Iterator[Truth]:
    with truth_of(*SITES) as made:
        yield made


def plan_energy(truth: Truth, state: State, order: tuple[int, ...], safety: float) -> float:
    """Energy of serving sites in an order and landing, close-ups at the rate at which faults are expected."""
    close_up = PRIOR_FAULTY * truth.costs.hovering_wh(CLOSE_UP_ALLOWANCE)
    served = len(order) * (truth.costs.per_stop_wh + close_up)
    return (
        safety * truth.costs.per_metre_wh * way(truth, state, order)
        + served
        + truth.costs.landing_wh
    )


def way(truth: Truth, state: State, order: tuple[int, ...]) -> float:
    """Length of visiting sites in an order and going home."""
    stops = [*(site + 1 for site in order), HOME]
    return state.ways_from_here[stops[0]] + sum(truth.ways[a, b] for a, b in pairwise(stops))


def worth(teacher: MissionTeacher, sites: tuple[int, ...]) -> float:
    """Expected prize of sites not seen yet."""
    expected = 0.0
    for site in sites:
        sure = teacher.mandatory[site]
        share = 1.0 if sure else 1.0 - PRIOR_BLOCKED
        expected += teacher.prize[site] * share * (1.0 + PRIOR_FAULTY * FAULT_FACTOR)
        expected += MANDATORY_BONUS * sure
    return expected


def brute_force(
    truth: Truth, teacher: MissionTeacher, state: State
) -> tuple[float, dict[int, float]]:
    """Best expected prize, and for every first site the least energy of a best plan that begins there."""
    open_sites = np.flatnonzero(~state.visited).tolist()
    best, firsts = 0.0, {}
    for size in range(1, len(open_sites) + 1):
        for sites in combinations(open_sites, size):
            value = worth(teacher, sites)
            for order in permutations(sites):
                energy = plan_energy(truth, state, order, SAFETY)
                if energy > state.budget_wh or value < best - 1e-9:
                    continue
                if value > best + 1e-9:
                    best, firsts = value, {}
                firsts[order[0]] = min(energy, firsts.get(order[0], np.inf))
    return best, firsts


def start(truth: Truth, budget: float, visited: np.ndarray = NEVER, at: int = -1) -> State:
    ways = truth.ways_from(truth.position) if at < 0 else truth.ways[:, at + 1]
    return State(ways, visited, at, 0.0, budget)


@pytest.mark.parametrize("visited", [(), (0,), (1, 3), (0, 1, 2, 3)])
def test_first_moves_are_those_of_the_best_of_all_orders(
    truth: Truth, visited: tuple[int, ...]
) -> None:
    teacher = MissionTeacher(truth)
    done = np.isin(np.arange(len(SITES)), visited)
    tried = set()
    for budget in np.linspace(0.2, 5.0, 25):
        state = start(truth, float(budget), done)
        prize, firsts = brute_force(truth, teacher, state)
        onward = teacher.onward(state)
        assert onward.prize == pytest.approx(prize)
        best = np.flatnonzero(teacher.best_choices(state, over_pad=False))
        if not firsts:
            assert best.tolist() == [HOME]
            continue
        cheapest = min(firsts.values())
        assert onward.energy == pytest.approx(cheapest)
        # Moves are also best that cost up to 3 % more.
        good = {site + 1 for site, energy in firsts.items() if energy <= 1.03 * cheapest}
        assert set(best.tolist()) == good
        tried |= good
    assert len(tried) >= min(2, len(SITES) - len(visited))


def test_without_energy_it_goes_home_and_over_the_pad_it_lands(truth: Truth) -> None:
    teacher, state = MissionTeacher(truth), start(truth, 0.0)
    assert np.flatnonzero(teacher.best_choices(state, over_pad=False)).tolist() == [HOME]
    assert np.flatnonzero(teacher.best_choices(state, over_pad=True)).tolist() == [LAND]


def test_a_mandatory_site_goes_before_any_prize() -> None:
    poor = {"x": 40.0, "y": 10.0, "prize": 1.0, "mandatory": True}
    rich = {"x": 12.0, "y": -8.0, "prize": 10.0}
    with truth_of(rich, poor) as truth:
        teacher = MissionTeacher(truth)
        never = np.zeros(2, dtype=bool)
        ways = truth.ways_from(truth.position)
        # A duty is tried on what may just suffice.
        least = SAFETY * min(DUTY_STRETCHES)
        alone = plan_energy(truth, State(ways, never, -1, 0.0, 0.0), (1,), least)
        first = teacher.onward(State(ways, never, -1, 0.0, alone + 0.01)).first
        assert first.tolist() == [False, True]
        assert teacher.onward(State(ways, never, -1, 0.0, alone - 0.01)).first.tolist() == [
            True,
            False,
        ]


def test_it_stays_at_a_fault_it_is_at_and_at_nothing_else(truth: Truth) -> None:
    teacher = MissionTeacher(truth)
    for site, faulty in enumerate((True, False, False, True)):
        visited = np.arange(len(SITES)) == site
        best = teacher.best_choices(start(truth, 10.0, visited, at=site), over_pad=False)
        assert best[INSPECT] == faulty
        done = State(truth.ways[:, site + 1], visited, site, 3.0, 10.0)
        assert not teacher.best_choices(done, over_pad=False)[INSPECT]


def test_what_is_worth_keeping_attains_the_best_prize_without_the_margin(truth: Truth) -> None:
    """By all orders; and more is worth keeping than choosing, at budgets that the margin alone forbids."""
    teacher, more = MissionTeacher(truth), 0
    for budget in np.linspace(0.2, 4.0, 40):
        state = start(truth, float(budget))
        best, firsts = brute_force(truth, teacher, state)
        expected = {
            order[0] + 1
            for size in range(1, len(SITES) + 1)
            for order in permutations(range(len(SITES)), size)
            if best > 0.0
            and worth(teacher, order) >= best - 1e-9
            and plan_energy(truth, state, order, 1.0) <= budget
        }
        assert set(np.flatnonzero(teacher.worth_keeping(state))) == expected
        assert {site + 1 for site in firsts} <= expected
        more += len(expected) > len(firsts)
    assert more > 0


def test_it_stays_only_while_the_energy_allows_and_other_prizes_are_less(truth: Truth) -> None:
    """By the two plans: with the close-up and without."""
    teacher = MissionTeacher(truth)
    visited = np.arange(len(SITES)) == 0
    cost = truth.costs.hovering_wh(CLOSE_UP_ALLOWANCE)
    answers = []
    for budget in np.linspace(0.1, 4.0, 60):
        state = start(truth, float(budget), visited, at=0)
        stay = start(truth, float(budget) - cost, visited, at=0)
        home = plan_energy(truth, stay, (), SAFETY)
        without, _ = brute_force(truth, teacher, state)
        after, _ = brute_force(truth, teacher, stay)
        better = after + FAULT_FACTOR * 1.0 > without and home <= stay.budget_wh
        assert teacher.worth_staying(state) == better
        answers.append(better)
    assert set(answers) == {True, False}


def test_the_optimum_lies_between_nothing_and_what_a_clairvoyant_collects() -> None:
    full = 1.0 + 3.0 + 3.0 + 2.0 + 6.0  # Prizes of what is not covered, thrice again where faulty.
    found = []
    for capacity in (0.2, 1.0, 2.0, 3.0, 20.0):
        pack = Battery(capacity_wh=capacity, initial_fraction=1.0, reserve_fraction=0.2)
        optimum = mission_optimum(mission(*SITES, battery=pack))
        assert optimum is not None
        with truth_of(*SITES, battery=pack) as truth:
            assert optimum <= clairvoyant(truth, 0.8 * capacity) + 1e-9
            assert collectable_prize(truth) == optimum
        found.append(optimum)
    assert found[0] == 0.0
    assert found[-1] == full
    assert 0.0 < found[2] < full


def clairvoyant(truth: Truth, budget: float) -> float:
    """What someone who knows every panel could collect at most, close-ups for nothing."""
    best, state = 0.0, start(truth, budget)
    value = [
        0.0 if s.get("covered") else s["prize"] * (1 + FAULT_FACTOR * (s.get("cells") == FAULTY))
        for s in SITES
    ]
    for size in range(1, len(SITES) + 1):
        for order in permutations(range(len(SITES)), size):
            energy = truth.costs.per_metre_wh * way(truth, state, order)
            energy += size * truth.costs.per_stop_wh + truth.costs.landing_wh
            if energy <= budget:
                best = max(best, sum(value[site] for site in order))
    return best


def test_a_flight_without_a_mission_has_no_optimum() -> None:
    assert mission_optimum(scenario()) is None
