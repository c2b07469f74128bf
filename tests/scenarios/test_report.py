"""A report counts every flight once, compares pair by pair, and says the same in JSON, Markdown and figure."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import models
from scenarios.compute import Compute
from scenarios.plan import Entry
from scenarios.report import Loss, Report, compile_report
from scenarios.report.costs import compute_section
from scenarios.report.figure import report_figures
from scenarios.report.ladder import ladders
from scenarios.report.losses import short_reason
from scenarios.report.page import report_html, write_report
from scenarios.report.pairs import pairs_of
from scenarios.report.tables import report_table, sections
from scenarios.row import CRASHED, OVERDUE, Row
from scenarios.statistics import Estimate, holm, wilson
from scenarios.suite import Suite
from scenarios.verdicts import exploratory_verdict, primary_verdict
from scenarios.worst import worst_flights
from tests.scenarios.rows import made_up_row

SUITE = Suite(
    format="suite/1",
    description="Two tasks.",
    first_seed=15_000,
    worlds=6,
    tasks={"go": "forest", "look": "town"},
)
COMPUTE = {
    "shared": Compute(1, 600_000, 3e7, 0.9, 1.2),
    "blind": Compute(None, None, None, None, None),
}
ENTRIES = [Entry("go", "forest", ("shared", "blind")), Entry("look", "town", ("shared", "blind"))]
SUCCESSES = {
    "shared": (True, True, True, True, False, False),
    "blind": (True, False, False, False, True, False),
}


def row(pilot: str, scenario: str, index: int, **changes: Any) -> Row:
    success = SUCCESSES[pilot][index]
    values: dict[str, Any] = {
        "duration_s": 10.0,
        "distance_m": 40.0,
        "min_clearance_m": 0.5,
        "prize": 4.0 if success else 2.0,
        "prize_optimum": 8.0 if scenario == "town" else None,
        "reason": "" if success else "collision with obstacle <at> & about",
        "interventions": {"guard_altitude": 2},
        "latency_p50_ms": 1.5,
        "latency_p99_ms": 2.5,
    }
    return made_up_row(
        **{"pilot": pilot, "success": success, "scenario": scenario, "index": index}
        | values
        | changes
    )


def all_rows() -> list[Row]:
    return [
        row(pilot, scenario, index)
        for index in range(6)
        for scenario in ("forest", "town")
        for pilot in SUCCESSES
    ]


def compiled(rows: list[Row] | None = None, suite: Suite = SUITE, **extra: Any) -> Report:
    return compile_report(suite, ENTRIES, rows or all_rows(), COMPUTE, {"code": "abc"}, **extra)


@pytest.fixture
def report() -> Report:
    return compiled(
        logs={("shared", "forest", 15_004): "logs/worst.mcap"},
        environment={"cores": "2"},
        command="trident compare --suite two",
    )


def test_cells_count_every_flight_with_its_wilson_interval(report: Report) -> None:
    assert [(cell.task, cell.pilot) for cell in report.cells] == [
        ("go", "shared"), ("go", "blind"), ("look", "shared"), ("look", "blind"),
    ]  # fmt: skip
    cell = report.cells[0]
    assert cell.success == wilson(4, 6)
    assert cell.outcomes == {"collision": 2, "success": 4}
    assert sum(cell.outcomes.values()) == cell.flights == 6
    assert cell.interventions == {"guard_altitude": 12}
    assert (cell.decision_p50_ms, cell.decision_p99_ms) == (1.5, 2.5)


def test_pairs_are_matched_by_world_whatever_the_order_of_rows() -> None:
    report = compiled()
    pair = report.comparisons[0]
    assert (pair.first, pair.second, pair.first_only, pair.second_only) == ("shared", "blind", 3, 1)
    assert pair.difference.value == pytest.approx(2 / 6)
    backwards = compiled(all_rows()[::-1])
    assert (backwards.cells, backwards.comparisons) == (report.cells, report.comparisons)


def test_prizes_are_fractions_of_the_optimum_and_only_in_missions(report: Report) -> None:
    navigation, mission = report.cells[0], report.cells[2]
    assert navigation.prize_fraction is None
    assert mission.prize_fraction is not None
    assert mission.prize_fraction.value == pytest.approx((4 * 4 + 2 * 2) / 6 / 8)
    difference = report.comparisons[1].prize_difference
    assert difference is not None
    assert difference.value == pytest.approx(2 * (4 - 2) / 6 / 8)


def test_a_crashed_flight_is_a_failure_and_is_listed() -> None:
    rows = [
        row("shared", r.scenario, 0, outcome=CRASHED, success=False, world="", prize_optimum=None)
        if (r.pilot, r.seed) == ("shared", 15_000)
        else r
        for r in all_rows()
    ]
    report = compiled(rows)
    assert report.lost == 2
    assert report.cells[0].success == wilson(3, 6)
    assert "2 flights were lost" in report_html(report, report_figures(report))
    assert all(worst.row.outcome != CRASHED for worst in report.worst)


def test_a_lost_flight_wins_nothing_of_what_others_say_its_world_holds() -> None:
    lost = {"outcome": CRASHED, "success": False, "world": "", "prize": 0.0, "prize_optimum": None}
    rows = [
        row(r.pilot, "town", r.seed - 15_000, prize_clairvoyant=10.0, published=True)
        if (r.pilot, r.seed) != ("shared", 15_000)
        else row("shared", "town", 0, **lost)
        for r in all_rows()
        if r.scenario == "town"
    ]
    suite = SUITE.model_copy(update={"tasks": {"look": "town"}})
    shared, blind = compile_report(suite, ENTRIES[1:], rows, COMPUTE, {}).cells
    prizes = 3 * 4 + 2 * 2  # What the other five flights brought.
    assert shared.prize_fraction is not None
    assert shared.prize_fraction.value == pytest.approx(prizes / (6 * 8))
    assert shared.prize_of_bound is not None
    assert shared.prize_of_bound.value == pytest.approx(prizes / (6 * 10))
    assert (shared.published, shared.published_flights) == (wilson(5, 6), 6)
    assert (blind.published, blind.published_flights) == (wilson(6, 6), 6)


def test_without_a_published_rule_a_lost_flight_has_no_verdict_by_it() -> None:
    rows = [
        replace(r, outcome=CRASHED, success=False) if r.seed == 15_000 else r for r in all_rows()
    ]
    assert {cell.published for cell in compiled(rows).cells} == {None}


TRACEBACK = """Traceback (most recent call last):
  File "agents/policy.py", line 90, in _told
    yield
  File "mine.py", line 7, in act
    return self.net(x)
