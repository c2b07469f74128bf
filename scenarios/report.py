"""From a campaign's rows to its report: success with intervals, paired differences with verdicts, reasons, compute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from agents.arm_names import arm_of
from agents.way_names import split_way
from scenarios.arm_statistics import block_ratio
from scenarios.compute import Compute
from scenarios.judging import Refereed
from scenarios.plan import Entry
from scenarios.report_arms import ArmComparison, SeedTest, compare_arms
from scenarios.report_blocks import ONE_BLOCK, over_blocks, tally_blocks, wider, world_blocks
from scenarios.row import LOST, Row
from scenarios.runner import check_paired
from scenarios.statistics import (
    Estimate,
    holm,
    mcnemar_exact,
    paired_counts,
    paired_difference,
    ratio_estimate,
    wilson,
)
from scenarios.suite import Suite
from scenarios.verdicts import (
    SATURATED,
    exploratory_verdict,
    primary_verdict,
    saturated_verdict,
    tells_apart,
)
from scenarios.worst import worst_flights

WORST = 10
"""Flights listed as the worst, with their logs."""


@dataclass(frozen=True)
class Cell:
    """One pilot on one task."""

    task: str
    pilot: str
    flights: int
    success: Estimate  # 95 %: Wilson, in real places as wide as blocks ask for
    outcomes: dict[str, int]
    lost: int  # of the failures, flights that crashed or ran out of wall-clock time
    prize_fraction: (
        Estimate | None
    )  # sum of prizes over that of optima, 95 %; missions with 2 worlds or more
    mean_duration_s: float
    mean_energy_wh: float
    interventions: dict[str, int]  # how often each rule overruled the pilot, over all flights
    decision_p50_ms: float | None  # of one decision in flight, median over flights
    decision_p99_ms: float | None  # the same of each flight's 99th percentile
    published: Estimate | None = None
    """Success by the published crash rule, Wilson 95 %, of the flights that rule can judge; None without a rule."""
    published_flights: int = 0
    """How many it can judge: not those our rule ended by a touch that the other does not count."""
    blocks: dict[str, tuple[int, int]] = field(default_factory=dict)
    """In a real place, successes and flights by block; `success` is then as wide as a bootstrap over blocks, or wider."""
    prize_of_bound: Estimate | None = None
    """As `prize_fraction`, of what knowing every panel beforehand would collect: no flight exceeds it."""


@dataclass(frozen=True)
class Comparison:
    """One pilot against another, world by world."""

    task: str
    first: str
    second: str
    difference: (
        Estimate  # success, first minus second, Newcombe 95 %; in real places also over blocks
    )
    first_only: int
    second_only: int
    mcnemar_p: float | None  # None in real places, whose flights are not independent
    holm_p: float | None  # over all exploratory comparisons with a test; None for the primary one
    verdict: str
    prize_difference: Estimate | None  # of prizes summed, over the sum of optima, paired 95 %
    primary: bool = False
    blocks: int | None = None
    """How many, in a real place; what is explored there is told by the interval over them."""


@dataclass(frozen=True)
class Worst:
    """One of the worst flights."""

    task: str
    row: Row
    log: str | None
    """Path of its log from the report's folder."""


@dataclass(frozen=True)
class Report:
    """Everything `results.json` holds."""

    suite: Suite
    cells: tuple[Cell, ...]
    comparisons: tuple[Comparison, ...]
    compute: dict[str, Compute]
    worst: tuple[Worst, ...]
    stamp: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    command: str = ""
    """What repeats this campaign."""
    referee: Refereed | None = None
    """What the independent referee said, where it was asked."""
    arms: tuple[ArmComparison, ...] = ()
    """Of arms with several training seeds."""

    @property
    def lost(self) -> int:
        return sum(cell.lost for cell in self.cells)


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
    every: dict[str, dict[str, list[Row]]] = {}
    for entry in entries:
        flown = {name: _by_seed(rows, entry.scenario, name, suite.seeds) for name in entry.pilots}
        every[entry.task] = flown
        blocks = world_blocks(flown)
        cells += [_cell(entry.task, name, flown[name], blocks) for name in entry.pilots]
        comparisons += [
            _compare(entry.task, first, second, flown, blocks)
            for first, second in pairs_of(entry.pilots, list(compute))
        ]
    primary = _primary(suite, list(compute))
    judged = _judge(comparisons, cells, primary)
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
        arms=tuple(_arms(judged, every, primary)),
    )


