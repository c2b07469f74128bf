"""The exact mission programme: which sites to visit, in what order, on the energy that is left."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float
from numba import njit

MOST_SITES = 14
"""What the exact programme takes: its tables double with every site."""
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
    """Maximise the prize of a subset of at most `MOST_SITES` sites visited within an energy budget, then go home.

    All costs are energies in one unit; the cost of serving a site is part of the way to it.
    Exact dynamic programme over (subset, first site), O(2^n n^2) [Held and Karp 1962; Bellman 1962].
    """
    n = len(prize)
    if n > MOST_SITES:
        raise ValueError(f"{n} sites: the exact programme takes at most {MOST_SITES}")
    if n == 0:
        return Solution(0.0, np.zeros(0, dtype=bool), (), home_now)
    tour = cheapest_tours(between, to_home)
    best, subset, first = _choose(tour, subset_prizes(prize), to_site, home_now, budget)
    if subset == 0:  # Nothing within reach pays: the best plan is to go home.
        return Solution(float(best), np.zeros(n, dtype=bool), (), home_now)
    order = _order(subset, tour, to_site, between)
    return Solution(float(best), first, order, float((tour[subset] + to_site).min()))


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
    cost = cheapest_tours(between, to_home) + to_site
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
    cost = cheapest_tours(between, to_home) + to_site
    cost[0] = home_now
    return cost.min(axis=1)


def subset_prizes(prize: Float[np.ndarray, " n"]) -> Float[np.ndarray, " s"]:
    """Total prize of each of the 2^n subsets, by bit mask; not to be written to."""
    return _subset_prizes(prize.tobytes())


def cheapest_tours(
    between: Float[np.ndarray, "n n"], to_home: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "s n"]:
    """tour[S, i] for i in S: least energy to start at i, visit the rest of S and go home; inf elsewhere.

    Not to be written to: a flight asks for the same tours from every place it comes to, so the last few are kept.
    """
    return _tours(between.tobytes(), to_home.tobytes())


@lru_cache(maxsize=16)
def _subset_prizes(prize: bytes) -> Float[np.ndarray, " s"]:
    values = np.frombuffer(prize)
    members = (np.arange(1 << len(values))[:, None] >> np.arange(len(values))) & 1
    return _fixed(members @ values)


@lru_cache(maxsize=16)
def _tours(between: bytes, to_home: bytes) -> Float[np.ndarray, "s n"]:
    homeward = np.frombuffer(to_home)
    count = len(homeward)
    return _fixed(_cheapest_tours(np.frombuffer(between).reshape(count, count), homeward))


def _fixed(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


@njit(cache=True)
def _choose(tour, totals, to_site, home_now, budget):
    """Best prize within the budget, a cheapest subset that brings it (0: go home), and every first move that still does."""
    count, n = tour.shape
    least = np.full(count, np.inf)
    least[0] = home_now
    best = totals[0]
    for subset in range(1, count):
        for i in range(n):
            least[subset] = min(least[subset], tour[subset, i] + to_site[i])
        if least[subset] <= budget:
            best = max(best, totals[subset])
    chosen, first = 0, np.zeros(n, dtype=np.bool_)
    if totals[0] >= best - _NEAR_OPTIMAL:
        return best, chosen, first
    for subset in range(1, count):
        good = least[subset] <= budget and totals[subset] >= best - _NEAR_OPTIMAL
        if good and (chosen == 0 or least[subset] < least[chosen]):
            chosen = subset
    most = min(budget, least[chosen] * _ENERGY_SLACK)
    for subset in range(1, count):
        if least[subset] <= most and totals[subset] >= best - _NEAR_OPTIMAL:
            for i in range(n):
                first[i] |= tour[subset, i] + to_site[i] <= most
    return best, chosen, first


def _order(
    subset: int, tour: np.ndarray, to_site: np.ndarray, between: np.ndarray
) -> tuple[int, ...]:
    """Read one cheapest visiting order of a subset off the tables."""
    current = int((tour[subset] + to_site).argmin())
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
