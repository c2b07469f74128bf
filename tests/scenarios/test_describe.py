"""`describe` says what the measures say, of worlds and of logged flights."""

import json
from pathlib import Path

import pytest

import scenarios
from agents import fly, load_pilot
from scenarios.commands.console import InputError
from scenarios.commands.describe import describe, mean, measure
from sim.record.reader import read_flight
from sim.record.writer import FlightLog
from tests.builders import scenario


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
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log, flown = tmp_path / "flight.mcap", scenario()
    with FlightLog(log, flown, {}) as record:
        assert fly(flown, load_pilot("teacher"), log=record).success
    assert describe((str(log),), worlds=1, first_seed=0, markdown=None, as_json=False) == 0
    told = capsys.readouterr().out
    excess = float(told.split("path excess")[1].split("│")[1])
    assert 0 <= excess < 0.05


@pytest.mark.parametrize(("left", "measured"), [(0.7, True), (0.05, False)])
def test_damage_of_a_log_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, left: float, measured: bool
) -> None:
    """A log is measured up to where it is cut, one without a whole step is not."""
    log, flown = tmp_path / "flight.mcap", scenario()
    with FlightLog(log, flown, {}) as record:
        fly(flown, load_pilot("teacher"), log=record)
    content = log.read_bytes()
    log.write_bytes(content[: int(left * len(content))])
    assert (len(read_flight(log)) > 0) == measured
    with pytest.raises(InputError, match=r"flight\.mcap: .*(damaged|stopped at byte)"):
        describe((str(log),), worlds=1, first_seed=0, markdown=None, as_json=False)
    assert ("path excess" in capsys.readouterr().out) == measured


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
