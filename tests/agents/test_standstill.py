"""Nobody stands before a wall for ever: after a second the drone turns, one way, until it can fly on."""

import numpy as np
import pytest

from agents.fusion import FusionRule, fuse
from agents.lattice import CANDIDATES, HOVER, MOVING, TURN_LEFT, TURN_RIGHT
from agents.standstill import Standstill

HZ = 10.0


def after(*chosen: int) -> set[int]:
    """What is barred once these were flown."""
    still = Standstill(HZ)
    for candidate in chosen:
        still.flown(candidate)
    return set(np.flatnonzero(still.barred()))


def test_nothing_is_barred_within_a_second_or_once_something_moves() -> None:
    assert after() == after(*[HOVER] * 9) == after(*[HOVER, TURN_LEFT] * 4) == set()
    assert after(*[HOVER] * 30, MOVING - 1) == set()
    assert after(*[HOVER] * 9, 0, *[HOVER] * 9) == set()


def test_after_a_second_hovering_is_over_and_the_turn_begun_goes_on() -> None:
    assert after(*[HOVER] * 10) == {HOVER}
    assert after(*[HOVER] * 10, TURN_LEFT) == {HOVER, TURN_RIGHT}
    assert after(*[TURN_LEFT, TURN_RIGHT] * 5) == {HOVER, TURN_LEFT}
    assert after(*[HOVER] * 10, *[TURN_RIGHT] * 50) == {HOVER, TURN_LEFT}


@pytest.mark.parametrize("survivors", [(HOVER, TURN_LEFT), (HOVER, TURN_LEFT, 17), ()])
def test_a_barred_candidate_is_never_flown(survivors: tuple[int, ...]) -> None:
    navigation, survival = np.full(CANDIDATES, -9.0), np.zeros(CANDIDATES)
    navigation[HOVER], survival[HOVER] = 0.0, 0.01
    survival[list(survivors)] = 1.0
    barred = np.zeros(CANDIDATES, dtype=bool)
    barred[HOVER] = True
    free = fuse(navigation, survival, FusionRule(), HOVER)[1]
    scores, chosen = fuse(navigation, survival, FusionRule(), HOVER, barred)
    assert free == HOVER != chosen
    assert scores[HOVER] == -np.inf
