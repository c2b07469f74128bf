"""`fit`: flies choice worlds by a grid of fusion rules, and writes the best beside the pilot's weights."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.table import Table

import agents
from agents.engines import open_engine
from agents.rule_file import write_rule
from scenarios.commands.campaign_progress import fly_with_progress
from scenarios.commands.console import (
    InputError,
    command_line,
    fresh_folder,
    say,
    show,
    user_input,
    warn,
)
from scenarios.commands.stopping import resumable, terminable
from scenarios.compute import load_networks, weights_digest
from scenarios.fitting import LEAST_WORLDS, Fitted, fit_rule
from scenarios.flying import Crew
from scenarios.journal import Journal, sole_writer
from scenarios.row import LOST, Job, Row
from scenarios.seeds import SEED_SETS
from scenarios.versions import code_digest, stamp

_FLIGHT_LIMIT_S = 600.0
"""Of wall clock; a flight that takes longer is lost."""


def fit(pilot: str, *, worlds: int, workers: int, out: Path | None, retry: bool) -> int:
    """Fit, show every rule's successes, write the best; 1, and nothing written, where flights were lost."""
    choice = SEED_SETS["choice"]
    if not LEAST_WORLDS <= worlds <= len(choice):
        raise InputError(f"worlds = {worlds}: must lie in {LEAST_WORLDS} to {len(choice)}")
    with user_input():
        agents.load_pilot(pilot)
        open_engine("local", workers)
        folder = agents.pilot_folder(pilot)
    if folder is None:
        raise InputError(f"pilot {pilot!r}: flies without networks, so there is no rule to fit")
    run = fresh_folder(out, "fit")
    with resumable(command_line("fit", pilot, worlds=worlds, workers=workers, out=run)):
        fitted = fit_pilot(pilot, worlds, workers, run, retry)
    if fitted is None:
        return 1
    say(f"wrote {write_rule(folder, fitted.rule)}")
    return 0


def fit_pilot(pilot: str, worlds: int, workers: int, run: Path, retry: bool) -> Fitted | None:
    """Fly and show it; None where flights were lost.

    Args:
        pilot: Whose rule.
        worlds: Choice worlds a task.
        workers: Flights flown at once.
        run: The folder that keeps the flights, and where this goes on after a kill.
        retry: Whether to fly again what was lost there.
    """
    rule = agents.pilot_rule(pilot)
    assert rule is not None, "asked for pilots with networks only"
    engine, crew = open_engine("local", workers, _FLIGHT_LIMIT_S), Crew({}, code_digest())
    with ExitStack() as held:
        with user_input():
            held.enter_context(sole_writer(run))
            # The rule is no part of the mark: it is what comes of this.
            marks = stamp([], {pilot: weights_digest(load_networks(pilot))})
            journal = Journal(run, Row, marks)

        rows: list[Row] = []

        def fly(jobs: Sequence[Job]) -> list[Row]:
            with terminable():
                flown = fly_with_progress("fitting", jobs, journal, engine, crew, retry)
            rows.extend(flown)
            return flown

        fitted = fit_rule(pilot, rule, SEED_SETS["choice"][:worlds], fly)
    # Not of the whole journal: once lost flights succeed, other rules may reach the finals.
    lost = sum(row.outcome in LOST for row in rows)
    show(_table(fitted))
    if lost:
        warn(
            f"{lost} flights were lost, so no rule is taken; the journal in {run} tells why, --retry flies them again there"
        )
        return None
    return fitted


def _table(fitted: Fitted) -> Table:
    table = Table(title="fusion rules on choice worlds")
    for name in ("weight", "veto", "on a course: weight", "veto", "tasks", "flights", "succeeded"):
        table.add_column(name, justify="left" if name == "tasks" else "right")
    for trial in fitted.trials:
        rule = trial.rule
        table.add_row(
            f"{rule.weight:g}",
            f"{rule.veto_below:g}",
            f"{rule.course_weight:g}",
            f"{rule.course_veto_below:g}",
            ", ".join(trial.tasks),
            str(trial.flights),
            f"{100 * trial.successes / trial.flights:.1f} %",
            style="bold" if rule == fitted.rule else None,
        )
    return table
