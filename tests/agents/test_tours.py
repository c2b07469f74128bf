"""The exact programme against well-kept solvers, and which of them is taken for which size."""

import builtins
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.tours import SolverMissing, TourProblem, plan_tour


def problem(seed: int, count: int) -> TourProblem:
    """Sites on a plane, the drone anywhere, a budget that does not allow all of it."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-50, 50, (count + 2, 2))
    here, home, sites = points[0], points[1], points[2:]
    return TourProblem(
        prize=rng.integers(1, 10, count).astype(float),
        to_site=np.linalg.norm(sites - here, axis=1) + 2.0,
        between=np.linalg.norm(sites[:, None] - sites[None], axis=2) + 2.0,
        to_home=np.linalg.norm(sites - home, axis=1),
        home_now=float(np.linalg.norm(here - home)),
        budget=float(rng.uniform(100, 300)),
    )


@given(seed=st.integers(0, 10_000), count=st.integers(1, 12))
@settings(max_examples=8, deadline=None)
def test_programme_equals_cp_sat(seed: int, count: int) -> None:
    one = problem(seed, count)
    exact, other = plan_tour(one), plan_tour(one, solver="cp-sat", seconds=20.0)
    assert other.proved
    assert exact.prize == pytest.approx(other.prize)
    assert other.energy <= one.budget + 1e-6 or not other.order


@pytest.mark.slow
@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_programme_equals_cp_sat_at_twelve_sites(seed: int) -> None:
    one = problem(seed, 12)
    other = plan_tour(one, solver="cp-sat", seconds=60.0)
    assert other.proved
    assert plan_tour(one).prize == pytest.approx(other.prize)


def test_pyvrp_finds_what_the_programme_proves() -> None:
    one = problem(3, 12)
    other = plan_tour(one, solver="pyvrp", seconds=0.5)
    assert other.prize == pytest.approx(plan_tour(one).prize)
    assert other.energy <= one.budget


def test_above_fourteen_sites_a_solver_is_taken() -> None:
    one = problem(5, 25)
    tour = plan_tour(one, seconds=0.5)
    assert tour.solver == "pyvrp"
    assert not tour.proved
    assert tour.energy <= one.budget
    assert len(set(tour.order)) == len(tour.order) > 3


def test_a_missing_solver_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".")[0] in ("pyvrp", "ortools"):
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    for solver in ("pyvrp", "cp-sat"):
        with pytest.raises(SolverMissing, match=r"trident-sim\[missions\]"):
            plan_tour(problem(1, 15), solver=solver)


def test_a_decision_at_twelve_sites_takes_milliseconds() -> None:
    one = problem(7, 12)
    plan_tour(one)
    times = []
    for _ in range(9):
        started = time.process_time()
        plan_tour(one)
        times.append(time.process_time() - started)
    assert min(times) < 0.005  # The best of several: the others measure the machine's other work.
