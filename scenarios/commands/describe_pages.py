"""What `describe` found, as tables for the terminal and as Markdown."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from scenarios.avoidbench import FlightMetrics
from sim.record.reader import Flight

COLUMNS = (
    ("way_m", "way, m"),
    ("obstruction", "traversal obstruction"),
    ("occlusion", "view occlusion"),
    ("gap_loss", "average gap loss, 1/m"),
    ("traversability", "traversability"),
    ("relative_gap", "relative gap"),
    ("redraws", "redraws"),
)
"""Of worlds: key and title."""


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


@dataclass(frozen=True)
class MeasuredFlight:
    """A log, and how well what it holds was flown."""

    log: Flight
    metrics: FlightMetrics


@dataclass(frozen=True)
class WorldRows:
    """Scenarios, each measured on the same world seeds."""

    found: Mapping[str, Sequence[WorldMeasures]]
    seeds: range


def mean(found: Sequence[WorldMeasures], key: str) -> float | None:
    """Over the worlds that have the figure; None where none has."""
    values = [value for world in found if (value := getattr(world, key)) is not None]
    return float(np.mean(values)) if values else None


def world_table(rows: WorldRows) -> Table:
    """Means, a row a scenario."""
    table = Table(title=f"means over worlds {rows.seeds[0]} to {rows.seeds[-1]}")
    table.add_column("scenario")
    for _, title in COLUMNS:
        table.add_column(title, justify="right")
    for name, found in rows.found.items():
        table.add_row(name, *_cells(found))
    return table


def flight_table(flight: MeasuredFlight) -> Table:
    """One flight's metrics."""
    excess, velocity, energy = _metrics(flight.metrics)
    table = Table(title=f"{flight.log.path}: AvoidBench's metrics", show_header=False)
    table.add_row("path excess", excess)
    table.add_row("goal velocity", f"{velocity} m/s")
    table.add_row("energy, jerk per metre", f"{energy} m/s2/m")
    return table


def world_page(rows: WorldRows, command: str) -> str:
    """Markdown; `command` is what writes it again."""
    worlds = f"Means over worlds {rows.seeds[0]} to {rows.seeds[-1]}; written by"
    lines = [[name, *_cells(found)] for name, found in rows.found.items()]
    header = ["scenario", *(title for _, title in COLUMNS)]
    return _page("How hard the worlds are", worlds, command, _OF_WORLDS, header, lines)


def flight_page(flights: Sequence[MeasuredFlight], command: str) -> str:
    """Markdown; `command` is what writes it again."""
    lines = [
        [
            str(flight.log.path),
            f"{flight.log.scenario.name}, seed {flight.log.scenario.seed}",
            *_metrics(flight.metrics),
        ]
        for flight in flights
    ]
    header = ["flight", "scenario", "path excess", "goal velocity, m/s", "energy, m/s2/m"]
    return _page(
        "How well flights were flown", "Written by", command, _OF_FLIGHTS, header, lines, left=2
    )


def command_line(asked: Sequence[str], seeds: range | None, markdown: Path) -> str:
    """What writes a page again; without seeds where no worlds are measured."""
    words = ["trident", "describe", *asked]
    if seeds is not None:
        words += ["--worlds", str(len(seeds)), "--first-seed", str(seeds[0])]
    return shlex.join([*words, "--markdown", str(markdown)])


# --- Private.


def _cells(found: Sequence[WorldMeasures]) -> list[str]:
    cells = []
    for key, _ in COLUMNS:
        value = mean(found, key)
        digits = 1 if key in ("way_m", "traversability", "relative_gap", "redraws") else 3
        cells.append("-" if value is None else f"{value:.{digits}f}")
    return cells


def _metrics(found: FlightMetrics) -> tuple[str, str, str]:
    return f"{found.path_excess:.3f}", f"{found.goal_velocity_m_s:.2f}", f"{found.energy:.2f}"


def _page(
    title: str,
    first: str,
    command: str,
    explanation: str,
    header: Sequence[str],
    lines: Sequence[Sequence[str]],
    left: int = 1,
) -> str:
    """A page of one table, its first columns to the left."""
    parts = [
        f"# {title}",
        "",
        first,
        "",
        f"    {command}",
        "",
        explanation,
        "",
        f"| {' | '.join(header)} |",
        "|" + left * "---|" + (len(header) - left) * "---:|",
        *(f"| {' | '.join(line)} |" for line in lines),
    ]
    return "\n".join(parts) + "\n"


_OF_WORLDS = """\
Traversal obstruction, view occlusion and average gap loss (bends over length: its code calls it angle over length) are FlightBench's, in its own
formulas and with its drone radius of 0.15 m and sensing range of 4 m; in the open they are 0.5, 0 and 0. Its own forests have .76 .92 .90, its mazes
1.42 1.51 1.54 of the first. Traversability (free distance over drone size) and relative gap (room between obstacles over drone size, at flying height; a tree is one
with its branches; long walls make it negative; worlds with meshes and empty ones have none) are AvoidBench's. What moves is left out, and so is the ground: a world of
moving things alone measures as empty. Definitions, and where ours differ, are in `scenarios/difficulty.py` and `scenarios/avoidbench.py`."""
_OF_FLIGHTS = """\
AvoidBench's metrics. Path excess: how much longer the path was than the shortest free way (1 for a flight that did not arrive, as published); goal velocity: the length of
that way over the flight's time; energy: the integral of jerk per metre of it. A log cut short is measured as far as it goes. Definitions are in `scenarios/avoidbench.py`."""
