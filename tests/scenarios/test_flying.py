"""What a campaign's processes do: one job becomes one row, the same wherever it is flown, or one log."""

import dataclasses
import importlib.util
from functools import partial
from pathlib import Path

import pytest

import scenarios
from agents.engines import open_engine
from agents.fanout import Failed
from scenarios.flying import Crew, failure_reason, fly_job, record_job
from scenarios.journal import Journal
from scenarios.row import MEASURED, Job, Row
from scenarios.versions import code_digest, package_versions, stamp
from sim.record.reader import read_flight
from sim.types import Event, FlightResult, Outcome

ROOT = Path(__file__).parent.parent.parent
CREW = Crew({"random": "none"}, code_digest())
JOB = Job("random", "forest-navigation", 10_000)


def same(row: Row) -> Row:
    """The row without what the machine's mood decides."""
    return dataclasses.replace(row, **dict.fromkeys(MEASURED, 0.0))


def test_a_row_holds_the_flight_and_what_flew_it() -> None:
    row = fly_job(JOB, CREW)
    assert row.job == JOB
    assert row.success is (row.outcome == "success")
    assert row.success or row.outcome.replace("_", " ") in row.reason
    assert row.pilot_hash == "none"
    assert f"code {code_digest()}" in row.versions
    assert f"pybullet {package_versions()['pybullet']}" in row.versions
    assert row.latency_p50_ms is not None
    assert row.latency_p99_ms is not None
    assert 0 < row.latency_p50_ms <= row.latency_p99_ms
    assert same(fly_job(JOB, CREW)) == same(row)


def test_a_log_is_the_same_flight_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "flight.mcap"
    row = fly_job(JOB, CREW)
    assert record_job((JOB, path), CREW) == row.outcome
    result = read_flight(path).result
    assert result is not None
    assert (result.duration_s, result.distance_m) == (row.duration_s, row.distance_m)
    assert list(path.parent.iterdir()) == [path]


def test_policies_are_loaded_only_by_a_crew_that_trusts() -> None:
    job = Job(f"{ROOT / 'examples' / 'bring_a_policy.py'}:LooksAhead", "forest-navigation", 10_000)
    with pytest.raises(ValueError, match="--trust"):
        fly_job(job, CREW)
    assert fly_job(job, dataclasses.replace(CREW, trust=True)).distance_m > 10.0


def test_a_machine_with_other_code_refuses() -> None:
    with pytest.raises(RuntimeError, match="campaign other: install the same"):
        fly_job(JOB, Crew({}, "other"))


@pytest.mark.parametrize(
    ("outcome", "detail", "said"),
    [
        (
            Outcome.COLLISION,
            {"with": "obstacle", "position_m": [1.04, 2.0, 3.0], "speed_m_s": 4.25},
            "collision, with obstacle, position (1.04, 2.00, 3.00) m, speed 4.25 m/s",
        ),
        (Outcome.OUT_OF_BOUNDS, {"position_m": [1, 2, 3]}, "out of bounds, position (1, 2, 3) m"),
        (
            Outcome.LANDED_AWAY,
            {"with": "ground", "position_m": [1, 2, 0], "speed_m_s": 0.5},
            "landed away, position (1, 2, 0) m, speed 0.50 m/s",
        ),
        (Outcome.TIMEOUT, {}, "timeout"),
        (Outcome.SUCCESS, {}, ""),
    ],
)
def test_reasons_in_words(outcome: Outcome, detail: dict[str, object], said: str) -> None:
    events = (Event(1.0, "site_visited"), Event(2.0, str(outcome), detail))
    result = FlightResult(outcome, 2.0, 3.0, 0.1, 0.2, 0.0, events)
    assert failure_reason(result) == said


def test_the_stamp_follows_files_and_pilots(tmp_path: Path) -> None:
    family = tmp_path / "mine.toml"
    family.write_text((ROOT / "scenarios" / "library" / "forest-navigation.toml").read_text())
    names = ("forest-navigation", str(family))
    before = stamp(names, {"a": "1"})
    assert set(before) == {"code", f"scenario {family}", "pilot a"}
    family.write_text(family.read_text() + "\n# Changed.\n")
    assert scenarios.load(str(family))
    changed = {key for key, value in stamp(names, {"a": "2"}).items() if value != before[key]}
    assert changed == {f"scenario {family}", "pilot a"}


def test_the_stamp_follows_the_places_that_files_name(tmp_path: Path) -> None:
    trees = tmp_path / "trees.csv"
    trees.write_text("x,y,dbh\n1,1,0.2\n9,9,0.3\n")
    library = (ROOT / "scenarios" / "library" / "longleaf-navigation.toml").read_text()
    shipped, own = tmp_path / "shipped.toml", tmp_path / "own.toml"
    shipped.write_text(library)
    own.write_text(library.replace('"longleaf"', f'"{trees}"'))
    names = (str(shipped), str(own))
    before = stamp(names, {})
    assert set(before) == {"code", f"scenario {shipped}", f"scenario {own}", f"place {trees}"}
    trees.write_text("x,y,dbh\n1,1,0.2\n9,9,0.4\n")
    after = stamp(names, {})
    assert {key for key in after if after[key] != before[key]} == {f"place {trees}"}
    journal = Journal(tmp_path / "flown", Row, before)
    with pytest.raises(ValueError, match="flights of another place"):
        Journal(journal.path.parent, Row, after)
    trees.unlink()
    with pytest.raises(ValueError, match="no such file"):
        stamp(names, {})


def test_code_and_shipped_places_are_one_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(path: Path) -> bytes:
        return b"moved" if path.name == "longleaf_trees.csv" else read(path)

    read, ours = Path.read_bytes, code_digest()
    monkeypatch.setattr(Path, "read_bytes", other)
    assert code_digest.__wrapped__() != ours


@pytest.mark.slow
def test_rows_are_the_same_from_both_engines() -> None:
    if importlib.util.find_spec("ray") is None:
        pytest.skip("needs the extra ray")
    jobs = [dataclasses.replace(JOB, seed=10_000 + index) for index in range(4)]
    rows = {}
    for name in ("local", "ray"):
        answers = dict(open_engine(name, workers=2).fan_out(partial(fly_job, crew=CREW), jobs))
        assert not any(isinstance(answer, Failed) for answer in answers.values())
        rows[name] = [same(answers[job]) for job in jobs if isinstance(answers[job], Row)]  # pyright: ignore[reportArgumentType]
    assert rows["local"] == rows["ray"]
    assert len(rows["ray"]) == len(jobs)
