"""How often the environment and the referee agree: `python -m benchmarks.agreement --flights 2000 --out DIR`.

Pilots good and bad, one of them out for near-misses, fly every shipped family with a log; the referee judges each log.
Logs on which both disagree are kept, the others are not. Started again on the same folder, the study continues.
"""

import functools
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tyro

import agents
import scenarios
from agents.fanout import Failed, LocalEngine
from agents.flying import Recorder
from benchmarks.reckless import RecklessPilot
from scenarios.journal import Journal
from scenarios.referee import judge_log
from scenarios.versions import stamp
from sim.flight import Flight
from sim.record.writer import FlightLog
from sim.scenario import Scenario
from sim.types import HISTORY_SHAPE, IMAGE_SHAPE, FlightResult

PILOTS = ("teacher", "classical", "shared", "random", "reckless")
_BLIND = ("teacher", "random", "reckless")
"""These look at no picture: none is rendered, and their logs hold black ones."""
_RECKLESS_TURNS = 3
"""Of so many turns of all pilots at a family, the reckless one flies each, the others one."""
_BLACK = {
    "image": np.zeros(IMAGE_SHAPE, dtype=np.uint8),
    "history": np.zeros(int(np.prod(HISTORY_SHAPE)), dtype=np.uint8),
}


@dataclass(frozen=True)
class Job:
    """One flight to fly and judge."""

    scenario: str
    pilot: str
    seed: int


@dataclass(frozen=True)
class Row:
    """One flight flown and judged."""

    scenario: str
    pilot: str
    seed: int
    claimed: str
    found: str
    agrees: bool
    close: list[str]
    findings: list[str]
    least_m: float | None
    energy_error: float
    """Referee's over claimed, less 1."""
    fly_s: float
    judge_s: float
    error: str = ""

    @property
    def job(self) -> Job:
        return Job(self.scenario, self.pilot, self.seed)


@dataclass(frozen=True)
class Options:
    """Fly mixed pilots over all families, judge every log, and count where environment and referee differ."""

    out: Path
    """Folder for rows and for the logs on which they differ."""
    flights: int = 2000
    """How many."""
    first_seed: int = 10_000
    """World seed to count up from; choice worlds unless it is the final count."""
    processes: int = 2
    """Processes that fly."""
    scenarios: tuple[str, ...] = field(default_factory=scenarios.names)
    """Library names or TOML files."""
    pilots: tuple[str, ...] = PILOTS
    """Of teacher, classical, shared, specialists, random, reckless."""


def plan(options: Options) -> list[Job]:
    """Flights in turn over families, pilots innermost; the reckless pilot flies more worlds than the others."""
    return list(_first(options.flights, _endless(options)))


def _endless(options: Options) -> Iterator[Job]:
    seed = options.first_seed
    while True:
        for turn in range(_RECKLESS_TURNS):
            for index, name in enumerate(options.scenarios):
                for pilot in options.pilots:
                    # Another pilot begins at every family, so that a short study holds all of them.
                    if pilot == "reckless" or (turn + index) % _RECKLESS_TURNS == 0:
                        yield Job(name, pilot, seed + turn)
        seed += _RECKLESS_TURNS


def _first(count: int, jobs: Iterator[Job]) -> Iterator[Job]:
    for _, job in zip(range(count), jobs, strict=False):
        yield job


def run(options: Options, journal: Journal[Row]) -> list[Row]:
    """Fly and judge what the journal does not hold; rows of all jobs, in order."""
    jobs = plan(options)
    rows = {row.job: row for row in journal.read() if not row.error}
    missing = [job for job in jobs if job not in rows]
    keep = options.out / "disagreements"
    keep.mkdir(exist_ok=True)
    work = functools.partial(fly_and_judge, keep=keep)
    for job, answer in LocalEngine(options.processes).fan_out(work, missing):
        row = _failed(job, answer.reason) if isinstance(answer, Failed) else answer
        journal.append(row)
        rows[job] = row
        _tell(len(rows), len(jobs), row)
    return [rows[job] for job in jobs]


