"""Campaigns: every pilot flies identical worlds, in parallel processes, resumable flight by flight."""

import functools
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agents.fanout import Failed, fan_out
from scenarios.journal import Journal

if TYPE_CHECKING:
    from agents import MissionBounds, Pilot
    from sim.scenario import Scenario

CRASHED = "crashed"
"""Outcome of a flight that a fault in the program ended: no result, counted as a failure, flown again on resuming."""


@dataclass(frozen=True)
class Job:
    """One flight to fly."""

    pilot: str
    scenario: str
    """A library name or a TOML file."""
    seed: int


@dataclass(frozen=True)
class Row:
    """One flight flown."""

    pilot: str
    scenario: str
    seed: int
    outcome: str  # an Outcome, or CRASHED
    success: bool
    duration_s: float
    distance_m: float
    min_clearance_m: float | None  # None where nothing stood near, or the flight crashed
    energy_wh: float
    prize: float
    prize_optimum: float | None  # None outside missions
    world: str
    """Digest of the resolved scenario: equal for every pilot on the same seed, or the pairing is void."""
    wall_s: float
    error: str = ""
    prize_clairvoyant: float | None = (
        None  # with every panel known beforehand; None outside missions
    )
    mission_decisions: int = 0  # how often the mission skill was asked
    mask_interventions: int = 0  # how often its own first choice was forbidden
    published: bool | None = None
    """Success by the crash rule of the paper the world comes from; None where there is none or it cannot be told."""

    @property
    def job(self) -> Job:
        return Job(self.pilot, self.scenario, self.seed)


def plan_jobs(scenarios: Sequence[str], pilots: Sequence[str], seeds: range) -> list[Job]:
    """Every combination, pilots innermost: a campaign cut short still holds whole pairs."""
    return [
        Job(pilot, scenario, seed) for seed in seeds for scenario in scenarios for pilot in pilots
    ]


def run_campaign(
    jobs: Sequence[Job],
    journal: Journal[Row],
    processes: int,
    fly: "Callable[[Job], Row] | None" = None,
    on_row: Callable[[Row], None] = lambda row: None,
) -> list[Row]:
    """Fly what the journal does not hold yet; returns the rows of all jobs, in their order."""
    rows = {row.job: row for row in journal.read() if row.outcome != CRASHED}
    missing = [job for job in jobs if job not in rows]
    for row in _flown(missing, processes, fly or fly_job):
        journal.append(row)
        rows[row.job] = row
        on_row(row)
    return [rows[job] for job in jobs]


def fly_job(job: Job) -> Row:
    """Fly one job in this process."""
    import agents

    started = time.perf_counter()
    scenario = _scenario(job.scenario, job.seed)
    result = agents.fly(scenario, _pilot(job.pilot))
    clearance, bounds = result.min_clearance_m, _bounds(job.scenario, job.seed)
    return Row(
        pilot=job.pilot,
        scenario=job.scenario,
        seed=job.seed,
        outcome=str(result.outcome),
        success=result.success,
        duration_s=result.duration_s,
        distance_m=result.distance_m,
        min_clearance_m=clearance if clearance < float("inf") else None,
        energy_wh=result.energy_wh,
        prize=result.prize,
        prize_optimum=bounds and bounds.optimum,
        world=world_digest(scenario),
        wall_s=round(time.perf_counter() - started, 3),
        prize_clairvoyant=bounds and bounds.clairvoyant,
        mission_decisions=result.mission_decisions,
        mask_interventions=result.mask_interventions,
        published=None if verdict is None else verdict.success,
    )


def world_digest(scenario: "Scenario") -> str:
    """Short digest of everything a resolved scenario says."""
    return hashlib.sha256(scenario.model_dump_json().encode()).hexdigest()[:16]


def check_paired(rows: Sequence[Row]) -> None:
    """Raise unless every pilot flew the same world on the same scenario and seed."""
    worlds: dict[tuple[str, int], str] = {}
    for row in rows:
        if row.outcome == CRASHED:
            continue
        first = worlds.setdefault((row.scenario, row.seed), row.world)
        if row.world != first:
            raise ValueError(
                f"{row.scenario}, seed {row.seed}: {row.pilot} flew world {row.world}, others {first}"
            )


def _flown(jobs: Sequence[Job], processes: int, fly: Callable[[Job], Row]) -> Iterator[Row]:
    for job, answer in fan_out(fly, jobs, processes):
        yield _crashed(job, answer.reason) if isinstance(answer, Failed) else answer


def _crashed(job: Job, reason: str) -> Row:
    return Row(
        pilot=job.pilot,
        scenario=job.scenario,
        seed=job.seed,
        outcome=CRASHED,
        success=False,
        duration_s=0.0,
        distance_m=0.0,
        min_clearance_m=None,
        energy_wh=0.0,
        prize=0.0,
        prize_optimum=None,
        world="",
        wall_s=0.0,
        error=reason,
    )


# Caches of one worker process: pilots for the whole campaign, the world for the pilots that fly it in turn.


@functools.cache
def _pilot(name: str) -> "Pilot":
    import torch

    import agents

    torch.set_num_threads(1)
    return agents.load_pilot(name)


@functools.lru_cache(maxsize=4)
def _scenario(name: str, seed: int) -> "Scenario":
    import scenarios

    return scenarios.resolve(scenarios.load(name), seed)


@functools.lru_cache(maxsize=4)
def _bounds(name: str, seed: int) -> "MissionBounds | None":
    import agents

    return agents.mission_bounds(_scenario(name, seed))


def stamp(tasks: Mapping[str, str], pilots: Mapping[str, str]) -> dict[str, str]:
    """What must not change between a campaign and its resumption: scenarios, code and weights, by digest."""
    root = Path(__file__).parent.parent
    code = hashlib.sha256()
    for package in ("agents", "models", "scenarios", "sim"):
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".toml"):
                code.update(path.read_bytes())
    files = {name: Path(name).read_bytes() for name in tasks.values() if name.endswith(".toml")}
    return {
        "code": code.hexdigest()[:16],
        **{
            f"scenario {name}": hashlib.sha256(content).hexdigest()[:16]
            for name, content in files.items()
        },
        **{f"pilot {name}": digest for name, digest in pilots.items()},
    }
