"""A campaign flies every pilot on the same worlds, once each, and continues where it was cut."""

import dataclasses
import os
import resource
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from agents.fanout import LocalEngine
from scenarios.journal import Journal, sole_writer
from scenarios.row import CRASHED, OVERDUE, Job, Row
from scenarios.runner import check_paired, plan_jobs, run_campaign

ROOT = Path(__file__).parent.parent.parent
ONE, TWO = LocalEngine(1), LocalEngine(2)
STAMP = {"code": "1", "pilot steady": "a"}
SEEDS = range(15_000, 15_003)


def made_up_flight(job: Job) -> Row:
    """A flight whose result follows from its job; the fragile pilot kills its process on one seed, the dawdling one hangs."""
    if job.pilot == "dawdling" and job.seed == SEEDS[1]:
        time.sleep(600)
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


def steady_flight(job: Job) -> Row:
    """The same without its faults."""
    return dataclasses.replace(
        made_up_flight(Job("steady", job.scenario, job.seed)), pilot=job.pilot
    )


def slow_flight(job: Job, folder: Path) -> Row:
    """Takes a moment, and leaves a mark that it was flown."""
    time.sleep(0.05)
    with (folder / "flown.txt").open("a") as file:
        file.write(f"{job}\n")
    return made_up_flight(job)


KILLED = """
import sys
from functools import partial
from pathlib import Path
from tests.scenarios.test_runner import ONE, journal, plan_jobs, run_campaign, slow_flight

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    jobs = plan_jobs([("forest", ("steady",))], range(15_000, 15_012))
    run_campaign(jobs, journal(folder), ONE, partial(slow_flight, folder=folder))
"""
"""A campaign as a program of its own."""


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def refuse(job: Job) -> Row:
    raise AssertionError(f"{job} is flown twice")


def journal(folder: Path, stamp: dict[str, str] | None = None) -> Journal[Row]:
    return Journal(folder, Row, stamp or STAMP)


def test_every_pilot_flies_every_world_and_pairs_stay_together() -> None:
    jobs = plan_jobs([("a", ("x", "y")), ("b", ("x", "y")), ("a", ("y",))], SEEDS)
    assert len(jobs) == len(set(jobs)) == 2 * 2 * len(SEEDS)
    for first, second in zip(jobs[::2], jobs[1::2], strict=True):
        assert (first.scenario, first.seed) == (second.scenario, second.seed)


def test_what_is_done_is_not_flown_again(tmp_path: Path) -> None:
    jobs = plan_jobs([("forest", ("steady",))], SEEDS)
    rows = run_campaign(jobs, journal(tmp_path), ONE, made_up_flight)
    assert [row.job for row in rows] == jobs
    assert run_campaign(jobs, journal(tmp_path), ONE, refuse) == rows


def test_a_crashed_flight_costs_only_itself_and_is_flown_again_when_asked(tmp_path: Path) -> None:
    jobs = plan_jobs([("forest", ("steady", "fragile"))], SEEDS)
    seen: list[Row] = []
    rows = run_campaign(jobs, journal(tmp_path), TWO, made_up_flight, seen.append)
    crashed = [row for row in rows if row.outcome == CRASHED]
    assert [row.job for row in crashed] == [Job("fragile", "forest", SEEDS[1])]
    assert str(-signal.SIGKILL) in crashed[0].reason
    assert sorted(map(str, seen)) == sorted(map(str, rows))
    assert run_campaign(jobs, journal(tmp_path), ONE, refuse) == rows
    again: list[Row] = []
    healed = run_campaign(jobs, journal(tmp_path), ONE, steady_flight, again.append, retry=True)
    assert [row.job for row in again] == [crashed[0].job]
    assert all(row.success for row in healed)
    assert run_campaign(jobs, journal(tmp_path), ONE, refuse) == healed


def test_a_hung_flight_is_ended_and_recorded(tmp_path: Path) -> None:
    jobs = plan_jobs([("forest", ("dawdling",))], SEEDS)
    rows = run_campaign(jobs, journal(tmp_path), LocalEngine(1, limit_s=3.0), made_up_flight)
    assert [row.outcome for row in rows] == ["success", OVERDUE, "success"]
    assert "3 s" in rows[1].reason


def test_a_killed_campaign_goes_on_and_flies_nothing_twice(tmp_path: Path) -> None:
    jobs = plan_jobs([("forest", ("steady",))], range(15_000, 15_012))
    flights = tmp_path / "flown.txt"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT) as campaign:
        while lines(tmp_path / "flights.jsonl") < 4:
            assert campaign.poll() is None
            time.sleep(0.01)
        campaign.kill()
    assert lines(tmp_path / "flights.jsonl") < len(jobs)
    run_campaign(jobs, journal(tmp_path), ONE, partial(slow_flight, folder=tmp_path))
    rows = run_campaign(jobs, journal(tmp_path), ONE, refuse)
    assert [row.job for row in rows] == jobs
    assert lines(tmp_path / "flights.jsonl") == len(jobs)
    # The flight in the air at the kill is all that was flown twice.
    assert len(jobs) <= lines(flights) <= len(jobs) + 1


def test_a_folder_has_one_writer_at_a_time(tmp_path: Path) -> None:
    with (
        sole_writer(tmp_path),
        pytest.raises(ValueError, match="another comparison"),
        sole_writer(tmp_path),
    ):
        pass
    with sole_writer(tmp_path):
        pass


def test_half_a_line_left_by_a_kill_is_flown_again(tmp_path: Path) -> None:
    jobs = plan_jobs([("forest", ("steady",))], SEEDS)
    rows = run_campaign(jobs, journal(tmp_path), ONE, made_up_flight)
    path = tmp_path / "flights.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    again: list[Row] = []
    assert run_campaign(jobs, journal(tmp_path), ONE, made_up_flight, again.append) == rows
    assert [row.job for row in again] == jobs[-1:]


def test_half_a_line_is_dropped_without_writing_the_whole_ones_anew(tmp_path: Path) -> None:
    jobs = plan_jobs([("forest", ("steady",))], SEEDS)
    rows = run_campaign(jobs, journal(tmp_path), ONE, made_up_flight)
    path = tmp_path / "flights.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Not a byte may be written, so what is there was never gone.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        kept = journal(tmp_path).read()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert kept == rows[:-1]


def test_flights_of_other_weights_are_not_mixed_in(tmp_path: Path) -> None:
    journal(tmp_path)
    journal(tmp_path, {"code": "1", "pilot other": "c"})
    with pytest.raises(ValueError, match="another pilot steady"):
        journal(tmp_path, {"code": "1", "pilot steady": "b"})


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    run_campaign(
        plan_jobs([("forest", ("steady",))], SEEDS), journal(tmp_path), ONE, made_up_flight
    )
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
