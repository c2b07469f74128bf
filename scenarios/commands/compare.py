"""`compare`: every pilot on identical worlds, with intervals, paired differences, verdicts and compute."""

import os
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import agents
from agents.arm_names import expand
from agents.engines import open_engine
from agents.fanout import Engine
from agents.fanout_ray import RayMissingError
from scenarios.commands.campaign_progress import fly_with_progress
from scenarios.commands.compare_options import Options, check_options, command_line
from scenarios.commands.console import (
    InputError,
    fresh_folder,
    say,
    say_json,
    show,
    user_input,
    warn,
)
from scenarios.commands.recording import record_logs
from scenarios.commands.stopping import resumable, terminable
from scenarios.compute import compute_of, pilot_digest
from scenarios.flying import Crew
from scenarios.journal import Journal, sole_writer
from scenarios.judging import Refereed, judge_campaign
from scenarios.junit import write_junit
from scenarios.parquet import write_parquet
from scenarios.plan import Entry, plan
from scenarios.report import Report, compile_report, report_table, write_report
from scenarios.report.pairs import whole_arm
from scenarios.row import Job, Row
from scenarios.runner import plan_jobs, rows_so_far
from scenarios.suite import Suite, load_suite, parse_seeds
from scenarios.versions import code_digest, machine, stamp, versions_line

_NAMED = 4
"""Pilots that a line names at most."""
_WORLDS = {False: "no test worlds", True: "test worlds, opened for a release"}
"""Of a campaign's stamp: one that is continued stays what it was."""


@dataclass(frozen=True)
class _Campaign:
    """Everything that is settled before the first flight."""

    suite: Suite
    entries: list[Entry]
    pilots: dict[str, agents.Pilot]
    crew: Crew
    marks: dict[str, str]
    engine: Engine
    folder: Path


@dataclass(frozen=True)
class Flown:
    """What came of a campaign."""

    report: Report
    entries: Sequence[Entry]
    rows: Sequence[Row]


def compare(options: Options) -> int:
    """Fly the campaign; 0 where nothing was lost or fell short."""
    campaign = _prepare(options)
    with resumable(command_line(options, campaign.suite, campaign.folder)):
        return exit_code(options, _fly(options, campaign).report)


def fly_campaign(options: Options) -> Flown:
    """Fly the campaign, or what is missing of it, and write the report; how to go on after a stop is for the caller to say."""
    return _fly(options, _prepare(options))


def required_pilots(written: Sequence[str], flown: Iterable[str]) -> set[str]:
    """Whom `--require` binds: every training of the first arm, in every way it is flown."""
    first = whole_arm(expand(written)[0])[0]
    return {name for name in flown if whole_arm(name)[0] == first}


def exit_code(options: Options, report: Report) -> int:
    """What CI asks for: 1 where flights were lost or judged otherwise or not at all, or where the first arm fell short."""
    if report.lost:
        warn(f"{report.lost} flights were lost; --retry flies them again")
    bound = required_pilots(options.pilots, [cell.pilot for cell in report.cells])
    short = [
        cell
        for cell in report.cells
        if options.require is not None
        and cell.pilot in bound
        and cell.success.value < options.require
    ]
    for cell in short:
        warn(
            f"{cell.pilot} on {cell.task}: {100 * cell.success.value:.1f} % succeeded, "
            f"required are {100 * (options.require or 0.0):g} %"
        )
    differing = () if report.referee is None else report.referee.disagreements
    unjudged = () if report.referee is None else report.referee.unjudged
    for found in differing:
        warn(f"{found.log}: the referee says {found.outcome}: {'; '.join(found.findings)}")
    for row in unjudged:
        warn(f"{row.pilot} on {row.scenario}, seed {row.seed}: unjudged, there is no log of it")
    return 1 if report.lost or short or differing or unjudged else 0


# --- Private.


def _prepare(options: Options) -> _Campaign:
    """Load everything once, so that what cannot be had is said before anything flies."""
    with user_input():
        return _loaded(options)


