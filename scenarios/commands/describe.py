"""`describe`: how hard worlds are, by FlightBench's and AvoidBench's measures, and how well a logged flight was flown."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

import scenarios
from scenarios.avoidbench import FlightMetrics, flight_metrics, relative_gap, traversability
from scenarios.commands.console import (
    InputError,
    progress,
    say,
    say_json,
    show,
    user_input,
    writable_folder,
)
from scenarios.difficulty import difficulty
from scenarios.guide import ground_of, guide_legs, length_of
from scenarios.seeds import SEED_SETS
from sim.record.reader import Flight, read_flight
from sim.scenario import Scenario
from sim.types import POSITION, VELOCITY

_COLUMNS = (
    ("way_m", "way, m"),
    ("obstruction", "traversal obstruction"),
    ("occlusion", "view occlusion"),
    ("gap_loss", "average gap loss, 1/m"),
    ("traversability", "traversability"),
    ("relative_gap", "relative gap"),
    ("redraws", "redraws"),
)


@dataclass(frozen=True)
class WorldMeasures:
    """Everything `describe` says of one world."""

    way_m: float
    obstruction: float
    occlusion: float
    gap_loss: float
    traversability: float
    relative_gap: float | None
    redraws: int


def describe(
    names: Sequence[str],
    *,
    worlds: int,
    first_seed: int,
    markdown: Path | None,
    as_json: bool,
) -> int:
    """Print one row of means a scenario, or a logged flight's metrics; a log cut short is measured as far as it goes, then refused."""
    logs = [name for name in names if name.endswith(".mcap")]
    damaged = []
    for log in logs:
        with user_input():
            flight = read_flight(Path(log))
            flight.require_steps("measure")
            flight.require_place()
            show(_flight_table(flight))
        if flight.damage is not None:
            damaged.append(f"{log}: {flight.damage}")
    entries = [name for name in names if name not in logs]
    if "all" in entries:
        entries = list(scenarios.names())
    if not names:
        raise InputError(
            "describe: name scenarios, all, or flight logs, e.g. trident describe tier3-navigation"
        )
    if entries:
        _describe_worlds(entries, names, worlds, first_seed, markdown, as_json)
    if damaged:
        raise InputError(f"log cut short or damaged: {'; '.join(damaged)}")
    return 0


def measure(scenario: Scenario) -> WorldMeasures:
    """One world's figures."""
    ground = ground_of(scenario)
    found = difficulty(scenario, ground)
    return WorldMeasures(
        way_m=found.length_m,
        obstruction=found.obstruction,
        occlusion=found.occlusion,
        gap_loss=found.gap_loss,
        traversability=traversability(ground),
        relative_gap=relative_gap(ground),
        redraws=scenario.redraws,
    )


def mean(found: Sequence[WorldMeasures], key: str) -> float | None:
    """Over the worlds that have the figure; None where none has."""
    values = [value for world in found if (value := getattr(world, key)) is not None]
    return float(np.mean(values)) if values else None


# --- Private.


def _describe_worlds(
    entries: Sequence[str],
    asked: Sequence[str],
    worlds: int,
    first_seed: int,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Measure the entries; print their rows, and write them where a file is named."""
    _check_worlds(worlds, first_seed)
    if markdown is not None:
        writable_folder(markdown.absolute().parent)
    rows = _measure_all(entries, range(first_seed, first_seed + worlds))
    show(_table(rows, worlds, first_seed))
    if markdown is not None:
        with user_input():
            markdown.write_text(
                _markdown(rows, asked, worlds, first_seed, markdown), encoding="utf-8"
            )
        say(f"wrote {markdown}")
    if as_json:
        say_json(
            {name: {key: mean(found, key) for key, _ in _COLUMNS} for name, found in rows.items()}
        )


def _check_worlds(worlds: int, first_seed: int) -> None:
    closed = SEED_SETS["test"].start
    if worlds < 1:
        raise InputError(f"worlds = {worlds}: must be at least 1")
    if first_seed < 0 or first_seed + worlds > closed:
        raise InputError(
            f"first_seed = {first_seed}, worlds = {worlds}: from 0 up, and seeds from {closed} are test worlds, "
            "opened once per release"
        )


def _measure_all(entries: Sequence[str], seeds: range) -> dict[str, list[WorldMeasures]]:
    rows: dict[str, list[WorldMeasures]] = {}
    with progress("measuring", "worlds") as report:
        for name in entries:
            with user_input():
                loaded = scenarios.load(name)
                rows[name] = []
                for seed in seeds:
                    rows[name].append(measure(scenarios.resolve(loaded, seed)))
                    report(sum(map(len, rows.values())), len(entries) * len(seeds))
    return rows


def _cells(found: Sequence[WorldMeasures]) -> list[str]:
    cells = []
    for key, _ in _COLUMNS:
        value = mean(found, key)
        digits = 1 if key in ("way_m", "traversability", "relative_gap", "redraws") else 3
        cells.append("-" if value is None else f"{value:.{digits}f}")
    return cells


def _table(rows: dict[str, list[WorldMeasures]], worlds: int, first_seed: int) -> Table:
    table = Table(title=f"means over worlds {first_seed} to {first_seed + worlds - 1}")
    table.add_column("scenario")
    for _, title in _COLUMNS:
        table.add_column(title, justify="right")
    for name, found in rows.items():
        table.add_row(name, *_cells(found))
    return table


def _markdown(
    rows: dict[str, list[WorldMeasures]],
    asked: Sequence[str],
    worlds: int,
    first_seed: int,
    target: Path,
) -> str:
    titles = ["scenario", *(title for _, title in _COLUMNS)]
    command = f"trident describe {shlex.join(asked)} --worlds {worlds} --first-seed {first_seed}"
    lines = [
        "# How hard the worlds are",
        "",
        f"Means over worlds {first_seed} to {first_seed + worlds - 1}; written by",
        "",
        f"    {command} --markdown {shlex.quote(str(target))}",
        "",
        _EXPLANATION,
        "",
        f"| {' | '.join(titles)} |",
        f"|---|{'---:|' * len(_COLUMNS)}",
        *(f"| {name} | {' | '.join(_cells(found))} |" for name, found in rows.items()),
    ]
    return "\n".join(lines) + "\n"


_EXPLANATION = """\
Traversal obstruction, view occlusion and the loss at bends (angle over length, which EVALUATION calls average gap loss) are FlightBench's, in its own
formulas and with its drone radius of 0.15 m and sensing range of 4 m; in the open they are 0.5, 0 and 0. Its own forests have .76 .92 .90, its mazes
1.42 1.51 1.54 of the first. Traversability (free distance over drone size) and relative gap are AvoidBench's. What moves is left out, and so
is the ground. Definitions, and where ours differ, are in `scenarios/difficulty.py` and `scenarios/avoidbench.py`."""


def _flight_table(flight: Flight) -> Table:
    ground = ground_of(flight.scenario)
    metrics: FlightMetrics = flight_metrics(
        flight.poses[:, POSITION],
        flight.poses[:, VELOCITY],
        physics_hz=flight.scenario.rates.physics_hz,
        shortest_m=length_of(guide_legs(flight.scenario, ground)),
        arrived=flight.result is not None and flight.result.success,
    )
    table = Table(title=f"{flight.path}: AvoidBench's metrics", show_header=False)
    table.add_row("path excess", f"{metrics.path_excess:.3f}")
    table.add_row("goal velocity", f"{metrics.goal_velocity_m_s:.2f} m/s")
    table.add_row("energy, jerk per metre", f"{metrics.energy:.2f} m/s2/m")
    return table
