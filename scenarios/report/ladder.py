"""Ladders in a report: tasks whose names differ in a last number only, `mission-1` to `mission-4`, easiest first."""

import re

from scenarios.report.contents import Report
from scenarios.statistics import Estimate

_RUNG = re.compile(r"(?P<stem>.*?)[-_ ]*(?:tier[-_ ]*)?(?P<tier>\d+)")


def ladders(report: Report) -> dict[str, dict[str, list[tuple[int, Estimate]]]]:
    """For each ladder of two rungs or more, each pilot's success by rung."""
    found: dict[str, dict[str, list[tuple[int, Estimate]]]] = {}
    for cell in report.cells:
        match = _RUNG.fullmatch(cell.task)
        if match is not None:
            rungs = found.setdefault(match["stem"], {}).setdefault(cell.pilot, [])
            rungs.append((int(match["tier"]), cell.success))
    return {
        stem: {pilot: sorted(rungs, key=lambda rung: rung[0]) for pilot, rungs in climbed.items()}
        for stem, climbed in found.items()
        if max(len(rungs) for rungs in climbed.values()) > 1
    }
