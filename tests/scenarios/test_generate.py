"""Drawn flights: repeatable, free of obstacles, reachable, and with the shares that their family states."""

import itertools
import math

import numpy as np
import pytest

import scenarios
from scenarios.generate import check_flyable
from scenarios.generate.site import Ground
from scenarios.generate.tasks import draw_navigation
from scenarios.task_recipes import NavigateRecipe
from sim.scenario import Scenario
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from tests.scenarios.drawn import (
    FLIGHTS,
    HEAVY,
    SEEDS,
    family_of,
    flight_of,
    flights,
    ground_of,
    level_flights,
    wall,
    walled,
)

_DRAWN = ("world", "start", "task", "weather")


# --- Every entry.


@pytest.mark.parametrize(("name", "seed"), FLIGHTS)
def test_the_same_seed_is_the_same_flight(name: str, seed: int) -> None:
    again = scenarios.resolve(scenarios.load(name), seed)
    assert scenarios.dump(again) == scenarios.dump(flight_of(name, seed))
    assert again.seed == seed


@pytest.mark.parametrize("name", [n for n in scenarios.names() if not n.startswith(HEAVY)])
def test_another_seed_is_another_flight(name: str) -> None:
    first, second = (flight_of(name, seed).model_dump() for seed in SEEDS[:2])
    drawn = ("world", "weather") if family_of(name).task.kind == "line" else _DRAWN
    assert all(first[part] != second[part] for part in drawn)


@pytest.mark.parametrize(("name", "seed"), FLIGHTS)
def test_drawn_flights_pass_the_check_of_written_ones(name: str, seed: int) -> None:
    check_flyable(flight_of(name, seed))


@pytest.mark.parametrize(("name", "seed"), level_flights())
def test_the_hull_fits_along_every_way(name: str, seed: int) -> None:
    flight, ground = flight_of(name, seed), ground_of(name, seed)
    ways = ground.ways_to(np.array(flight.start.position_m))
    for point in destinations(flight):
        way = ways.path_from(np.array(point))
        steps = [
            np.linspace(a, b, 2 + int(10 * math.dist(a, b))) for a, b in itertools.pairwise(way)
        ]
        line = np.concatenate(steps)
        heights = np.full(len(line), ground.altitude)
        assert (
            ground.clearance.at_points(np.column_stack([line, heights])).min() > ground.hull_radius
        )


def destinations(flight: Scenario) -> list[tuple[float, float, float]]:
    task = flight.task
    if isinstance(task, NavigateTask):
        return [task.goal_m]
    if isinstance(task, MissionTask):
        return [site.position_m for site in task.sites]
    return []


@pytest.mark.parametrize(("name", "seed"), FLIGHTS)
def test_wind_is_as_strong_as_the_family_says(name: str, seed: int) -> None:
    low, high = family_of(name).weather.wind_m_s
    wind = flight_of(name, seed).weather.wind_world_m_s
    assert low - 1e-3 <= math.hypot(*wind) <= high + 1e-3
    assert wind[2] == 0


# --- Navigation and avoidance.


@pytest.mark.parametrize(("name", "seed"), level_flights("navigation"))
def test_the_free_way_is_never_shorter_than_the_straight_one(name: str, seed: int) -> None:
    flight, recipe = flight_of(name, seed), family_of(name).task
    assert isinstance(flight.task, NavigateTask)
    assert recipe.kind == "navigate"
    straight = math.dist(flight.start.position_m, flight.task.goal_m)
    assert recipe.distance_m[0] - 0.01 <= straight <= recipe.distance_m[1] + 0.01
    # The grid's own error: a hundredth of the way, and half a cell at each end.
    assert flight.task.geodesic_m >= 0.99 * straight - 0.5


def test_no_goal_lies_beyond_a_closed_wall(rng: np.random.Generator) -> None:
    flight = flight_of("forest-navigation", 0)
    low, high = flight.world.low_m, flight.world.high_m
    x = (low[0] + high[0]) / 2
    divided = walled(flight, wall(x, 0.0, 1.0, 2 * (high[1] - low[1])))
    ground = Ground(divided.world, 0.25, 1.5, 3.0)
    recipe = NavigateRecipe(kind="navigate", distance_m=(15.0, 20.0))
    for _ in range(40):
        start, task = draw_navigation(recipe, ground, rng)
        assert (start.position_m[0] < x) == (task.goal_m[0] < x)


@pytest.mark.parametrize(("name", "seed"), flights("avoidance"))
def test_a_course_begins_ahead_and_ends_inside_the_world(name: str, seed: int) -> None:
    flight = flight_of(name, seed)
    task = flight.task
    assert isinstance(task, AvoidTask)
    assert flight.start.yaw_rad == task.course_rad
    course = np.array([math.cos(task.course_rad), math.sin(task.course_rad)])
    end = np.array(flight.start.position_m[:2]) + task.distance_m * course
    low, high = np.array(flight.world.low_m[:2]), np.array(flight.world.high_m[:2])
    assert (end > low).all()
    assert (end < high).all()
