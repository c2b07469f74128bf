"""Hand-written scenario files: they fly as written, and each mistake is named with its field and value."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

import scenarios
from scenarios import ScenarioError
from sim.physics import vehicle as vehicles
from sim.scenario import Scenario
from tests.builders import FAULTY, HEIGHT, course, goal, mission, scenario, trunk, wall, world

YARD = (
    wall(27.0, 0.0, (0.5, 6.5)),
    wall(33.0, 0.0, (0.5, 6.5)),
    wall(30.0, -3.0, (6.5, 0.5)),
    wall(30.0, 3.0, (6.5, 0.5)),
)
"""Four walls around x = 30, y = 0, without a gate."""
WRITTEN = {
    "navigate": scenario(world=world(trunk(12.0, 0.5), wall(18.0, 4.0, (1.0, 6.0)))),
    "avoid": scenario(task=course(0.3), world=world(trunk(12.0, 0.5))),
    "mission": mission({"x": 15.0, "y": 5.0, "cells": FAULTY, "mandatory": True}),
}


def flown_from(text: str, folder: Path) -> Scenario:
    """The scenario of a file's text, as the command line gets it."""
    path = folder / "mine.toml"
    path.write_text(text)
    return scenarios.resolve(scenarios.load(str(path)), None)


def changed(flight: Scenario, **parts: Any) -> str:
    """A scenario's text with values replaced by their dotted places, dots written as two underscores."""
    table: dict[str, Any] = flight.model_dump(mode="json")
    for place, value in parts.items():
        *folders, name = place.split("__")
        here: Any = table
        for folder in folders:
            here = here[int(folder) if folder.isdigit() else folder]
        here[name] = value
    return tomli_w.dumps(table)


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_written_scenario_is_read_as_it_was_written(kind: str, tmp_path: Path) -> None:
    text = scenarios.dump(WRITTEN[kind])
    read = flown_from(text, tmp_path)
    assert read == WRITTEN[kind]
    assert scenarios.dump(read) == text


