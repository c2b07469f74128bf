"""Written scenarios are checked before they fly: what could not begin or not succeed is named."""

import pytest

from scenarios.generate import check_flyable
from sim.task_spec import NavigateTask
from sim.world_spec import BoxSpec
from tests.scenarios.drawn import flight_of, mission_of, wall, walled


def yard(x: float, y: float) -> tuple[BoxSpec, ...]:
    """Four walls around a point, without a gate."""
    return (
        wall(x - 3, y, 0.5, 6.5), wall(x + 3, y, 0.5, 6.5), wall(x, y - 3, 6.5, 0.5), wall(x, y + 3, 6.5, 0.5)
    )  # fmt: skip


def test_an_empty_world_can_be_flown() -> None:
    for name in ("forest-navigation", "forest-avoidance", "forest-mission"):
        check_flyable(walled(flight_of(name, 0)))


@pytest.mark.parametrize("name", ["forest-navigation", "forest-avoidance", "forest-mission"])
def test_a_start_inside_an_obstacle_is_named(name: str) -> None:
    flight = flight_of(name, 0)
    x, y, _ = flight.start.position_m
    with pytest.raises(ValueError, match=rf"start\.position_m = \[{x}.*inside an obstacle"):
        check_flyable(walled(flight, wall(x, y, 2.0, 2.0)))


def test_a_goal_inside_a_wall_is_named() -> None:
    flight = flight_of("forest-navigation", 0)
    assert isinstance(flight.task, NavigateTask)
    x, y, _ = flight.task.goal_m
    with pytest.raises(ValueError, match=rf"task\.goal_m = \[{x}.*inside an obstacle"):
        check_flyable(walled(flight, wall(x, y, 2.0, 2.0)))


def test_a_goal_in_a_closed_yard_is_named() -> None:
    flight = flight_of("forest-navigation", 0)
    assert isinstance(flight.task, NavigateTask)
    x, y, _ = flight.task.goal_m
    with pytest.raises(ValueError, match=rf"task\.goal_m = \[{x}.*no free way"):
        check_flyable(walled(flight, *yard(x, y)))
    check_flyable(walled(flight, *yard(x, y)[:3]))


def test_a_site_in_a_closed_yard_is_named() -> None:
    flight = flight_of("forest-mission", 0)
    x, y, _ = mission_of(flight).sites[3].position_m
    flight = flight.model_copy(update={"world": flight.world.model_copy(update={"panels": ()})})
    with pytest.raises(ValueError, match=rf"task\.sites\.3\.position_m = \[{x}.*no free way"):
        check_flyable(walled(flight, *yard(x, y)))


def test_a_goal_beyond_the_bounds_is_named() -> None:
    flight = flight_of("forest-navigation", 0)
    assert isinstance(flight.task, NavigateTask)
    task = flight.task.model_copy(update={"goal_m": (900.0, 0.0, 1.5)})
    with pytest.raises(ValueError, match=r"task\.goal_m = \[900\.0.*outside the world"):
        check_flyable(flight.model_copy(update={"task": task}))


@pytest.mark.parametrize("height", [0.0, 3.0, 50.0])
def test_a_start_underground_or_above_the_limit_is_named(height: float) -> None:
    flight = flight_of("forest-navigation", 0)
    start = flight.start.model_copy(update={"position_m": (*flight.start.position_m[:2], height)})
    with pytest.raises(ValueError, match=rf"start\.position_m = .*{height}"):
        check_flyable(flight.model_copy(update={"start": start}))
