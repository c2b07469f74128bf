"""A report in words: its sections with their tables, for the terminal, Markdown and the page alike."""

from collections.abc import Sequence

from rich.table import Table

from agents.way_names import way_of
from scenarios.report import Cell, Report, Worst
from scenarios.report_sections import (
    Section,
    arms_section,
    blocks_section,
    percent,
    referee_section,
)
from sim.record.words import spaced

_WAY_WORDS = {"all": "whole", "head": "head alone", "substitution": "substitution"}
_REAL = (
    "In real places flights of a block are not independent: no McNemar test; intervals, of prizes too, are over blocks "
    "(bootstrap and t, never narrower than the plain one), and what is explored is told apart where they leave 0 out, not "
    "corrected for how many comparisons there are. One block allows no statement. "
)


def sections(report: Report) -> list[Section]:
    """Every section that has something to say."""
    found = [
        _success(report),
        arms_section(report),
        differences_section(report),
        blocks_section(report),
        referee_section(report),
        reasons_section(report),
        _ladder(report),
        compute_section(report),
        _worst(report),
        _environment(report),
    ]
    return [section for section in found if section.lines or section.figure]


def report_table(report: Report) -> tuple[Table, ...]:
    """What the terminal shows: results and compute."""
    wanted = (
        _success(report),
        arms_section(report),
        differences_section(report),
        compute_section(report),
    )
    return tuple(_as_table(section) for section in wanted if section.lines)


def differences_section(report: Report) -> Section:
    """Pilots in pairs."""
    lines = [
        [
            pair.task,
            f"{pair.first} − {pair.second}",
            percent(pair.difference, sign="+"),
            f"{pair.first_only} : {pair.second_only}",
            "" if pair.mcnemar_p is None else f"{pair.mcnemar_p:.3f}",
            "primary" if pair.primary else "" if pair.holm_p is None else f"{pair.holm_p:.3f}",
            pair.verdict,
            percent(pair.prize_difference, sign="+"),
        ]
        for pair in report.comparisons
    ]
    header = [
        "task", "pair", "difference [95 %]", "only one succeeded", "McNemar p", "Holm p", "verdict",
        "prize difference",
    ]  # fmt: skip
    primary = (
        "No endpoint is primary: every comparison is exploratory, with exact McNemar tests under Holm."
        if report.suite.primary is None
        else f"Primary endpoint: success on {report.suite.primary}, the first arm against the second, judged "
        "by its interval with a margin of 5 points; every other comparison is exploratory, with exact McNemar tests under Holm."
    )
    note = (
        f"Identical worlds, paired flight by flight; Newcombe intervals. {primary} Where both "
        "succeed on more than 95 % the worlds are too easy for a verdict, and the failures are counted. "
        + (_REAL if any(pair.blocks is not None for pair in report.comparisons) else "")
        + (
            "Pilots of several trainings meet seed by seed."
            if report.arms
            else "One set of weights a pilot: nothing here says how another training would have come out."
        )
    )
    return Section("Paired differences", header, lines, note, "differences" if lines else "")


def reasons_section(report: Report) -> Section:
    """What ended failed flights."""
    names = sorted({n for cell in report.cells for n in cell.outcomes if n != "success"})
    rules = sorted({rule for cell in report.cells for rule in cell.interventions})
    lines = [
        [
            cell.task,
            cell.pilot,
            *(str(cell.outcomes.get(name, 0) or "") for name in names),
            *(str(cell.interventions.get(rule, 0) or "") for rule in rules),
        ]
        for cell in report.cells
    ]
    header = [*map(spaced, names), *(f"{spaced(r)} *" for r in rules)]
    note = "Failed flights by what ended them." + (
        " With a star: how often a rule overruled the pilot, over all flights." if rules else ""
    )
    return Section(
        "Failure reasons", ["task", "pilot", *header], lines, note, "reasons" if names else ""
    )


def compute_section(report: Report) -> Section:
    """What networks cost."""
    lines = []
    for pilot, cost in report.compute.items():
        decisions = [cell for cell in report.cells if cell.pilot == pilot]
        p50 = [cell.decision_p50_ms for cell in decisions if cell.decision_p50_ms is not None]
        p99 = [cell.decision_p99_ms for cell in decisions if cell.decision_p99_ms is not None]
        lines.append(
            [
                pilot,
                {0: "none", None: "not ours"}.get(cost.networks, str(cost.networks)),
                _number(cost.parameters, 1e6, ".2f", " M"),
                _number(cost.macs_per_second, 1e6, ".1f", " M"),
                _number(cost.latency_p50_ms, 1.0, ".2f", ""),
                _number(cost.latency_p99_ms, 1.0, ".2f", ""),
                _number(max(p50, default=None), 1.0, ".2f", ""),
                _number(max(p99, default=None), 1.0, ".2f", ""),
            ]
        )
    header = [
        "pilot", "networks", "parameters", "multiply-adds/s", "network p50, ms", "network p99, ms",
        "decision p50, ms", "decision p99, ms",
    ]  # fmt: skip
    note = (
        "Network: one frame through every network, batch 1, one thread, nothing else running. Decision: the "
        "pilot's whole answer in flight, of its slowest task, while the other workers fly."
    )
    return Section("Compute", header, lines, note)


