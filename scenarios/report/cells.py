"""One pilot on one task: its rows as a cell of the report."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from scenarios.report.blocks import over_blocks, prize_fraction, tally_blocks
from scenarios.report.contents import Cell
from scenarios.report.worlds import Worlds
from scenarios.row import LOST, Row
from scenarios.statistics import wilson


def cell_of(task: str, pilot: str, rows: Sequence[Row], worlds: Worlds) -> Cell:
    """Success, outcomes, prizes and costs of these flights, one a world; one that was lost failed and won nothing."""
    won = np.array([row.success for row in rows])
    prizes = np.array([row.prize for row in rows])
    outcomes = [row.outcome for row in rows]
    finished = [row for row in rows if row.outcome not in LOST]
    told = _published(rows, worlds)
    rules = sorted({rule for row in rows for rule in row.interventions})
    return Cell(
        task=task,
        pilot=pilot,
        flights=len(rows),
        success=over_blocks(wilson(int(won.sum()), len(won)), won, worlds.blocks, (0.0, 1.0)),
        outcomes={name: outcomes.count(name) for name in sorted(set(outcomes))},
        lost=len(rows) - len(finished),
        prize_fraction=prize_fraction(worlds.optima, prizes, worlds.blocks),
        prize_of_bound=prize_fraction(worlds.bounds, prizes, worlds.blocks),
        mean_duration_s=float(np.mean([row.duration_s for row in finished])) if finished else 0.0,
        mean_energy_wh=float(np.mean([row.energy_wh for row in finished])) if finished else 0.0,
        interventions={rule: sum(row.interventions.get(rule, 0) for row in rows) for rule in rules},
        decision_p50_ms=_median([row.latency_p50_ms for row in rows]),
        decision_p99_ms=_median([row.latency_p99_ms for row in rows]),
        published=wilson(sum(told), len(told)) if told else None,
        published_flights=len(told),
        blocks=tally_blocks(rows, worlds.blocks),
        asked_hz=_asked_hz(finished),
    )


# --- Private.


def _published(rows: Sequence[Row], worlds: Worlds) -> list[bool]:
    """Verdicts of the published rule, where it has one; a flight that was lost fails by that rule, too."""
    verdicts = [False if worlds.ruled and row.outcome in LOST else row.published for row in rows]
    return [verdict for verdict in verdicts if verdict is not None]


def _asked_hz(rows: Sequence[Row]) -> dict[str, float]:
    seconds = sum(row.duration_s for row in rows)
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row.asked)
    return {skills: counts[skills] / seconds for skills in sorted(counts)} if seconds else {}


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
