"""Families that ask for movers get them, at the start left alone; families that do not are what they were."""

import re
import textwrap
import tomllib
from pathlib import Path

import numpy as np
import pytest

import scenarios
from agents import fly, load_pilot
from scenarios import NamedFamily, ScenarioError
from scenarios.family import Family
from scenarios.runner import world_digest
from sim.scenario import Scenario
from sim.types import Outcome
from sim.world.movers import movers_of

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "moving_obstacles.toml"
MOTIONS = ("constant_velocity", "bounce", "wrap", "random_acceleration", "waypoints")


def example() -> NamedFamily:
    loaded = scenarios.load(str(EXAMPLE))
    assert isinstance(loaded, NamedFamily)
    return loaded


def changed(**recipe: object) -> NamedFamily:
    """The example with one recipe of movers, changed."""
    table = example().family.model_dump()
    table["movers"] = [table["movers"][0] | recipe]
    return NamedFamily(name="changed", family=Family.model_validate(table))


@pytest.mark.parametrize(
    ("name", "seed", "digest"),
    [
        ("forest-navigation", 0, "0a8187c1c876f79e"),
        ("blocks-mission", 1, "1e53158f6d86af61"),
        ("longleaf-avoidance", 10_003, "6939d001635fce93"),
    ],
)
def test_worlds_without_movers_are_byte_for_byte_what_they_were(
    name: str, seed: int, digest: str
) -> None:
    assert world_digest(scenarios.resolve(scenarios.load(name), seed)) == digest


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("shape", ["sphere", "cylinder", "box"])
def test_drawn_movers_stay_in_their_world_and_leave_the_start_alone(
    motion: str, shape: str
) -> None:
    family = changed(motion=motion, shape=shape, movers_per_m2=0.01, speed_m_s=(0.5, 3.0))
    flight = scenarios.resolve(family, 3)
    movers = movers_of(flight)
    # 66 x 66 m at one in a hundred: 44 of them, give or take four standard deviations.
    assert 17 <= len(movers) <= 71
    assert {(spec.motion.kind, spec.shape.kind) for spec in movers.specs} == {(motion, shape)}
    if motion != "constant_velocity":
        low, high = np.array(flight.world.low_m), np.array(flight.world.high_m)
        for tick in range(0, 240 * 60, 777):
            positions = movers.positions_at(tick)
            assert (positions >= low - 1e-9).all()
            assert (positions <= high + 1e-9).all()
    start = np.array(flight.start.position_m)
    assert movers.least_distance(0, np.tile(start, (480, 1))) > 2.0 - 0.01


def test_the_same_seed_draws_the_same_movers_and_another_others() -> None:
    first, again, other = (scenarios.resolve(example(), seed) for seed in (5, 5, 6))
    assert world_digest(first) == world_digest(again)
    assert first.world.movers != other.world.movers
    assert {spec.motion.kind for spec in first.world.movers} == {
        "random_acceleration", "bounce", "waypoints",
    }  # fmt: skip


def test_asking_for_movers_changes_nothing_else_of_a_world() -> None:
    bare = example().family.model_copy(update={"movers": ()})
    without = scenarios.resolve(NamedFamily(name="moving_obstacles", family=bare), 5)
    moving = scenarios.resolve(example(), 5)
    assert moving.world.model_copy(update={"movers": ()}) == without.world
    assert (moving.start, moving.task) == (without.start, without.task)


def test_a_loop_in_a_corner_of_the_world_does_not_stand_still() -> None:
    """On this seed several of a loop's points fell together."""
    moving = scenarios.resolve(example(), 10100)
    assert any(spec.motion.kind == "waypoints" for spec in moving.world.movers)


def test_moving_worlds_survive_the_round_trip() -> None:
    family = example().family
    assert scenarios.parse(scenarios.dump(family), "family") == family
    flight = scenarios.resolve(example(), 5)
    assert scenarios.parse(scenarios.dump(flight), "flight") == flight
    assert Scenario.model_validate_json(flight.model_dump_json()) == flight


def test_the_teacher_crosses_the_example() -> None:
    flights = [fly(scenarios.resolve(example(), s), load_pilot("teacher")) for s in (10, 11, 12)]
    assert [flight.outcome for flight in flights] == [Outcome.SUCCESS] * 3


# --- Bad input.


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"motion": "hop"}, "'hop'|constant_velocity"),
        ({"speed_m_s": (1.0, 90.0)}, "30"),
        ({"radius_m": (0.5, 0.2)}, r"\[0\.5, 0\.2\]"),
        ({"movers_per_m2": -1.0}, "movers_per_m2"),
    ],
)
def test_impossible_recipes_are_refused(recipe: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        changed(**recipe)


def test_too_many_movers_are_refused_by_number() -> None:
    with pytest.raises(ScenarioError, match=r"movers: \d{4} on .*at most 256"):
        scenarios.resolve(changed(movers_per_m2=0.5), 0)


def test_a_start_inside_a_mover_is_refused() -> None:
    flight = scenarios.resolve(example(), 5)
    mover = flight.world.movers[0]
    table = flight.model_dump()
    table["world"]["movers"] = [
        mover.model_dump()
        | {
            "motion": {
                "kind": "constant_velocity",
                "start_m": flight.start.position_m,
                "velocity_m_s": (1.0, 0.0, 0.0),
            }
        }
    ]
    with pytest.raises(ScenarioError, match=r"start.position_m = .*inside world.movers.0"):
        scenarios.resolve(Scenario.model_validate(table), None)


def test_the_documented_tables_mean_what_they_say() -> None:
    """The indented tables of the page on scenarios, put into the example and into one of its flights."""
    page = (ROOT / "docs" / "write-a-scenario.md").read_text()
    start, end = page.index("### Moving obstacles"), page.index("### Thin things")
    tables = textwrap.dedent("\n".join(re.findall(r"^ {4}.*$", page[start:end], re.MULTILINE)))
    parsed = tomllib.loads(tables)
    assert Family.model_validate(
        example().family.model_dump() | {"movers": parsed["movers"]}
    ).movers == (example().family.movers[0],)
    flight = scenarios.resolve(example(), 5).model_dump()
    flight["world"]["movers"] = parsed["world"]["movers"]
    (spec,) = Scenario.model_validate(flight).world.movers
    assert spec.motion.kind == "bounce"
