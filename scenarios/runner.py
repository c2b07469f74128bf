"""Campaigns: every pilot flies identical worlds, on any engine, resumable flight by flight."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from agents.arm_names import arm_of
from agents.fanout import Engine, Failed
from scenarios.journal import Journal
from scenarios.row import CRASHED, LOST, OVERDUE, Job, Row

if TYPE_CHECKING:
    from sim.scenario import Scenario

Fly = Callable[[Job], Row]


def plan_jobs(flights: Sequence[tuple[str, Sequence[str]]], seeds: Sequence[int]) -> list[Job]:
    """Every scenario with its pilots, on every seed; pilots innermost: a campaign cut short still holds whole pairs."""
    jobs = [
        Job(pilot, scenario, seed)
        for seed in seeds
        for scenario, pilots in flights
        for pilot in pilots
    ]
    # Two tasks may fly one scenario; it is flown once.
    return list(dict.fromkeys(jobs))


def run_campaign(
    jobs: Sequence[Job],
    journal: Journal[Row],
    engine: Engine,
    fly: Fly,
    on_row: Callable[[Row], None] = lambda row: None,
    retry: bool = False,
) -> list[Row]:
    """Fly what the journal does not hold yet; returns the rows of all jobs, in their order.

    A flight that was lost is a row too: it counts as a failure, and only `retry` flies it again.
    """
    rows = rows_so_far(journal, retry)
    missing = [job for job in jobs if job not in rows]
    for row in _flown(missing, engine, fly):
        journal.append(row)
        rows[row.job] = row
        on_row(row)
    return [rows[job] for job in jobs]


def rows_so_far(journal: Journal[Row], retry: bool = False) -> dict[Job, Row]:
    """What the journal holds, the last row of a flight for it; with `retry` without those that were lost."""
    rows = {row.job: row for row in journal.read()}
    return {job: row for job, row in rows.items() if not (retry and row.outcome in LOST)}


def check_paired(rows: Sequence[Row]) -> None:
    """Raise unless every pilot flew the same world on the same scenario and seed."""
    worlds: dict[tuple[str, int], str] = {}
    for row in rows:
        if row.outcome in LOST:
            continue
        first = worlds.setdefault((row.scenario, row.seed), row.world)
        if row.world != first:
            raise ValueError(
                f"{row.scenario}, seed {row.seed}: {row.pilot} flew world {row.world}, others {first}"
            )


def world_digest(scenario: "Scenario") -> str:
    """Short digest of everything a resolved scenario says."""
    return hashlib.sha256(scenario.model_dump_json().encode()).hexdigest()[:16]


# --- Private.


def _flown(jobs: Sequence[Job], engine: Engine, fly: Fly) -> Iterator[Row]:
    for job, answer in engine.fan_out(fly, jobs):
        yield _lost(job, answer) if isinstance(answer, Failed) else answer


def _lost(job: Job, failed: Failed) -> Row:
    arm, training_seed = arm_of(job.pilot)
    return Row(
        pilot=job.pilot,
        scenario=job.scenario,
        seed=job.seed,
        outcome=OVERDUE if failed.overdue else CRASHED,
        success=False,
        duration_s=0.0,
        distance_m=0.0,
        min_clearance_m=None,
        energy_wh=0.0,
        prize=0.0,
        prize_optimum=None,
        world="",
        wall_s=0.0,
        reason=failed.reason,
        arm=arm,
        training_seed=training_seed,
    )
