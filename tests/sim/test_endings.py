"""What ends a flight: landings on and beside the pad, collisions, limits, an empty battery."""

from pathlib import Path

import numpy as np
import pytest

from sim.scenario import Battery
from sim.types import MAX_SPEED, POSITION, Outcome
from tests.builders import (
    HEIGHT,
    HOVER,
    course,
    flying,
    goal,
    hover,
    place,
    scenario,
    trunk,
    wall,
    world,
)
from tests.sim.on_task import ended, land, one_site, put, serve

# --- Missions.


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


# --- Any flight.


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
