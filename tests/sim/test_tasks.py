"""What counts: arrival, course, sites, close-ups and landings, with the hull put where a rule begins or ends."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.flight import Flight
from sim.scenario import Battery, Finish, Limits, Scenario, Start
from sim.tasks.mission import Mission
from sim.types import GOAL_FIELDS, MAX_SPEED, POSITION, SITE_FIELDS, Outcome
from tests.builders import (
    FAULTY,
    HEALTHY,
    HEIGHT,
    HOVER,
    course,
    flying,
    goal,
    hover,
    mission,
    place,
    scenario,
    trunk,
    wall,
    world,
)

SITE = (15.0, 5.0)
CLOSE_UP_STEPS = 45
"""3 s at 15 Hz."""


def put(flight: Flight, x: float, y: float, z: float = HEIGHT, **motion: Any) -> None:
    place(flight.simulator, (x, y, z), **motion)


def one_site(**settings: Any) -> Scenario:
    changes = {key: settings.pop(key) for key in ("battery", "time_limit_s") if key in settings}
    return mission({"x": SITE[0], "y": SITE[1], **settings}, **changes)


def site_token(flight: Flight, index: int = 0) -> dict[str, float]:
    """A site's fields in the observation."""
    row = flight.observation()["sites"].reshape(12, -1)[index + 1]
    return dict(zip(SITE_FIELDS, row.tolist(), strict=True))


def ended(flight: Flight) -> Outcome | None:
    """The outcome after one more step."""
    return flight.advance(HOVER).outcome


def land(flight: Flight, x: float, y: float, speed: float = 0.5, **motion: Any) -> Outcome | None:
    """The outcome of touching the ground at x, y, sinking at `speed` m/s."""
    height = flight.simulator.vehicle.hull_height / 2
    put(flight, x, y, height + 0.01, velocity=(0.0, 0.0, -speed), **motion)
    for _ in range(4):
        # A sinking command at full scale is met by no climb of the autopilot.
        if flight.outcome is None:
            flight.advance(np.array([0.0, 0.0, -speed / MAX_SPEED, 0.0]))
    return flight.outcome


# --- Navigation.


@pytest.mark.parametrize(("away", "outcome"), [(1.45, Outcome.SUCCESS), (1.6, None)])
def test_a_goal_is_reached_within_a_metre_and_a_half(away: float, outcome: Outcome | None) -> None:
    for bearing in (0.0, 2.0, 4.0):
        with flying(scenario()) as flight:
            put(flight, 30.0 + away * np.cos(bearing), away * np.sin(bearing))
            assert ended(flight) == outcome


def test_the_goal_counts_in_three_dimensions() -> None:
    with flying(scenario(limits=Limits(altitude_max_m=5.0))) as flight:
        put(flight, 30.0, 0.0, HEIGHT + 1.6)
        assert ended(flight) is None


def test_progress_rewards_add_up_to_the_distance_gained() -> None:
    with flying(scenario()) as flight:
        rewards = [
            flight.advance(np.array([0.3, 0.1, 0.0, 0.0])).rewards["progress"] for _ in range(30)
        ]
        gained = 25.0 - np.linalg.norm(flight.simulator.body[POSITION] - (30.0, 0.0, HEIGHT))
        assert sum(rewards) == pytest.approx(gained)
        assert gained > 1.0


def test_time_runs_out_at_three_times_the_way_and_ten_seconds() -> None:
    """A way of 1 m at 5 m/s leaves 10.6 s: 159 steps."""
    with flying(scenario(task=goal(geodesic=1.0))) as flight:
        hover(flight, 158)
        assert flight.outcome is None
        assert ended(flight) == Outcome.TIMEOUT
        assert flight.result().duration_s == pytest.approx(10.6)


def test_the_goal_entry_points_to_the_goal_in_the_heading_frame() -> None:
    start = Start(position_m=(5.0, 0.0, HEIGHT), yaw_rad=np.pi / 2)
    with flying(scenario(start=start)) as flight:
        entry = dict(zip(GOAL_FIELDS, flight.observation()["goal"].tolist(), strict=True))
        # Facing north, a goal in the east lies to the right.
        assert (entry["direction_x"], entry["direction_y"]) == pytest.approx((0.0, -1.0), abs=1e-6)
        assert entry["log_distance"] == pytest.approx(np.log1p(25.0))
        assert (entry["speed_limit"], entry["valid"]) == (5.0, 1.0)


# --- Avoidance.


