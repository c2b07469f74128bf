"""Flights that were lost, and what they said: what ended a flight without a result, in one short line."""

import re
from collections.abc import Sequence
from itertools import pairwise

from scenarios.report.contents import Loss
from scenarios.row import LOST, Row

_KINDS = 3
"""Messages of a pilot on a task, the commonest first."""
_LONGEST = 200
"""Characters of a message."""


def losses_of(task: str, pilot: str, rows: Sequence[Row]) -> list[Loss]:
    """The commonest messages of these flights; those that differ in numbers only count as one, told by the first."""
    kinds: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.outcome in LOST:
            alike = re.sub(r"\d+", "0", short_reason(row.reason))
            kinds.setdefault((row.outcome, alike), []).append(row)
    commonest = sorted(kinds.values(), key=len, reverse=True)[:_KINDS]
    return [
        Loss(task, pilot, same[0].outcome, len(same), same[0].seed, short_reason(same[0].reason))
        for same in commonest
    ]


def short_reason(reason: str) -> str:
    """A traceback's error without the way to it; anything else as it is; both on one line and shortened."""
    lines = reason.strip().splitlines()
    # An error's own lines follow an indented one; the last such is what was raised to the end.
    starts = [
        index
        for index, (before, line) in enumerate(pairwise(lines), start=1)
        if before.startswith("  ") and re.match(r"[A-Za-z_][\w.]*(:|$)", line)
    ]
    traced = lines[:1] == ["Traceback (most recent call last):"] and starts
    said = " ".join(" ".join(lines[starts[-1] :] if traced else lines).split())
    if traced:
        said = re.sub(r"^(\w+\.)+(?=\w+(:|$))", "", said)
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"
