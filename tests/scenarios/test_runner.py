"""A campaign flies every pilot on the same worlds, once each, and continues where it was cut."""

import os
import signal
from pathlib import Path

import pytest

from scenarios.journal import Journal
from scenarios.runner import CRASHED, Job, Row, check_paired, plan_jobs, run_campaign

STAMP = {"code": "1", "pilot steady": "a"}
SEEDS = range(15_000, 15_003)


def made_up_flight(job: Job) -> Row:
    """A flight whose result follows from its job; the fragile pilot kills its process on one seed."""
    if job.pilot == "fragile" and job.seed == SEEDS[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    return Row(
        pilot=job.pilot,
        scenario=job.scenario,
        seed=job.seed,
        outcome="success",
        success=True,
        duration_s=10.0,
        distance_m=40.0,
        min_clearance_m=None,
        energy_wh=1.0,
        prize=0.0,
        prize_optimum=None,
        world=f"world-{job.seed}",
        wall_s=0.1,
    )


def refuse(job: Job) -> Row:
    raise AssertionError(f"{job} is flown twice")


def journal(folder: Path, stamp: dict[str, str] | None = None) -> Journal[Row]:
    return Journal(folder, Row, stamp or STAMP)


def test_every_pilot_flies_every_world_and_pairs_stay_together() -> None:
    jobs = plan_jobs(("a", "b"), ("x", "y"), SEEDS)
    assert len(jobs) == len(set(jobs)) == 2 * 2 * len(SEEDS)
    for first, second in zip(jobs[::2], jobs[1::2], strict=True):
        assert (first.scenario, first.seed) == (second.scenario, second.seed)


def test_what_is_done_is_not_flown_again(tmp_path: Path) -> None:
    jobs = plan_jobs(("forest",), ("steady",), SEEDS)
    rows = run_campaign(jobs, journal(tmp_path), 1, made_up_flight)
    assert [row.job for row in rows] == jobs
    assert run_campaign(jobs, journal(tmp_path), 1, refuse) == rows


def test_a_crashed_flight_costs_only_itself_and_is_flown_again(tmp_path: Path) -> None:
    jobs = plan_jobs(("forest",), ("steady", "fragile"), SEEDS)
    seen: list[Row] = []
    rows = run_campaign(jobs, journal(tmp_path), 2, made_up_flight, seen.append)
    crashed = [row for row in rows if row.outcome == CRASHED]
    assert [row.job for row in crashed] == [Job("fragile", "forest", SEEDS[1])]
    assert str(-signal.SIGKILL) in crashed[0].error
    assert sorted(map(str, seen)) == sorted(map(str, rows))
    again: list[Row] = []
    run_campaign(jobs, journal(tmp_path), 1, made_up_flight, again.append)
    assert [row.job for row in again] == [crashed[0].job]


def test_half_a_line_left_by_a_kill_is_flown_again(tmp_path: Path) -> None:
    jobs = plan_jobs(("forest",), ("steady",), SEEDS)
    rows = run_campaign(jobs, journal(tmp_path), 1, made_up_flight)
    path = tmp_path / "flights.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    again: list[Row] = []
    assert run_campaign(jobs, journal(tmp_path), 1, made_up_flight, again.append) == rows
    assert [row.job for row in again] == jobs[-1:]


def test_flights_of_other_weights_are_not_mixed_in(tmp_path: Path) -> None:
    journal(tmp_path)
    journal(tmp_path, {"code": "1", "pilot other": "c"})
    with pytest.raises(ValueError, match="another pilot steady"):
        journal(tmp_path, {"code": "1", "pilot steady": "b"})


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    run_campaign(plan_jobs(("forest",), ("steady",), SEEDS), journal(tmp_path), 1, made_up_flight)
    path = tmp_path / "flights.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "{}", *lines[2:]]) + "\n")
    with pytest.raises(ValueError, match="line 2"):
        journal(tmp_path).read()


def test_different_worlds_are_not_a_pair() -> None:
    one = made_up_flight(Job("x", "forest", 15_000))
    other = made_up_flight(Job("y", "forest", 15_000))
    check_paired([one, other])
    with pytest.raises(ValueError, match="seed 15000"):
        check_paired([one, Row(**{**other.__dict__, "world": "elsewhere"})])
