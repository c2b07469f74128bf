"""The privileged teacher: its look ahead agrees with the real dynamics, and it flies what it is given."""

import numpy as np
import pytest

from agents import fly, load_pilot
from agents.altitude_guard import guard_altitude
from agents.lattice import CANDIDATES, HOVER, TURN_LEFT, TURN_RIGHT, candidate_velocities
from agents.lattice_pilot import LatticePilot
from agents.rollout import HORIZON, Rollouts
from agents.teacher import TeacherBrain
from agents.truth import Truth
from agents.ways import nearest_free, way_bearing, way_lengths
from sim.flight import Flight
from sim.scenario import Limits, Start
from sim.types import EGO_FIELDS, MAX_SPEED, POSITION, Outcome
from tests.builders import (
    FAULTY,
    HEIGHT,
    breeze,
    course,
    flying,
    goal,
    grainy,
    mission,
    noisy,
    piloted,
    scenario,
    trunk,
    wall,
    world,
)

TREES = tuple(
    trunk(x, y)
    for x, y in ((9.0, 0.3), (12.0, -2.0), (13.0, 2.2), (16.0, 0.0), (19.0, -3.0), (20.0, 1.5))
)
ROUGH = {"weather": breeze(), "odometry": noisy(), "camera": grainy()}


def cruise(flight: Flight, speed: float) -> None:
    """Two seconds straight on: the autopilot has come to know the drag at that speed."""
    for _ in range(30):
        flight.advance(np.array([speed / MAX_SPEED, 0.0, 0.0, 0.0]))


# --- Rollouts.


@pytest.mark.parametrize("speed", [0.0, 3.0, 5.0])
def test_a_rollout_ends_where_the_drone_ends(speed: float) -> None:
    """Candidates of every kind, flown for 1.5 s without turning."""
    high = {
        "start": Start(position_m=(5.0, 0.0, 3.0), yaw_rad=0.0),
        "limits": Limits(altitude_max_m=5.5),
    }
    with flying(scenario(**high)) as flight:
        cruise(flight, speed)
        snapshot = flight.simulator.save()
        velocities = candidate_velocities(5.0)
        _, ends = Rollouts(flight).fly(velocities)
        for index in range(0, CANDIDATES, 7):
            flight.simulator.restore(snapshot)
            # 22.5 steps of 1/15 s make 1.5 s.
            places = [ticks[-1, POSITION] for ticks in piloted(flight, velocities[index], 23)]
            end = (places[-1] + places[-2]) / 2
            assert np.linalg.norm(end - ends[index]) < 0.35


def test_a_wall_ahead_is_hit_by_those_who_fly_into_it_and_by_no_other() -> None:
    """A wall as wide as the field 5 m ahead: what ends behind its face is hit, what turns or waits is not."""
    things = world(wall(10.5, 0.0, (1.0, 38.0)))
    with flying(scenario(world=things)) as flight:
        velocities = candidate_velocities(5.0)
        clearance, ends = Rollouts(flight).fly(velocities)
        reach = 5.0 + velocities[:, 0] * HORIZON
        assert (clearance[reach > 11.5] < 0).all()
        assert (clearance[reach < 9.0] > 0).all()
        assert clearance[[HOVER, TURN_LEFT, TURN_RIGHT]] == pytest.approx(4.0 - 0.25, abs=0.01)
        assert np.abs(ends[HOVER] - (5.0, 0.0, HEIGHT)).max() < 0.01


def test_looking_ahead_turns_with_the_drone_and_not_with_the_world() -> None:
    start = Start(position_m=(25.0, 0.0, HEIGHT), yaw_rad=np.pi / 2)
    with flying(scenario(start=start)) as flight:
        ends = Rollouts(flight).fly(candidate_velocities(5.0))[1] - (25.0, 0.0, HEIGHT)
        ahead = candidate_velocities(5.0)
        np.testing.assert_allclose(np.sign(ends[:HOVER, 1]), np.sign(ahead[:HOVER, 0]))
        left = ahead[:, 1] > 0.1
        assert (ends[left, 0] < 0).all()


