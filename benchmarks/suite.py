"""`python -m benchmarks.suite`: measure, print, compare with the baseline or replace it."""

from dataclasses import dataclass

import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.baseline import BASELINE, read_baseline, write_baseline
from benchmarks.figures import metrics
from benchmarks.logging_cost import logging_cost
from benchmarks.measure import building, loading, memory, steps, workers
from benchmarks.metrics import Metric, missed_goals, regressions


@dataclass(frozen=True)
class Suite:
    """Measure every figure; the machine may be busy, but only ratios then mean something."""

    seconds: float = 20.0
    """Time for each row of the table of steps."""
    gate: bool = False
    """Measure ratios only, and fail when one is worse than its baseline by more than its tolerance."""
    vector: bool = False
    """Also two asynchronous workers against one; needs two idle cores."""
    update_baseline: bool = False
    """Write what was found into baseline.json."""


def main() -> int:
    """0, or 1 where the gate fails."""
    options = tyro.cli(Suite)
    values = steps(options.seconds) | memory() | logging_cost(options.seconds)
    if not options.gate:
        values |= building() | loading()
    if options.vector:
        values |= workers(options.seconds)
    found = metrics(values)
    console = Console(width=120)
    console.print(_table(found))
    missed = missed_goals(found)
    for line in missed:
        console.print(line, style="bold red", soft_wrap=True)
    if options.update_baseline:
        write_baseline(found)
        warning = f"; it now holds {len(missed)} figures that miss their goals" if missed else ""
        console.print(f"wrote {BASELINE}{warning}", soft_wrap=True)
    if not options.gate:
        return 0
    failures = regressions(found, read_baseline())
    for line in failures:
        console.print(line)
    return 1 if failures else 0


def _table(found: dict[str, Metric]) -> Table:
    table = Table("figure", "value", "unit", "better", "tolerance", "goal", "reached", "gated")
    for name, metric in found.items():
        reached = {None: "", True: "yes", False: "no"}[metric.reached]
        table.add_row(
            name,
            f"{metric.value:.4g}",
            metric.unit,
            metric.better,
            f"{metric.tolerance:.0%}",
            "" if metric.goal is None else f"{metric.goal:g}",
            reached,
            "yes" if metric.gated else "no",
        )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
