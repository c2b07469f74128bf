"""Flights drawn once for every test that looks at them, and worlds put together of walls."""

from functools import cache

import pytest

import scenarios
from scenarios.family import Family
from scenarios.generate.site import Ground
from sim.physics.vehicle import load_vehicle
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.world_spec import BoxSpec

SEEDS = (0, 10_007, 15_003)
HEAVY = ("tier2", "tier3", "tier4")
"""Their dense woods take a second to draw: the quick tests look at one seed of each."""


def flights(ending: str = "") -> list:
    """Every entry whose name ends so, with every seed."""
    return [
        pytest.param(
            name,
            seed,
            marks=[pytest.mark.slow] if name.startswith(HEAVY) and seed != SEEDS[0] else [],
        )
        for name in scenarios.names()
        if name.endswith(ending)
        for seed in SEEDS
    ]


FLIGHTS = flights()
CLOUDS = ("dodgedrone", "spheres", "swarm")
"""Crossed along a line, over and under obstacles as well as around."""


def level_flights(ending: str = "") -> list:
    """Those of `flights` that go round obstacles at one height."""
    return [flight for flight in flights(ending) if not flight.values[0].startswith(CLOUDS)]


@cache
def flight_of(name: str, seed: int) -> Scenario:
    return scenarios.resolve(scenarios.load(name), seed)


@cache
def ground_of(name: str, seed: int) -> Ground:
    """The finished world, panels included."""
    flight = flight_of(name, seed)
    hull, height = load_vehicle(flight.vehicle).hull_radius, flight.start.position_m[2]
    return Ground(flight.world, hull, height, flight.limits.altitude_max_m)


def family_of(name: str) -> Family:
    loaded = scenarios.load(name)
    assert isinstance(loaded, scenarios.NamedFamily)
    return loaded.family


def mission_of(flight: Scenario) -> MissionTask:
    assert isinstance(flight.task, MissionTask)
    return flight.task


def walled(flight: Scenario, *boxes: BoxSpec) -> Scenario:
    """A flight in an empty world but for some boxes."""
    world = flight.world.model_copy(update={"cylinders": (), "boxes": boxes})
    return flight.model_copy(update={"world": world})


def wall(x: float, y: float, width: float, depth: float) -> BoxSpec:
    return BoxSpec(
        center_m=(x, y, 3.0), size_m=(width, depth, 6.0), yaw_rad=0.0, semantic="building", color=(1, 1, 1)
    )  # fmt: skip
