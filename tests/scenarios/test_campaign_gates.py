"""A campaign's gates: whom `--require` binds, what the referee must have seen, and that every flight has a log of its own."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.fanout import Failed
from scenarios.commands import compare as compare_command
from scenarios.commands.compare import compare, exit_code, required_pilots
from scenarios.commands.compare_options import Options, command_line
from scenarios.commands.console import InputError
from scenarios.commands.recording import record_logs
from scenarios.compute import Compute
from scenarios.flying import Crew
from scenarios.journal import check_own_folder
from scenarios.judging import Judged, Refereed, judge_campaign
from scenarios.plan import Entry
from scenarios.report import Report, compile_report
from scenarios.report.page import report_markdown
from scenarios.row import CRASHED, Job, Row
from scenarios.suite import Suite, load_suite
from tests.scenarios.rows import made_up_row


def options(*pilots: str, **more: Any) -> Options:
    plain: dict[str, Any] = {
        "suite": "missions", "pilots": pilots, "ways": None, "worlds": None, "first_seed": None, "seeds": (),
        "release": False,
        "workers": 1, "engine": "local", "address": None, "flight_limit": 60.0, "trust": False, "retry": False,
        "logs": "none", "referee": False, "junit": None, "require": None, "out": None, "json": False,
    }  # fmt: skip
    return Options(**plain | more)


def report_of(rows: list[Row], referee: Refereed | None = None) -> Report:
    suite = Suite(
        format="suite/1", description="One.", first_seed=15_000, worlds=1, tasks={"go": "forest"}
    )
    names = tuple(each.pilot for each in rows)
    compute = dict.fromkeys(names, Compute(1, 1, 1.0, 1.0, 1.0))
    return compile_report(suite, [Entry("go", "forest", names)], rows, compute, {}, referee=referee)


@pytest.mark.parametrize(
    ("pilots", "short"),
    [
        (("shared", "classical"), "shared@head"),
        (("shared", "classical"), "shared@teacher=mission"),
        (("c#0..2", "a#0"), "c#2"),
        (("c#0..2", "a#0"), "c#1@head"),
        (("runs/c/seed-0", "runs/c/seed-1"), "runs/c/seed-1"),
    ],
)
def test_require_binds_every_training_of_the_first_arm_in_every_way(
    pilots: tuple[str, ...], short: str
) -> None:
    rows = [made_up_row(short, success=False), made_up_row("other")]
    assert exit_code(options(*pilots, require=0.5), report_of(rows)) == 1
    assert exit_code(options(*pilots), report_of(rows)) == 0
    assert exit_code(options("other", *pilots, require=0.5), report_of(rows)) == 0


def test_require_leaves_the_same_networks_by_another_rule_alone() -> None:
    ruled = "shared@rule=2,1.5,0.6,0.5"
    rows = [made_up_row("shared"), made_up_row(f"{ruled}@head", success=False)]
    assert exit_code(options("shared", ruled, require=0.5), report_of(rows)) == 0
    assert exit_code(options(ruled, "shared", require=0.5), report_of(rows)) == 1


def test_variants_are_arms_of_their_own() -> None:
    flown = {"shared", "shared@head", "shared+guardless", "classical"}
    assert required_pilots(("shared", "classical"), flown) == {"shared", "shared@head"}


def test_the_command_that_repeats_a_campaign_flies_the_same_worlds() -> None:
    plain = load_suite("missions")
    named = plain.with_worlds(None, None, (15_007, 15_003))
    flown = {suite.seeds: command_line(options("a"), suite, None) for suite in (plain, named)}
    assert f"--worlds {plain.worlds} --first-seed {plain.first_seed}" in flown[plain.seeds]
    assert "--seeds 15007 15003 --workers" in flown[named.seeds]
    spans = options("a", seeds=("15000-15009",))
    suite = plain.with_worlds(None, None, range(15_000, 15_010))
    assert "--seeds 15000-15009 --workers" in command_line(spans, suite, None)


def made_up_flights(label: str, jobs: Sequence[Job], *given: object) -> list[Row]:
    """In place of flying, so that no test opens a test world."""
    return [made_up_row(job.pilot, scenario=job.scenario, seed=job.seed) for job in jobs]


def test_a_release_says_that_it_opened_the_test_worlds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In page, stamp and command; a folder holds one kind of campaign or the other."""
    monkeypatch.setattr(compare_command, "fly_with_progress", made_up_flights)
    told = {}
    for release in (False, True):
        asked = options(
            "random", suite="real", worlds=2, release=release, out=tmp_path / str(release)
        )
        assert compare(asked) == 0
        told[release] = (tmp_path / str(release) / "results.md").read_text()
        with pytest.raises(InputError, match="holds flights of another worlds"):
            compare(replace(asked, release=not release))
    assert "seeds 20000 to 20001 (test)" in told[True]
    for words in ("opened for a release by `--release`", "--first-seed 20000 --release"):
        assert words in told[True]
        assert words not in told[False]
    stamps = [json.loads((tmp_path / str(r) / "stamp.json").read_text()) for r in (False, True)]
    assert "test worlds, opened" in stamps[1]["worlds"]
    assert stamps[0] == stamps[1] | {"worlds": stamps[0]["worlds"]}


