"""What a section of a report is: a table, and what has to be said about it."""

from dataclasses import dataclass

from scenarios.statistics import Estimate


@dataclass(frozen=True)
class Section:
    """One table with what has to be said about it."""

    title: str
    header: list[str]
    lines: list[list[str]]
    note: str = ""
    figure: str = ""
    """Name of the figure that shows the same, if there is one."""
    links: tuple[str, ...] = ()
    """Where each line's last column leads, empty for nowhere."""


def percent(estimate: Estimate | None, sign: str = "") -> str:
    """`91.0 % [86.2, 94.3]`; nothing for nothing."""
    if estimate is None:
        return ""
    value, low, high = (
        f"{100 * number:{sign}.1f}" for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} % [{low}, {high}]"