ValueError: shapes (3,4) and (5,) | differ

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "scenarios/flying.py", line 58, in fly_job
    result = agents.fly(scenario, pilot, log=poses)
agents.policy.PolicyError: mine.py:Mine: call {call} of act: ValueError: shapes (3,4)
and (5,) | differ
"""


def test_what_lost_flights_said_is_told_once_and_short(tmp_path: Path) -> None:
    lost = {"success": False, "world": "", "prize_optimum": None}
    reasons = {
        15_001: (CRASHED, TRACEBACK.format(call=12)),
        15_002: (CRASHED, TRACEBACK.format(call=340)),
        15_003: (OVERDUE, "not finished after 60 s of wall clock, so it was ended"),
    }
    rows = [
        row("blind", r.scenario, r.seed - 15_000, outcome=why[0], reason=why[1], **lost)
        if r.scenario == "forest" and r.pilot == "blind" and (why := reasons.get(r.seed))
        else r
        for r in all_rows()
    ]
    report = compiled(rows)
    said = "PolicyError: mine.py:Mine: call 12 of act: ValueError: shapes (3,4) and (5,) | differ"
    assert report.losses == (
        Loss("go", "blind", CRASHED, 2, 15_001, said),
        Loss("go", "blind", OVERDUE, 1, 15_003, reasons[15_003][1]),
    )
    _, markdown, page = (path.read_text() for path in write_report(report, tmp_path))
    assert "## Lost flights" in markdown
    assert f"| go | blind | crashed | 2 | 15001 | {said.replace('|', chr(92) + '|')} |" in markdown
    assert said in page
    assert "agents/policy.py" not in markdown
    assert "Lost flights" not in {section.title for section in sections(compiled())}


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        ("", ""),
        ("the process ended with exit code -9", "the process ended with exit code -9"),
        ("Traceback (most recent call last):\n  File x\nKeyboardInterrupt", "KeyboardInterrupt"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_reasons_are_shortened_to_what_was_raised(reason: str, short: str) -> None:
    assert short_reason(reason) == short


def test_without_failures_there_are_no_failure_reasons() -> None:
    won = {"success": True, "outcome": "success", "reason": ""}
    rows = [row(r.pilot, r.scenario, r.seed - 15_000, **won) for r in all_rows()]
    titles = {section.title for section in sections(compiled(rows))}
    assert "Failure reasons" not in titles
    assert "Rules that overruled pilots" in titles
    quiet = [replace(each, interventions={}) for each in rows]
    assert titles - {section.title for section in sections(compiled(quiet))} == {
        "Rules that overruled pilots"
    }


def test_missing_flights_are_named() -> None:
    with pytest.raises(ValueError, match="blind has not flown town on 1 seeds, the first is 15005"):
        compiled(all_rows()[:-1])


# --- What may be said of a difference.


def test_only_the_primary_endpoint_is_judged_by_its_interval() -> None:
    exploratory = compiled().comparisons
    values = [pair.mcnemar_p for pair in exploratory if pair.mcnemar_p is not None]
    assert [pair.holm_p for pair in exploratory] == holm(values)
    primary = SUITE.model_copy(update={"primary": "go"})
    first, second = compiled(suite=primary).comparisons
    assert first.holm_p is None
    assert primary_verdict(first.difference) == "undecided"
    assert first.verdict == "shared: undecided"
    assert second.holm_p == second.mcnemar_p
    words = (
        exploratory_verdict(p.first, p.second, p.difference, p.holm_p or 0) for p in exploratory
    )
    assert all("worse" not in text and "equivalent" not in text for text in words)


def test_cells_near_the_top_get_no_verdict() -> None:
    rows = [
        row(r.pilot, r.scenario, r.seed - 15_000, success=True, outcome="success")
        for r in all_rows()
    ]
    assert {pair.verdict for pair in compiled(rows).comparisons} == {"too easy (0 : 0 failed)"}


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.2, "better"),
        (-0.2, -0.01, "worse"),
        (-0.04, 0.04, "equivalent (within 5 points)"),
        (-0.04, 0.06, "no worse (margin 5 points)"),
        (-0.06, 0.04, "undecided"),
    ],
)
def test_the_primary_verdict_follows_from_the_interval(
    low: float, high: float, verdict: str
) -> None:
    assert primary_verdict(Estimate((low + high) / 2, low, high)) == verdict


def test_holm_by_hand_and_its_order() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert holm([0.7, 0.9]) == [1.0, 1.0]


def test_pilots_are_compared_way_by_way_and_substitutions_with_the_whole() -> None:
    flown = ("a", "b", "a@head", "b@head", "random", "a@teacher=mission", "b@teacher=mission")
    assert pairs_of(flown, ["a", "b", "random"]) == [
        ("a", "b"),
        ("a@head", "b@head"),
        ("a", "random"),
        ("a", "a@teacher=mission"),
        ("b", "b@teacher=mission"),
    ]


def test_the_same_networks_by_another_rule_are_compared_with_the_first() -> None:
    ruled = "a@rule=2,1.5,0.6,0.5"
    assert pairs_of(("a", ruled), ["a", ruled]) == [("a", ruled)]
    assert pairs_of((ruled, "a"), [ruled, "a"]) == [(ruled, "a")]
    flown = ("a", ruled, "a@head", f"{ruled}@head", f"{ruled}@teacher=mission")
    assert pairs_of(flown, ["a", ruled]) == [
        ("a", ruled),
        ("a@head", f"{ruled}@head"),
        (ruled, f"{ruled}@teacher=mission"),
    ]
    trainings = ("a#0", "a#1", "a#0@rule=2,1.5,0.6,0.5", "a#1@rule=2,1.5,0.6,0.5")
    assert pairs_of(trainings, trainings) == [trainings[::2], trainings[1::2]]


# --- Compute.


def test_networks_are_counted_by_what_was_asked_of_them_in_missions() -> None:
    """Over all flights of a task, lost ones apart; of tasks without missions nothing is told."""
    parts = models.Macs(
        1_000_000, {"navigation": 100_000, "avoidance": 100_000, "mission": 200_000}
    )
    costs = {name: Compute(1, 1, 2e7, 1.0, 1.0, macs=(parts,)) for name in ("shared", "blind")}
    asked = {"navigation+avoidance": 90, "mission": 10}
    rows = [
        replace(each, asked=asked if each.scenario == "town" else {"navigation+avoidance": 150})
        for each in all_rows()
    ]
    rows[-1] = replace(rows[-1], outcome=CRASHED, asked={}, duration_s=0.0)
    report = compile_report(SUITE, ENTRIES, rows, costs, {})
    section = compute_section(report)
    column = section.header.index("in missions")
    # 9 steps a second steer for 1.2 M each, one plans for another 1.2 M.
    assert {line[column] for line in section.lines} == {"12.0 M"}
    only = [each for each in rows if each.scenario == "forest"]
    forest = SUITE.model_copy(update={"tasks": {"go": "forest"}})
    lines = compute_section(compile_report(forest, ENTRIES[:1], only, costs, {})).lines
    assert {line[column] for line in lines} == {""}


# --- The worst, the ladder, and the files.


def test_the_worst_are_failures_by_turns() -> None:
    listed = worst_flights(all_rows(), 6)
    assert len({(r.pilot, r.scenario) for r in listed[:4]}) == 4
    assert not any(r.success for r in listed)
    failures = [r for r in all_rows() if not r.success]
    every = worst_flights(all_rows(), 100)
    assert {(r.job) for r in every[: len(failures)]} == {r.job for r in failures}
    close = row("shared", "forest", 0, min_clearance_m=0.01)
    wide = row("shared", "forest", 1, min_clearance_m=None)
    assert worst_flights([wide, close], 9) == [close, wide]


def test_numbered_tasks_are_a_ladder() -> None:
    assert ladders(compiled()) == {}
    tiers = SUITE.model_copy(update={"tasks": {"go-2": "town", "go-1": "forest"}})
    entries = [Entry("go-2", "town", ("shared",)), Entry("go-1", "forest", ("shared",))]
    compute = {"shared": COMPUTE["shared"]}
    report = compile_report(tiers, entries, all_rows(), compute, {})
    assert [tier for tier, _ in ladders(report)["go"]["shared"]] == [1, 2]
    assert "ladder" in report_figures(report)


def test_files_agree_and_the_page_needs_nothing_beside_it(report: Report, tmp_path: Path) -> None:
    results, markdown, page = (path.read_text() for path in write_report(report, tmp_path))
    content = json.loads(results)
    assert content["cells"][0]["success"] == {
        "value": 4 / 6,
        "low": wilson(4, 6).low,
        "high": wilson(4, 6).high,
    }
    assert content["compute"]["shared"]["parameters"] == 600_000
    assert content["suite"]["worlds"] == 6
    for cell in content["cells"]:
        said = f"{100 * cell['success']['value']:.1f} % [{100 * cell['success']['low']:.1f}"
        assert said in markdown
        assert said in page
    for text in (markdown, page):
        assert "logs/worst.mcap" in text
        assert "trident compare --suite two" in text
        assert "not ours" in text
    assert "&lt;at&gt; &amp; about" in page
    # Whatever it shows is inside: the only addresses are data, the report's own logs, and XML's names of formats.
    assert set(re.findall(r'src="([^,]+),', page)) == {"data:image/svg+xml;base64"}
    assert re.findall(r'href="([^"]+)"', page) == ["logs/worst.mcap"]
    for image in re.findall(r"!\[.*\]\((.+)\)", markdown):
        assert (tmp_path / image).stat().st_size > 1000


def test_figures_are_grey_and_repeat(report: Report) -> None:
    figures = report_figures(report)
    assert set(figures) == {"success", "differences", "reasons"}
    assert figures == report_figures(report)
    for svg in figures.values():
        for color in re.findall(r"#([0-9a-f]{6})", svg):
            assert color[:2] == color[2:4] == color[4:]


def test_tables_have_a_line_for_every_cell(report: Report) -> None:
    success, differences, compute = report_table(report)
    assert (success.row_count, differences.row_count, compute.row_count) == (4, 2, 2)
    for section in sections(report):
        assert all(len(line) == len(section.header) for line in section.lines)