@pytest.mark.parametrize("bearing", [0.0, 0.4, -0.7])
def test_a_course_is_completed_by_progress_along_it_alone(bearing: float) -> None:
    ahead, aside = (np.array([np.cos(a), np.sin(a)]) for a in (bearing, bearing + np.pi / 2))
    start = np.array([5.0, 0.0])
    for progress, drift, outcome in ((9.9, 6.0, None), (10.05, -6.0, Outcome.SUCCESS)):
        with flying(scenario(task=course(bearing, 10.0))) as flight:
            put(flight, *(start + progress * ahead + drift * aside))
            assert ended(flight) == outcome


def test_a_course_must_be_kept_at_the_stated_share_of_the_speed() -> None:
    """5 m at half of 5 m/s: 2 s, 30 steps."""
    with flying(scenario(task=course(distance=5.0))) as flight:
        hover(flight, 29)
        assert flight.outcome is None
        assert ended(flight) == Outcome.TIMEOUT


def test_a_course_is_a_direction_that_no_drift_or_progress_changes() -> None:
    with flying(scenario(task=course(0.5))) as flight:
        before = flight.observation()["goal"]
        put(flight, 12.0, 8.0)
        hover(flight, 1)
        np.testing.assert_allclose(flight.observation()["goal"], before, atol=1e-3)
        np.testing.assert_allclose(before[:2], (np.cos(0.5), np.sin(0.5)), atol=1e-6)


# --- Missions: visiting.


@pytest.mark.parametrize(
    ("offset", "yaw", "visited"),
    [
        ((0.0, 0.0), 0.0, True),
        ((1.4, 0.0), 0.0, True),
        ((0.0, -1.4), 0.0, True),
        ((0.0, -1.6), 0.0, False),
        ((0.0, 0.0), np.deg2rad(28), True),
        ((0.0, 0.0), np.deg2rad(-28), True),
        ((0.0, 0.0), np.deg2rad(33), False),
        ((0.0, 0.0), np.pi, False),
    ],
)
def test_a_visit_needs_position_and_heading(
    offset: tuple[float, float], yaw: float, visited: bool
) -> None:
    with flying(one_site()) as flight:
        put(flight, SITE[0] + offset[0], SITE[1] + offset[1], yaw=yaw)
        names = hover(flight, 1)
        assert ("site_visited" in names) == visited
        assert (site_token(flight)["visited"] == 1.0) == visited
        assert flight.result().prize == (2.0 if visited else 0.0)


def test_a_heading_is_met_across_the_turn_of_the_circle() -> None:
    with flying(one_site(yaw=np.pi - 0.1)) as flight:
        put(flight, *SITE, yaw=-np.pi + 0.1)
        assert "site_visited" in hover(flight, 1)


def test_a_site_is_visited_once() -> None:
    with flying(one_site()) as flight:
        for _ in range(2):
            put(flight, *SITE)
            hover(flight, 2)
            put(flight, 25.0, 0.0)
            hover(flight, 2)
        assert [event.name for event in flight.result().events] == ["site_visited"]
        assert flight.result().prize == 2.0


def test_a_visit_pays_at_departure() -> None:
    with flying(one_site()) as flight:
        put(flight, *SITE)
        assert [flight.advance(HOVER).rewards["prize"] for _ in range(3)] == [0.0, 0.0, 0.0]
        put(flight, 25.0, 0.0)
        assert [flight.advance(HOVER).rewards["prize"] for _ in range(3)] == [2.0, 0.0, 0.0]


def test_a_covered_panel_is_visited_but_pays_nothing() -> None:
    with flying(one_site(covered=True, cells=FAULTY)) as flight:
        put(flight, *SITE)
        names = hover(flight, CLOSE_UP_STEPS + 3)
        assert names == ["site_visited", "close_up_done"]
        assert site_token(flight)["visited"] == 1.0
        assert flight.result().prize == 0.0


# --- Missions: close-ups.


@pytest.mark.parametrize(("cells", "prize"), [(FAULTY, 2.0 + 3 * 2.0), (HEALTHY, 2.0)])
def test_a_close_up_takes_three_seconds_and_pays_for_a_fault_only(cells: str, prize: float) -> None:
    with flying(one_site(cells=cells)) as flight:
        put(flight, *SITE)
        assert hover(flight, CLOSE_UP_STEPS - 1) == ["site_visited"]
        assert site_token(flight)["dwell"] == pytest.approx(3.0 - 1 / 15)
        assert flight.result().prize == 2.0
        assert hover(flight, 1) == ["close_up_done"]
        assert hover(flight, CLOSE_UP_STEPS) == []
        assert site_token(flight)["dwell"] == 3.0
        assert flight.result().prize == prize
        put(flight, 25.0, 0.0)
        assert flight.advance(HOVER).rewards["prize"] == prize