@pytest.mark.parametrize(
    ("kind", "parts", "named"),
    [
        ("navigate", {"speed_limt_m_s": 5.0}, "speed_limt_m_s: unknown key; did you mean 'speed_limit_m_s"),
        ("navigate", {"limits__altitude_m": 5.0}, "limits.altitude_m: unknown key; did you mean 'altitude_max_m"),
        ("navigate", {"camera__fov_deg": 200.0}, r"camera.fov_deg: .*150.*got 200\.0"),
        ("navigate", {"battery__capacity_wh": -1.0}, r"battery.capacity_wh: .*got -1\.0"),
        ("navigate", {"world__boxes__0__size_m": [1.0, 0.0, 2.0]}, r"world.boxes.0.size_m.1: .*got 0\.0"),
        ("navigate", {"limits__altitude_max_m": float("nan")}, "limits.altitude_max_m: .*got nan"),
        ("navigate", {"task__kind": "navigat"}, "task: .*'navigat'"),
        ("navigate", {"rates__control_hz": 7}, "physics_hz = 240 is not a multiple of control_hz = 7"),
        ("navigate", {"rates__mission_hz": 4}, "control_hz = 15 is not a multiple of mission_hz = 4"),
        ("mission", {"task__sites__0__panel": 3}, r"task\.sites\.0\.panel = 3: the world has 1 panel"),
        ("mission", {"world__panels__0__cells": "bbb"}, "world.panels.0.cells: .*'bbb'.*16 cells"),
        ("navigate", {"format": "scenario/2"}, r"format 'scenario/2'; write format = 'family/1' or 'scenario/1'"),
        ("navigate", {"seed": -4}, "seed: .*got -4"),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_named(
    kind: str, parts: dict[str, Any], named: str, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError, match=named) as caught:
        flown_from(changed(WRITTEN[kind], **parts), tmp_path)
    assert "mine.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("flight", "named"),
    [
        (scenario(task=goal(30.0), world=world(wall(30.0, 0.0, (2.0, 2.0)))),
         r"task\.goal_m = \[30\.0, 0\.0, 1\.5\]: inside an obstacle"),
        (scenario(task=goal(30.0), world=world(*YARD)),
         r"task\.goal_m = \[30\.0, 0\.0, 1\.5\]: no free way"),
        (mission({"x": 15.0, "y": 5.0}, {"x": 30.0, "y": 0.0, "yaw": 0.0}, things=YARD),
         r"task\.sites\.1\.position_m = \[30\.0, 0\.0, 1\.5\]"),
        (scenario(task=goal(70.0)), r"task\.goal_m = \[70\.0.*outside the world"),
        (scenario(task=course(distance=80.0)), r"task\.distance_m: .*\[85\.0.*outside the world"),
        (scenario(world=world(wall(5.0, 0.0, (2.0, 2.0)))),
         r"start\.position_m = \[5\.0, 0\.0, 1\.5\]: inside an obstacle"),
        (scenario(vehicle="trident_1k"), "'trident_1k'.*did you mean 'trident_1kg'"),
    ],
)  # fmt: skip
def test_a_flight_that_cannot_be_flown_is_named(
    flight: Scenario, named: str, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError, match=named):
        flown_from(scenarios.dump(flight), tmp_path)


@pytest.mark.parametrize("height", [-1.0, 3.5, 40.0])
def test_a_goal_underground_or_above_the_limit_is_named(height: float, tmp_path: Path) -> None:
    text = changed(WRITTEN["navigate"], task__goal_m=[30.0, 0.0, height])
    with pytest.raises(ScenarioError, match=rf"task\.goal_m = \[30\.0, 0\.0, {height}\]: .*3\.0 m"):
        flown_from(text, tmp_path)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("mass = -1.0", r"mass = -1\.0"),
        ("mass = 'heavy'", "mass = 'heavy'"),
        ("mas = 1.0", "'mas'"),
    ],
)
def test_a_broken_vehicle_file_is_named_in_scenarios_and_families(
    line: str, named: str, tmp_path: Path
) -> None:
    shipped = (Path(vehicles.__file__).parent / "vehicles" / "trident_1kg.toml").read_text()
    lines = [line if row.startswith("mass = ") else row for row in shipped.splitlines()]
    assert line in lines
    (tmp_path / "broken.toml").write_text("\n".join(lines))
    path = str(tmp_path / "broken.toml")
    with pytest.raises(ScenarioError, match=rf"broken\.toml.*{named}"):
        flown_from(changed(WRITTEN["navigate"], vehicle=path), tmp_path)
    loaded = scenarios.load("forest-navigation")
    assert isinstance(loaded, scenarios.NamedFamily)
    family = scenarios.dump(loaded.family.model_copy(update={"vehicle": path}))
    with pytest.raises(ScenarioError, match=rf"broken\.toml.*{named}"):
        flown_from(family, tmp_path)


def test_a_world_seed_is_a_whole_number_from_zero() -> None:
    for what in (scenarios.load("forest-navigation"), WRITTEN["navigate"]):
        with pytest.raises(ScenarioError, match=r"seed.*-1"):
            scenarios.resolve(what, -1)
        assert scenarios.resolve(what, 0).seed == 0


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.toml"
    with path.open("wb") as file:
        file.truncate(30_000_000)
    with pytest.raises(ScenarioError, match=r"huge\.toml: 30000000 bytes, more than 20000000"):
        scenarios.load(str(path))


def test_a_seed_of_a_written_scenario_is_its_noise_alone(tmp_path: Path) -> None:
    first, second = (scenarios.resolve(WRITTEN["navigate"], seed) for seed in (3, 4))
    assert first.model_copy(update={"seed": 4}) == second
    assert np.array_equal(first.start.position_m, (5.0, 0.0, HEIGHT))