def pairs_of(flown: Sequence[str], pilots: Sequence[str]) -> list[tuple[str, str]]:
    """What is compared: the first arm with each other flown the same way, seed by seed; substitutions with all learned."""
    found: list[tuple[str, str]] = []
    arm = arm_of(pilots[0])[0]
    own = [pilot for pilot in pilots if arm_of(pilot)[0] == arm]
    for name in flown:
        base, way = split_way(name)
        other, seed = arm_of(base)
        if other != arm and not way.startswith("teacher="):
            # A pilot with one training only meets every training of the other arm.
            rivals = [
                pilot
                for pilot in own
                if None in (seed, arm_of(pilot)[1]) or seed == arm_of(pilot)[1]
            ]
            rivals = [f"{rival}@{way}" if way == "head" else rival for rival in rivals]
            found += [(rival, name) for rival in rivals if rival in flown and rival != name]
        elif way.startswith("teacher=") and base in flown:
            found.append((base, name))
    return found


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


def _cell(task: str, pilot: str, rows: Sequence[Row], blocks: Sequence[str] | None) -> Cell:
    won = np.array([row.success for row in rows])
    prizes = np.array([row.prize for row in rows])
    outcomes = [row.outcome for row in rows]
    finished = [row for row in rows if row.outcome not in LOST]
    told = [row.published for row in rows if row.published is not None]
    rules = sorted({rule for row in rows for rule in row.interventions})
    return Cell(
        task=task,
        pilot=pilot,
        flights=len(rows),
        success=over_blocks(wilson(int(won.sum()), len(won)), won, blocks, (0.0, 1.0)),
        outcomes={name: outcomes.count(name) for name in sorted(set(outcomes))},
        lost=len(rows) - len(finished),
        prize_fraction=_prize_fraction([row.prize_optimum for row in rows], prizes, blocks),
        prize_of_bound=_prize_fraction([row.prize_clairvoyant for row in rows], prizes, blocks),
        mean_duration_s=float(np.mean([row.duration_s for row in finished])) if finished else 0.0,
        mean_energy_wh=float(np.mean([row.energy_wh for row in finished])) if finished else 0.0,
        interventions={rule: sum(row.interventions.get(rule, 0) for row in rows) for rule in rules},
        decision_p50_ms=_median([row.latency_p50_ms for row in rows]),
        decision_p99_ms=_median([row.latency_p99_ms for row in rows]),
        published=wilson(sum(told), len(told)) if told else None,
        published_flights=len(told),
        blocks=tally_blocks(rows, blocks),
    )


def _compare(
    task: str,
    first: str,
    second: str,
    flown: Mapping[str, Sequence[Row]],
    blocks: Sequence[str] | None,
) -> Comparison:
    successes = [np.array([row.success for row in flown[pilot]]) for pilot in (first, second)]
    counts = paired_counts(successes[0], successes[1])
    pairs = list(zip(flown[first], flown[second], strict=True))
    more = np.array([one.prize - other.prize for one, other in pairs])
    # The optimum belongs to the world: a flight that was lost does not tell it, its pair may.
    optima = [one.prize_optimum or other.prize_optimum for one, other in pairs]
    apart = successes[0].astype(np.float64) - successes[1]
    return Comparison(
        task=task,
        first=first,
        second=second,
        difference=over_blocks(paired_difference(counts), apart, blocks, (-1.0, 1.0)),
        first_only=counts.first_only,
        second_only=counts.second_only,
        mcnemar_p=mcnemar_exact(counts) if blocks is None else None,
        holm_p=None,
        verdict="",
        prize_difference=_prize_fraction(optima, more, blocks),
        blocks=None if blocks is None else len(set(blocks)),
    )


