"""Blocks of real places: where in the place a flight starts, whatever window it is flown in."""

import pytest

import scenarios
from scenarios.spatial_block import spatial_block
from sim.scenario import Scenario


@pytest.fixture(scope="module")
def delft() -> Scenario:
    return scenarios.resolve(scenarios.load("delft-avoidance"), 10_001)


def moved(flight: Scenario, crop: tuple[float, float], start: tuple[float, float]) -> Scenario:
    """The flight in another window, from another spot in it."""
    world = flight.world.model_copy(update={"crop_m": (*crop, crop[0] + 140, crop[1] + 140)})
    begin = flight.start.model_copy(update={"position_m": (*start, 1.4)})
    return flight.model_copy(update={"world": world, "start": begin})


def test_a_spot_is_in_the_same_block_from_every_window(delft: Scenario) -> None:
    one, other = moved(delft, (205, 25), (60, 80)), moved(delft, (245, 65), (20, 40))
    assert spatial_block(one) == spatial_block(other) == "delft:5,2"
    assert spatial_block(moved(delft, (205, 25), (110, 80))) == "delft:6,2"
    assert spatial_block(moved(delft, (-40, 0), (10, 0))) == "delft:-1,0"


def test_generated_worlds_have_no_blocks(delft: Scenario) -> None:
    world = delft.world.model_copy(update={"place": ""})
    assert spatial_block(delft.model_copy(update={"world": world})) == ""