@pytest.mark.parametrize("climb", [1.7, -1.7])
def test_no_candidate_is_foreseen_out_of_the_band_that_pilots_are_kept_in(climb: float) -> None:
    with flying(scenario()) as flight:
        clearance, ends = Rollouts(flight).fly(np.array([(3.0, 0.0, climb)]))
        assert clearance[0] > 0.0
        high = flight.scenario.limits.altitude_max_m - flight.simulator.vehicle.hull_height / 2
        assert 0.3 < ends[0, 2] < high
        assert np.sign(ends[0, 2] - HEIGHT) == np.sign(climb)


def test_what_lies_behind_the_goal_is_no_danger() -> None:
    """A wall 1 m behind it: the flight is over when it is reached. Beside it the same wall is one."""
    things = world(wall(11.0, 0.0, (1.0, 38.0)))
    for y, survives in ((0.0, True), (8.0, False)):
        with flying(scenario(world=things, task=goal(9.5, y))) as flight:
            clearance, _ = Rollouts(flight).fly(np.array([(5.0, 0.0, 0.0)]))
            assert (clearance[0] > 0) == survives


def test_the_label_of_survival_is_what_the_real_dynamics_do() -> None:
    """Clear survivors touch nothing, clear victims do: flown on for two seconds among trees."""
    start = Start(position_m=(1.5, 0.0, HEIGHT), yaw_rad=0.0)
    with flying(scenario(world=world(*TREES), start=start)) as flight:
        cruise(flight, 3.0)
        sim = flight.simulator
        snapshot = sim.save()
        velocities = candidate_velocities(5.0)
        clearance, _ = Rollouts(flight).fly(velocities)
        judged = {"hit": 0, "clear": 0}
        for index in range(HOVER):
            if -0.1 < clearance[index] < 0.12 or velocities[index, 2] != 0.0:
                continue
            sim.restore(snapshot)
            poses = np.concatenate(list(piloted(flight, velocities[index], 30)))
            # A hull that was stopped or turned aside came within a tick's way of the bark.
            nearest = sim.clearance.at_points(poses[:, POSITION]).min() - sim.vehicle.hull_radius
            assert (nearest < 0.02) == (clearance[index] < 0), index
            judged["hit" if nearest < 0.02 else "clear"] += 1
        assert min(judged.values()) >= 3


# --- The truth and the way.


def test_the_way_leads_round_a_wall_and_is_as_long_as_the_detour() -> None:
    """A wall of 20 m in the middle of the way: over its free end."""
    things = world(wall(17.5, -5.0, (1.0, 20.0)))
    with flying(scenario(world=things)) as flight:
        truth = Truth(flight)
        field = truth.field(0)
        corner = np.array([17.5, 5.0 + 0.25])
        straight = sum(np.linalg.norm(corner - end) for end in ((5.0, 0.0), (30.0, 0.0)))
        length = float(way_lengths(field.arrays, truth.position[None])[0])
        assert straight - 0.3 < length < straight + 2.0
        bearing = way_bearing(field.arrays, 5.0, 0.0)
        assert bearing == pytest.approx(np.arctan2(5.6, 12.5), abs=0.12)


def test_the_nearest_free_point_is_the_point_itself_where_it_is_free() -> None:
    with flying(scenario(world=world(wall(17.5, 0.0, (4.0, 4.0))))) as flight:
        free = Truth(flight).free
        here = np.array([5.0, 0.0])
        np.testing.assert_array_equal(nearest_free(free, here), here)
        moved = nearest_free(free, np.array([16.0, 0.2]))
        assert free.is_free(moved)
        assert np.linalg.norm(moved - (16.0, 0.2)) < 1.5


def test_the_navigation_label_prefers_the_way_round_and_is_a_distribution() -> None:
    things = world(wall(9.0, -5.0, (1.0, 16.0)))
    with flying(scenario(world=things)) as flight:
        teacher = TeacherBrain()
        teacher.reset(flight)
        preference = teacher.way_preference(0)
        assert np.exp(preference).sum() == pytest.approx(1.0, abs=1e-5)
        best = candidate_velocities(5.0)[preference.argmax()]
        # The free end of the wall is at y = 3, 4 m ahead.
        assert np.arctan2(best[1], best[0]) > np.deg2rad(20)
        assert preference[:HOVER].max() > preference[HOVER]


# --- Flights.


def test_the_teacher_flies_through_a_wood() -> None:
    result = fly(scenario(world=world(*TREES), **ROUGH), load_pilot("teacher"))
    assert result.outcome is Outcome.SUCCESS
    assert result.min_clearance_m > 0.1
    assert 23.0 < result.distance_m < 33.0