@pytest.mark.parametrize(
    ("place_at", "motion", "counts"),
    [
        ((0.0, 0.0), {}, True),
        ((-0.4, 0.0), {}, True),
        ((-0.6, 0.0), {}, False),  # 4.6 m from the panel
        ((1.4, 0.0), {"yaw": np.deg2rad(40)}, True),
        ((1.4, 0.0), {"yaw": np.deg2rad(50)}, False),  # out of the image, 45 degrees to a side
        ((0.0, 0.0), {"velocity": (0.0, 0.5, 0.0)}, False),
    ],
)
def test_a_close_up_is_near_slow_and_in_view(
    place_at: tuple[float, float], motion: dict[str, Any], counts: bool
) -> None:
    with flying(one_site()) as flight:
        put(flight, SITE[0] - 1.0, SITE[1])
        hover(flight, 1)
        assert site_token(flight)["visited"] == 1.0
        assert site_token(flight)["dwell"] == 0.0
        put(flight, SITE[0] + place_at[0], SITE[1] + place_at[1], **motion)
        hover(flight, 1)
        assert (site_token(flight)["dwell"] > 0.0) == counts


def test_a_close_up_may_be_interrupted() -> None:
    with flying(one_site(cells=FAULTY)) as flight:
        for steps in (20, 25):
            put(flight, *SITE)
            hover(flight, steps)
            put(flight, 25.0, 0.0)
            hover(flight, 5)
        assert flight.result().prize == 8.0


def test_no_close_up_counts_before_the_visit() -> None:
    """Close to the panel but 1.6 m beyond the viewpoint's circle."""
    with flying(one_site(cells=FAULTY)) as flight:
        put(flight, SITE[0] + 1.7, SITE[1])
        hover(flight, CLOSE_UP_STEPS + 5)
        assert flight.result().prize == 0.0


def test_what_a_panel_shows_is_in_no_token_before_departure() -> None:
    """Healthy, faulty and covered panels give the same tokens and rewards, whatever is done there."""
    seen = []
    for settings in ({}, {"cells": FAULTY}, {"covered": True}):
        with flying(one_site(**settings)) as flight:
            put(flight, *SITE)
            rows = []
            for _ in range(CLOSE_UP_STEPS + 5):
                step = flight.advance(HOVER)
                observation = flight.observation()
                rows.append((*observation["sites"], *observation["goal"], step.rewards["prize"]))
            seen.append(rows)
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], seen[2])


def test_tokens_tell_home_and_sites_from_the_drone() -> None:
    with flying(one_site(yaw=np.pi / 2, prize=3.0, mandatory=True)) as flight:
        observation = flight.observation()
        assert observation["sites_mask"].tolist() == [1, 1] + [0] * 10
        tokens = observation["sites"].reshape(12, -1)
        np.testing.assert_allclose(tokens[0, :3], (0.0, 0.0, -HEIGHT), atol=1e-6)
        np.testing.assert_array_equal(tokens[2:], 0.0)
        site = site_token(flight)
        assert (site["x"], site["y"], site["z"]) == pytest.approx((10.0, 5.0, 0.0), abs=1e-6)
        assert (site["facing_cos"], site["facing_sin"]) == pytest.approx((0.0, 1.0), abs=1e-6)
        assert (site["prize"], site["mandatory"], site["visited"], site["home"]) == (3, 1, 0, 0)
        assert (site["belief_faulty"], site["belief_blocked"]) == (0.5, 0.5)
        assert tokens[0, SITE_FIELDS.index("home")] == 1.0
        np.testing.assert_array_equal(observation["goal"], [0, 0, 0, 0, 5.0, 0])


# --- Missions: endings.


def serve(flight: Flight) -> None:
    put(flight, *SITE)
    hover(flight, 1)


@pytest.mark.parametrize("away", [0.0, 0.9])
def test_landing_on_the_pad_with_everything_served_is_success(away: float) -> None:
    with flying(one_site(mandatory=True)) as flight:
        serve(flight)
        assert land(flight, 5.0 + away, 0.0) == Outcome.SUCCESS
        names = [event.name for event in flight.result().events]
        assert names == ["site_visited", "landed", "success"]
        assert flight.result().success


