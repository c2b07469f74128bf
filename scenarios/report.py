"""From a campaign's rows to its report: success with intervals, paired differences, compute, one figure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from scenarios.compute import Compute
from scenarios.report_figure import draw_report
from scenarios.runner import CRASHED, Row, check_paired
from scenarios.statistics import (
    Estimate,
    mcnemar_exact,
    mean_estimate,
    paired_counts,
    paired_difference,
    wilson,
)
from scenarios.suite import Suite


@dataclass(frozen=True)
class Cell:
    """One pilot on one task."""

    task: str
    pilot: str
    flights: int
    success: Estimate  # Wilson 95 %
    outcomes: dict[str, int]
    crashed: int  # of the failures, flights a fault in the program ended
    prize_fraction: Estimate | None  # prize over optimum, t 95 %; missions with 2 worlds or more
    mean_duration_s: float
    mean_energy_wh: float


@dataclass(frozen=True)
class Comparison:
    """The first pilot against another, world by world."""

    task: str
    first: str
    second: str
    difference: Estimate  # success, first minus second, Newcombe 95 %
    first_only: int
    second_only: int
    mcnemar_p: float
    prize_difference: Estimate | None  # fraction of the optimum, paired t 95 %


@dataclass(frozen=True)
class Report:
    """Everything `results.json` holds."""

    suite: Suite
    cells: tuple[Cell, ...]
    comparisons: tuple[Comparison, ...]
    compute: dict[str, Compute]
    stamp: dict[str, str]

    @property
    def crashed(self) -> int:
        return sum(cell.crashed for cell in self.cells)


def compile_report(
    suite: Suite, rows: Sequence[Row], compute: Mapping[str, Compute], stamp: Mapping[str, str]
) -> Report:
    """Every pilot of `compute` on every task; the first is the one the others are compared with."""
    check_paired(rows)
    cells: list[Cell] = []
    comparisons: list[Comparison] = []
    first, *others = compute
    for task, scenario in suite.tasks.items():
        flown = {pilot: _by_seed(rows, scenario, pilot, suite.seeds) for pilot in compute}
        cells += [_cell(task, pilot, flown[pilot]) for pilot in compute]
        comparisons += [_compare(task, first, other, flown) for other in others]
    return Report(suite, tuple(cells), tuple(comparisons), dict(compute), dict(stamp))


def write_report(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write `results.json`, `results.md` and `results.png`."""
    paths = tuple(folder / f"results.{suffix}" for suffix in ("json", "md", "png"))
    content = {**asdict(report), "suite": report.suite.model_dump()}
    paths[0].write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    paths[1].write_text(report_markdown(report), encoding="utf-8")
    draw_report(report, paths[2])
    return paths


def report_table(report: Report) -> tuple[Table, ...]:
    """The same tables for the terminal."""
    tables = []
    for title, header, lines in _tables(report):
        table = Table(title=title)
        for column, name in enumerate(header):
            table.add_column(name, justify="left" if column < 2 else "right")
        for line in lines:
            table.add_row(*line)
        tables.append(table)
    return tuple(tables)


def report_markdown(report: Report) -> str:
    """All tables as Markdown."""
    seeds = report.suite.seeds
    parts = [
        f"{report.suite.description}\n\nWorld seeds {seeds.start} to {seeds.stop - 1}, identical for every pilot.\n"
    ]
    for title, header, lines in _tables(report):
        parts.append(
            f"## {title}\n\n"
            + "\n".join(_row(line) for line in (header, ["---"] * len(header), *lines))
            + "\n"
        )
    return "\n".join(parts)


def _row(line: Sequence[str]) -> str:
    return "| " + " | ".join(line) + " |"


def _by_seed(rows: Sequence[Row], scenario: str, pilot: str, seeds: range) -> list[Row]:
    """One row a seed, in the seeds' order: what makes rows of two pilots pairs."""
    found = {row.seed: row for row in rows if (row.scenario, row.pilot) == (scenario, pilot)}
    missing = [seed for seed in seeds if seed not in found]
    if missing:
        raise ValueError(
            f"{pilot} has not flown {scenario} on {len(missing)} seeds, the first is {missing[0]}"
        )
    return [found[seed] for seed in seeds]


