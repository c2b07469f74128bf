"""`referee`: judges flight logs from the logs and their scenarios alone, and says where it disagrees with them."""

import functools
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

import scenarios
from agents.fanout import Failed, LocalEngine
from scenarios.commands.console import InputError, progress, say_json, show, user_input, warn
from scenarios.referee import Verdict, judge
from sim.record.reader import read_flight
from sim.scenario import Scenario


def referee(logs: tuple[Path, ...], *, scenario: str | None, workers: int, as_json: bool) -> int:
    """Judge each log; 1 where the referee disagrees with one, else 2 where one could not be judged, else 0."""
    if not logs:
        raise InputError("referee: name at least one log, e.g. runs/*/flight.mcap")
    if workers < 1:
        raise InputError(f"workers = {workers}: must be at least 1")
    if scenario is not None:
        with user_input():
            scenarios.load(scenario)
    answers = _judge_all(logs, scenario, workers)
    verdicts = {log: each for log, each in answers.items() if isinstance(each, Verdict)}
    if as_json:
        for log, verdict in verdicts.items():
            say_json({"log": str(log), **verdict.as_dict()})
    elif verdicts:
        show(_table(verdicts))
    for log, verdict in verdicts.items():
        for finding in verdict.findings:
            warn(f"{log}: {finding.kind}: {finding.text}")
    for log, answer in answers.items():
        if isinstance(answer, _Unjudged):
            warn(
                f"not judged: {answer.reason if str(log) in answer.reason else f'{log}: {answer.reason}'}"
            )
    if not all(verdict.agrees for verdict in verdicts.values()):
        return 1
    return 0 if len(verdicts) == len(answers) else 2


# --- Private.


@dataclass(frozen=True)
class _Unjudged:
    """A log that cannot be read, or whose world cannot be built."""

    reason: str


def _judge_all(
    logs: tuple[Path, ...], scenario: str | None, workers: int
) -> dict[Path, Verdict | _Unjudged]:
    """What came of each log, in their order."""
    wanted = tuple(dict.fromkeys(logs))
    work = functools.partial(_judge, scenario=scenario)
    if workers == 1 or len(wanted) == 1:
        return {log: work(log) for log in wanted}
    found: dict[Path, Verdict | _Unjudged] = {}
    with progress("judging", "logs") as report:
        for log, answer in LocalEngine(min(workers, len(wanted))).fan_out(work, wanted):
            found[log] = _Unjudged(answer.last_line) if isinstance(answer, Failed) else answer
            report(len(found), len(wanted))
    return {log: found[log] for log in wanted}


def _judge(log: Path, scenario: str | None) -> Verdict | _Unjudged:
    try:
        with user_input():
            flight = read_flight(log)
            flight.require_place()
            expected = None if scenario is None else _expected(scenario, flight.scenario.seed)
            return judge(flight, expected)
    except InputError as error:
        return _Unjudged(str(error))


def _expected(name: str, seed: int) -> Scenario:
    """What a log of this seed must have flown."""
    loaded = scenarios.load(name)
    return scenarios.resolve(loaded, seed)


def _table(verdicts: dict[Path, Verdict]) -> Table:
    table = Table(
        "log", "verdict", "log says", "why", "at", "least clearance", "prize", "energy", "agrees"
    )
    for log, verdict in verdicts.items():
        least = verdict.least_clearance_m
        agrees = "yes" if verdict.agrees else "NO"
        table.add_row(
            str(log),
            verdict.outcome,
            verdict.claimed or "nothing",
            "; ".join((verdict.reason, *(f"close: {call}" for call in verdict.close_calls))),
            f"{verdict.time_s:.2f} s",
            "over 4 m" if least is None else f"{least:.3f} m",
            f"{verdict.prize:g}",
            f"{verdict.energy_wh:.2f} Wh",
            agrees,
        )
    return table
