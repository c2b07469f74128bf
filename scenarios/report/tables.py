"""A report in words: its sections with their tables, for the terminal, Markdown and the page alike."""

from rich.table import Table

from scenarios.report.contents import Report
from scenarios.report.costs import compute_section, environment_section
from scenarios.report.differences import arms_section, differences_section
from scenarios.report.failures import (
    lost_section,
    reasons_section,
    referee_section,
    worst_section,
)
from scenarios.report.section import Section
from scenarios.report.success import blocks_section, ladder_section, success_section


def sections(report: Report) -> list[Section]:
    """Every section that has something to say."""
    found = [
        success_section(report),
        arms_section(report),
        differences_section(report),
        blocks_section(report),
        referee_section(report),
        reasons_section(report),
        lost_section(report),
        ladder_section(report),
        compute_section(report),
        worst_section(report),
        environment_section(report),
    ]
    return [section for section in found if section.lines or section.figure]


def report_table(report: Report) -> tuple[Table, ...]:
    """What the terminal shows: results and compute."""
    wanted = (
        success_section(report),
        arms_section(report),
        differences_section(report),
        compute_section(report),
    )
    return tuple(_as_table(section) for section in wanted if section.lines)


# --- Private.


def _as_table(section: Section) -> Table:
    table = Table(title=section.title)
    for column, name in enumerate(section.header):
        table.add_column(name, justify="left" if column < 2 else "right")
    for line in section.lines:
        table.add_row(*line)
    return table