def test_landing_beside_the_pad_is_landing_away() -> None:
    with flying(one_site()) as flight:
        assert land(flight, 5.0, 1.1) == Outcome.LANDED_AWAY


def test_landing_without_a_mandatory_site_is_incomplete() -> None:
    with flying(one_site(mandatory=True)) as flight:
        assert land(flight, 5.0, 0.0) == Outcome.MISSION_INCOMPLETE


def test_a_covered_mandatory_site_is_not_served() -> None:
    with flying(one_site(mandatory=True, covered=True)) as flight:
        serve(flight)
        assert land(flight, 5.0, 0.0) == Outcome.MISSION_INCOMPLETE


def test_landing_on_the_reserve_violates_it() -> None:
    pack = Battery(capacity_wh=20.0, initial_fraction=0.2001, reserve_fraction=0.2)
    with flying(one_site(battery=pack)) as flight:
        hover(flight, 10)
        assert flight.simulator.battery < 0.2
        assert land(flight, 5.0, 0.0) == Outcome.RESERVE_VIOLATED


@pytest.mark.parametrize(("speed", "outcome"), [(0.8, Outcome.SUCCESS), (1.3, Outcome.COLLISION)])
def test_touching_down_at_a_metre_a_second_is_a_collision(speed: float, outcome: Outcome) -> None:
    with flying(one_site()) as flight:
        assert land(flight, 5.0, 0.0, speed) == outcome


def test_landing_on_a_side_is_a_collision() -> None:
    with flying(one_site()) as flight:
        # Tilted by 30 degrees the rim is 13 cm below the centre.
        place(flight.simulator, (5.0, 0.0, 0.18), roll=np.deg2rad(30), velocity=(0, 0, -0.5))
        assert ended(flight) == Outcome.COLLISION


@pytest.mark.parametrize(
    ("speed", "outcome"), [(0.5, Outcome.LANDED_AWAY), (1.5, Outcome.COLLISION)]
)
def test_the_ground_ends_flights_that_have_no_pad(speed: float, outcome: Outcome) -> None:
    for task in (goal(), course()):
        with flying(scenario(task=task)) as flight:
            assert land(flight, 5.0, 0.0, speed) == outcome


def test_a_mission_that_takes_too_long_is_cut() -> None:
    with flying(one_site(time_limit_s=0.2)) as flight:
        hover(flight, 2)
        assert ended(flight) == Outcome.TIMEOUT


# --- What ends any flight.


def test_a_collision_names_what_where_and_how_fast() -> None:
    with flying(scenario(world=world(wall(20.0, 0.0, (1.0, 10.0))))) as flight:
        put(flight, 18.9, 1.0, velocity=(4.0, 0.0, 0.0))
        while flight.outcome is None:
            flight.advance(np.array([4.0 / MAX_SPEED, 0.0, 0.0, 0.0]))
        assert flight.outcome == Outcome.COLLISION
        detail = flight.result().events[-1].detail
        assert detail["with"] == "obstacle"
        assert detail["speed_m_s"] == pytest.approx(4.0, abs=0.3)
        assert detail["position_m"] == pytest.approx([19.5, 1.0, HEIGHT], abs=0.3)
        assert flight.result().min_clearance_m == pytest.approx(0.0, abs=0.05)


def test_touching_an_obstacle_slowly_is_a_collision_too() -> None:
    with flying(one_site()) as flight:
        panel = flight.scenario.world.panels[0].center_m
        put(flight, panel[0] - 0.32, panel[1], velocity=(0.3, 0.0, 0.0))
        for _ in range(6):
            if flight.outcome is None:
                flight.advance(np.array([0.3 / MAX_SPEED, 0.0, 0.0, 0.0]))
        assert flight.outcome == Outcome.COLLISION


@pytest.mark.parametrize(
    ("where", "outcome"),
    [
        ((49.9, 0.0, HEIGHT), None),
        ((50.1, 0.0, HEIGHT), Outcome.OUT_OF_BOUNDS),
        ((10.0, -20.1, HEIGHT), Outcome.OUT_OF_BOUNDS),
        ((10.0, 0.0, 2.9), None),
        ((10.0, 0.0, 3.1), Outcome.ALTITUDE_BREACH),
    ],
)
def test_leaving_the_box_ends_the_flight(
    where: tuple[float, float, float], outcome: Outcome | None
) -> None:
    with flying(scenario()) as flight:
        put(flight, *where)
        assert ended(flight) == outcome


