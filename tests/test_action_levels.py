"""Action levels: what four numbers command, that logs of each fly again, and what is refused."""

import inspect
import math
import re
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from sim.actions import ACTION_LEVELS
from sim.env import TridentEnv
from sim.flight import Flight
from sim.observation import observation_space
from sim.physics.vehicle import GRAVITY, load_vehicle, vehicle_names
from sim.record.reader import read_flight
from sim.record.refly import verify
from sim.record.writer import FlightLog
from sim.scenario import Scenario
from sim.simulator import Simulator
from sim.types import (
    EGO_FIELDS,
    GOAL_FIELDS,
    MAX_TOKENS,
    POSITION,
    RATES,
    SITE_FIELDS,
    VELOCITY,
    Decision,
)
from tests.builders import breeze, grainy, noisy, scenario, trunk, world

LEVELS = tuple(ACTION_LEVELS)
DT = 1.0 / 240.0


def flown(level: str, actions: np.ndarray, **changes: Any) -> tuple[Simulator, np.ndarray]:
    """A simulator after some actions, closed, and the bodies after every tick."""
    simulator = Simulator(scenario(**changes), action=level, camera=False)
    try:
        return simulator, np.concatenate([simulator.step(action) for action in actions])
    finally:
        simulator.close()


def held(*action: float, steps: int = 15) -> np.ndarray:
    return np.tile(np.array(action, dtype=np.float32), (steps, 1))


# --- What actions mean.


@pytest.mark.parametrize("vehicle", vehicle_names())
@pytest.mark.parametrize("level", LEVELS)
def test_zero_hovers_at_every_level(level: str, vehicle: str) -> None:
    _, bodies = flown(level, held(0, 0, 0, 0, steps=30), vehicle=vehicle)
    assert np.abs(bodies[-1, VELOCITY]).max() < 1e-3
    assert bodies[-1, POSITION] == pytest.approx([5.0, 0.0, 1.5], abs=1e-3)


@pytest.mark.parametrize(
    ("action", "weights"), [(-1.0, 0.0), (-0.25, 0.75), (0.0, 1.0), (0.5, None), (1.0, None)]
)
def test_thrust_runs_from_none_over_the_weight_to_all_there_is(
    action: float, weights: float | None
) -> None:
    vehicle = load_vehicle("trident_1kg")
    simulator, _ = flown("body_rate", held(action, 0, 0, 0, steps=1))
    if weights is None:
        weights = 1.0 + action * (vehicle.thrust_to_weight - 1.0)
    expected = weights * vehicle.mass * GRAVITY
    assert simulator.plant["collective"][0] == pytest.approx(expected)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_body_rates_are_what_was_asked_about_each_axis(axis: int) -> None:
    """A fifth of the largest rate, before the tilt it brings counts."""
    action = np.zeros((8, 4), dtype=np.float32)
    action[:, 1 + axis] = 0.2
    simulator, bodies = flown("body_rate", action)
    expected = np.zeros(3)
    expected[axis] = 0.2 * simulator.vehicle.rate_max[axis]
    assert simulator.plant["rate_setpoint"][0] == pytest.approx(expected)
    if axis == 2:
        assert bodies[-1, RATES] == pytest.approx(expected, abs=0.05)
    else:
        assert simulator.estimate.rates_body == pytest.approx(expected, abs=0.1)


def test_rotor_speeds_follow_their_commands_with_the_rotors_lag() -> None:
    vehicle = load_vehicle("trident_1kg")
    hover = vehicle.hover_rotor_speed
    action = np.array([-1.0, 0.5, 0.0, 1.0], dtype=np.float32)
    simulator, bodies = flown("rotor", action[None])
    assert len(bodies) == 16
    low, high = vehicle.rotor_speed_min, vehicle.rotor_speed_max
    command = np.array([low, hover + 0.5 * (high - hover), hover, high])
    assert simulator.plant["rotor_command"][0] == pytest.approx(command)
    keep = math.exp(-16 * DT / vehicle.rotor_lag)
    assert simulator.plant["rotor_speed"][0] == pytest.approx(command + keep * (hover - command))


def test_a_mirrored_body_rate_command_gives_the_mirrored_flight() -> None:
    rng = np.random.default_rng(2)
    actions = rng.uniform(-0.1, 0.1, (30, 4)).astype(np.float32)
    swapped = actions * np.array([1, -1, 1, -1], dtype=np.float32)
    left, right = (flown("body_rate", commands)[1] for commands in (actions, swapped))
    mirror = np.array([1.0, -1.0, 1.0])
    assert right[:, VELOCITY] == pytest.approx(mirror * left[:, VELOCITY], abs=1e-6)
    assert right[:, RATES] == pytest.approx(-mirror * left[:, RATES], abs=1e-5)


def test_velocity_is_the_level_where_none_is_named() -> None:
    actions = np.random.default_rng(0).uniform(-0.3, 0.3, (10, 4)).astype(np.float32)
    simulator = Simulator(scenario())
    bodies = np.concatenate([simulator.step(action) for action in actions])
    simulator.close()
    assert np.array_equal(bodies, flown("velocity", actions)[1])


