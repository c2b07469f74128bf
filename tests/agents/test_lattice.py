"""The lattice, and how two opinions on it are fused."""

import numpy as np
import pytest

from agents.fusion import FusionRule, course_preference, fuse
from agents.lattice import (
    CANDIDATES,
    HOVER,
    TURN_LEFT,
    TURN_RIGHT,
    candidate_action,
    candidate_velocities,
    candidate_yaw_rates,
)
from sim.types import MAX_SPEED


def test_no_candidate_exceeds_the_speed_limit_and_the_fastest_reach_it() -> None:
    speed = np.linalg.norm(candidate_velocities(7.0), axis=1)
    assert speed.max() == pytest.approx(7.0)
    assert speed[HOVER:] == pytest.approx(0.0)


def test_actions_lie_in_the_action_space_and_scale_back_to_the_velocity() -> None:
    for index in range(CANDIDATES):
        action = candidate_action(index, 5.0)
        assert (np.abs(action) <= 1).all()
        assert action[:3] * MAX_SPEED == pytest.approx(candidate_velocities(5.0)[index], abs=1e-5)


def test_the_lattice_is_its_own_mirror_image() -> None:
    rows = np.column_stack([candidate_velocities(1.0), candidate_yaw_rates()])
    mirrored = rows * np.array([1, -1, 1, -1])
    assert sorted(map(tuple, rows.round(9) + 0.0)) == sorted(map(tuple, mirrored.round(9) + 0.0))


def test_a_vetoed_candidate_never_flies_while_another_is_left() -> None:
    navigation = np.full(CANDIDATES, -5.0)
    navigation[3] = 0.0
    survival = np.full(CANDIDATES, 0.9)
    survival[3] = 0.01
    fused, chosen = fuse(navigation, survival, FusionRule())
    assert chosen != 3
    assert fused[3] == -np.inf


def test_when_nothing_survives_the_likeliest_survivor_flies() -> None:
    survival = np.full(CANDIDATES, 0.01)
    survival[17] = 0.02
    assert fuse(np.zeros(CANDIDATES), survival, FusionRule())[1] == 17


@pytest.mark.parametrize("bearing", [-0.6, 0.0, 0.6])
def test_the_course_is_preferred_at_full_speed(bearing: float) -> None:
    course = np.array([np.cos(bearing), np.sin(bearing), 0.0])
    best = candidate_velocities(1.0)[course_preference(course).argmax()]
    assert np.linalg.norm(best) == pytest.approx(1.0)
    assert np.arctan2(best[1], best[0]) == pytest.approx(bearing, abs=np.deg2rad(5.1))


def test_a_course_behind_is_turned_to() -> None:
    left = course_preference(np.array([-1.0, 0.3, 0.0]))
    assert left.argmax() == TURN_LEFT
    assert course_preference(np.array([-1.0, -0.3, 0.0])).argmax() == TURN_RIGHT
