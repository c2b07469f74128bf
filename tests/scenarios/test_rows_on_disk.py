"""Rows in the forms that other tools read: Parquet and JUnit XML."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pyarrow.parquet as pq

from scenarios.junit import write_junit
from scenarios.parquet import read_parquet, write_parquet
from scenarios.plan import Entry
from scenarios.row import CRASHED, OVERDUE
from tests.scenarios.test_runner import Job, made_up_flight

FLOWN = made_up_flight(Job("steady", "forest", 15_000))
ROWS = [
    replace(
        FLOWN,
        interventions={"mission_mask": 3},
        asked={"mission": 2, "navigation+avoidance": 90},
        latency_p50_ms=1.25,
        prize_optimum=None,
    ),
    replace(
        FLOWN, seed=15_001, success=False, outcome="collision", reason="collision <here> & now"
    ),
    replace(
        FLOWN, seed=15_002, success=False, outcome=CRASHED, reason="Traceback\x1b[0m\nIt: broke"
    ),
    replace(FLOWN, seed=15_003, success=False, outcome=OVERDUE, reason="not finished"),
]


def test_every_flight_is_one_row_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "flights.parquet"
    write_parquet(ROWS, path, {"command": "trident compare"})
    assert read_parquet(path) == ROWS
    assert pq.read_schema(path).metadata[b"command"] == b"trident compare"
    assert list(tmp_path.iterdir()) == [path]
    write_parquet([], path, {})
    assert read_parquet(path) == []


def test_junit_holds_a_case_a_flight_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    entries = [Entry("go", "forest", ("steady",)), Entry("empty", "town", ("steady",))]
    write_junit(entries, ROWS, path)
    go, empty = ElementTree.parse(path).getroot()
    assert go.attrib | {"time": ""} == {
        "name": "go", "tests": "4", "failures": "1", "errors": "2", "skipped": "0", "time": "",
    }  # fmt: skip
    assert empty.get("tests") == "0"
    cases = list(go)
    assert [case.get("name") for case in cases] == [f"forest seed {15_000 + i}" for i in range(4)]
    assert len(cases[0]) == 0
    failure, crash, overdue = (case[0] for case in cases[1:])
    assert (failure.tag, failure.get("type"), failure.text) == (
        "failure", "collision", "collision <here> & now",
    )  # fmt: skip
    assert (crash.tag, crash.get("message")) == ("error", "It: broke")
    assert (overdue.tag, overdue.get("type")) == ("error", OVERDUE)
