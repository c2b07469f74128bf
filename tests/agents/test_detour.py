"""Detours out of dead ends, and commands that do not flip."""

import dataclasses
from contextlib import AbstractContextManager
from typing import cast

import numpy as np
import pytest

from agents.detour import Detour
from agents.fusion import FusionRule, fuse
from agents.known_way import KnownWay
from agents.lattice import CANDIDATES
from agents.local_map import LocalMap
from agents.pilot import make_briefing
from agents.reckoning import Reckoning
from agents.smoothing import smooth
from sim.flight import Flight
from sim.tasks.base import make_goal
from sim.types import EGO_FIELDS, MAX_SPEED, MAX_YAW_RATE, Observation
from sim.world_spec import BoxSpec
from tests.builders import HEIGHT, flying, scenario, wall, world

HZ = 15


def observed(distance: float) -> Observation:
    """A level drone whose goal lies straight ahead."""
    ego = np.zeros(len(EGO_FIELDS), dtype=np.float32)
    ego[EGO_FIELDS.index("gravity_body_z")] = -1.0
    ego[EGO_FIELDS.index("height")] = HEIGHT
    return {"ego": ego, "goal": make_goal(np.array([distance, 0.0, 0.0]), 5.0)}


def bearings(flight: Flight, distances: list[float], target: int = 1) -> np.ndarray:
    """Where a drone that hovers is led while its goal, straight ahead, is at these distances; 0 without a detour."""
    briefing = make_briefing(flight)
    detour, reckoning, courses = Detour(briefing), Reckoning(briefing), []
    observation = flight.observation()
    for distance in distances:
        observation = {**flight.observation(), **observed(distance)}
        detour.observe(observation, reckoning.move(observation))
        course = detour.course(observation, target)
        courses.append(np.array([1.0, 0.0, 0.0]) if course is None else course)
    # Whatever was in the way, another target is first tried straight on.
    assert detour.course(observation, target + 1) is None
    assert not detour.active
    return np.array([np.arctan2(course[1], course[0]) for course in courses])


def before(*walls: BoxSpec) -> AbstractContextManager[Flight]:
    return flying(scenario(world=world(*walls)))


def test_who_makes_progress_is_left_alone() -> None:
    with before(wall(10.0, 0.0, (1.0, 8.0))) as flight:
        aims = bearings(flight, [60.0 - 0.3 * step for step in range(60)])
        assert aims == pytest.approx(0.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_who_is_stuck_aims_past_the_nearer_end_of_what_it_sees(side: float) -> None:
    """A wall 4.5 m ahead that ends 2 m to one side and far off on the other."""
    with before(wall(10.0, -3.0 * side, (1.0, 10.0))) as flight:
        aims = bearings(flight, [20.0] * (4 * HZ))
        assert aims[: 2 * HZ] == pytest.approx(0.0)
        assert np.deg2rad(20) < side * aims[-1] < np.deg2rad(80)


def test_who_is_stuck_in_the_open_flies_on() -> None:
    with before() as flight:
        assert bearings(flight, [20.0] * (4 * HZ)) == pytest.approx(0.0, abs=1e-6)


STUCK, NEARER = [20.0] * (4 * HZ), [20.0 - 0.1 * step for step in range(1, 2 * HZ)]


def test_along_a_wall_a_detour_goes_on_although_the_goal_comes_nearer() -> None:
    with before(wall(10.0, -3.0, (1.0, 10.0))) as flight:
        assert (bearings(flight, STUCK + NEARER)[len(STUCK) :] > np.deg2rad(20)).all()


class Charted:
    """A map of a straight wall across the way, 2 m ahead and `half` m to either side."""

    def __init__(self, half: float) -> None:
        self.position, self.frame = np.array([0.0, 0.0, 1.5]), 0
        along = np.arange(-half, half + 0.1, 0.25)
        self._points = np.stack([np.full(len(along), 2.0), along, np.full(len(along), 1.5)], axis=1)

    def in_the_way(self, center: np.ndarray, reach: float) -> np.ndarray:
        return self._points[(np.abs(self._points[:, :2] - center) <= reach).all(axis=1)]


@pytest.mark.parametrize("half", [5.0, 30.0])
def test_ways_lead_past_the_end_of_walls_near_and_far(half: float) -> None:
    with before() as flight:
        briefing = dataclasses.replace(
            make_briefing(flight), fence=np.array([[-90.0], [90.0]]) * np.ones(2)
        )
    bends = KnownWay(briefing, 0.3).bends(cast(LocalMap, Charted(half)), np.array([10.0, 0.0]))
    assert bends is not None
    assert half < np.abs(bends[:, 1]).max() < half + 3.0


def test_who_is_walled_in_has_no_way() -> None:
    with before() as flight:
        briefing = dataclasses.replace(
            make_briefing(flight), fence=np.array([[-90.0, -20.0], [90.0, 20.0]])
        )
    assert (
        KnownWay(briefing, 0.3).bends(cast(LocalMap, Charted(30.0)), np.array([10.0, 0.0])) is None
    )


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
        assert (change <= np.array([1.0, 1.0, 1.0, 0.5]) + 1e-5).all()
        observation["ego"][previous] = action
    assert action == pytest.approx(wanted)