def test_an_empty_battery_ends_the_flight() -> None:
    pack = Battery(capacity_wh=0.05, initial_fraction=1.0, reserve_fraction=0.2)
    with flying(scenario(battery=pack)) as flight:
        hover(flight, 10)
        while flight.outcome is None:
            flight.advance(HOVER)
        assert flight.outcome == Outcome.BATTERY_EMPTY
        assert flight.result().energy_wh == pytest.approx(0.05, rel=0.1)


def test_an_impossible_speed_is_a_diverged_flight(tmp_path: Path) -> None:
    with flying(scenario(), dump_to=tmp_path) as flight:
        put(flight, 10.0, 0.0, velocity=(70.0, 0.0, 0.0))
        assert ended(flight) == Outcome.DIVERGED


def test_a_flight_that_is_over_flies_on_only_after_a_reset() -> None:
    with flying(scenario()) as flight:
        put(flight, 30.0, 0.0)
        assert ended(flight) == Outcome.SUCCESS
        with pytest.raises(RuntimeError, match="success"):
            flight.advance(HOVER)
        flight.reset()
        assert ended(flight) is None


def test_distance_and_clearance_are_those_of_the_hull() -> None:
    with flying(scenario(world=world(trunk(10.0, 1.0, radius=0.2)))) as flight:
        put(flight, 10.0, 0.0)
        hover(flight, 1)
        # 1 m to the axis, less trunk and hull.
        assert flight.result().min_clearance_m == pytest.approx(1.0 - 0.2 - 0.25, abs=0.01)
        assert flight.result().distance_m < 0.01
        start = flight.simulator.body[POSITION].copy()
        for _ in range(30):
            flight.advance(np.array([0.25, 0.0, 0.0, 0.0]))
        flown = np.linalg.norm(flight.simulator.body[POSITION] - start)
        assert flight.result().distance_m == pytest.approx(flown, rel=0.01)


def test_rewards_of_a_mission_add_up_to_its_prize() -> None:
    sites = ({"x": 15.0, "y": 5.0, "cells": FAULTY}, {"x": 15.0, "y": -5.0, "prize": 3.0})
    with flying(mission(*sites)) as flight:
        total = 0.0
        for spot in ((15.0, 5.0), (25.0, 0.0), (15.0, -5.0), (25.0, 0.0)):
            put(flight, *spot)
            for _ in range(CLOSE_UP_STEPS + 1):
                total += flight.advance(HOVER).rewards["prize"]
        assert isinstance(flight.task, Mission)
        assert total == flight.result().prize == 2.0 + 6.0 + 3.0


# --- Published finishes.


@pytest.mark.parametrize(
    ("shape", "within", "inside", "outside"),
    [
        ("ball", 1.5, (28.6, 0.0, 0.0), (28.6, 0.0, 0.9)),
        ("column", 0.8, (29.3, 0.0, 1.2), (29.1, 0.0, 0.0)),
        ("plane", 2.0, (28.1, 9.0, 1.0), (27.9, 0.0, 0.0)),
    ],
)
def test_a_finish_is_a_ball_a_column_or_a_plane(
    shape: str, within: float, inside: tuple[float, ...], outside: tuple[float, ...]
) -> None:
    """The goal is at x = 30; places are given by x, y and height above the goal."""
    task = goal().model_copy(update={"finish": Finish(shape=shape, within_m=within)})  # pyright: ignore[reportArgumentType]
    flown = scenario(task=task, limits=Limits(altitude_max_m=5.0))
    for (x, y, up), outcome in ((outside, None), (inside, Outcome.SUCCESS)):
        with flying(flown, camera=False) as flight:
            put(flight, x, y, HEIGHT + up)
            assert ended(flight) is outcome


def test_a_finish_may_state_the_time_limit() -> None:
    task = goal().model_copy(update={"finish": Finish(time_limit_s=2.0)})
    with flying(scenario(task=task), camera=False) as flight:
        steps = 1
        while ended(flight) is None:
            steps += 1
    assert (flight.outcome, steps) == (Outcome.TIMEOUT, 30)


def test_the_usual_finish_is_not_written() -> None:
    assert set(goal().model_dump()) == {"kind", "goal_m", "geodesic_m"}
    changed = goal().model_copy(update={"finish": Finish(shape="plane")})
    assert changed.model_dump()["finish"] == {"shape": "plane", "within_m": 1.5}
