"""The environments: two checkers, repeatability, and what ends an episode."""

import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import scenarios
from sim.actions import ACTION_LEVELS
from sim.env import TridentEnv
from sim.scenario import Scenario
from sim.types import MAX_SPEED, Outcome
from tests.builders import HOVER, breeze, goal, grainy, mission, noisy, place, scenario, wall, world

IDS = ("Navigate", "Avoid", "Mission")
QUICK = {"Navigate": {}, "Avoid": {}, "Mission": {"scenario": "forest-mission"}}
"""The checkers reset a dozen times, and every window of the real place is read and measured anew."""
ROUGH: dict[str, Any] = {"weather": breeze(), "odometry": noisy(), "camera": grainy()}


def make(kind: str, **options: Any) -> gymnasium.Env:
    return gymnasium.make(f"scenarios:Trident/{kind}-v0", **options)


def small(seed: int) -> Scenario:
    """A source of small worlds: the seed moves a wall."""
    things = world(wall(20.0, float(seed % 7) - 3.0, (1.0, 6.0)))
    return scenario(seed=seed, world=things, **ROUGH)


@pytest.fixture
def env() -> Iterator[TridentEnv]:
    made = TridentEnv(small, range(100))
    yield made
    made.close()


def flown(env: gymnasium.Env, actions: np.ndarray, **reset: Any) -> list[Any]:
    """An episode as a flat list: observations, rewards, flags and infos."""
    observation, info = env.reset(**reset)
    rows: list[Any] = [observation, info]
    for action in actions:
        observation, reward, terminated, truncated, info = env.step(action)
        rows += [observation, reward, terminated, truncated, info]
        if terminated or truncated:
            break
    return rows


def assert_same(first: list[Any], second: list[Any]) -> None:
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        if isinstance(one, dict) and "image" in one:
            for name, value in one.items():
                np.testing.assert_array_equal(value, other[name], err_msg=name)
        else:
            assert one == other


def random_actions(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, (count, 4)).astype(np.float32)


# --- The checkers of others.


@pytest.mark.parametrize("level", ACTION_LEVELS)
@pytest.mark.parametrize("kind", IDS)
def test_gymnasium_has_no_complaint(kind: str, level: str) -> None:
    env = make(kind, action=level, **QUICK[kind]).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)
    env.close()


@pytest.mark.parametrize("level", ACTION_LEVELS)
@pytest.mark.parametrize("kind", IDS)
def test_stable_baselines_has_no_complaint(kind: str, level: str) -> None:
    from stable_baselines3.common.env_checker import check_env as check_for_baselines

    env = make(kind, action=level, **QUICK[kind])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_for_baselines(env, warn=True)
    env.close()