def test_a_campaign_that_flies_nothing_is_refused(tmp_path: Path) -> None:
    asked = options("random", ways=("substitution",), suite="published", out=tmp_path / "out")
    with pytest.raises(InputError, match="ways = substitution: only missions"):
        compare(asked)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("strange", ["holiday.jpg", "results.html", "logs"])
def test_a_folder_of_somebody_else_is_refused_and_left_alone(tmp_path: Path, strange: str) -> None:
    (tmp_path / strange).write_text("mine")
    (tmp_path / "lock").touch()
    with pytest.raises(InputError, match=f"out = .*: holds {strange} and no campaign"):
        compare(options("random", out=tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {strange, "lock"}


@pytest.mark.parametrize(
    "held",
    [
        (),
        ("lock",),
        ("lock", "stamp.partial"),
        ("lock", "stamp.json", "logs"),
        ("flights.jsonl", "notes.txt"),
    ],
)
def test_what_a_campaign_leaves_is_its_own_folder(tmp_path: Path, held: tuple[str, ...]) -> None:
    check_own_folder(tmp_path / "absent")
    for name in held:
        (tmp_path / name).touch()
    check_own_folder(tmp_path)


def test_where_no_junit_can_be_written_nothing_is_flown(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    for junit in (tmp_path / "reports", tmp_path / "absent" / "junit.xml"):
        with pytest.raises(InputError, match="junit = "):
            compare(options("random", out=tmp_path / "out", junit=junit))
    assert not (tmp_path / "out").exists()


class Engine:
    """Writes what a process would, or fails as it would."""

    def __init__(self, answer: Any = "success") -> None:
        self.answer = answer

    def fan_out(
        self, work: Callable[[Any], Any], jobs: Iterable[Any]
    ) -> Iterator[tuple[Any, Any | Failed]]:
        for job in jobs:
            if self.answer == "success":
                job[1].parent.mkdir(parents=True, exist_ok=True)
                job[1].write_bytes(b"log")
            yield job, self.answer


def test_every_flight_has_a_log_of_its_own(tmp_path: Path) -> None:
    rows = [
        made_up_row(pilot, scenario=scenario)
        for pilot in ("runs/x", "runs_x")
        for scenario in ("a/m.toml", "b/m.toml")
    ]
    logs = record_logs("all", rows, tmp_path, Engine(), Crew({}, ""))
    assert len(set(logs.values())) == len(rows)
    assert all((tmp_path / log).exists() for log in logs.values())
    assert all(log.startswith("logs/m-runs_x-") for log in logs.values())
    assert record_logs("all", rows, tmp_path, Engine(Failed("never")), Crew({}, "")) == logs


def test_a_flight_that_could_not_be_recorded_is_unjudged(tmp_path: Path) -> None:
    rows = [
        made_up_row("shared"),
        made_up_row("blind"),
        made_up_row("dead", False, outcome=CRASHED),
    ]
    failing = Engine(Failed("disk full"))
    assert record_logs("all", rows[1:], tmp_path, failing, Crew({}, "")) == {}
    logs = {("shared", "forest", 15_000): "logs/shared.mcap"}
    agreeing = Engine(Judged("success", "success", True, 0, ()))
    said = judge_campaign(rows, logs, tmp_path, agreeing)
    assert (said.logs, said.disagreements, said.unjudged) == (1, (), (rows[1],))
    report = report_of(rows[:2], said)
    assert exit_code(options("shared"), report) == 1
    text = report_markdown(report)
    assert "1 flights unjudged" in text
    assert "| forest | blind | 15000 | success | unjudged | its recording failed" in text
    everything = Refereed(2, 0, ())
    assert exit_code(options("shared"), report_of(rows[:2], everything)) == 0