def _primary(suite: Suite, pilots: Sequence[str]) -> tuple[str, str, str] | None:
    """The one endpoint that is no exploration: the primary task, the first arm against the second, both whole."""
    arms = list(dict.fromkeys(arm_of(pilot)[0] for pilot in pilots))
    if suite.primary is None or len(arms) < 2:
        return None
    return suite.primary, arms[0], arms[1]


def _judge(
    comparisons: Sequence[Comparison],
    cells: Sequence[Cell],
    primary: tuple[str, str, str] | None,
) -> list[Comparison]:
    """The same with verdicts: one primary endpoint, everything else exploratory under Holm."""
    found = {(cell.task, cell.pilot): cell for cell in cells}
    tested = [_endpoint(pair) != primary for pair in comparisons]
    alone = tested.count(False) == 1
    family = [
        p.mcnemar_p
        for p, explores in zip(comparisons, tested, strict=True)
        if explores and p.mcnemar_p is not None
    ]
    adjusted = iter(holm(family))
    judged = []
    for pair, explores in zip(comparisons, tested, strict=True):
        both = [found[pair.task, name] for name in (pair.first, pair.second)]
        holm_p = next(adjusted) if explores and pair.mcnemar_p is not None else None
        if pair.blocks == 1:
            verdict = ONE_BLOCK
        elif min(cell.success.value for cell in both) > SATURATED:
            failures = [round(cell.flights * (1.0 - cell.success.value)) for cell in both]
            verdict = saturated_verdict(*failures)
        elif not explores:
            said = primary_verdict(pair.difference) if alone else "see arms over training seeds"
            verdict = f"{pair.first}: {said}" if alone else said
        else:
            verdict = exploratory_verdict(pair.first, pair.second, pair.difference, holm_p)
        judged.append(replace(pair, holm_p=holm_p, verdict=verdict, primary=not explores))
    return judged


def _endpoint(pair: Comparison) -> tuple[str, str, str]:
    return pair.task, arm_of(pair.first)[0], arm_of(pair.second)[0]


def _arms(
    judged: Sequence[Comparison],
    every: Mapping[str, Mapping[str, Sequence[Row]]],
    primary: tuple[str, str, str] | None,
) -> list[ArmComparison]:
    """Pairs of arms with two training seeds or more, each over all its pairs of pilots."""
    groups: dict[tuple[str, str, str], list[SeedTest]] = {}
    for pair in judged:
        told = not pair.primary and tells_apart(pair.difference, pair.holm_p)
        test = SeedTest(pair.first, pair.second, pair.difference.value, told)
        groups.setdefault(_endpoint(pair), []).append(test)
    found = [
        compare_arms(endpoint[0], every[endpoint[0]], tests, endpoint == primary)
        for endpoint, tests in groups.items()
    ]
    return [arms for arms in found if arms is not None]


def _worst(
    entries: Sequence[Entry], rows: Sequence[Row], logs: Mapping[tuple[str, str, int], str]
) -> list[Worst]:
    task_of = {entry.scenario: entry.task for entry in reversed(entries)}
    return [
        Worst(task_of[row.scenario], row, logs.get((row.pilot, row.scenario, row.seed)))
        for row in worst_flights(rows, WORST)
    ]


def _prize_fraction(
    bounds: Sequence[float | None], prizes: np.ndarray, blocks: Sequence[str] | None
) -> Estimate | None:
    """Prizes over the worlds' bounds; None for fewer than two worlds, in a real place two blocks, with something to win."""
    wholes = np.array([bound or 0.0 for bound in bounds])
    won = wholes > 0.0
    if won.sum() < 2:
        return None
    plain = ratio_estimate(prizes[won], wholes[won])
    if blocks is None:
        return plain
    within = [name for name, some in zip(blocks, won, strict=True) if some]
    return (
        wider(plain, block_ratio(prizes[won], wholes[won], within))
        if len(set(within)) > 1
        else None
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
