"""Prize-collecting tours of any size: the exact programme up to 14 sites, OR-Tools or PyVRP above.

A tour starts where the drone is, visits a subset of the sites, and ends at home, within an energy budget.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from jaxtyping import Float

from agents.orienteering import MOST_SITES, solve

Solver = Literal["auto", "exact", "cp-sat", "pyvrp"]
_UNITS = 1e5
"""Whole numbers a unit of energy or prize is cut into, for solvers that know no fractions: 0.01 mWh."""


class SolverMissing(ImportError):
    """A solver that is not installed."""


@dataclass(frozen=True)
class TourProblem:
    """Energies in one unit; the cost of serving a site is part of the way to it. n sites."""

    prize: Float[np.ndarray, " n"]
    to_site: Float[np.ndarray, " n"]
    between: Float[np.ndarray, "n n"]
    to_home: Float[np.ndarray, " n"]
    home_now: float
    budget: float

    def energy(self, order: tuple[int, ...]) -> float:
        """What a tour takes, the way home included."""
        if not order:
            return self.home_now
        legs = sum(float(self.between[a, b]) for a, b in pairwise(order))
        return float(self.to_site[order[0]]) + legs + float(self.to_home[order[-1]])


@dataclass(frozen=True)
class Tour:
    """A tour and what it brings."""

    order: tuple[int, ...]
    prize: float
    energy: float
    solver: str
    proved: bool
    """Whether nothing better is possible, up to the solver's rounding."""


def plan_tour(problem: TourProblem, *, solver: Solver = "auto", seconds: float = 5.0) -> Tour:
    """The best tour, or the best found in `seconds` where the size asks for a solver that searches.

    `auto` takes the exact programme up to 14 sites, PyVRP above; both it and OR-Tools are the extra `missions`.
    """
    size = len(problem.prize)
    chosen = ("exact" if size <= MOST_SITES else "pyvrp") if solver == "auto" else solver
    if chosen == "exact":
        found = solve(**problem.__dict__)
        return _tour(problem, found.order, "exact", proved=True)
    if chosen == "cp-sat":
        return _by_cp_sat(problem, seconds)
    return _by_pyvrp(problem, seconds)


# --- Private.


def _tour(problem: TourProblem, order: tuple[int, ...], solver: str, *, proved: bool) -> Tour:
    prize = float(problem.prize[list(order)].sum())
    return Tour(order, prize, problem.energy(order), solver, proved)


def _costs(problem: TourProblem) -> np.ndarray:
    """Whole-number energies between all nodes: 0 is here and home at once, site i is node i + 1. Rounded up."""
    size = len(problem.prize)
    costs = np.zeros((size + 1, size + 1), dtype=np.int64)
    costs[0, 1:] = np.ceil(_UNITS * problem.to_site - 1e-6)
    costs[1:, 0] = np.ceil(_UNITS * problem.to_home - 1e-6)
    costs[1:, 1:] = np.ceil(_UNITS * problem.between - 1e-6)
    return costs


def _by_cp_sat(problem: TourProblem, seconds: float) -> Tour:
    """A circuit with optional nodes [OR-Tools, AddCircuit]; proves what it finds, given the time."""
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise _missing("OR-Tools") from error
    costs, size = _costs(problem), len(problem.prize)
    model = cp_model.CpModel()
    stays = model.new_bool_var("stays")
    arcs, energy, skipped = [(0, 0, stays)], [], []
    for a in range(size + 1):
        for b in range(size + 1):
            if a == b == 0:
                continue
            taken = model.new_bool_var(f"{a}-{b}")
            arcs.append((a, b, taken))
            if a != b:
                energy.append(int(costs[a, b]) * taken)
            else:
                skipped.append(taken)
                # Whoever stays at the depot visits nobody: no circuit among the sites alone.
                model.add_implication(stays, taken)
    model.add_circuit(arcs)
    model.add(sum(energy) <= int(np.floor(_UNITS * problem.budget + 1e-6)))
    prizes = np.rint(_UNITS * problem.prize).astype(np.int64).tolist()
    model.maximize(sum(prize * (1 - skip) for prize, skip in zip(prizes, skipped, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    status = solver.solve(model)
    following = {a: b for a, b, taken in arcs if a != b and solver.value(taken)}
    order, node = [], following.get(0, 0)
    while node != 0:
        order.append(node - 1)
        node = following[node]
    return _tour(problem, tuple(order), "cp-sat", proved=status == cp_model.OPTIMAL)


def _by_pyvrp(problem: TourProblem, seconds: float) -> Tour:
    """One vehicle, optional clients with prizes, energy as duration with a limit [PyVRP, prize-collecting]."""
    try:
        import pyvrp
        from pyvrp.stop import MaxRuntime
    except ImportError as error:
        raise _missing("PyVRP") from error
    costs, prizes = _costs(problem), np.rint(_UNITS * problem.prize).astype(np.int64)
    limit = int(np.floor(_UNITS * problem.budget + 1e-6))
    model = pyvrp.Model()
    # The places are of no importance: every edge says what it takes.
    places = [model.add_location(0, 0) for _ in costs]
    model.add_depot(places[0])
    for place, prize in zip(places[1:], prizes.tolist(), strict=True):
        model.add_client(place, prize=prize, required=False)
    # Energy is a duration, which is limited, and no distance, which would be paid for: prizes alone count.
    model.add_vehicle_type(1, shift_duration=limit, unit_distance_cost=0)
    for a, start in enumerate(places):
        for b, end in enumerate(places):
            if a != b:
                model.add_edge(start, end, distance=0, duration=int(costs[a, b]))
    result = model.solve(stop=MaxRuntime(seconds), seed=0, display=False)
    routes = result.best.routes() if result.is_feasible() else []
    order = tuple(stop.idx for stop in routes[0] if stop.is_client()) if routes else ()
    return _tour(problem, order, "pyvrp", proved=False)


def _missing(name: str) -> SolverMissing:
    return SolverMissing(
        f"{name} is not installed, and more than {MOST_SITES} sites need it: pip install trident-sim[missions]"
    )
