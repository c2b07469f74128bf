"""The exact mission programme: which sites to visit, in what order, on the energy that is left."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numba import njit

_NEAR_OPTIMAL = 1e-6
"""Two prizes closer than this are the same prize."""
_ENERGY_SLACK = 1.03
"""A first move is also best if its plan costs at most this factor of the cheapest best plan."""


@dataclass(frozen=True)
class Solution:
    """The best prize within reach, and every first move that still attains it."""

    prize: float
    first: Bool[np.ndarray, " n"]  # sites that begin a best plan; none: go home
    order: tuple[int, ...]  # one cheapest best plan, sites in visiting order
    energy: float  # of that plan, return included


def solve(
    prize: Float[np.ndarray, " n"],
    to_site: Float[np.ndarray, " n"],
    between: Float[np.ndarray, "n n"],
    to_home: Float[np.ndarray, " n"],
    home_now: float,
    budget: float,
) -> Solution:
    """Maximise the prize of a subset of n <= 14 sites visited within an energy budget, then go home.

    All costs are energies in one unit; the cost of serving a site is part of the way to it.
    Exact dynamic programme over (subset, first site), O(2^n n^2) [Held and Karp 1962; Bellman 1962].
    """
    n = len(prize)
    if n > 14:
        raise ValueError(f"{n} sites: the exact programme takes at most 14")
    if n == 0:
        return Solution(0.0, np.zeros(0, dtype=bool), (), home_now)
    tour = _cheapest_tours(between, to_home)
    totals = subset_prizes(prize)
    cost = _costs_from_here(tour, to_site, home_now)
    feasible = cost.min(axis=1) <= budget
    feasible[0] = True
    best = totals[feasible].max()
    near = feasible & (totals >= best - _NEAR_OPTIMAL)
    cheapest = cost[near].min()
    first = np.any(cost[near] <= min(budget, cheapest * _ENERGY_SLACK), axis=0)
    if near[0]:  # Nothing within reach pays: the best plan is to go home.
        return Solution(float(best), np.zeros(n, dtype=bool), (), home_now)
    subset = int(np.flatnonzero(near)[cost[near].min(axis=1).argmin()])
    order = _order(subset, tour, cost, between)
    return Solution(float(best), first, order, float(cost[subset].min()))


def begins_enough(
    prize: Float[np.ndarray, " n"],
    to_site: Float[np.ndarray, " n"],
    between: Float[np.ndarray, "n n"],
    to_home: Float[np.ndarray, " n"],
    budget: float,
    enough: float,
) -> Bool[np.ndarray, " n"]:
    """Sites that begin a plan within the budget that brings `enough`; arguments as of `solve`."""
    if not len(prize):
        return np.zeros(0, dtype=bool)
    cost = _cheapest_tours(between, to_home) + to_site
    rich = subset_prizes(prize) >= enough - _NEAR_OPTIMAL
    return np.any(cost[rich] <= budget, axis=0)


def cheapest_subsets(
    to_site: Float[np.ndarray, " n"],
    between: Float[np.ndarray, "n n"],
    to_home: Float[np.ndarray, " n"],
    home_now: float,
) -> Float[np.ndarray, " s"]:
    """Least energy of visiting each of the 2^n subsets, by bit mask, and going home."""
    if not len(to_home):
        return np.array([home_now])
    return _costs_from_here(_cheapest_tours(between, to_home), to_site, home_now).min(axis=1)


def subset_prizes(prize: Float[np.ndarray, " n"]) -> Float[np.ndarray, " s"]:
    """Total prize of each of the 2^n subsets, by bit mask."""
    members = (np.arange(1 << len(prize))[:, None] >> np.arange(len(prize))) & 1
    return members @ prize


def _costs_from_here(
    tour: Float[np.ndarray, "s n"], to_site: Float[np.ndarray, " n"], home_now: float
) -> Float[np.ndarray, "s n"]:
    """cost[S, i]: go to i first, visit all of S, return; column minimum of S = 0 is going home now."""
    cost = tour + to_site
    cost[0] = home_now
    return cost


def _order(subset: int, tour: np.ndarray, cost: np.ndarray, between: np.ndarray) -> tuple[int, ...]:
    """Read one cheapest visiting order of a subset off the tables."""
    current = int(cost[subset].argmin())
    order = [current]
    rest = subset & ~(1 << current)
    while rest:
        members = [j for j in range(between.shape[0]) if rest >> j & 1]
        current = min(members, key=lambda j: between[order[-1], j] + tour[rest, j])
        order.append(current)
        rest &= ~(1 << current)
    return tuple(order)


@njit(cache=True)
def _cheapest_tours(between, to_home):
    """tour[S, i] for i in S: least energy to start at i, visit the rest of S and go home; inf elsewhere."""
    n = len(to_home)
    tour = np.full((1 << n, n), np.inf)
    for subset in range(1, 1 << n):
        for i in range(n):
            if not (subset >> i) & 1:
                continue
            rest = subset & ~(1 << i)
            if rest == 0:
                tour[subset, i] = to_home[i]
                continue
            best = np.inf
            for j in range(n):
                if (rest >> j) & 1:
                    best = min(best, between[i, j] + tour[rest, j])
            tour[subset, i] = best
    return tour
