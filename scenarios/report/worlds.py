"""A task's worlds as a report needs them: what belongs to a world is told by any flight there, also to those that were lost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scenarios.report.blocks import world_blocks
from scenarios.row import Row


@dataclass(frozen=True)
class Worlds:
    """Of every world of one task, in their order."""

    blocks: Sequence[str] | None  # None in generated worlds
    optima: Sequence[float | None]  # None outside missions, and where every flight was lost
    bounds: Sequence[float | None]  # the same with every panel known beforehand
    ruled: bool
    """Whether a published crash rule judges flights here."""


def worlds_of(flown: Mapping[str, Sequence[Row]]) -> Worlds:
    """From the rows of every pilot of one task, in the worlds' order."""
    worlds = list(zip(*flown.values(), strict=True))
    return Worlds(
        blocks=world_blocks(flown),
        optima=[_told(row.prize_optimum for row in rows) for rows in worlds],
        bounds=[_told(row.prize_clairvoyant for row in rows) for rows in worlds],
        ruled=any(row.published is not None for rows in worlds for row in rows),
    )


# --- Private.


def _told(values: Iterable[float | None]) -> float | None:
    return next((value for value in values if value is not None), None)
