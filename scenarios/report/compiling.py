"""From a campaign's rows to its report: success with intervals, paired differences with verdicts, reasons, compute."""

from collections.abc import Mapping, Sequence

from scenarios.compute import Compute
from scenarios.judging import Refereed
from scenarios.plan import Entry
from scenarios.report.cells import cell_of
from scenarios.report.contents import Cell, Comparison, Loss, Report, Worst
from scenarios.report.endpoints import compare_all_arms, judge_pairs, primary_endpoint
from scenarios.report.losses import losses_of
from scenarios.report.pairs import compare_pilots, pairs_of
from scenarios.report.worlds import worlds_of
from scenarios.row import Row
from scenarios.runner import check_paired
from scenarios.suite import Suite
from scenarios.worst import worst_flights

WORST = 10
"""Flights listed as the worst, with their logs."""


def compile_report(
    suite: Suite,
    entries: Sequence[Entry],
    rows: Sequence[Row],
    compute: Mapping[str, Compute],
    stamp: Mapping[str, str],
    *,
    logs: Mapping[tuple[str, str, int], str] | None = None,
    environment: Mapping[str, str] | None = None,
    command: str = "",
    referee: Refereed | None = None,
) -> Report:
    """The report on whole entries; `compute` holds the pilots, of which the first is the one others are compared with."""
    check_paired(rows)
    cells: list[Cell] = []
    comparisons: list[Comparison] = []
    losses: list[Loss] = []
    every: dict[str, dict[str, list[Row]]] = {}
    for entry in entries:
        flown = {name: _by_seed(rows, entry.scenario, name, suite.seeds) for name in entry.pilots}
        every[entry.task] = flown
        worlds = worlds_of(flown)
        cells += [cell_of(entry.task, name, flown[name], worlds) for name in entry.pilots]
        losses += [
            loss for name in entry.pilots for loss in losses_of(entry.task, name, flown[name])
        ]
        comparisons += [
            compare_pilots(entry.task, first, second, flown, worlds)
            for first, second in pairs_of(entry.pilots, list(compute))
        ]
    primary = primary_endpoint(suite, list(compute))
    judged = judge_pairs(comparisons, cells, primary)
    # A policy from elsewhere does not tell how many networks it has: it may have been trained.
    learned = {name for name, cost in compute.items() if cost.networks != 0}
    return Report(
        suite=suite,
        cells=tuple(cells),
        comparisons=tuple(judged),
        compute=dict(compute),
        worst=tuple(_worst(entries, rows, logs or {})),
        stamp=dict(stamp),
        environment=dict(environment or {})
        | ({} if referee is None else {"referee": str(referee)}),
        referee=referee,
        command=command,
        arms=tuple(compare_all_arms(judged, every, primary, learned)),
        losses=tuple(losses),
    )


# --- Private.


def _by_seed(rows: Sequence[Row], scenario: str, pilot: str, seeds: Sequence[int]) -> list[Row]:
    """One row a seed, in the seeds' order: what makes rows of two pilots pairs."""
    found = {row.seed: row for row in rows if (row.scenario, row.pilot) == (scenario, pilot)}
    missing = [seed for seed in seeds if seed not in found]
    if missing:
        raise ValueError(
            f"{pilot} has not flown {scenario} on {len(missing)} seeds, the first is {missing[0]}"
        )
    return [found[seed] for seed in seeds]


def _worst(
    entries: Sequence[Entry], rows: Sequence[Row], logs: Mapping[tuple[str, str, int], str]
) -> list[Worst]:
    task_of = {entry.scenario: entry.task for entry in reversed(entries)}
    return [
        Worst(task_of[row.scenario], row, logs.get((row.pilot, row.scenario, row.seed)))
        for row in worst_flights(rows, WORST)
    ]
