"""The local map: what was seen stays in its place, what is looked through goes, and the way planned on it is free."""

import numpy as np
import pytest

from agents import load_pilot
from agents.known_way import KnownWay
from agents.local_map import LocalMap
from agents.path_check import distance_field, look_ahead
from agents.pilot import make_briefing
from agents.reckoning import Reckoning, heading_from_body, turn_rate
from sim.flight import Flight
from sim.frames import quat_to_matrix, wrap_angle, yaw_of
from sim.scenario import Scenario
from sim.tasks.mission import MissionTask, SiteSpec
from sim.types import MAX_SPEED, POSITION, Outcome
from tests.builders import (
    HEIGHT,
    camera,
    course,
    flying,
    goal,
    grainy,
    mission,
    noisy,
    scenario,
    trunk,
    wall,
    world,
)

FIELD_REACH = 9.0


def seen(flight: Flight, steps: int, action: tuple[float, float, float, float]) -> LocalMap:
    """The map after some steps of one command."""
    briefing = make_briefing(flight)
    known, reckoning = LocalMap(briefing), Reckoning(briefing)
    for step in range(steps):
        if step:
            flight.advance(np.array(action))
        observation = flight.observation()
        known.move(reckoning.move(observation))
        known.look(observation)
    return known


def test_the_heading_frame_is_the_body_turned_upright() -> None:
    with flying(scenario()) as flight:
        for action in np.random.default_rng(0).uniform(-0.4, 0.4, (12, 4)):
            flight.advance(action * (1, 1, 0.1, 1))
        rotation = heading_from_body(flight.observation()["ego"])
        quat = flight.simulator.estimate.quat_xyzw
        yaw = yaw_of(quat)
        heading_from_world = np.array(
            [[np.cos(yaw), np.sin(yaw), 0], [-np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]]
        )
        expected = heading_from_world @ quat_to_matrix(quat)
        assert np.abs(expected - np.eye(3)).max() > 0.05  # It does bank.
        np.testing.assert_allclose(rotation, expected, atol=1e-5)


@pytest.mark.parametrize("tilt", [0.0, 0.3, -0.2])
def test_points_lie_on_the_wall_ahead_whatever_the_cameras_tilt(tilt: float) -> None:
    things = world(wall(12.5, 0.0, (1.0, 36.0)))
    with flying(scenario(world=things, camera=camera(tilt_rad=tilt))) as flight:
        points = seen(flight, 3, (0.0, 0.0, 0.0, 0.0)).points(FIELD_REACH)
        assert len(points) > 100
        # The wall's face is 7 m ahead; a code step there is 6 % of the distance.
        assert np.abs(points[:, 0] - 7.0).max() < 0.5
        assert points[:, 2].min() > -HEIGHT


@pytest.mark.parametrize("delay", [0, 24])
def test_a_tree_stays_where_it_is_while_the_drone_passes_and_turns(delay: int) -> None:
    """By reckoning alone, however late the image is."""
    things = world(trunk(11.0, -1.5))
    with flying(scenario(world=things, camera=camera(delay_ticks=delay))) as flight:
        known = seen(flight, 33, (0.25, 0.0, 0.0, 0.08))
        points = known.in_the_way(np.array([11.0, -1.5]), 3.0)
        away = np.abs(np.linalg.norm(points[:, :2] - (11.0, -1.5), axis=1) - 0.2)
        assert len(away) > 2
        assert np.median(away) < 0.2
        assert away.max() < 0.6


def test_what_is_looked_through_is_gone() -> None:
    with flying(scenario(world=world(wall(9.0, 0.0, (1.0, 6.0))))) as flight:
        known = seen(flight, 4, (0.0, 0.0, 0.0, 0.0))
        observation = flight.observation()
    assert len(known.points(FIELD_REACH)) > 100
    with flying(scenario()) as flight:
        observation = {**observation, "image": flight.observation()["image"]}
        here = Reckoning(make_briefing(flight)).move(observation)
    for _ in range(8):
        known.move(here)
        known.look(observation)
    # The wall's foot is hidden by the ground that is returned right behind it.
    assert known.points(FIELD_REACH)[:, 2].max(initial=-HEIGHT) < 0.4 - HEIGHT


def test_open_ground_and_sky_are_no_obstacles() -> None:
    with flying(scenario()) as flight:
        assert len(seen(flight, 6, (0.3, 0.0, 0.0, 0.2)).points(FIELD_REACH)) == 0


