"""The referee beside a campaign: it agrees with what was flown, and a row that says otherwise is listed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.fanout import Failed
from scenarios.compute import Compute
from scenarios.flying import Crew, fly_job, record_job
from scenarios.judging import judge_campaign
from scenarios.plan import Entry
from scenarios.report import compile_report
from scenarios.report.page import write_report
from scenarios.row import Job, Row
from scenarios.suite import Suite
from scenarios.versions import code_digest

JOB = Job("random", "forest-avoidance", 15_001)
LOG = "logs/flight.mcap"
KEY = (JOB.pilot, JOB.scenario, JOB.seed)


class Here:
    """An engine without processes, which take seconds to start."""

    def fan_out(
        self, work: Callable[[Any], Any], jobs: Iterable[Any]
    ) -> Iterator[tuple[Any, Any | Failed]]:
        for job in jobs:
            try:
                yield job, work(job)
            except ValueError as error:
                yield job, Failed(str(error))


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Row, Path]:
    folder = tmp_path_factory.mktemp("campaign")
    crew = Crew({}, code_digest())
    row = fly_job(JOB, crew)
    assert record_job((JOB, folder / LOG), crew) == row.outcome
    return row, folder


def test_the_referee_agrees_and_a_false_row_is_listed(flown: tuple[Row, Path]) -> None:
    row, folder = flown
    engine = Here()
    agreed = judge_campaign([row], {KEY: LOG}, folder, engine)
    assert (agreed.logs, agreed.disagreements) == (1, ())
    forged = replace(row, outcome="success", success=True)
    (found,) = judge_campaign([forged], {KEY: LOG}, folder, engine).disagreements
    assert (found.row, found.outcome, found.log) == (forged, row.outcome, LOG)
    suite = Suite(
        format="suite/1", description="One.", first_seed=15_001, worlds=1, tasks={"go": JOB.scenario}
    )  # fmt: skip
    compute = {"random": Compute(0, None, None, None, None)}
    refereed = judge_campaign([forged], {KEY: LOG}, folder, engine)
    report = compile_report(
        suite, [Entry("go", JOB.scenario, ("random",))], [forged], compute, {}, referee=refereed
    )
    _, markdown, page = (path.read_text() for path in write_report(report, folder))
    for text in (markdown, page):
        assert "The referee disagrees" in text
        assert "judged 1 logs, agrees with 0" in text
        assert LOG in text
    assert f"| success | {row.outcome.replace('_', ' ')} |" in markdown


def test_what_is_no_log_is_not_agreed_with(flown: tuple[Row, Path]) -> None:
    row, folder = flown
    (folder / "broken.mcap").write_bytes(b"no log")
    (found,) = judge_campaign([row], {KEY: "broken.mcap"}, folder, Here()).disagreements
    assert found.outcome == "unjudged"
    assert "broken.mcap" in found.findings[0]
