"""Gymnasium's vector environments: both modes fly the same, and the last observation of a flight is not lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv

ID = "scenarios:Trident/Navigate-v0"
SEEDS = [3, 4]
WORLDS = 16
"""As docs/environments.md has it: all of them stay built."""
CLIMB = np.array([0.0, 0.0, 1.0, 0.0], dtype=np.float32)
"""Ends every flight soon, at the altitude limit."""


@contextmanager
def vector(mode: str) -> Iterator[VectorEnv]:
    envs = gymnasium.make_vec(
        ID,
        num_envs=2,
        vectorization_mode=mode,
        vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
        worlds=WORLDS,
    )
    try:
        yield envs
    finally:
        envs.close()


def fly(mode: str, steps: int) -> list[tuple]:
    """Reset, then steps in which the first flight climbs out and the second flies along."""
    actions = np.stack([CLIMB, np.array([0.2, 0.1, 0.0, 0.3], dtype=np.float32)])
    with vector(mode) as envs:
        flown: list[tuple] = [envs.reset(seed=SEEDS)]  # pyright: ignore[reportArgumentType] - lists work.
        flown += [envs.step(actions) for _ in range(steps)]
        # Asynchronous ones hand out the memory their workers write to, but for `copy`, Gymnasium's default.
        return flown


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def assert_equal(one: Any, other: Any, name: str = "") -> None:
    """Observations, rewards, flags and infos, in dictionaries and arrays of objects as deep as they go."""
    assert type(one) is type(other), name
    if isinstance(one, dict):
        assert one.keys() == other.keys(), name
        for key in one:
            assert_equal(one[key], other[key], f"{name}.{key}")
    elif isinstance(one, np.ndarray) and one.dtype == object:
        assert one.shape == other.shape, name
        for left, right in zip(one, other, strict=True):
            assert_equal(left, right, name)
    else:
        np.testing.assert_array_equal(one, other, err_msg=name)


@pytest.fixture(scope="module")
def synchronous() -> list[tuple]:
    return fly("sync", 40)


def test_both_modes_give_the_same_flights(synchronous: list[tuple]) -> None:
    for one, other in zip(synchronous, fly("async", 40), strict=True):
        assert len(one) == len(other)  # 2 of a reset, 5 of a step
        for left, right in zip(one, other, strict=True):
            assert_equal(left, right)


def test_the_final_observation_is_the_true_last_one(synchronous: list[tuple]) -> None:
    """The same flight alone, without any reset, ends on `final_obs`; the observation beside it starts the next flight."""
    ended = next(i for i, step in enumerate(synchronous[1:]) if step[2][0])
    observation, _, terminated, truncated, info = synchronous[1 + ended]
    assert (terminated.tolist(), truncated.tolist()) == ([True, False], [False, False])
    assert info["_final_obs"].tolist() == [True, False]
    final = info["final_obs"][0]
    env = gymnasium.make(ID, worlds=WORLDS)
    try:
        env.reset(seed=SEEDS[0])
        for _ in range(ended):
            assert not env.step(CLIMB)[2]
        last, _, over, _, alone = env.step(CLIMB)
        assert over
        assert_same(final, last)
        assert info["final_info"]["outcome"][0] == alone["outcome"] == "altitude_breach"
        assert_same({name: entry[0] for name, entry in observation.items()}, env.reset()[0])
    finally:
        env.close()
    assert final["ego"][9] > observation["ego"][0][9]


def test_images_of_one_worker_are_not_the_others(synchronous: list[tuple]) -> None:
    images = synchronous[-1][0]["image"]
    assert images.shape == (2, 4, 48, 64)
    assert (images[0] != images[1]).any()
