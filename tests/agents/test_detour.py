"""Detours out of dead ends, and commands that do not flip."""

import numpy as np
import pytest

from agents.detour import Detour
from agents.fusion import FusionRule, fuse
from agents.lattice import AZIMUTHS, CANDIDATES, ELEVATIONS, MOVING, SPEEDS
from agents.lattice_pilot import smooth
from sim.tasks.base import make_goal
from sim.types import EGO_FIELDS, MAX_SPEED, MAX_YAW_RATE, Observation

HZ = 15


def observed(distance: float, yaw_rate: float = 0.0) -> Observation:
    """A level drone whose goal lies straight ahead."""
    ego = np.zeros(len(EGO_FIELDS), dtype=np.float32)
    ego[EGO_FIELDS.index("gravity_body_z")] = -1.0
    ego[EGO_FIELDS.index("rate_body_z")] = yaw_rate
    return {"ego": ego, "goal": make_goal(np.array([distance, 0.0, 0.0]), 5.0)}


def freer_on_the(left: bool) -> np.ndarray:
    grid = np.zeros((len(SPEEDS), len(ELEVATIONS), len(AZIMUTHS)))
    grid[..., np.flatnonzero(AZIMUTHS > 0 if left else AZIMUTHS < 0)] = 1.0
    return np.concatenate([grid.reshape(MOVING), np.ones(CANDIDATES - MOVING)])


def bearings(detour: Detour, observations: list[Observation], survival: np.ndarray) -> np.ndarray:
    goals = []
    for observation in observations:
        detour.observe(observation)
        goals.append(detour.aim(observation, 1, survival)["goal"])
    return np.array([np.arctan2(goal[1], goal[0]) for goal in goals])


def test_who_makes_progress_is_left_alone() -> None:
    approach = [observed(60.0 - 0.3 * step) for step in range(150)]
    assert bearings(Detour(HZ), approach, freer_on_the(left=True)) == pytest.approx(0.0)


@pytest.mark.parametrize("left", [True, False])
def test_who_is_stuck_aims_to_the_freer_side_and_comes_back(left: bool) -> None:
    stuck = bearings(Detour(HZ), [observed(20.0)] * (6 * HZ), freer_on_the(left))
    assert stuck[: 2 * HZ] == pytest.approx(0.0)
    assert np.sign(stuck[4 * HZ]) == (1 if left else -1)
    assert abs(stuck[4 * HZ]) > np.deg2rad(60)
    assert stuck[-1] == pytest.approx(0.0)


def test_the_next_detour_goes_to_the_other_side() -> None:
    stuck = bearings(Detour(HZ), [observed(20.0)] * (11 * HZ), freer_on_the(left=True))
    assert {1.0, -1.0} <= set(np.sign(stuck).tolist())


def test_a_detour_keeps_its_direction_while_the_drone_turns() -> None:
    detour, rate = Detour(HZ), 0.3
    still = bearings(detour, [observed(20.0)] * (3 * HZ + 2), freer_on_the(left=True))
    turning = bearings(detour, [observed(20.0, rate)] * HZ, freer_on_the(left=True))
    assert still[-1] - turning[-1] == pytest.approx(rate, abs=0.01)


def test_a_new_target_ends_a_detour() -> None:
    detour = Detour(HZ)
    bearings(detour, [observed(20.0)] * (4 * HZ), freer_on_the(left=True))
    assert detour.active
    detour.aim(observed(20.0), 2, None)
    assert not detour.active


def test_a_candidate_is_kept_unless_another_is_clearly_better() -> None:
    navigation, survival, rule = np.full(CANDIDATES, -9.0), np.ones(CANDIDATES), FusionRule()
    navigation[[4, 5]] = -1.0, -1.0 + 0.5 * rule.keep
    assert fuse(navigation, survival, rule)[1] == 5
    assert fuse(navigation, survival, rule, last=4)[1] == 4
    navigation[5] = -1.0 + 2.0 * rule.keep
    assert fuse(navigation, survival, rule, last=4)[1] == 5
    survival[4] = 0.0
    assert fuse(navigation, survival, rule, last=4)[1] == 5


def test_commands_change_gradually_and_arrive() -> None:
    observation, wanted = observed(10.0), np.array([0.4, -0.4, 0.1, 1.0], dtype=np.float32)
    previous = slice(EGO_FIELDS.index("previous_vx"), len(EGO_FIELDS))
    scale = np.array([MAX_SPEED] * 3 + [MAX_YAW_RATE])
    action = smooth(wanted, observation)
    assert action != pytest.approx(wanted)
    for _ in range(12):
        action = smooth(wanted, observation)
        change = np.abs(action - observation["ego"][previous]) * scale
        assert (change <= np.array([1.5, 1.5, 1.0, 0.5]) + 1e-5).all()
        observation["ego"][previous] = action
    assert action == pytest.approx(wanted)
