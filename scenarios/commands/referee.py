"""`referee`: judges flight logs from the logs and their scenarios alone, and says where it disagrees with them."""

import functools
from pathlib import Path

from rich.table import Table

import scenarios
from agents.fanout import Failed, LocalEngine
from scenarios.commands.console import InputError, progress, say_json, show, user_input, warn
from scenarios.referee import Verdict, judge
from sim.record.reader import read_flight
from sim.scenario import Scenario


def referee(logs: tuple[Path, ...], *, scenario: str | None, workers: int, as_json: bool) -> int:
    """Judge each log; 1 where the referee disagrees with one, else 0."""
    if not logs:
        raise InputError("referee: name at least one log, e.g. runs/*/flight.mcap")
    if workers < 1:
        raise InputError(f"workers = {workers}: must be at least 1")
    verdicts = _judge_all(logs, scenario, workers)
    if as_json:
        for log, verdict in verdicts.items():
            say_json({"log": str(log), **verdict.as_dict()})
    else:
        show(_table(verdicts))
    for log, verdict in verdicts.items():
        for finding in verdict.findings:
            warn(f"{log}: {finding.kind}: {finding.text}")
    return 0 if all(verdict.agrees for verdict in verdicts.values()) else 1


def _judge_all(logs: tuple[Path, ...], scenario: str | None, workers: int) -> dict[Path, Verdict]:
    """Verdicts in the order of the logs; a file that is no log ends it all."""
    wanted = tuple(dict.fromkeys(logs))
    work = functools.partial(_judge, scenario=scenario)
    if workers == 1 or len(wanted) == 1:
        with user_input():
            return {log: work(log) for log in wanted}
    found: dict[Path, Verdict] = {}
    with progress("judging", "logs") as report:
        for log, answer in LocalEngine(min(workers, len(wanted))).fan_out(work, wanted):
            if isinstance(answer, Failed):
                raise InputError(answer.last_line)
            found[log] = answer
            report(len(found), len(wanted))
    return {log: found[log] for log in wanted}


def _judge(log: Path, scenario: str | None) -> Verdict:
    flight = read_flight(log)
    return judge(flight, None if scenario is None else _expected(scenario, flight.scenario.seed))


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
