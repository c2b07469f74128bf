"""What each head answered at every step, coded as finely as a page shows it."""

import numpy as np
from jaxtyping import Float

from sim.record.choice_shares import choice_shares
from sim.record.lattice_view import read_lattice
from sim.record.page.pack import Column, exact, quantised
from sim.record.reader import Flight
from sim.record.route_marks import sites_done
from sim.task_spec import MissionTask
from sim.types import CHOICES, MAX_TOKENS

SCORE_SCALE = 1 / 16
"""Nats below the best candidate's log-probability; a byte reaches 15.9, one in eight million."""
SHARE_SCALE = 1 / 255
_MASKED = 255
"""Of a choice's share: the mask forbids it."""
_CHOICE_SCALE = 1 / 254


def answer_columns(flight: Flight) -> dict[str, Column]:
    """Columns of the heads that spoke; what a pilot does not have is left out."""
    columns = _lattice_columns(flight)
    if isinstance(flight.scenario.task, MissionTask):
        columns |= _mission_columns(flight)
    return columns


def _lattice_columns(flight: Flight) -> dict[str, Column]:
    lattice = read_lattice(flight)
    if lattice is None:
        return {}
    size = lattice.size
    decisions, columns = flight.decisions, {}
    scores = [decision.navigation for decision in decisions]
    if any(score is not None for score in scores):
        drops = [None if s is None else s.max() - s for s in scores]
        columns["navigation"] = quantised(_table(flight, drops, size), "uint8", SCORE_SCALE)
        columns["has_navigation"] = exact([s is not None for s in scores], "uint8")
    survivals = [decision.survival for decision in decisions]
    if any(survival is not None for survival in survivals):
        columns["survival"] = quantised(_table(flight, survivals, size), "uint8", SHARE_SCALE)
        columns["has_survival"] = exact([s is not None for s in survivals], "uint8")
    vetoes = [
        None if d.fused is None else np.isneginf(d.fused).astype(np.float64) for d in decisions
    ]
    columns["veto"] = exact(_table(flight, vetoes, size), "uint8")
    columns["chosen"] = exact([decision.chosen for decision in decisions], "int16")
    return columns


def _table(flight: Flight, rows: list[np.ndarray | None], size: int) -> Float[np.ndarray, "n size"]:
    """Rows as a table; zeros where there is none."""
    table = np.zeros((len(rows), size))
    for line, row in zip(table, rows, strict=True):
        if row is not None:
            if len(row) != size:
                raise ValueError(
                    f"{flight.path}: a decision over {len(row)} candidates, but a lattice of {size}"
                )
            line[:] = row
    return table


def _mission_columns(flight: Flight) -> dict[str, Column]:
    decisions = flight.decisions
    columns = {
        "target": exact([decision.target for decision in decisions], "int8"),
        "choice": exact([decision.mission_choice for decision in decisions], "int8"),
        "visited": exact(sites_done(flight), "uint8"),
    }
    if any(decision.mission is not None for decision in decisions):
        unasked = np.full(CHOICES, np.nan)
        held = choice_shares(decisions)
        shares = np.array([unasked if each is None else each for each in held])
        codes = np.where(np.isnan(shares), _MASKED, np.rint(shares / _CHOICE_SCALE))
        columns["share"] = exact(codes, "uint8")
    beliefs = [decision.belief for decision in decisions]
    if any(belief is not None for belief in beliefs):
        unknown = np.full((MAX_TOKENS, 2), 0.5)
        table = np.array([unknown if belief is None else belief for belief in beliefs])
        columns["belief"] = quantised(table, "uint8", SHARE_SCALE)
    return columns