@pytest.mark.parametrize("level", ACTION_LEVELS)
def test_nobody_complains_of_flights_without_a_camera(level: str) -> None:
    from stable_baselines3.common.env_checker import check_env as check_for_baselines

    env = make("Navigate", action=level, state_only=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_for_baselines(env, warn=True)
        check_env(env.unwrapped, skip_render_check=True)
    env.close()


# --- Repeatability.


@pytest.mark.parametrize("kind", IDS)
def test_two_copies_fly_the_same(kind: str) -> None:
    first, second = make(kind), make(kind)
    actions = random_actions(20)
    assert_same(flown(first, actions, seed=3), flown(second, actions, seed=3))
    first.close()
    second.close()


def test_seed_zero_is_a_seed(env: TridentEnv) -> None:
    actions = random_actions(5)
    first = flown(env, actions, seed=0)
    assert_same(flown(env, actions, seed=0), first)
    other = TridentEnv(small, range(100))
    assert_same(flown(other, actions, seed=0), first)
    other.close()


def test_a_seeded_reset_forgets_what_was_flown(env: TridentEnv) -> None:
    actions = random_actions(10)
    fresh = flown(env, actions, seed=5)
    flown(env, random_actions(25, seed=1), seed=8)
    flown(env, random_actions(3, seed=2))
    assert_same(flown(env, actions, seed=5), fresh)


def test_unseeded_resets_go_on_to_other_worlds(env: TridentEnv) -> None:
    drawn = [env.reset(seed=0)[1]["world_seed"]] + [env.reset()[1]["world_seed"] for _ in range(4)]
    again = [env.reset(seed=0)[1]["world_seed"]] + [env.reset()[1]["world_seed"] for _ in range(4)]
    assert drawn == again
    assert len(set(drawn)) > 1
    assert all(0 <= seed < 100 for seed in drawn)


def test_flights_in_worlds_that_stay_built_are_those_in_new_ones(env: TridentEnv) -> None:
    few = TridentEnv(small, range(3))
    actions = random_actions(30, seed=4)
    built = set()
    for seed in (0, 2, 0, 1, 2, 0):
        options = {"world_seed": seed}
        assert_same(flown(few, actions, options=options), flown(env, actions, options=options))
        built.add(id(few.flight))
    assert len(built) == 3
    few.close()


def test_worlds_are_the_first_of_the_split() -> None:
    env = make("Navigate", split="choice", worlds=2)
    assert {env.reset()[1]["world_seed"] for _ in range(8)} == {10_000, 10_001}
    env.close()
    with pytest.raises(ValueError, match="worlds = 0: training has 1 to 10000"):
        make("Navigate", worlds=0)


def test_the_world_seed_picks_the_world() -> None:
    env = make("Navigate")
    _, info = env.reset(options={"world_seed": 15_007})
    expected = scenarios.resolve(scenarios.load("forest-navigation"), 15_007)
    assert info == {"world_seed": 15_007, "scenario": "forest-navigation"}
    unwrapped = env.unwrapped
    assert isinstance(unwrapped, TridentEnv)
    assert unwrapped.flight is not None
    assert unwrapped.flight.scenario == expected
    env.close()


# --- Observations and infos.


@pytest.mark.parametrize("kind", IDS)
def test_every_observation_lies_in_its_space_and_infos_are_json(kind: str) -> None:
    env = make(kind)
    observation, info = env.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(40):
        assert env.observation_space.contains(observation)
        json.dumps(info, allow_nan=False)
        action = rng.uniform(-1.0, 1.0, 4).astype(np.float32)
        observation, reward, terminated, truncated, info = env.step(action)
        assert isinstance(reward, float)
        assert np.isfinite(reward)
        if terminated or truncated:
            assert env.observation_space.contains(observation)
            observation, info = env.reset()
    env.close()


def test_observations_stay_in_their_space_however_wild_the_motion(env: TridentEnv) -> None:
    env.reset(seed=0)
    assert env.flight is not None
    place(env.flight.simulator, (10.0, 0.0, 2.0), velocity=(55.0, 0.0, 0.0), roll=3.0)
    observation = env.step(np.ones(4, dtype=np.float32))[0]
    assert env.observation_space.contains(observation)
    assert observation["ego"][0] == 20.0


def test_observations_are_copies(env: TridentEnv) -> None:
    first, _ = env.reset(seed=0)
    kept = {name: value.copy() for name, value in first.items()}
    env.step(np.full(4, 0.3, dtype=np.float32))
    for name, value in first.items():
        np.testing.assert_array_equal(value, kept[name])


# --- Ends of episodes.


def test_a_crash_ends_the_episode_and_a_reset_begins_a_clean_one(env: TridentEnv) -> None:
    actions = random_actions(10)
    options = {"world_seed": 3}
    fresh = flown(env, actions, options=options)
    env.reset(options=options)
    assert env.flight is not None
    place(env.flight.simulator, (18.5, 0.0, 1.5), velocity=(4.0, 0.0, 0.0))
    ahead = np.array([4.0 / MAX_SPEED, 0.0, 0.0, 0.0], dtype=np.float32)
    rows = flown_on(env, ahead)
    assert rows[-1][1:3] == (True, False)
    assert rows[-1][3]["outcome"] == "collision"
    assert rows[-1][3]["is_success"] is False
    with pytest.raises(RuntimeError, match="collision"):
        env.step(ahead)
    assert_same(flown(env, actions, options=options), fresh)


def flown_on(env: TridentEnv, action: np.ndarray) -> list[tuple[float, bool, bool, dict[str, Any]]]:
    """The same action until the episode ends."""
    rows: list[tuple[float, bool, bool, dict[str, Any]]] = []
    while not rows or not (rows[-1][1] or rows[-1][2]):
        rows.append(env.step(action)[1:])
    return rows


def endings() -> dict[Outcome, tuple[Scenario, tuple[float, float, float]]]:
    """Where to put the hull so that the next step ends the flight."""
    site = mission({"x": 15.0, "y": 5.0})
    short = mission({"x": 15.0, "y": 5.0}, time_limit_s=0.05)
    return {
        Outcome.SUCCESS: (scenario(), (30.0, 0.0, 1.5)),
        Outcome.TIMEOUT: (short, (5.0, 0.0, 1.5)),
        Outcome.OUT_OF_BOUNDS: (scenario(task=goal()), (60.0, 0.0, 1.5)),
        Outcome.ALTITUDE_BREACH: (site, (10.0, 0.0, 4.0)),
    }


@pytest.mark.parametrize("outcome", endings())
def test_only_a_timeout_truncates(outcome: Outcome) -> None:
    flight, where = endings()[outcome]
    env = TridentEnv(lambda seed: flight, range(1))
    env.reset(seed=0)
    assert env.flight is not None
    place(env.flight.simulator, where)
    _, reward, terminated, truncated, info = env.step(HOVER)
    assert info["outcome"] == str(outcome)
    assert truncated == (outcome is Outcome.TIMEOUT)
    assert terminated != truncated
    assert info["is_success"] == (outcome is Outcome.SUCCESS)
    assert reward == pytest.approx(sum(v for k, v in info.items() if k.startswith("reward_")))
    env.close()


# --- Bad input.


@pytest.mark.parametrize(
    "action",
    [
        np.zeros(3),
        np.zeros(3, np.float32),
        np.zeros((1, 4)),
        np.array([0, 0, np.nan, 0], np.float32),
        np.array([np.inf, 0, 0, 0]),
        np.array(["0"] * 4),
        np.zeros(4, complex),
        np.zeros(4, bool),
        [1e300] * 4,
        [[0.0, 0.0], [0.0], 0.0],
        [10**30] * 4,
        list(range(100_000)),
        "abcd",
        {"a": 1},
        None,
        0.5,
    ],
    ids=str,
)
def test_an_action_that_is_none_is_refused(env: TridentEnv, action: Any) -> None:
    env.reset(seed=0)
    with pytest.raises(
        ValueError, match=r"action .*: must be 4 finite numbers in \[-1, 1\]"
    ) as raised:
        env.step(action)
    assert len(str(raised.value).splitlines()) == 1
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("given", [list, tuple, np.float64, np.float32, ">f4"])
def test_four_numbers_are_an_action_however_they_are_held(env: TridentEnv, given: Any) -> None:
    """One beyond the range is clipped, and what was handed over stays as it was."""
    plain = np.array([0.25, -0.5, 0.0, 3.0], dtype=np.float32)
    held = given(plain.tolist()) if given in (list, tuple) else plain.astype(given)
    env.reset(options={"world_seed": 1})
    first = env.step(np.clip(plain, -1.0, 1.0))[0]
    env.reset(options={"world_seed": 1})
    np.testing.assert_array_equal(env.step(held)[0]["ego"], first["ego"])
    assert list(held) == plain.tolist()


@pytest.mark.parametrize(
    ("kind", "argument", "value", "allowed"),
    [
        ("Navigate", "state_only", "yes", "True or False"),
        ("Navigate", "state_only", 1, "True or False"),
        ("Navigate", "worlds", True, "a whole number, or None"),
        ("Navigate", "worlds", 1.5, "a whole number, or None"),
        ("Navigate", "worlds", "3", "a whole number, or None"),
        ("Navigate", "split", None, "one of training, choice, acceptance, test"),
        ("Navigate", "split", 5, "one of training"),
        ("Navigate", "split", ["training"], "one of training"),
        ("Navigate", "scenario", None, "a library name or the path of a TOML file"),
        ("Navigate", "scenario", 3, "a library name or the path of a TOML file"),
        ("Navigate", "action", ["rotor"], "one of velocity, body_rate, rotor"),
        ("Navigate", "dump_to", 3, "a folder, or None"),
        ("Plan", "pilot", None, "classical, teacher, a shipped network"),
        ("Plan", "worlds", True, "a whole number, or None"),
        ("Plan", "dump_to", 3, "a folder, or None"),
    ],
)
def test_arguments_of_another_kind_are_refused(
    kind: str, argument: str, value: Any, allowed: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{argument} = {value!r}: must be {allowed}")):
        make(kind, **{argument: value})


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"worldseed": 3}, "worldseed"),
        ({"world_seed": 3, "split": "test"}, "split"),
        ({"world_seed": 1.5}, r"world_seed = 1\.5"),
        ({"world_seed": "seven"}, "world_seed = 'seven'"),
        ({"world_seed": -1}, "world_seed = -1"),
        ({3: 1, "a": 2}, r"options \[3, 'a'\]"),
        (5, "options = 5: must be None or a dictionary"),
        (0, "options = 0: must be None or a dictionary"),
    ],
)
def test_options_that_mean_nothing_are_refused(env: TridentEnv, options: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        env.reset(options=options)


def test_stepping_before_a_reset_is_refused(env: TridentEnv) -> None:
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(HOVER)


def test_unknown_render_modes_are_refused_and_the_known_one_renders() -> None:
    with pytest.raises(ValueError, match="'human'"):
        TridentEnv(small, range(1), render_mode="human")
    env = TridentEnv(small, range(1), render_mode="rgb_array")
    observation, _ = env.reset(seed=0)
    picture = env.render()
    assert picture is not None
    np.testing.assert_array_equal(picture.transpose(2, 0, 1), observation["image"][:3])
    env.close()


def test_a_world_that_cannot_be_drawn_leaves_the_flight_as_it_was() -> None:
    def source(seed: int) -> Scenario:
        if seed == 13:
            raise ValueError("no such world")
        return small(seed)

    env = TridentEnv(source, range(10))
    env.reset(seed=0)
    with pytest.raises(ValueError, match="no such world"):
        env.reset(options={"world_seed": 13})
    assert env.step(HOVER)[2:4] == (False, False)
    env.close()
