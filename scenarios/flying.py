"""What a campaign's processes do: fly one job into one row, or into one log."""

import functools
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.row import Job, Row
from scenarios.runner import world_digest
from scenarios.versions import code_digest, versions_line

if TYPE_CHECKING:
    from agents import MissionBounds, Pilot
    from sim.scenario import Scenario
    from sim.types import FlightResult


@dataclass(frozen=True)
class Crew:
    """What jobs need beside themselves."""

    pilot_hashes: dict[str, str]
    code: str
    """Digest of the code that asked for the flight: a machine with another one must not answer."""
    trust: bool = False
    """Policies from elsewhere may be loaded."""

    def check(self) -> None:
        """Raise where this process runs other code."""
        if code_digest() != self.code:
            raise RuntimeError(
                f"this machine runs Trident's code {code_digest()}, the campaign {self.code}: install the same"
            )


def fly_job(job: Job, crew: Crew) -> Row:
    """Fly one job in this process."""
    import agents
    from agents.arm_names import arm_of
    from agents.metered import Metered
    from scenarios.published_rules import PoseRecorder, verdict_of
    from scenarios.spatial_block import spatial_block

    crew.check()
    started = time.perf_counter()
    scenario = _scenario(job.scenario, job.seed)
    pilot = Metered(_pilot(job.pilot, crew.trust))
    poses = PoseRecorder(scenario) if scenario.published_rule is not None else None
    result = agents.fly(scenario, pilot, log=poses)
    verdict = None if poses is None else verdict_of(scenario, poses.positions, result)
    clearance, bounds = result.min_clearance_m, _bounds(job.scenario, job.seed)
    arm, training_seed = arm_of(job.pilot)
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
        reason=failure_reason(result),
        pilot_hash=crew.pilot_hashes.get(job.pilot, ""),
        interventions=dict(sorted(pilot.interventions.items())),
        prize_clairvoyant=bounds and bounds.clairvoyant,
        mission_decisions=result.mission_decisions,
        published=None if verdict is None else verdict.success,
        latency_p50_ms=pilot.latency_ms(50.0),
        latency_p99_ms=pilot.latency_ms(99.0),
        versions=versions_line(),
        arm=arm,
        training_seed=training_seed,
        block=spatial_block(scenario),
        asked=dict(sorted(pilot.asked.items())),
    )


def record_job(task: tuple[Job, Path], crew: Crew) -> str:
    """Fly one job again into a log, which appears whole or not at all; returns the outcome."""
    import agents
    from scenarios.seeds import seed_set
    from sim.record.writer import FlightLog

    crew.check()
    job, path = task
    scenario, pilot = _scenario(job.scenario, job.seed), _pilot(job.pilot, crew.trust)
    facts = {
        "pilot": pilot.name,
        "pilot_hash": crew.pilot_hashes.get(job.pilot, ""),
        "seed_set": seed_set(scenario.seed),
        "lattice": json.dumps(agents.describe_lattice()),
        "action": pilot.action_level,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.stem}.{os.getpid()}.part")
    with FlightLog(unfinished, scenario, facts) as log:
        result = agents.fly(scenario, pilot, log)
    unfinished.rename(path)
    return str(result.outcome)


def failure_reason(result: "FlightResult") -> str:
    """A failed flight's last event in words; nothing for others."""
    from sim.record.words import describe_event

    if result.success or not result.events:
        return ""
    return describe_event(result.events[-1].name, result.events[-1].detail)


# --- Caches of one worker process: pilots for the whole campaign, the world for the pilots that fly it in turn.


@functools.cache
def _pilot(name: str, trust: bool) -> "Pilot":
    import torch

    import agents

    torch.set_num_threads(1)
    return agents.load_pilot(name, trust)


@functools.lru_cache(maxsize=4)
def _scenario(name: str, seed: int) -> "Scenario":
    import scenarios

    return scenarios.resolve(scenarios.load(name), seed)


@functools.lru_cache(maxsize=4)
def _bounds(name: str, seed: int) -> "MissionBounds | None":
    import agents

    return agents.mission_bounds(_scenario(name, seed))
