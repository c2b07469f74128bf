"""`replay`: what a log holds, whether it flies again bit for bit, its film and figure, and a page to share."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from rich.table import Table

import agents
from scenarios.commands.console import InputError, progress, say, show, user_input
from scenarios.commands.flight_table import flight_table
from scenarios.commands.log_files import log_files
from scenarios.commands.replay_checks import check_options
from scenarios.commands.replay_export import export_logs
from scenarios.commands.replay_options import Batch, Drawn
from scenarios.commands.replay_verify import verify_logs
from scenarios.commands.replay_viewer import ViewerOptions, show_flights
from scenarios.commands.replay_why import show_why
from sim.record.page import write_page
from sim.record.plot import write_plot
from sim.record.prizes import prize_words
from sim.record.reader import Flight, read_flight
from sim.record.video import film_workers, write_video
from sim.record.words import event_words, spaced
from sim.task_spec import MissionTask

_Write = Callable[[Flight, Path, float | None], object]
"""Draws a flight into a file; knows the best prize of its mission."""
_VERSIONS = ("python", "numpy", "numba", "pybullet", "embreex")


def replay(
    logs: tuple[Path, ...],
    *,
    drawn: Drawn,
    batch: Batch,
    why: tuple[str, ...] | None = None,
    viewing: ViewerOptions | None = None,
) -> int:
    """Do what is asked for with each log; 1 where a re-flight differs, else 0; a log cut short is used as far as it goes, then refused."""
    if not logs:
        raise InputError("replay: name at least one log, e.g. runs/*/flight.mcap")
    paths = log_files(logs)
    check_options(paths, drawn, batch, why, viewing)
    viewed = viewing if viewing is not None and viewing.wanted else None
    seen = why is not None or viewed is not None or drawn != Drawn()
    many = len(paths) > 1 and (batch.verify or batch.export is not None) and not seen
    # Thousands of logs are not held in memory, nor shown.
    flights = [] if many else _read(paths)
    if drawn.plot is not None:
        _write(flights, drawn.plot, ".png", write_plot)
    if drawn.video is not None:
        _write(flights, drawn.video, ".mp4", _film)
    if drawn.html is not None:
        _write(flights, drawn.html, ".html", write_page)
    if why is not None:
        show_why(flights, why)
    exported = 0
    if batch.export is not None:
        exported = export_logs(paths, batch.export, batch.form)
    verified = verify_logs(paths, batch.workers) if batch.verify else 0
    if viewed is not None:
        show_flights(flights, viewed)
    damaged = [f"{flight.path}: {flight.damage}" for flight in flights if flight.damage is not None]
    if damaged:
        raise InputError(f"log cut short or damaged: {'; '.join(damaged)}")
    return 1 if 1 in (exported, verified) else max(exported, verified)


def _read(paths: list[Path]) -> list[Flight]:
    with user_input():
        flights = [read_flight(path) for path in paths]
    show(_summary(flights[0]) if len(flights) == 1 else _table(flights))
    return flights


def _film(flight: Flight, path: Path, optimum: float | None) -> None:
    with progress(f"rendering {path}", "frames") as report:
        write_video(flight, path, report, film_workers(flight), optimum)


def _write(flights: list[Flight], target: Path, suffix: str, write: _Write) -> None:
    """One file for one log; for several, one file each in the folder `target`."""
    try:
        paths = _paths(flights, target, suffix)
        for flight, path in zip(flights, paths, strict=True):
            flight.require_steps("draw")
            flight.require_place()
            write(flight, path, agents.mission_optimum(flight.scenario))
            say(f"wrote {path}")
    except OSError as error:
        raise InputError(f"{target}: cannot be written: {error.strerror or error}") from error
    except ValueError as error:  # A log without a step, or without its place, has nothing to draw.
        raise InputError(f"{target}: {error}") from error


def _paths(flights: list[Flight], target: Path, suffix: str) -> list[Path]:
    if len(flights) == 1 and not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        return [target if target.suffix else target.with_suffix(suffix)]
    target.mkdir(parents=True, exist_ok=True)
    return [
        target / f"{index:03d}-{flight.scenario.name}{suffix}"
        for index, flight in enumerate(flights)
    ]


def _summary(flight: Flight) -> Table:
    """Everything worth knowing of one flight."""
    metadata, result = flight.metadata, flight.result
    is_mission = isinstance(flight.scenario.task, MissionTask)
    prize = (
        {"prize": prize_words(flight.scenario, result.prize, None)}
        if is_mission and result is not None
        else {}
    )
    counts = Counter(event.name for event in flight.events)
    others = {
        **prize,
        "steps": f"{len(flight)} of 1/{flight.scenario.rates.control_hz} s",
        **({} if flight.part is None else {"holds": flight.part}),
        "actions": flight.action_level,
        "events": "; ".join(f"{event_words(name)}: {count}" for name, count in counts.items())
        or "none",
        "weights": metadata.get("pilot_hash", "?"),
        "flown with": ", ".join(f"{name} {metadata.get(name, '?')}" for name in _VERSIONS),
        "on": metadata.get("cpu", "?"),
        "log": str(flight.path),
    }
    return flight_table(_title(flight), result, others)


def _title(flight: Flight) -> str:
    scenario = flight.scenario
    return f"{scenario.name}, seed {scenario.seed}, flown by {flight.metadata.get('pilot', '?')}"


def _table(flights: list[Flight]) -> Table:
    table = Table("log", "scenario", "seed", "pilot", "outcome", "steps", "duration", "distance")
    for flight in flights:
        result = flight.result
        table.add_row(
            str(flight.path),
            flight.scenario.name,
            str(flight.scenario.seed),
            flight.metadata.get("pilot", "?"),
            "incomplete log" if result is None else spaced(result.outcome.value),
            str(len(flight)),
            "" if result is None else f"{result.duration_s:.1f} s",
            "" if result is None else f"{result.distance_m:.1f} m",
        )
    return table