def test_the_teacher_keeps_a_course_through_a_wood() -> None:
    result = fly(scenario(world=world(*TREES), task=course(), **ROUGH), load_pilot("teacher"))
    assert result.outcome is Outcome.SUCCESS


@pytest.mark.parametrize("pilot", ["teacher", "classical"])
def test_a_mission_is_flown_to_success(pilot: str) -> None:
    """Fault inspected, cover left alone, everything paid, landed."""
    sites = (
        {"x": 14.0, "y": 5.0, "yaw": 0.5, "cells": FAULTY, "mandatory": True},
        {"x": 12.0, "y": -6.0, "yaw": -1.0, "prize": 1.0, "covered": True},
    )
    things = (trunk(10.0, 2.0), trunk(9.0, -3.0))
    result = fly(mission(*sites, things=things, **ROUGH), load_pilot(pilot))
    assert result.outcome is Outcome.SUCCESS
    assert result.prize == 8.0
    names = [event.name for event in result.events]
    assert names.count("site_visited") == 2
    assert names.count("close_up_done") == 1
    assert names[-2:] == ["landed", "success"]


def test_the_classical_pilot_flies_through_a_wood() -> None:
    result = fly(scenario(world=world(*TREES), **ROUGH), load_pilot("classical"))
    assert result.outcome is Outcome.SUCCESS
    assert result.min_clearance_m > 0.0


def test_the_teacher_finds_the_way_out_of_a_dead_end() -> None:
    """A bag open behind the drone: flying straight on would never leave it."""
    bag = (wall(9.0, 0.0, (0.6, 8.6)), wall(6.0, 4.0, (6.0, 0.6)), wall(6.0, -4.0, (6.0, 0.6)))
    flight = scenario(world=world(*bag), task=goal(16.0, 0.0, 24.0))
    result = fly(flight, load_pilot("teacher"))
    assert result.outcome is Outcome.SUCCESS
    assert result.distance_m > 15.0


# --- The pilot around the brains.


def guarded(height: float, headroom: float, climb: float) -> tuple[float, bool]:
    ego = np.zeros(len(EGO_FIELDS), dtype=np.float32)
    ego[EGO_FIELDS.index("height")], ego[EGO_FIELDS.index("headroom")] = height, headroom
    action, was = guard_altitude(np.array([0.2, 0.0, climb / MAX_SPEED, 0.1]), {"ego": ego})
    np.testing.assert_array_equal(action[[0, 1, 3]], (0.2, 0.0, 0.1))
    return float(action[2] * MAX_SPEED), was


def test_the_altitude_guard_leaves_the_middle_alone_and_turns_back_from_the_limits() -> None:
    for climb in (-1.4, 0.0, 1.4):
        assert guarded(1.5, 1.5, climb) == (pytest.approx(climb), False)
    for headroom in (1.0, 0.5, 0.2):
        climb, was = guarded(2.0, headroom, 1.7)
        assert climb * 0.8 <= headroom
        assert was
    for height in (0.9, 0.6, 0.4):
        climb, was = guarded(height, 2.0, -1.7)
        assert -climb * 0.8 <= height - 0.35 + 1e-6
        assert was
    assert guarded(2.9, 0.1, 1.0)[0] < 0 < guarded(0.2, 2.8, -1.0)[0]


def test_a_decision_holds_everything_that_led_to_it() -> None:
    pilot = load_pilot("teacher")
    assert isinstance(pilot, LatticePilot)
    with flying(scenario(world=world(*TREES))) as flight:
        pilot.reset(flight)
        decision = pilot.act(flight.observation())
        assert decision.phase == "navigate"
        assert decision.navigation is not None
        assert decision.survival is not None
        assert decision.fused is not None
        assert decision.navigation.shape == decision.survival.shape == (CANDIDATES,)
        assert decision.chosen == decision.fused.argmax()
        assert (np.abs(decision.action) <= 1).all()
        assert flight.observation()["ego"].dtype == np.float32
    # On a course others prefer what lies along it; the teacher knows a free way.
    for name, asked in (("teacher", True), ("classical", False)):
        pilot = load_pilot(name)
        with flying(scenario(task=course())) as flight:
            pilot.reset(flight)
            decision = pilot.act(flight.observation())
            assert decision.phase == "avoid"
            assert (decision.navigation is not None) == asked