def _cell(task: str, pilot: str, rows: Sequence[Row]) -> Cell:
    outcomes = [row.outcome for row in rows]
    finished = [row for row in rows if row.outcome != CRASHED]
    return Cell(
        task=task,
        pilot=pilot,
        flights=len(rows),
        success=wilson(sum(row.success for row in rows), len(rows)),
        outcomes={name: outcomes.count(name) for name in sorted(set(outcomes))},
        crashed=outcomes.count(CRASHED),
        prize_fraction=_mean(_prize_fractions(rows)),
        mean_duration_s=float(np.mean([row.duration_s for row in finished])) if finished else 0.0,
        mean_energy_wh=float(np.mean([row.energy_wh for row in finished])) if finished else 0.0,
    )


def _compare(task: str, first: str, second: str, flown: Mapping[str, Sequence[Row]]) -> Comparison:
    successes = [np.array([row.success for row in flown[pilot]]) for pilot in (first, second)]
    counts = paired_counts(successes[0], successes[1])
    prizes = [_prize_fractions(flown[pilot]) for pilot in (first, second)]
    known = np.isfinite(prizes[0]) & np.isfinite(prizes[1])
    return Comparison(
        task=task,
        first=first,
        second=second,
        difference=paired_difference(counts),
        first_only=counts.first_only,
        second_only=counts.second_only,
        mcnemar_p=mcnemar_exact(counts),
        prize_difference=_mean((prizes[0] - prizes[1])[known]),
    )


def _prize_fractions(rows: Sequence[Row]) -> np.ndarray:
    """Prize over optimum; NaN where there is none to win, or the flight crashed."""
    return np.array(
        [row.prize / row.prize_optimum if row.prize_optimum else np.nan for row in rows]
    )


def _mean(values: np.ndarray) -> Estimate | None:
    values = values[np.isfinite(values)]
    return mean_estimate(values) if len(values) >= 2 else None


def _tables(report: Report) -> list[tuple[str, list[str], list[list[str]]]]:
    tables = [
        (
            "Success",
            ["task", "pilot", "flights", "success [95 %]", "prize / optimum", "failures"],
            _cell_lines(report),
        ),
        (
            "Compute",
            ["pilot", "networks", "parameters", "MACs/s", "p50", "p99"],
            _compute_lines(report),
        ),
    ]
    if report.comparisons:
        header = [
            "task",
            "pair",
            "difference [95 %]",
            "first only",
            "second only",
            "McNemar p",
            "prize difference",
        ]
        tables.insert(1, ("Paired differences", header, _comparison_lines(report)))
    return tables


def _cell_lines(report: Report) -> list[list[str]]:
    return [
        [
            cell.task,
            cell.pilot,
            str(cell.flights),
            _percent(cell.success),
            _percent(cell.prize_fraction),
            ", ".join(
                f"{count} {name}" for name, count in cell.outcomes.items() if name != "success"
            ),
        ]
        for cell in report.cells
    ]


def _comparison_lines(report: Report) -> list[list[str]]:
    return [
        [
            one.task,
            f"{one.first} - {one.second}",
            _percent(one.difference, sign="+"),
            str(one.first_only),
            str(one.second_only),
            f"{one.mcnemar_p:.3f}",
            _percent(one.prize_difference, sign="+"),
        ]
        for one in report.comparisons
    ]


def _compute_lines(report: Report) -> list[list[str]]:
    return [
        [
            pilot,
            str(cost.networks),
            f"{cost.parameters / 1e6:.2f} M",
            f"{cost.macs_per_second / 1e6:.1f} M",
            f"{cost.latency_p50_ms:.2f} ms",
            f"{cost.latency_p99_ms:.2f} ms",
        ]
        if cost.networks
        else [pilot, "none", "", "", "", ""]
        for pilot, cost in report.compute.items()
    ]


def _percent(estimate: Estimate | None, sign: str = "") -> str:
    if estimate is None:
        return ""
    value, low, high = (
        f"{100 * number:{sign}.1f}" for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} % [{low}, {high}]"