@pytest.mark.parametrize("level", LEVELS)
def test_a_restored_flight_continues_bit_for_bit_at_every_level(level: str) -> None:
    actions = np.random.default_rng(1).uniform(-0.2, 0.2, (30, 4)).astype(np.float32)
    simulator = Simulator(scenario(weather=breeze(), odometry=noisy()), action=level)
    for action in actions[:10]:
        simulator.step(action)
    snapshot = simulator.save()
    first = [simulator.step(action) for action in actions[10:]]
    simulator.restore(snapshot)
    again = [simulator.step(action) for action in actions[10:]]
    simulator.close()
    assert all(map(np.array_equal, first, again))


# --- Logs.


@pytest.mark.parametrize("level", LEVELS)
def test_a_log_says_its_level_and_flies_again_bit_for_bit(level: str, tmp_path: Path) -> None:
    rough = scenario(
        world=world(trunk(12.0, 1.0)), weather=breeze(), odometry=noisy(), camera=grainy()
    )
    actions = np.random.default_rng(3).uniform(-0.02, 0.02, (20, 4)).astype(np.float32)
    path = tmp_path / "flight.mcap"
    flight = Flight(rough, action=level)
    with FlightLog(path, rough, {"action": level}) as log:
        for action in actions:
            time, seen = flight.simulator.time, flight.observation()
            step = flight.advance(action)
            log.step(time, action, step.ticks, seen, Decision(action=action), step.events)
        log.close(flight.result())
    flight.close()
    assert read_flight(path).action_level == level
    made = {
        name: verify(path, lambda log, name=name: Simulator(log.scenario, action=name))
        for name in LEVELS
    }
    assert made[level].equal
    assert [name for name in LEVELS if made[name].equal] == [level], "no other level fits"


# --- Environments.


def small(seed: int) -> Scenario:
    return scenario(seed=seed)


@pytest.mark.parametrize(
    "make",
    [
        lambda: gymnasium.make("scenarios:Trident/Navigate-v0", action="body_rates"),
        lambda: TridentEnv(small, range(1), action="body_rates"),
        lambda: Simulator(scenario(), action="body_rates"),
    ],
)
def test_an_unknown_level_names_the_choices(make: Any) -> None:
    message = (
        r"unknown action 'body_rates': choose velocity, body_rate, rotor; did you mean 'body_rate'"
    )
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("level", LEVELS)
def test_a_bad_action_names_what_its_numbers_are(level: str) -> None:
    env = TridentEnv(small, range(1), action=level, state_only=True)
    env.reset(seed=0)
    for bad in (np.zeros(3), np.full(4, np.nan)):
        with pytest.raises(
            ValueError, match=rf"4 finite numbers.*{ACTION_LEVELS[level].fields[3]}"
        ):
            env.step(bad)
    beyond = env.step(np.full(4, 3.0, dtype=np.float32))[0]["ego"][12:]
    assert beyond == pytest.approx(np.ones(4)), "beyond the range it is clipped"
    env.close()


def test_state_only_flies_the_same_and_sees_nothing() -> None:
    envs = [TridentEnv(small, range(9), state_only=blind) for blind in (False, True)]
    rows = []
    for env in envs:
        env.reset(seed=4)
        rows.append([env.step(0.1 * np.ones(4, dtype=np.float32))[0] for _ in range(10)][-1])
        env.close()
    assert set(rows[0]) - set(rows[1]) == {"image", "history"}
    for name in rows[1]:
        assert np.array_equal(rows[0][name], rows[1][name])
    with pytest.raises(ValueError, match=r"state_only"):
        TridentEnv(small, range(1), render_mode="rgb_array", state_only=True)


# --- The documentation, index by index.


def documented(group: str) -> list[tuple[str, str, str]]:
    """Name, unit and range of every row `group[i]` of the class's docstring, in order."""
    text = inspect.getdoc(TridentEnv) or ""
    rows = re.findall(rf"^ +{group}\[(\d+)\] +(\S+) +(\S+(?: m)?) {{2,}}(.+)$", text, re.MULTILINE)
    assert [int(row[0]) for row in rows] == list(range(len(rows)))
    return [row[1:] for row in rows]


@pytest.mark.parametrize(
    ("group", "fields"), [("ego", EGO_FIELDS), ("goal", GOAL_FIELDS), ("sites", SITE_FIELDS)]
)
def test_observations_are_documented_as_they_are(group: str, fields: tuple[str, ...]) -> None:
    rows = documented(group)
    assert tuple(row[0] for row in rows) == fields
    space = observation_space()[group]
    assert isinstance(space, gymnasium.spaces.Box)
    count = len(fields)
    assert space.shape == (count * (MAX_TOKENS if group == "sites" else 1),)
    for index, (_, unit, interval) in enumerate(rows):
        low, high = map(float, interval.split(" to "))
        assert (low, high) == (space.low[index], space.high[index])
        assert unit


@pytest.mark.parametrize("level", LEVELS)
def test_actions_are_documented_as_they_are(level: str) -> None:
    rows = documented(level)
    known = ACTION_LEVELS[level]
    assert tuple(row[0] for row in rows) == known.fields
    assert tuple(row[1] for row in rows) == known.units
    assert tuple(row[2].split(";")[0] for row in rows) == known.scales
