"""Scenarios that read well and cannot be flown as they stand: each is refused with the field, the value and the bound."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from scenarios.catalog import ScenarioError, load, parse, resolve
from scenarios.family import Family
from sim.scenario import Scenario

ROOT = Path(__file__).parent.parent.parent
MISSION = (ROOT / "examples" / "two_panels.toml").read_text(encoding="utf-8")
FAMILY = (ROOT / "scenarios" / "library" / "forest-navigation.toml").read_text(encoding="utf-8")
FAULTY = (ROOT / "examples" / "failing_sensors.toml").read_text(encoding="utf-8")


def why(text: str, right: str, wrong: str) -> str:
    """The error of a file in which one line is changed."""
    assert right in text
    with pytest.raises(ScenarioError) as raised:
        flight(text.replace(right, wrong, 1))
    return str(raised.value)


def flight(text: str) -> Scenario:
    """The flight of a file, checked for whether it can be flown."""
    loaded = parse(text, "a.toml")
    assert isinstance(loaded, Scenario)
    return resolve(loaded, None)


def test_a_course_asks_for_some_speed() -> None:
    text = (ROOT / "scenarios" / "library" / "forest-avoidance.toml").read_text(encoding="utf-8")
    assert "min_speed_fraction = " in text
    still = re.sub(r"min_speed_fraction = .*", "min_speed_fraction = 0.0", text)
    with pytest.raises(ScenarioError, match="min_speed_fraction: must be greater than 0"):
        parse(still, "a.toml")


def test_the_files_themselves_are_sound() -> None:
    for text in (MISSION, FAULTY):
        assert flight(text).seed >= 0
    assert isinstance(parse(FAMILY, "a.toml"), Family)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("altitude_max_m = 3.0", "altitude_max_m = 1000.0", "limits.altitude_max_m = 1000.0: must be at most 5.0"),
        ("low_m = [-8.0, -15.0, 0.0]", "low_m = [-8.0, -15.0, 1.0]", "world.low_m = [-8.0, -15.0, 1.0]: z must be 0 or less"),
        ("home_m = [0.0, 0.0, 0.0]", "home_m = [0.0, 0.0, 2.0]", "task.home_m = [0.0, 0.0, 2.0]: z must be 0"),
        ("home_m = [0.0, 0.0, 0.0]", "home_m = [9.0, 0.0, 0.0]", "task.home_m = [9.0, 0.0, 0.0]: inside an obstacle"),
        ("home_m = [0.0, 0.0, 0.0]", "home_m = [99.0, 0.0, 0.0]", "task.home_m = [99.0, 0.0, 0.0]: outside the world"),
        ("crop_m = [0.0, 0.0, 0.0, 0.0]", "crop_m = [0.0, 0.0, 9.0, 9.0]", "world: crop_m = [0.0, 0.0, 9.0, 9.0]: there is no place"),
        ("radius_m = 0.25", "radius_m = true", "world.cylinders.0.radius_m: must be a valid number (got True)"),
        ("radius_m = 0.25", 'radius_m = "0.25"', "world.cylinders.0.radius_m: must be a valid number (got '0.25')"),
        ("mandatory = true", "mandatory = 1", "task.sites.0.mandatory: must be a valid boolean (got 1)"),
        ("seed = 1 ", "seed = true ", "seed: must be a valid integer (got True)"),
        ("prize = ", "prise = 1\nprize = ", "task.sites.0.prise: unknown key; did you mean 'prize'?"),
        ("fov_deg = 90.0", "fov_deg = nan", "camera.fov_deg: must be a finite number (got nan)"),
        ("physics_hz = 240", "physics_hz = 15", "rates: physics_hz = 15: must be at least 100"),
        ("control_hz = 15", "control_hz = 1", "rates: control_hz = 1: must be at least 5"),
    ],
)  # fmt: skip
def test_a_scenario(right: str, wrong: str, message: str) -> None:
    assert message in why(MISSION, right, wrong)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("wind_world_m_s", "[1e6, 0.0, 0.0]", "weather.wind_world_m_s.0: must be less than or equal to 60"),
        ("wind_world_m_s", "[0.0, 0.0, -61.0]", "weather.wind_world_m_s.2: must be greater than or equal to -60"),
        ("turbulence_m_s", "1e9", "weather.turbulence_m_s: must be less than or equal to 20"),
    ],
)  # fmt: skip
def test_weather_nothing_flies_in(field: str, value: str, message: str) -> None:
    line = next(line for line in MISSION.splitlines() if line.startswith(field))
    assert message in why(MISSION, line, f"{field} = {value}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("wind_m_s = [0.0, 1e6]", "weather.wind_m_s.1: must be less than or equal to 60"),
        ("turbulence_m_s = 1e9", "weather.turbulence_m_s: must be less than or equal to 20"),
    ],
)
def test_a_family_of_such_weather(line: str, message: str) -> None:
    field = line.split(" = ")[0]
    right = next(each for each in FAMILY.splitlines() if each.startswith(field))
    assert message in why(FAMILY, right, line)


def test_whole_numbers_are_fine_where_a_number_is_asked_for() -> None:
    radius = (
        flight(MISSION.replace("radius_m = 0.25", "radius_m = 1", 1)).world.cylinders[0].radius_m
    )
    assert isinstance(radius, float)
    assert math.isclose(radius, 1.0)


@pytest.mark.parametrize(
    ("component", "guess"),
    [
        ("imu", "'gyro' or 'accel'"),
        ("rangefinder", "'distance_sensor'"),
        ("rangefnder", "'distance_sensor'"),
        ("barometer", "'baro'"),
        ("gnss", "'gps'"),
        ("visual_odometry", "'vio'"),
        ("moter", "'motor'"),
    ],
)
def test_a_component_named_after_its_sensor_is_guessed(component: str, guess: str) -> None:
    message = why(FAULTY, 'component = "gps"', f'component = "{component}"')
    assert f"faults.0.component: unknown component {component!r}" in message
    assert f"did you mean {guess}?" in message


def test_a_camera_that_is_later_than_it_remembers() -> None:
    right = 'component = "camera"\nkind = "stuck"'
    message = why(FAULTY, right, 'component = "camera"\nkind = "delayed"\nvalue = 1e9')
    assert "value = 1000000000.0 with camera delayed: at most 10 s" in message


def test_a_seed_may_be_numpys() -> None:
    drawn = resolve(load("forest-navigation"), np.int64(3))  # pyright: ignore[reportArgumentType] - counts as one.
    assert drawn == resolve(load("forest-navigation"), 3)
