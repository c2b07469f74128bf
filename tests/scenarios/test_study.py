"""A study's file, and the page that says what it found."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agents.fusion import LEARNED
from agents.rule_file import read_rule
from agents.training_settings import SETTINGS, SettingsError, read_json
from scenarios.commands import study as study_command
from scenarios.commands.compare_options import Options
from scenarios.commands.console import InputError, command_line
from scenarios.commands.study import study
from scenarios.compute import Compute
from scenarios.parquet import read_parquet
from scenarios.plan import Entry
from scenarios.report import compile_report
from scenarios.study import Flights, Study, load_study, study_names
from scenarios.study_results import Flight, network_levels, relabelled, write_results
from scenarios.suite import Suite
from tests.scenarios.rows import made_up_row

WORLDS = 20
PATHS = {"out/networks/one/shared": "one", "out/networks/three/specialists": "three"}
WINS = {"one": 15, "three": 10}
TEXT = """
format = "study/1"
title = "Small"
question = "Does it run?"
fit_worlds = 4
[frames]
frames = 500
rounds = 1
learner_steps = 2
[networks]
one = { arm = "shared", training = { steps = 3, batch = 16 } }
[flights.first]
suite = "smoke"
networks = ["one"]
seeds = 2
worlds = 1
"""
PICKED = """
format = "suite/1"
description = "Three worlds."
first_seed = 15000
worlds = 10
chosen_seeds = [15007, 15003, 15020]
[tasks]
go = "forest"
"""


def flown(seeds: int, kin: int | None = None) -> Flight:
    """What `compare` gives: pilots are called by their paths, and wins fall by one from seed to seed.

    In a real place so many worlds are `kin`, a block.
    """
    pilots = tuple(f"{path}#{seed}" for path in PATHS for seed in range(1, seeds + 1))
    rows = [
        made_up_row(
            f"{path}#{seed}",
            world < WINS[label] - seed,
            index=world,
            arm=path,
            block=f"delft:{world // kin},0" if kin else "",
        )
        for path, label in PATHS.items()
        for seed in range(1, seeds + 1)
        for world in range(WORLDS)
    ]
    suite = Suite(
        format="suite/1",
        description="Small.",
        first_seed=15_000,
        worlds=WORLDS,
        tasks={"go": "forest"},
    )
    entries = [Entry("go", "forest", pilots)]
    compute = dict.fromkeys(pilots, Compute(1, 1_000_000, 1e6, 1.0, 2.0))
    report = compile_report(suite, entries, rows, compute, {})
    return Flight("first", report, entries, rows)


def test_every_shipped_study_loads() -> None:
    assert "headline" in study_names()
    for name in study_names():
        load_study(name)


def test_the_headline_is_as_planned() -> None:
    headline = load_study("headline")
    first = headline.flights["primary"]
    assert (first.networks, first.seeds, first.worlds) == (("shared", "specialists"), 10, 400)
    assert (len(headline.seeds_of("shared")), len(headline.seeds_of("wide-shared"))) == (10, 5)


def test_limits_lower_and_never_raise() -> None:
    headline = load_study("headline")
    few = headline.limited(2, 30).flights
    assert {(each.seeds, each.worlds) for each in few.values()} == {(2, 30)}
    assert headline.limited(10, 400) == headline.limited(None, None) == headline
    for limits, said in (((99, None), "seeds = 99: .* from 1 to 10"), ((0, None), "seeds = 0: .* from 1 to 10"), ((None, 0), "worlds = 0: .* from 1 to 400"), ((None, 10_000), "worlds = 10000: .* from 1 to 400")):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            headline.limited(*limits)


def test_worlds_that_a_suite_names_one_by_one_are_what_a_study_flies(tmp_path: Path) -> None:
    path = tmp_path / "picked.toml"
    path.write_text(PICKED)
    parts: dict[str, Any] = {"networks": ("one",), "suite": str(path), "seeds": 1}
    whole = load_study("headline").model_copy(update={"flights": {"only": Flights(**parts)}})
    assert whole.limited(None, None).flights["only"].worlds == 3
    assert whole.limited(None, 2).flights["only"].worlds == 2
    with pytest.raises(ValueError, match="the study has 3"):
        whole.limited(None, 4)
    with pytest.raises(ValueError, match="worlds = 4: the suite names 3 seeds"):
        Flights(**parts, worlds=4)


def test_the_published_command_says_all_that_was_asked_for() -> None:
    assert (
        command_line("study", "mine", frames=None, seeds=None, worlds=None) == "trident study mine"
    )
    said = command_line("study", "my study.toml", frames=Path("runs/a"), seeds=2, worlds=30)
    assert said == "trident study 'my study.toml' --frames runs/a --seeds 2 --worlds 30"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"shared"', '"sharde"'), "unknown arm 'sharde'"),
        (('suite = "smoke"', 'suite = "smoky"'), "unknown suite 'smoky'"),
        (("worlds = 1", "worlds = 9999"), "flights.first: .*test worlds"),
        (('networks = ["one"]', 'networks = ["two"]'), "unknown networks 'two'"),
        (("seeds = 2", "seeds = 0"), "seeds"),
        (("question", "questoin"), "questoin: unknown key"),
        (("[frames]", "[frames"), "not TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(
    change: tuple[str, str], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace(*change))
    with pytest.raises(ValueError, match=said):
        load_study(str(path))


def run(folder: Path, text: str = TEXT, **more: Any) -> int:
    """The study of this text, everything in one folder."""
    (folder / "mine.toml").write_text(text)
    options: dict[str, Any] = {
        "out": folder / "out", "frames": None, "seeds": None, "worlds": None, "workers": 1,
        "results": folder / "r", "retry": False, "release": False,
    }  # fmt: skip
    return study(str(folder / "mine.toml"), **options | more)


def test_frames_that_are_none_are_refused_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data = .*: its frames are not complete"):
        run(tmp_path, frames=tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["mine.toml"]


def test_settings_are_checked_before_anything_is_flown(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"networks.one.training: .*stpes"):
        run(tmp_path, TEXT.replace("steps = 3", "stpes = 3"))
    assert not (tmp_path / "out" / "frames").exists()


def done(*given: object) -> None:
    """A step with nothing left to do."""


def fitted(*given: object) -> Any:
    return SimpleNamespace(rule=LEARNED)


STEPS = {"collect_frames": done, "train": done, "fit_pilot": fitted, "fly_campaign": done}
"""Of a study, in their order, as if each were finished already."""


class Raising:
    """Stands for a step of a study that ends otherwise than planned."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, *given: object) -> None:
        raise self.error


