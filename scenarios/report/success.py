"""How often who succeeded: sections on tasks, ladders and blocks of real places."""

from agents.way_names import way_of
from scenarios.report.contents import Cell, Report
from scenarios.report.ladder import ladders
from scenarios.report.section import Section, percent

_WAY_WORDS = {"all": "whole", "head": "head alone", "substitution": "substitution"}


def success_section(report: Report) -> Section:
    """Success, prizes and costs of every pilot on every task."""
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


def ladder_section(report: Report) -> Section:
    """Success from tier to tier."""
    lines = [
        [stem, str(rung), pilot, percent(success)]
        for stem, climbed in ladders(report).items()
        for pilot, rungs in climbed.items()
        for rung, success in rungs
    ]
    header = ["ladder", "tier", "pilot", "success [95 %]"]
    return Section("Along the ladder", header, lines, "", "ladder" if lines else "")


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


# --- Private.


def _published(cell: Cell) -> str:
    """Success by the published rule, with the number of flights it could judge where those are not all."""
    if cell.published is None:
        return ""
    some = cell.published_flights < cell.flights
    return percent(cell.published) + (f" (n = {cell.published_flights})" if some else "")
