"""What a section of a report is, and those on arms and on blocks of real places."""

from dataclasses import dataclass

from scenarios.report import Report
from scenarios.statistics import Estimate
from sim.record.words import spaced


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


def arms_section(report: Report) -> Section:
    """Arms over their training seeds."""
    lines = [
        [
            arms.task,
            f"{arms.first} − {arms.second}",
            str(len(arms.seeds)),
            _level(arms.first_success, arms.first_deviation),
            _level(arms.second_success, arms.second_deviation),
            percent(arms.seed_interval, sign="+"),
            percent(arms.world_interval, sign="+"),
            arms.verdict,
        ]
        for arms in report.arms
    ]
    header = [
        "task", "arms", "seeds", "first", "second", "difference, t over seeds", "difference, bootstrap", "verdict",
    ]  # fmt: skip
    note = (
        "Training seed against training seed of the same number, on the same worlds. The t interval over seed pairs judges "
        "the primary endpoint with its margin of 5 points (better, worse, equivalent, no worse, undecided). The bootstrap "
        "draws training seeds and worlds anew, in real places blocks, where the t interval is never narrower than it; for what is explored the verdict counts the seeds "
        "whose McNemar test under Holm, in real places whose interval over blocks, tells the arms apart. ± is the deviation from training seed to training seed."
    )
    return Section("Arms over training seeds", header, lines, note)


def blocks_section(report: Report) -> Section:
    """Real places by block."""
    lines = [
        [cell.task, cell.pilot, block, f"{won} of {flights}"]
        for cell in report.cells
        for block, (won, flights) in cell.blocks.items()
    ]
    note = (
        "Flights of a block pass the same trees and houses, so they count as one when intervals are drawn; a block is named "
        "by its place and where in it the flight starts, in steps of 50 m."
    )
    return Section("Real places by block", ["task", "pilot", "block", "succeeded"], lines, note)


def referee_section(report: Report) -> Section:
    """Flights that the independent referee sees otherwise, or has not seen."""
    found = () if report.referee is None else report.referee.disagreements
    lines = [
        [
            each.row.scenario,
            each.row.pilot,
            str(each.row.seed),
            spaced(each.row.outcome),
            spaced(each.outcome),
            "; ".join(each.findings),
            each.log,
        ]
        for each in found
    ]
    missing = () if report.referee is None else report.referee.unjudged
    lines += [
        [
            row.scenario,
            row.pilot,
            str(row.seed),
            spaced(row.outcome),
            "unjudged",
            "its recording failed: there is no log",
            "",
        ]
        for row in missing
    ]
    header = ["scenario", "pilot", "seed", "environment", "referee", "findings", "log"]
    note = f"The independent referee {report.referee}. Where it does not agree, or could not look:"
    links = (*(each.log for each in found), *("" for _ in missing))
    return Section("The referee disagrees", header, lines, note, links=links)


def _level(success: Estimate, deviation: float | None) -> str:
    return percent(success) + ("" if deviation is None else f" ±{100 * deviation:.1f}")
