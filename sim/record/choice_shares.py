"""The mission head's probabilities of its choices at every step, held until it answers again: it is asked more rarely than the others."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float
from scipy.special import softmax

from sim.types import Decision


def choice_shares(decisions: Iterable[Decision]) -> list[Float[np.ndarray, " c"] | None]:
    """For each step the latest answer, NaN where a choice was masked; None before the first."""
    held: list[np.ndarray | None] = []
    latest: np.ndarray | None = None
    for decision in decisions:
        if decision.mission is not None:
            latest = _shares(decision.mission.astype(np.float64))
        held.append(latest)
    return held


def _shares(logits: Float[np.ndarray, " c"]) -> Float[np.ndarray, " c"]:
    allowed = np.isfinite(logits)
    shares = np.full(len(logits), np.nan)
    if allowed.any():
        shares[allowed] = softmax(logits[allowed])
    return shares
