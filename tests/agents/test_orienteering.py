"""The exact mission programme against brute force."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.orienteering import solve


def random_problem(seed: int, count: int) -> dict:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-50, 50, (count + 1, 2))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    return {
        "prize": rng.integers(1, 4, count).astype(float),
        "to_site": distance[0, 1:] + 2.0,
        "between": distance[1:, 1:] + 2.0,
        "to_home": distance[1:, 0],
        "home_now": 0.0,
        "budget": float(rng.uniform(20, 400)),
    }


def brute_force(problem: dict) -> tuple[float, set[int], float]:
    """Best prize, first moves that attain it at least energy, and that energy."""
    count = len(problem["prize"])
    best, energy, firsts = 0.0, problem["home_now"], set()
    for size in range(1, count + 1):
        for order in permutations(range(count), size):
            cost = problem["to_site"][order[0]] + problem["to_home"][order[-1]]
            cost += sum(problem["between"][a, b] for a, b in pairwise(order))
            prize = problem["prize"][list(order)].sum()
            if cost > problem["budget"] or prize < best:
                continue
            if prize > best or cost < energy - 1e-9:
                energy, firsts = cost, {order[0]}
            elif cost <= energy + 1e-9:
                firsts.add(order[0])
            best = prize
    return best, firsts, energy


@given(seed=st.integers(0, 10_000), count=st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_programme_equals_brute_force(seed: int, count: int) -> None:
    problem = random_problem(seed, count)
    prize, firsts, energy = brute_force(problem)
    solution = solve(**problem)
    assert solution.prize == pytest.approx(prize)
    assert solution.energy == pytest.approx(energy)
    assert firsts <= set(np.flatnonzero(solution.first))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_order_costs_what_it_says_and_stays_within_the_budget(seed: int) -> None:
    problem = random_problem(seed, 9)
    solution = solve(**problem)
    if solution.order:
        order = solution.order
        cost = problem["to_site"][order[0]] + problem["to_home"][order[-1]]
        cost += sum(problem["between"][a, b] for a, b in pairwise(order))
        assert cost == pytest.approx(solution.energy)
        assert cost <= problem["budget"] + 1e-9
        assert problem["prize"][list(order)].sum() == pytest.approx(solution.prize)


def test_no_sites_means_going_home() -> None:
    empty = np.zeros(0)
    solution = solve(empty, empty, np.zeros((0, 0)), empty, 3.0, 10.0)
    assert solution.order == ()
    assert solution.energy == 3.0


def test_too_many_sites_are_refused() -> None:
    with pytest.raises(ValueError, match="15 sites"):
        solve(np.ones(15), np.ones(15), np.ones((15, 15)), np.ones(15), 0.0, 1.0)
