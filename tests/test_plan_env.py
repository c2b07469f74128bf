"""The planning environment: both checkers, masks, repeatability, and a mission flown by choices."""

import json
import warnings
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import agents
from sim.plan_env import PlanEnv
from sim.scenario import Scenario
from sim.types import CHOICES, HOME, INSPECT, LAND, MAX_TOKENS, SITE_FIELDS
from tests.builders import FAULTY, HEALTHY, mission, scenario

SITES = (
    {"x": 15.0, "y": 5.0, "cells": FAULTY, "prize": 3.0},
    {"x": 15.0, "y": -5.0, "cells": HEALTHY},
)


def two_panels(seed: int) -> Scenario:
    return mission(*SITES, seed=seed)


@pytest.fixture
def env() -> Iterator[PlanEnv]:
    made = PlanEnv(two_panels, range(100), agents.load_courier("classical"))
    yield made
    made.close()


def choose(observation: dict[str, np.ndarray]) -> int:
    """The nearest site that is open, a close-up where a fault was read, then home."""
    tokens = observation["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS))
    allowed = np.flatnonzero(observation["action_mask"])
    faulty = tokens[:, SITE_FIELDS.index("belief_faulty")].max()
    if INSPECT in allowed and faulty > 0.8:
        return INSPECT
    sites = [int(token) for token in allowed if HOME < token < MAX_TOKENS]
    if sites:
        return min(sites, key=lambda site: float(np.linalg.norm(tokens[site, :3])))
    return LAND if LAND in allowed else HOME


def flown(env: gymnasium.Env, **reset: Any) -> list[Any]:
    """A mission from start to end, as a flat list."""
    observation, info = env.reset(**reset)
    rows: list[Any] = [info]
    while True:
        observation, reward, terminated, truncated, info = env.step(choose(observation))
        assert env.observation_space.contains(observation)
        json.dumps(info, allow_nan=False)
        rows += [observation["sites"].tolist(), reward, terminated, truncated, info]
        if terminated or truncated:
            return rows


@pytest.mark.parametrize("pilot", ["classical", "teacher"])
def test_gymnasium_has_no_complaint(pilot: str) -> None:
    env = gymnasium.make("scenarios:Trident/Plan-v0", scenario="forest-mission", pilot=pilot)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped, skip_render_check=True)
    env.close()


def test_stable_baselines_has_no_complaint() -> None:
    from stable_baselines3.common.env_checker import check_env as check_for_baselines

    env = gymnasium.make("scenarios:Trident/Plan-v0", scenario="forest-mission")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_for_baselines(env, warn=True)
    env.close()


def test_choices_are_the_pilots() -> None:
    assert CHOICES == LAND + 1


def test_a_simple_plan_completes_the_mission_for_its_prize(env: PlanEnv) -> None:
    rows = flown(env, options={"world_seed": 3})
    infos = [rows[0], *rows[5::5]]
    assert rows[-1]["outcome"] == "success"
    prizes = sum(info.get("reward_prize", 0.0) for info in infos)
    assert prizes == pytest.approx(3.0 + 9.0 + 2.0), "both sites, and the fault three times over"
    rewards = sum(rows[2::5])
    assert rewards == pytest.approx(prizes + 10.0)


def test_decisions_come_once_a_second_and_on_events(env: PlanEnv) -> None:
    infos = flown(env, options={"world_seed": 0})[5::5]
    times = np.array([0.0] + [info["time_s"] for info in infos])
    pauses = np.diff(times)
    assert pauses.max() <= 1.0 + 1e-9
    assert np.isclose(pauses, 1.0).mean() > 0.5
    assert pauses.min() < 0.9, "an arrival does not wait for the full second"


def test_two_copies_fly_the_same(env: PlanEnv) -> None:
    other = PlanEnv(two_panels, range(100), agents.load_courier("classical"))
    first, second = flown(env, seed=5), flown(other, seed=5)
    other.close()
    assert first == second


def test_a_forbidden_choice_is_not_obeyed_and_says_so(env: PlanEnv) -> None:
    observation, info = env.reset(seed=0)
    assert info["action_mask"] == observation["action_mask"].tolist()
    assert env.action_masks().tolist() == observation["action_mask"].astype(bool).tolist()
    assert not observation["action_mask"][INSPECT]
    info = env.step(INSPECT)[-1]
    assert info["obeyed"] is False
    assert info.get("outcome") is None
    assert env.step(1)[-1]["obeyed"] is True
    # A site that is not there is forbidden too, and the way to the first goes on.
    before = np.linalg.norm(env.step(1)[0]["sites"][12:15])
    observation, *_, info = env.step(9)
    assert info["obeyed"] is False
    assert np.linalg.norm(observation["sites"][12:15]) < before


def test_the_pilots_reading_reaches_the_planner(env: PlanEnv) -> None:
    observation, _ = env.reset(seed=0)
    column = SITE_FIELDS.index("belief_faulty")
    assert observation["sites"].reshape(MAX_TOKENS, -1)[1, column] == 0.5
    for _ in range(12):
        observation, *_ = env.step(1)
    assert observation["sites"].reshape(MAX_TOKENS, -1)[1, column] > 0.8


@pytest.mark.parametrize("action", [14, -1, 1.5, "home", True, np.zeros(4)])
def test_what_is_no_choice_is_refused(env: PlanEnv, action: Any) -> None:
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"whole number from 0 to 13"):
        env.step(action)


def test_flights_without_missions_and_pilots_without_plans_are_refused() -> None:
    env = PlanEnv(lambda seed: scenario(seed=seed), range(1), agents.load_courier("classical"))
    with pytest.raises(ValueError, match=r"'navigate'.*plans need a mission"):
        env.reset(seed=0)
    with pytest.raises(ValueError, match=r"'random' has no missions"):
        gymnasium.make("scenarios:Trident/Plan-v0", pilot="random")
    with pytest.raises(ValueError, match=r"unknown pilot 'teecher'.*did you mean 'teacher'"):
        gymnasium.make("scenarios:Trident/Plan-v0", pilot="teecher")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
