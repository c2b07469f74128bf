"""`describe` says what the measures say, of worlds and of logged flights."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

import scenarios
from agents import fly, load_pilot
from scenarios.avoidbench import FlightMetrics
from scenarios.commands import describe as command
from scenarios.commands.console import InputError
from scenarios.commands.describe import describe, mean, measure
from scenarios.commands.describe_pages import WorldMeasures, WorldRows, world_page
from sim.record.reader import read_flight
from sim.record.writer import FlightLog
from tests.builders import scenario

AGAIN = "trident describe all --worlds 8 --first-seed 10000 --markdown docs/worlds.md"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def flown_log(tmp_path: Path) -> Path:
    """Of a short flight that arrives."""
    log, flown = tmp_path / "flight.mcap", scenario()
    with FlightLog(log, flown, {}) as record:
        assert fly(flown, load_pilot("teacher"), log=record).success
    return log


def test_a_row_holds_the_means_of_its_worlds(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    table = tmp_path / "worlds.md"
    code = describe(
        ("forest-navigation",), worlds=2, first_seed=10_000, markdown=table, as_json=True
    )
    assert code == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])["forest-navigation"]
    loaded = scenarios.load("forest-navigation")
    found = [measure(scenarios.resolve(loaded, seed)) for seed in (10_000, 10_001)]
    assert said == {key: mean(found, key) for key in said}
    assert said["obstruction"] > 0.5
    row = next(r for r in table.read_text().splitlines() if r.startswith("| forest-navigation"))
    assert f"{said['obstruction']:.3f}" in row
    assert f"--markdown {table}\n" in table.read_text()


def test_a_logged_flight_has_avoidbench_metrics(
    capsys: pytest.CaptureFixture[str], flown_log: Path
) -> None:
    assert describe((str(flown_log),), worlds=1, first_seed=0, markdown=None, as_json=False) == 0
    told = capsys.readouterr().out
    excess = float(told.split("path excess")[1].split("│")[1])
    assert 0 <= excess < 0.05


def test_what_is_told_of_a_log_is_in_the_json_and_the_page_too(
    capsys: pytest.CaptureFixture[str], flown_log: Path, tmp_path: Path
) -> None:
    page = tmp_path / "flights.md"
    describe((str(flown_log),), worlds=1, first_seed=0, markdown=page, as_json=True)
    told = capsys.readouterr().out
    said = json.loads(told.splitlines()[-1])
    assert said.keys() == {str(flown_log)}
    assert said[str(flown_log)].keys() == {field.name for field in fields(FlightMetrics)}
    excess = f"{said[str(flown_log)]['path_excess']:.3f}"
    assert excess == told.split("path excess")[1].split("│")[1].strip()
    row = next(r for r in page.read_text().splitlines() if r.startswith(f"| {flown_log} "))
    assert excess in row
    assert f"    trident describe {flown_log} --markdown {page}\n" in page.read_text()


def test_scenarios_and_logs_are_told_together(
    capsys: pytest.CaptureFixture[str], flown_log: Path, tmp_path: Path
) -> None:
    page, asked = tmp_path / "all.md", ("agile-s7-v3", str(flown_log))
    describe(asked, worlds=1, first_seed=10_000, markdown=page, as_json=True)
    assert set(json.loads(capsys.readouterr().out.splitlines()[-1])) == set(asked)
    rows = [r.split(" | ")[0] for r in page.read_text().splitlines() if r.startswith("| ")]
    assert [row for row in rows if row.removeprefix("| ") in asked] == [f"| {n}" for n in asked]


def test_all_stands_for_the_library_and_for_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is named beside it is measured as well, and nothing twice."""
    same = WorldMeasures(1.0, 0.5, 0.0, 0.0, 1.0, None, 0)
    monkeypatch.setattr(command, "measure", lambda _: same)
    monkeypatch.setattr(scenarios, "resolve", lambda *_: None)
    own = str(EXAMPLES / "two_panels.toml")
    describe((own, "all", "delft-mission"), worlds=1, first_seed=0, markdown=None, as_json=True)
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(said) == [own, *scenarios.names()]


@pytest.mark.parametrize(("left", "measured"), [(0.7, True), (0.05, False)])
def test_damage_of_a_log_is_said(
    capsys: pytest.CaptureFixture[str], flown_log: Path, left: float, measured: bool
) -> None:
    """A log is measured up to where it is cut, one without a whole step is not."""
    log, content = flown_log, flown_log.read_bytes()
    log.write_bytes(content[: int(left * len(content))])
    assert (len(read_flight(log)) > 0) == measured
    with pytest.raises(InputError, match=r"flight\.mcap: .*(damaged|stopped at byte)"):
        describe((str(log),), worlds=1, first_seed=0, markdown=None, as_json=True)
    told = capsys.readouterr().out
    assert ("path excess" in told) == ("path_excess" in told) == measured


@pytest.mark.parametrize(
    ("what", "worlds", "message"),
    [
        ("forest-navigaton", 1, "did you mean 'forest-navigation'"),
        ("forest-navigation", 0, "worlds = 0"),
        ("gone.mcap", 1, "gone.mcap"),
    ],
)
def test_bad_input_is_named(what: str, worlds: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        describe((what,), worlds=worlds, first_seed=10_000, markdown=None, as_json=False)


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_measured(
    tmp_path: Path, flown_log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=r"markdown = .*is a folder"):
        describe((str(flown_log),), worlds=1, first_seed=0, markdown=tmp_path, as_json=False)
    assert capsys.readouterr().out == ""


def test_the_page_of_the_library_is_of_the_library_there_is() -> None:
    """Its names, and all that is written around its figures; the figures take minutes to measure."""
    text = (EXAMPLES.parent / "docs" / "worlds.md").read_text()
    around, _, table = text.partition("|---|")
    names = [row.split("|")[1].strip() for row in table.splitlines()[1:]]
    assert tuple(names) == scenarios.names(), AGAIN
    (command_told,) = (line for line in around.splitlines() if line.startswith("    trident"))
    worlds = int(command_told.split("--worlds ")[1].split()[0])
    rows = WorldRows({}, range(10_000, 10_000 + worlds))
    assert world_page(rows, command_told.strip()).partition("|---|")[0] == around, AGAIN
    assert f"    {AGAIN}" == command_told