def fly_and_judge(job: Job, keep: Path) -> Row:
    """One flight; its log goes to `keep` where there is something to look into."""
    scenario = _scenario(job.scenario, job.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{job.scenario.replace('/', '-')}-{job.seed}-{job.pilot}.mcap"
        started = time.perf_counter()
        with FlightLog(path, scenario, {"pilot": job.pilot}) as log:
            result = _fly(scenario, job.pilot, log)
        flown = time.perf_counter()
        verdict = judge_log(path, scenario)
        judged = time.perf_counter()
        if not verdict.agrees:
            (keep / path.name).write_bytes(path.read_bytes())
    return Row(
        scenario=job.scenario,
        pilot=job.pilot,
        seed=job.seed,
        claimed=str(result.outcome),
        found=verdict.outcome,
        agrees=verdict.agrees,
        close=list(verdict.close_calls),
        findings=[f"{finding.kind}: {finding.text}" for finding in verdict.findings],
        least_m=verdict.least_clearance_m,
        energy_error=verdict.energy_wh / result.energy_wh - 1.0 if result.energy_wh > 0 else 0.0,
        fly_s=round(flown - started, 3),
        judge_s=round(judged - flown, 3),
    )


def report(rows: Sequence[Row]) -> dict[str, object]:
    """The study in numbers."""
    flown = [row for row in rows if not row.error]
    decided = [row for row in flown if row.close]
    errors = np.array([row.energy_error for row in flown])
    return {
        "flights": len(rows),
        "failed to fly": len(rows) - len(flown),
        "agree": sum(row.agrees for row in flown),
        "same outcome": sum(row.claimed == row.found for row in flown),
        "close calls": len(decided),
        "outcomes differing within a close call": sum(r.claimed != r.found for r in decided),
        "disagreements": [
            f"{row.scenario} {row.seed} {row.pilot}: {'; '.join(row.findings)}"
            for row in flown
            if not row.agrees
        ],
        "outcomes": dict(Counter(row.claimed for row in flown)),
        "least clearance within 5 cm": sum(abs(row.least_m or 9.0) < 0.05 for row in flown),
        "energy error": {
            "mean": float(errors.mean()) if len(errors) else 0.0,
            "worst": float(np.abs(errors).max(initial=0.0)),
        },
        "seconds to fly": float(np.mean([row.fly_s for row in flown])) if flown else 0.0,
        "seconds to judge": float(np.mean([row.judge_s for row in flown])) if flown else 0.0,
    }


def main() -> int:
    """0 where all agree."""
    options = tyro.cli(Options, prog="python -m benchmarks.agreement")
    marks = {**stamp({}, {}), "first_seed": str(options.first_seed)}
    rows = run(options, Journal(options.out, Row, marks))
    summary = report(rows)
    sys.stdout.write(json.dumps(summary, indent=2) + "\n")
    (options.out / "summary.json").write_text(
        json.dumps(summary, indent=2) + "\n", encoding="utf-8"
    )
    return 0 if summary["agree"] == len(rows) else 1


# --- Private.


def _fly(scenario: Scenario, pilot: str, log: Recorder) -> FlightResult:
    """`agents.fly`, without a camera for pilots that need none."""
    if pilot not in _BLIND:
        return agents.fly(scenario, _pilot(pilot), log)
    flight = Flight(scenario, camera=False)
    try:
        flown = _pilot(pilot)
        flown.reset(flight)
        observation = {**_BLACK, **flight.observation()}
        while flight.outcome is None:
            moment, decision = flight.simulator.time, flown.act(observation)
            step = flight.advance(decision.action)
            log.step(moment, decision.action, step.ticks, observation, decision, step.events)
            observation = {**_BLACK, **flight.observation()}
        result = flight.result()
        log.close(result)
        return result
    finally:
        flight.close()


@functools.cache
def _pilot(name: str) -> agents.Pilot:
    return RecklessPilot() if name == "reckless" else agents.load_pilot(name)


@functools.lru_cache(maxsize=4)
def _scenario(name: str, seed: int) -> Scenario:
    return scenarios.resolve(scenarios.load(name), seed)


def _failed(job: Job, reason: str) -> Row:
    return Row(
        scenario=job.scenario, pilot=job.pilot, seed=job.seed, claimed="", found="", agrees=False,
        close=[], findings=[], least_m=None, energy_error=0.0, fly_s=0.0, judge_s=0.0, error=reason,
    )  # fmt: skip


def _tell(done: int, total: int, row: Row) -> None:
    state = row.error.strip().splitlines()[-1] if row.error else "; ".join(row.findings) or "agree"
    sys.stderr.write(
        f"{done}/{total} {row.scenario} {row.seed} {row.pilot}: {row.claimed} | {row.found}: {state}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