def test_a_fault_in_collecting_is_not_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_command, "collect_frames", Raising(ValueError("of our own")))
    with pytest.raises(ValueError, match="of our own"):
        run(tmp_path)
    # The frames' settings lie beside them, for cards of networks and for whoever goes on.
    assert read_json(tmp_path / "out" / "frames" / SETTINGS)["frames"] == 500
    with pytest.raises(InputError, match=r"frames = 600: .* was begun with 500"):
        run(tmp_path, TEXT.replace("frames = 500", "frames = 600"))


def test_what_a_training_raises_is_the_users_where_it_is_of_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_command, "collect_frames", done)
    monkeypatch.setattr(study_command, "train", Raising(ValueError("of our own")))
    with pytest.raises(ValueError, match="of our own"):
        run(tmp_path)
    for step in ("train", "collect_frames"):
        monkeypatch.setattr(study_command, step, Raising(SettingsError("batch = 9: too many")))
        with pytest.raises(InputError, match="batch = 9: too many"):
            run(tmp_path)


def test_a_study_that_is_stopped_says_how_to_go_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out" / "networks" / "one" / "shared" / "seed-1").mkdir(parents=True)
    for step in STEPS:
        monkeypatch.setattr(study_command, step, Raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, seeds=1)
        said = capsys.readouterr().err
        assert f"stopped; to go on: trident study {tmp_path}/mine.toml --seeds 1 --out" in said
        assert "trident compare" not in said
        monkeypatch.setattr(study_command, step, STEPS[step])


def test_lost_flights_end_a_study_with_1_and_retry_is_handed_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def lost(*given: object) -> None:
        asked.append(given[-1])

    for step in ("collect_frames", "train"):
        monkeypatch.setattr(study_command, step, STEPS[step])
    monkeypatch.setattr(study_command, "fit_pilot", lost)
    assert [run(tmp_path, retry=retry) for retry in (False, True)] == [1, 1]
    assert asked == [False, True]


