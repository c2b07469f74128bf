"""One flight as a table: what `fly` prints after it and `replay` reads from its log."""

from collections.abc import Mapping

from rich.table import Table

from agents import MissionBounds
from sim.record.words import clearance_words, describe_circumstances, spaced
from sim.types import FlightResult


def flight_table(title: str, result: FlightResult | None, others: Mapping[str, str]) -> Table:
    """The result, None for a log that ends before its flight does, then any other facts."""
    table = Table(title=title, show_header=False)
    if result is None:
        table.add_row("outcome", "[bold]unknown[/bold]: the log ends in mid-flight", style="red")
    else:
        _add_result(table, result)
    for name, text in others.items():
        table.add_row(name, text)
    return table


def mission_lines(result: FlightResult, bounds: MissionBounds) -> dict[str, str]:
    """What a mission's report adds: the prize against both bounds, and how often the mask had to forbid something."""
    asked, masked = result.mission_decisions, result.mask_interventions
    return {
        "prize": f"{result.prize:g} of optimum {bounds.optimum:g} ({bounds.clairvoyant:g} had the panels been known)",
        "first choices forbidden": f"{masked} of {asked}, by rules or battery reserve",
    }


def _add_result(table: Table, result: FlightResult) -> None:
    table.add_row(
        "outcome",
        f"[bold]{spaced(result.outcome.value)}[/bold]",
        style="green" if result.success else "red",
    )
    if not result.success and result.events:
        last = result.events[-1]
        table.add_row("", describe_circumstances(last.name, last.detail))
    table.add_row("duration", f"{result.duration_s:.1f} s")
    table.add_row("distance", f"{result.distance_m:.1f} m")
    table.add_row("least clearance", clearance_words(result.min_clearance_m))
    table.add_row("energy", f"{result.energy_wh:.2f} Wh")
