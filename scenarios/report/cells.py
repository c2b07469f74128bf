"""One pilot on one task: its rows as a cell of the report."""

from collections.abc import Sequence

import numpy as np

from scenarios.report.blocks import over_blocks, prize_fraction, tally_blocks
from scenarios.report.contents import Cell
from scenarios.row import LOST, Row
from scenarios.statistics import wilson


def cell_of(task: str, pilot: str, rows: Sequence[Row], blocks: Sequence[str] | None) -> Cell:
    """Success, outcomes, prizes and costs of these flights; `blocks` of every world, None in generated ones."""
    won = np.array([row.success for row in rows])
    prizes = np.array([row.prize for row in rows])
    outcomes = [row.outcome for row in rows]
    finished = [row for row in rows if row.outcome not in LOST]
    told = [row.published for row in rows if row.published is not None]
    rules = sorted({rule for row in rows for rule in row.interventions})
    return Cell(
        task=task,
        pilot=pilot,
        flights=len(rows),
        success=over_blocks(wilson(int(won.sum()), len(won)), won, blocks, (0.0, 1.0)),
        outcomes={name: outcomes.count(name) for name in sorted(set(outcomes))},
        lost=len(rows) - len(finished),
        prize_fraction=prize_fraction([row.prize_optimum for row in rows], prizes, blocks),
        prize_of_bound=prize_fraction([row.prize_clairvoyant for row in rows], prizes, blocks),
        mean_duration_s=float(np.mean([row.duration_s for row in finished])) if finished else 0.0,
        mean_energy_wh=float(np.mean([row.energy_wh for row in finished])) if finished else 0.0,
        interventions={rule: sum(row.interventions.get(rule, 0) for row in rows) for rule in rules},
        decision_p50_ms=_median([row.latency_p50_ms for row in rows]),
        decision_p99_ms=_median([row.latency_p99_ms for row in rows]),
        published=wilson(sum(told), len(told)) if told else None,
        published_flights=len(told),
        blocks=tally_blocks(rows, blocks),
    )


# --- Private.


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