def _loaded(options: Options) -> _Campaign:
    check_options(options)
    suite = load_suite(options.suite)
    suite = suite.for_release() if options.release else suite
    suite = suite.with_worlds(options.worlds, options.first_seed, parse_seeds(options.seeds))
    suite = suite if options.ways is None else suite.in_ways(options.ways)
    pilots = {name: agents.load_pilot(name, options.trust) for name in _distinct(options.pilots)}
    ways = {name: agents.flyable_ways(name, pilot) for name, pilot in pilots.items()}
    entries = plan(suite, ways)
    digests = {name: pilot_digest(name) for name in pilots}
    flown = {name for entry in entries for name in entry.pilots}
    hashes = {name: digests[_base(name, digests)] for name in flown}
    return _Campaign(
        suite=suite,
        entries=entries,
        pilots=pilots,
        crew=Crew(hashes, code_digest(), options.trust),
        marks=stamp(suite.tasks.values(), digests) | {"worlds": _WORLDS[suite.release]},
        engine=open_engine(
            options.engine, _workers(options.workers), options.flight_limit, options.address
        ),
        folder=fresh_folder(options.out, f"compare-{Path(options.suite).stem}"),
    )


def _fly(options: Options, campaign: _Campaign) -> Flown:
    folder = campaign.folder
    with ExitStack() as held:
        with user_input():
            held.enter_context(sole_writer(folder))
            journal = Journal(folder, Row, campaign.marks)
        try:
            with terminable():
                rows = _fly_all(campaign, journal, options.retry)
                which = "all" if options.referee else options.logs
                logs = record_logs(which, rows, folder, campaign.engine, campaign.crew)
                said = (
                    judge_campaign(rows, logs, folder, campaign.engine) if options.referee else None
                )
        except RayMissingError as error:
            raise InputError(str(error)) from error
        report = _report(options, campaign, rows, logs, said)
        _write(options, campaign, report, rows, folder)
        left_out = rows_so_far(journal).keys() - {row.job for row in rows}
        if left_out:
            warn(_left_out_line(left_out, journal.path))
    return Flown(report, campaign.entries, rows)


def _base(name: str, pilots: dict[str, str]) -> str:
    """The pilot that a way of flying belongs to: `shared` for `shared@head`."""
    return name if name in pilots else name.rpartition("@")[0]


def _distinct(written: tuple[str, ...]) -> tuple[str, ...]:
    """Every pilot by its own name, `ARM#0..9` being ten."""
    pilots = expand(written)
    if not pilots or len(set(pilots)) != len(pilots):
        raise ValueError(
            f"pilots = {' '.join(pilots) or 'none'}: name one or more of {', '.join(agents.pilot_names())}, "
            "or checkpoint folders, each once, the one to compare with first"
        )
    return pilots


def _workers(asked: int | None) -> int:
    return len(os.sched_getaffinity(0)) if asked is None else asked


def _fly_all(campaign: _Campaign, journal: Journal[Row], retry: bool) -> list[Row]:
    flights = [(entry.scenario, entry.pilots) for entry in campaign.entries]
    jobs = plan_jobs(flights, campaign.suite.seeds)
    return fly_with_progress("comparing", jobs, journal, campaign.engine, campaign.crew, retry)


def _report(
    options: Options,
    campaign: _Campaign,
    rows: Sequence[Row],
    logs: dict[tuple[str, str, int], str],
    referee: Refereed | None,
) -> Report:
    return compile_report(
        campaign.suite,
        campaign.entries,
        rows,
        compute_of(campaign.pilots),
        campaign.marks,
        logs=logs,
        environment={**machine(), "versions": versions_line()},
        referee=referee,
        command=command_line(options, campaign.suite, None),
    )


def _write(
    options: Options, campaign: _Campaign, report: Report, rows: Sequence[Row], folder: Path
) -> None:
    table = folder / "flights.parquet"
    write_parquet(rows, table, {"command": report.command})
    paths = [table, *write_report(report, folder)]
    if options.junit is not None:
        with user_input():
            write_junit(campaign.entries, rows, options.junit)
        paths.append(options.junit)
    for path in paths:
        say(f"wrote {path}")
    for shown in report_table(report):
        show(shown)
    if options.json:
        say_json(
            {
                "results": str(folder / "results.json"),
                "report": str(folder / "results.html"),
                "flights": len(rows),
                "lost": report.lost,
            }
        )


def _left_out_line(jobs: Collection[Job], journal: Path) -> str:
    """What of a folder's journal is in none of the files just written."""
    pilots = sorted({job.pilot for job in jobs})
    named = ", ".join(pilots[:_NAMED]) + (" and others" if len(pilots) > _NAMED else "")
    return (
        f"{len(jobs)} flights in {journal}, of {named}, are not in this report: it holds what was asked "
        "for this time; asked for together, they are in it again and are not flown again"
    )