@pytest.mark.parametrize(
    "flown",
    [scenario(task=goal(30.0)), scenario(task=course(40.0)), mission({"x": 25.0, "y": 2.0})],
    ids=lambda flown: flown.task.kind,
)
def test_the_reckoning_stays_with_the_drone(flown: Scenario) -> None:
    """Twelve seconds of turns and banks with noisy sensors."""
    rough = {"odometry": noisy(), "camera": grainy()}
    with flying(flown.model_copy(update=rough)) as flight:
        reckoning = Reckoning(make_briefing(flight))
        rng, action = np.random.default_rng(2), np.zeros(4)
        for step in range(180):
            reckoning.move(flight.observation())
            if step % 8 == 0:
                action = rng.uniform(-0.2, 0.2, 4) * (1, 1, 0, 3)
            flight.advance(action)
            if flight.outcome is not None:
                break
        body = flight.simulator.body
        assert abs(wrap_angle(reckoning.yaw - flight.simulator.yaw)) < 0.15
        assert np.linalg.norm(reckoning.position[:2] - body[POSITION][:2]) < 1.0


def test_the_reckoning_stays_with_the_drone_along_a_route() -> None:
    """Every waypoint has a heading of its own, and only the next one is in the observation."""
    stops = [(14.0, 0.0, 0.0), (14.0, 9.0, 1.57), (6.0, 9.0, -2.6), (6.0, 4.0, 0.8)]
    sites = tuple(
        SiteSpec(
            position_m=(x, y, HEIGHT), yaw_rad=yaw, any_heading=True, prize=1.0, mandatory=True
        )
        for x, y, yaw in stops
    )
    task = MissionTask(
        kind="mission", home_m=(5.0, 0.0, 0.0), sites=sites, time_limit_s=90.0, detour_factor=1.0,
        ordered=True,
    )  # fmt: skip
    with flying(scenario(task=task, odometry=noisy(), camera=grainy())) as flight:
        pilot, reckoning = load_pilot("classical"), Reckoning(make_briefing(flight))
        pilot.reset(flight)
        while flight.outcome is None:
            observation = flight.observation()
            reckoning.move(observation)
            assert abs(wrap_angle(reckoning.yaw - flight.simulator.yaw)) < 0.15
            away = reckoning.position[:2] - flight.simulator.body[POSITION][:2]
            assert np.linalg.norm(away) < 1.0
            flight.advance(pilot.act(observation).action)
        assert flight.outcome == Outcome.SUCCESS


def test_the_planned_way_leads_round_what_was_seen() -> None:
    with flying(scenario(world=world(wall(10.0, -3.0, (1.0, 10.0))))) as flight:
        known = seen(flight, 4, (0.0, 0.0, 0.0, 0.0))
        briefing = make_briefing(flight)
        way = KnownWay(briefing, 0.2)
        bends = way.bends(known, np.array([20.0, 0.0]))
        assert bends is not None
        assert bends[:, 1].max() > 2.0
        length = way.field(known, np.array([20.0, 0.0])).at(known.position)
        assert 15.0 < length < 18.0


def test_who_can_still_stop_is_safe_and_who_cannot_is_not() -> None:
    """Points like a wall 2.5 m ahead: at 5 m/s a drone needs more, at 1.7 m/s it does not."""
    with flying(scenario()) as flight:
        response = make_briefing(flight).response
    y, z = np.meshgrid(np.arange(-3, 3, 0.2), np.arange(-1, 1, 0.2))
    points = np.stack([np.full(y.size, 2.5), y.ravel(), z.ravel()], axis=1)
    commands = np.array([[5.0, 0.0, 0.0], [5.0 / 3, 0.0, 0.0]])
    for speed, index, stops in ((5.0, 0, False), (5.0 / 3, 1, True)):
        start = np.zeros(9)
        start[3] = speed
        previous = np.array([speed, 0.0, 0.0])
        outlook = look_ahead(
            commands, start, previous, 1.0, response, 1 / 15, distance_field(points), 2.0, 2.0
        )
        assert (outlook.stopping[index] > 0.25) == stops
        assert outlook.ends[index, 0] == pytest.approx(1.5 * speed, rel=0.1)


def test_the_rate_of_yaw_is_that_of_the_heading_also_in_a_banked_turn() -> None:
    with flying(scenario()) as flight:
        for _ in range(25):
            flight.advance(np.array([5.0 / MAX_SPEED, 0.2, 0.0, 0.6]))
        before, rate = flight.simulator.yaw, turn_rate(flight.observation()["ego"])
        flight.advance(np.array([5.0 / MAX_SPEED, 0.2, 0.0, 0.6]))
        assert wrap_angle(flight.simulator.yaw - before) * 15 == pytest.approx(rate, abs=0.1)