def test_a_release_of_a_study_flies_test_worlds_in_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Networks, rules and the worlds that rules are fitted on stay the same."""
    for seed in (1, 2):
        (tmp_path / "out" / "networks" / "one" / "shared" / f"seed-{seed}").mkdir(parents=True)
    for step in ("collect_frames", "train", "fit_pilot"):
        monkeypatch.setattr(study_command, step, STEPS[step])
    asked: list[Options] = []

    def flying(options: Options) -> Flight:
        asked.append(options)
        return flown(2)

    monkeypatch.setattr(study_command, "fly_campaign", flying)
    for release in (False, True):
        assert run(tmp_path, release=release) == 0
        page = (tmp_path / "r" / "mine.md").read_text()
        assert (" --release`" in page) is release
    plain, opened = asked
    assert opened.out != plain.out
    assert replace(opened, out=plain.out, release=False) == plain


def test_pilots_are_called_by_the_studys_names() -> None:
    named = relabelled(flown(2), PATHS)
    assert [pilot for entry in named.entries for pilot in entry.pilots] == [
        "one#1",
        "one#2",
        "three#1",
        "three#2",
    ]
    assert {row.pilot for row in named.rows} == {"one#1", "one#2", "three#1", "three#2"}
    assert {(row.pilot, row.arm) for row in named.rows} == {
        (f"{label}#{seed}", label) for label in PATHS.values() for seed in (1, 2)
    }
    assert set(named.report.compute) == {"one#1", "one#2", "three#1", "three#2"}
    assert [(arms.first, arms.second) for arms in named.report.arms] == [("one", "three")]
    other = replace(flown(1).rows[0], pilot="classical")
    assert (
        relabelled(replace(flown(2), rows=[*flown(2).rows, other]), PATHS).rows[-1].pilot
        == "classical"
    )


def test_levels_are_means_over_seeds_with_their_deviation() -> None:
    (task, arm, level, deviation), three = network_levels(relabelled(flown(3), PATHS))
    assert (task, arm, three[1]) == ("go", "one", "three")
    assert level.value == pytest.approx(13 / WORLDS)
    assert deviation == pytest.approx(1 / WORLDS)
    assert level.low < level.value < level.high
    named = relabelled(flown(1), PATHS)
    alone = network_levels(named)[0]
    assert (alone[2], alone[3]) == (named.report.cells[0].success, None)


@pytest.mark.parametrize("seeds", [1, 3])
def test_levels_in_real_places_are_as_wide_as_blocks_ask_for(seeds: int, tmp_path: Path) -> None:
    place = relabelled(flown(seeds, kin=5), PATHS)
    for of_place, of_world in zip(
        network_levels(place), network_levels(relabelled(flown(seeds), PATHS)), strict=True
    ):
        (wide, plain) = (of_place[2], of_world[2])
        assert wide.value == plain.value
        assert wide.high - wide.low > 1.5 * (plain.high - plain.low)
    one_block = network_levels(relabelled(flown(seeds, kin=WORLDS), PATHS))[0][2]
    assert (one_block.low, one_block.high) == (0.0, 1.0)
    small = Study.model_validate(load_study("headline").model_dump() | {"title": "Small"})
    page = write_results(small, "small", [place], "trident study small", "2026-01-01", tmp_path)[0]
    assert "### Real places by block" in page.read_text()
    assert "| go | three#1 | delft:3,0 | 0 of 5 |" in page.read_text()


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_page_has_table_figure_and_rows(seeds: int, tmp_path: Path) -> None:
    named = relabelled(flown(seeds), PATHS)
    small = Study.model_validate(load_study("headline").model_dump() | {"title": "Small"})
    paths = write_results(small, "small", [named], "trident study small", "2026-01-01", tmp_path)
    assert [path.name for path in paths] == ["small.md", "small.svg", "small-first.parquet"]
    page = paths[0].read_text()
    assert page.startswith("# Small\n")
    assert "`trident study small`, 2026-01-01." in page
    assert "![Success by network](small.svg)" in page
    assert "| go | one | " in page
    assert ("Arms over training seeds" in page) is (seeds > 1)
    assert ("Paired differences" in page) is (seeds == 1)
    assert "out/networks" not in page
    assert "by block" not in page
    assert paths[1].read_text().lstrip().startswith("<?xml")
    assert read_parquet(paths[2]) == list(named.rows)


@pytest.mark.slow
def test_a_small_study_from_nothing_to_its_page(tmp_path: Path) -> None:
    again = []
    for _ in range(2):  # The second time everything is there.
        assert run(tmp_path, seeds=1, workers=2) == 0
        again.append((tmp_path / "r" / "mine.md").read_text())
    assert again[0] == again[1]
    assert "--seeds 1" in again[0]
    folder = tmp_path / "out" / "networks" / "one" / "shared" / "seed-1"
    assert read_rule(folder) is not None
