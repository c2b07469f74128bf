"""The flights of a campaign that are worth a look: the worst of each task and pilot in turn."""

from collections.abc import Sequence
from itertools import zip_longest

from scenarios.row import LOST, Row


def worst_flights(rows: Sequence[Row], count: int) -> list[Row]:
    """Failures before successes, then the smaller prize, then the smaller clearance; lost flights have nothing to show.

    Tasks and pilots take turns, so that one bad pilot does not fill the list.
    """
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.outcome not in LOST:
            cells.setdefault((row.scenario, row.pilot), []).append(row)
    ranked = [sorted(cell, key=_merit) for cell in cells.values()]
    turns = [row for turn in zip_longest(*ranked) for row in turn if row is not None]
    return sorted(turns, key=lambda row: row.success)[:count]


def _merit(row: Row) -> tuple[bool, float, float, int]:
    prize = row.prize / row.prize_optimum if row.prize_optimum else 1.0
    clearance = float("inf") if row.min_clearance_m is None else row.min_clearance_m
    return row.success, prize, clearance, row.seed
