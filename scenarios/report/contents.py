"""What a report holds: cells, comparisons, arms, compute, the worst flights; all that `results.json` says."""

from dataclasses import dataclass, field

from scenarios.compute import Compute
from scenarios.judging import Refereed
from scenarios.report.arms import ArmComparison
from scenarios.row import Row
from scenarios.statistics import Estimate
from scenarios.suite import Suite


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
    asked_hz: dict[str, float] = field(default_factory=dict)
    """Control steps a second of flight by the skills that were asked in them, over all flights."""


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
class Loss:
    """Flights of one pilot on one task that were lost for the same reason."""

    task: str
    pilot: str
    outcome: str
    flights: int
    seed: int  # of the first
    message: str  # what it said, shortened


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
    losses: tuple[Loss, ...] = ()
    """Why flights were lost."""

    @property
    def lost(self) -> int:
        return sum(cell.lost for cell in self.cells)
