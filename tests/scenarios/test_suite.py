"""Suites name their tasks and worlds, and leave the test worlds closed."""

from pathlib import Path

import pytest

import scenarios
from agents.way_names import WAYS
from scenarios.plan import plan
from scenarios.seeds import SEED_SETS, seed_set
from scenarios.suite import load_suite, parse_seeds, suite_names


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
    with pytest.raises(ValueError, match=r"test worlds, .*compare --release"):
        load_suite("smoke").with_worlds(worlds, first)


def test_a_release_flies_as_many_test_worlds_and_no_others() -> None:
    closed, plain = SEED_SETS["test"], load_suite("smoke")
    named = plain.with_worlds(None, None, (15_007, 15_003))
    for suite in (plain, named):
        opened = suite.for_release()
        assert opened.seeds == closed[: len(suite.seeds)]
        assert opened.tasks == suite.tasks
        assert opened.with_worlds(3, 29_997).seeds == range(29_997, 30_000)
        assert opened.with_worlds(None, None, (20_005,)).seeds == (20_005,)
        for worlds, first, seeds in (
            (2, 19_999, ()),
            (2, 29_999, ()),
            (None, None, (15_000, 20_000)),
        ):
            with pytest.raises(
                ValueError, match="--release flies test worlds alone, 20000 to 29999"
            ):
                opened.with_worlds(worlds, first, seeds)


def test_a_file_cannot_open_the_test_worlds(tmp_path: Path) -> None:
    """Only who types the command does."""
    path = tmp_path / "mine.toml"
    text = 'format = "suite/1"\ndescription = ""\nfirst_seed = 20000\nworlds = 2\n'
    path.write_text(f'{text}release = true\n[tasks]\na = "b"\n')
    with pytest.raises(ValueError, match=r"mine\.toml: release: is an option"):
        load_suite(str(path))


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


def test_seeds_can_be_named_one_by_one() -> None:
    seeds = parse_seeds(("15000-15002", "15010"))
    assert seeds == (15_000, 15_001, 15_002, 15_010)
    assert load_suite("smoke").with_worlds(None, None, seeds).seeds == seeds
    with pytest.raises(ValueError, match="give one or the other"):
        load_suite("smoke").with_worlds(3, None, seeds)
    with pytest.raises(ValueError, match=r"seeds = 15000: name each once"):
        load_suite("smoke").with_worlds(None, None, (15_000, 15_000))
    with pytest.raises(ValueError, match="test worlds"):
        load_suite("smoke").with_worlds(None, None, (15_000, 20_000))
    for bad in ("x", "3-", "5-4", "-3", "0-99999999"):
        with pytest.raises(ValueError, match="seeds = "):
            parse_seeds((bad,))


def test_seeds_named_in_the_file_stay_unless_others_are_asked_for() -> None:
    named = load_suite("smoke").with_worlds(None, None, (15_007, 15_003, 15_020))
    assert named.with_worlds(None, None) == named
    assert named.with_worlds(2, None).seeds == (15_007, 15_003)
    assert named.with_worlds(2, 15_100).seeds == range(15_100, 15_102)
    assert named.with_worlds(None, None, (15_001,)).seeds == (15_001,)
    with pytest.raises(ValueError, match="worlds = 4: the suite names 3 seeds"):
        named.with_worlds(4, None)


def test_a_suite_says_how_its_tasks_are_flown() -> None:
    suite = load_suite("headline")
    assert suite.primary == "mission"
    entries = plan(suite, {"net": WAYS, "random": ("all",)})
    assert [(entry.task, entry.scenario) for entry in entries] == list(suite.tasks.items())
    assert entries[0].pilots == ("net", "random", "net@head")
    assert len(entries[2].pilots) == len({"net", "random", "net@head"}) + 2**3 - 1


def test_every_task_can_be_flown_otherwise_and_substitution_is_for_missions() -> None:
    suite = load_suite("smoke").in_ways(("substitution", "head"))
    pilots = {entry.task: entry.pilots for entry in plan(suite, {"net": WAYS})}
    assert pilots["navigation"] == pilots["avoidance"] == ("net@head",)
    assert len(pilots["mission"]) == 2**3 + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('primary = "b"\n[tasks]\na = "x"\n', "unknown task 'b'"),
        ('[tasks]\na = "x"\n[ways]\nb = ["all"]\n', "unknown task 'b'"),
        ('[tasks]\na = "x"\n[ways]\na = []\n', "ways.a = none"),
        ('[tasks]\na = "x"\n[ways]\na = ["half"]\n', "choose all, head, substitution"),
    ],
)
def test_bad_ways_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'format = "suite/1"\ndescription = ""\nfirst_seed = 0\nworlds = 2\n{text}')
    with pytest.raises(ValueError, match=said):
        load_suite(str(path))


def test_the_suite_in_the_documentation_loads(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "compare.md").read_text()
    path = tmp_path / "documented.toml"
    path.write_text(page.split("```toml\n")[1].split("```")[0])
    suite = load_suite(str(path))
    assert suite.primary == "mission"
    assert len(plan(suite, {"net": WAYS})[1].pilots) == 2**3 + 1
