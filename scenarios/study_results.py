"""What a study found, on one page: success by network with its figure, differences, compute, and every flight as Parquet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agents.arm_names import arm_of
from scenarios.arm_statistics import seed_deviation
from scenarios.parquet import write_parquet
from scenarios.plan import Entry
from scenarios.report import Report, compile_report
from scenarios.report.arms import arm_success
from scenarios.report.blocks import world_blocks
from scenarios.report.costs import compute_section
from scenarios.report.differences import arms_section, differences_section
from scenarios.report.failures import lost_section, reasons_section
from scenarios.report.figure import Line, success_figure
from scenarios.report.page import markdown_table, worlds_line
from scenarios.report.section import Section, percent
from scenarios.report.success import blocks_section
from scenarios.row import Row
from scenarios.statistics import Estimate
from scenarios.study import Study


@dataclass(frozen=True)
class Flight:
    """One comparison of a study, as it was flown."""

    name: str
    report: Report
    entries: Sequence[Entry]
    rows: Sequence[Row]


def relabelled(flown: Flight, labels: Mapping[str, str]) -> Flight:
    """The same with pilots called by the study's names; `labels` maps each arm's path to its name."""

    def told(name: str) -> str:
        path = next((path for path in labels if name.startswith(f"{path}#")), None)
        return name if path is None else labels[path] + name.removeprefix(path)

    entries = [replace(e, pilots=tuple(map(told, e.pilots))) for e in flown.entries]
    names = {row.pilot: told(row.pilot) for row in flown.rows}
    rows = [
        replace(row, pilot=names[row.pilot], arm=arm_of(names[row.pilot])[0]) for row in flown.rows
    ]
    before = flown.report
    report = compile_report(
        before.suite,
        entries,
        rows,
        {told(name): cost for name, cost in before.compute.items()},
        before.stamp,
        environment=before.environment,
        command=before.command,
    )
    return Flight(flown.name, report, entries, rows)


def write_results(
    study: Study, name: str, flown: Sequence[Flight], command: str, date: str, folder: Path
) -> list[Path]:
    """Write `NAME.md`, `NAME.svg` and `NAME-FLIGHTS.parquet`; returns them.

    Args:
        study: What was asked.
        name: The study's, by which its files are called.
        flown: Its comparisons, relabelled.
        command: What repeats it.
        date: When it was finished, as the page tells it.
        folder: Where to; must exist.
    """
    paths = []
    parts = [f"# {study.title}\n", f"{study.question}\n", f"`{command}`, {date}.\n"]
    lines: list[Line] = []
    for each in flown:
        levels = network_levels(each)
        lines += [(f"{each.name}: {task}", arm, level) for task, arm, level, _ in levels]
        found = [_levels_section(each, levels), _differences(each.report)]
        found += [
            blocks_section(each.report),
            reasons_section(each.report),
            lost_section(each.report),
        ]
        found.append(compute_section(each.report))
        parts += [f"## {each.name}\n", f"{worlds_line(each.report)}\n"]
        for section in (section for section in found if section.lines):
            parts.append(f"### {section.title}\n")
            parts += [f"{section.note}\n"] if section.note else []
            parts.append(markdown_table(section))
        table = folder / f"{name}-{each.name}.parquet"
        write_parquet(each.rows, table, {"command": command, "date": date})
        paths.append(table)
    figure = folder / f"{name}.svg"
    figure.write_text(success_figure(lines), encoding="utf-8")
    parts.insert(3, f"![Success by network]({figure.name})\n")
    page = folder / f"{name}.md"
    page.write_text("\n".join(parts), encoding="utf-8")
    return [page, figure, *paths]


def network_levels(flown: Flight) -> list[tuple[str, str, Estimate, float | None]]:
    """Task, who flew it how, success over all its training seeds, and the deviation from seed to seed if there are two.

    With several seeds the interval is the bootstrap's over seeds and worlds, with one that of its cell; in real places
    both are as wide as blocks ask for.
    """
    cells = {(cell.task, cell.pilot): cell.success for cell in flown.report.cells}
    levels = []
    for entry in flown.entries:
        arms: dict[str, list[str]] = {}
        for pilot in entry.pilots:
            arms.setdefault(arm_of(pilot)[0], []).append(pilot)
        rows = {pilot: _by_seed(flown, entry.scenario, pilot) for pilot in entry.pilots}
        blocks = world_blocks(rows)
        for arm, pilots in arms.items():
            won = np.array([[row.success for row in rows[pilot]] for pilot in pilots])
            several = len(pilots) > 1
            level = arm_success(won, blocks) if several else cells[entry.task, pilots[0]]
            levels.append((entry.task, arm, level, seed_deviation(won) if several else None))
    return levels


# --- Private.


def _by_seed(flown: Flight, scenario: str, pilot: str) -> list[Row]:
    rows = [row for row in flown.rows if (row.scenario, row.pilot) == (scenario, pilot)]
    return sorted(rows, key=lambda row: row.seed)


def _levels_section(
    flown: Flight, levels: Sequence[tuple[str, str, Estimate, float | None]]
) -> Section:
    lines = [
        [task, arm, percent(level), "" if deviation is None else f"{100 * deviation:.1f}"]
        for task, arm, level, deviation in levels
    ]
    note = (
        "Over all training seeds and worlds; intervals draw both anew (of one seed: Wilson's, over worlds alone), "
        "and in real places whole blocks. "
        "The deviation is that from training seed to training seed, in points."
    )
    return Section("Success", ["task", "flown", "success [95 %]", "deviation"], lines, note)


def _differences(report: Report) -> Section:
    """Arm against arm where there are training seeds to compare, else pilot against pilot."""
    return arms_section(report) if report.arms else differences_section(report)
