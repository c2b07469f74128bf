"""The referee's word on a campaign's logs: what a process judges, and where the referee and the environment differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.fanout import Engine, Failed
from scenarios.row import LOST, Job, Row


@dataclass(frozen=True)
class Judged:
    """One log by the referee."""

    outcome: str
    claimed: str | None
    agrees: bool
    close_calls: int
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Disagreement:
    """One flight that the referee sees otherwise than the campaign's row."""

    row: Row
    log: str
    outcome: str
    """The referee's."""
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Refereed:
    """What the referee said of a campaign."""

    logs: int
    close: int  # flights with a call closer than 1 cm, where referee and environment may differ
    disagreements: tuple[Disagreement, ...]
    unjudged: tuple[Row, ...] = ()
    """Flights with an outcome of which there is no log: nobody has checked them."""

    def __str__(self) -> str:
        agree = self.logs - len(self.disagreements)
        said = f"judged {self.logs} logs, agrees with {agree}, close calls in {self.close}"
        return said + (f", {len(self.unjudged)} flights unjudged" if self.unjudged else "")


def judge_campaign(
    rows: Sequence[Row], logs: Mapping[tuple[str, str, int], str], folder: Path, engine: Engine
) -> Refereed:
    """Judge every log there is, against the scenario that was to be flown; `logs` holds paths from `folder`.

    A lost flight has nothing to judge; any other without a log is counted as unjudged.
    """
    by_job = {row.job: row for row in rows}
    jobs = {Job(*key): log for key, log in logs.items()}
    work = [(job, (folder / log).resolve()) for job, log in jobs.items()]
    found = {job: answer for (job, _), answer in engine.fan_out(judge_log_of, work)}
    answers = {job: _as_judged(found[job]) for job in jobs}
    differing = [
        Disagreement(by_job[job], log, answers[job].outcome, answers[job].findings)
        for job, log in jobs.items()
        if not answers[job].agrees or answers[job].claimed != by_job[job].outcome
    ]
    close = sum(answer.close_calls > 0 for answer in answers.values())
    unjudged = tuple(row for row in rows if row.outcome not in LOST and row.job not in jobs)
    return Refereed(len(jobs), close, tuple(differing), unjudged)


def judge_log_of(task: tuple[Job, Path]) -> Judged:
    """Judge one log in this process; what was to be flown is drawn anew from the job."""
    import scenarios
    from scenarios.referee import judge_log

    job, path = task
    verdict = judge_log(path, scenarios.resolve(scenarios.load(job.scenario), job.seed))
    return Judged(
        outcome=verdict.outcome,
        claimed=verdict.claimed,
        agrees=verdict.agrees,
        close_calls=len(verdict.close_calls),
        findings=tuple(f"{finding.kind}: {finding.text}" for finding in verdict.findings),
    )


def _as_judged(answer: Judged | Failed) -> Judged:
    """A log that cannot be judged is one the referee does not agree with."""
    if isinstance(answer, Failed):
        return Judged("unjudged", None, False, 0, (answer.last_line,))
    return answer
