"""Suites name their tasks and worlds, and leave the test worlds closed."""

from pathlib import Path

import pytest

import scenarios
from scenarios.seeds import SEED_SETS, seed_set
from scenarios.suite import load_suite, suite_names


def test_seed_sets_are_disjoint_and_named() -> None:
    numbers = [seed for seeds in SEED_SETS.values() for seed in (seeds.start, seeds.stop - 1)]
    assert numbers == sorted(set(numbers))
    assert [seed_set(seed) for seed in (0, 9_999, 10_000, 14_999, 15_000, 20_000, 29_999, 30_000)] == [
        "training", "training", "choice", "choice", "acceptance", "test", "test", "none",
    ]  # fmt: skip


def test_shipped_suites_load_and_start_on_acceptance_worlds() -> None:
    for name in suite_names():
        suite = load_suite(name)
        assert {seed_set(seed) for seed in suite.seeds} == {"acceptance"}


def test_smoke_covers_the_three_tasks() -> None:
    assert set(load_suite("smoke").tasks) == {"navigation", "avoidance", "mission"}


def test_the_ladder_has_four_rungs_a_task() -> None:
    tasks = load_suite("ladder").tasks
    assert tasks == {
        f"{task}-{rung}": f"tier{rung}-{task}"
        for task in ("navigation", "avoidance", "mission")
        for rung in range(1, 5)
    }
    assert set(tasks.values()) <= set(scenarios.names())


def test_worlds_and_first_seed_can_be_chosen_on_the_command_line() -> None:
    suite = load_suite("smoke")
    assert suite.with_worlds(3, None).seeds == range(suite.first_seed, suite.first_seed + 3)
    assert suite.with_worlds(2, 0).seeds == range(2)
    assert suite.with_worlds(None, None) == suite


@pytest.mark.parametrize(("worlds", "first"), [(1, 20_000), (5_001, 15_000), (1, 25_000)])
def test_test_worlds_stay_closed(worlds: int, first: int) -> None:
    with pytest.raises(ValueError, match="test worlds"):
        load_suite("smoke").with_worlds(worlds, first)


def test_bad_suites_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean 'smoke'"):
        load_suite("smok")
    path = tmp_path / "mine.toml"
    with pytest.raises(ValueError, match=r"mine\.toml"):
        load_suite(str(path))
    path.write_text(
        'format = "suite/1"\ndescription = ""\nfirst_seed = -1\nworlds = 2\n[tasks]\na = "b"\n'
    )
    with pytest.raises(ValueError, match=r"first_seed: .*-1"):
        load_suite(str(path))
