"""`compare`: every pilot on identical worlds, with intervals, paired differences and compute."""

import os
from pathlib import Path

import agents
import scenarios
from scenarios.commands.console import (
    InputError,
    fresh_folder,
    progress,
    say,
    say_json,
    show,
    user_input,
    warn,
)
from scenarios.compute import load_networks, measure_compute, weights_digest
from scenarios.journal import Journal
from scenarios.report import compile_report, report_table, write_report
from scenarios.runner import Row, plan_jobs, run_campaign, stamp
from scenarios.suite import Suite, load_suite


def compare(
    *,
    suite: str,
    pilots: tuple[str, ...],
    worlds: int | None,
    first_seed: int | None,
    processes: int | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Fly the campaign, or what is missing of it, and write the report."""
    workers = _processes(processes)
    with user_input():
        flown = load_suite(suite).with_worlds(worlds, first_seed)
        for name in flown.tasks.values():
            scenarios.load(name)
        for name in _distinct(pilots):
            agents.load_pilot(name)
        networks = {name: load_networks(name) for name in pilots}
        marks = stamp(flown.tasks, {name: weights_digest(nets) for name, nets in networks.items()})
    folder = fresh_folder(out, f"compare-{Path(suite).stem}")
    with user_input():
        journal = Journal(folder, Row, marks)
    try:
        rows = _fly_all(flown, tuple(networks), journal, workers)
    except KeyboardInterrupt:
        warn(f"interrupted; the same command with --out {folder} goes on")
        raise
    compute = {name: measure_compute(nets) for name, nets in networks.items()}
    report = compile_report(flown, rows, compute, marks)
    for path in write_report(report, folder):
        say(f"wrote {path}")
    for table in report_table(report):
        show(table)
    if as_json:
        say_json(
            {
                "results": str(folder / "results.json"),
                "flights": len(rows),
                "crashed": report.crashed,
            }
        )
    return 0 if report.crashed == 0 else 1


def _fly_all(
    suite: Suite, pilots: tuple[str, ...], journal: Journal[Row], processes: int
) -> list[Row]:
    jobs = plan_jobs(tuple(suite.tasks.values()), pilots, suite.seeds)
    with user_input():
        done = len({row.job for row in journal.read()} & set(jobs))
    with progress("comparing", "flights") as report:

        def count(row: Row) -> None:
            nonlocal done
            done += 1
            report(done, len(jobs))

        return run_campaign(jobs, journal, processes, on_row=count)


def _distinct(pilots: tuple[str, ...]) -> tuple[str, ...]:
    if not pilots or len(set(pilots)) != len(pilots):
        raise ValueError(
            f"pilots = {' '.join(pilots) or 'none'}: name one or more of {', '.join(agents.pilot_names())}, "
            "or checkpoint folders, each once, the one to compare with first"
        )
    return pilots


def _processes(asked: int | None) -> int:
    if asked is not None and asked < 1:
        raise InputError(f"processes = {asked}: must be at least 1")
    return asked if asked is not None else len(os.sched_getaffinity(0))