# --- Private.


def _success(report: Report) -> Section:
    published = any(cell.published is not None for cell in report.cells)
    bounded = any(cell.prize_of_bound is not None for cell in report.cells)
    lines = [
        [
            cell.task,
            cell.pilot,
            _WAY_WORDS[way_of(cell.pilot)],
            str(cell.flights),
            percent(cell.success),
            *([_published(cell)] if published else []),
            percent(cell.prize_fraction),
            *([percent(cell.prize_of_bound)] if bounded else []),
            f"{cell.mean_duration_s:.1f}",
            f"{cell.mean_energy_wh:.2f}",
        ]
        for cell in report.cells
    ]
    header = ["task", "pilot", "flown", "flights", "success [95 %]", "prize / optimum"]
    header += [*(["prize / bound"] if bounded else []), "s", "Wh"]
    note = "Wilson intervals in generated worlds; flights that crashed or ran out of wall-clock time count as failures."
    if published:
        header.insert(5, "published rule [95 %]")
        note += (
            " Beside ours, success by the crash rule of the paper a world comes from, among the flights that it can judge: "
            "ours ends a flight at the first touch, also where the other would let it go on."
        )
    if any(cell.blocks for cell in report.cells):
        note += (
            " Real places are never pooled with generated worlds, and their intervals come from a bootstrap over blocks, "
            "with the t interval over blocks as few of them need it, never narrower than Wilson's; with one block they say nothing."
        )
    if any(cell.prize_fraction is not None for cell in report.cells):
        note += " The optimum is what the certainty-equivalent programme collects on the graph: a lucky flight can exceed it."
    if bounded:
        note += " The bound is what knowing every panel beforehand would collect."
    return Section("Success", header, lines, note, "success")


def _published(cell: Cell) -> str:
    """Success by the published rule, with the number of flights it could judge where those are not all."""
    if cell.published is None:
        return ""
    some = cell.published_flights < cell.flights
    return percent(cell.published) + (f" (n = {cell.published_flights})" if some else "")


def _ladder(report: Report) -> Section:
    from scenarios.ladder import ladders

    lines = [
        [stem, str(rung), pilot, percent(success)]
        for stem, climbed in ladders(report).items()
        for pilot, rungs in climbed.items()
        for rung, success in rungs
    ]
    header = ["ladder", "tier", "pilot", "success [95 %]"]
    return Section("Along the ladder", header, lines, "", "ladder" if lines else "")


def _worst(report: Report) -> Section:
    header = ["task", "pilot", "seed", "outcome", "reason", "clearance, m", "prize", "log"]
    links = tuple(worst.log or "" for worst in report.worst)
    note = (
        "Failures first, then the smaller prize, then the smaller clearance; tasks and pilots take turns. "
        "`trident replay LOG --video film.mp4` shows one."
    )
    lines = [_worst_line(worst) for worst in report.worst]
    return Section("The worst flights", header, lines, note, links=links)


def _worst_line(worst: Worst) -> list[str]:
    row = worst.row
    clearance = "" if row.min_clearance_m is None else f"{round(row.min_clearance_m, 2) + 0.0:.2f}"
    prize = "" if row.prize_optimum is None else f"{row.prize:g} of {row.prize_optimum:g}"
    return [
        worst.task,
        row.pilot,
        str(row.seed),
        spaced(row.outcome),
        row.reason,
        clearance,
        prize,
        worst.log or "",
    ]


def _environment(report: Report) -> Section:
    facts = {**report.environment, **report.stamp}
    return Section("Environment", ["what", "which"], [[name, facts[name]] for name in facts])


def _as_table(section: Section) -> Table:
    table = Table(title=section.title)
    for column, name in enumerate(section.header):
        table.add_column(name, justify="left" if column < 2 else "right")
    for line in section.lines:
        table.add_row(*line)
    return table


def _number(value: float | None, unit: float, form: str, suffix: str) -> str:
    """A number in its unit; nothing for what is unknown, or zero because there is nothing."""
    return "" if not value else f"{value / unit:{form}}{suffix}"


def markdown_row(line: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
