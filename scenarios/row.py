"""One flight of a campaign: what is to be flown, and what came of it."""

from dataclasses import dataclass, field

CRASHED, OVERDUE = "crashed", "overdue"
"""Outcomes of a flight that has no result, counted as failures: a fault in the program or the death of its
process ended it, or its wall-clock time was up."""
LOST = (CRASHED, OVERDUE)


@dataclass(frozen=True)
class Job:
    """One flight to fly."""

    pilot: str
    """A pilot's name, with the way it is flown."""
    scenario: str
    """A library name or a TOML file."""
    seed: int


@dataclass(frozen=True)
class Row:
    """One flight flown; numbers are None where the flight has none."""

    pilot: str
    scenario: str
    seed: int
    outcome: str  # an Outcome, or one of LOST
    success: bool
    duration_s: float  # flight time
    distance_m: float
    min_clearance_m: float | None  # None where nothing stood near
    energy_wh: float
    prize: float
    prize_optimum: float | None  # None outside missions
    world: str
    """Digest of the resolved scenario: equal for every pilot on the same seed, or the pairing is void."""
    wall_s: float
    reason: str = ""
    """A failure in words: what was hit, where, how fast; for a lost flight its traceback or how its process ended."""
    pilot_hash: str = ""
    """Digest of the pilot's weights or policy file; `none` for pilots that are code of ours."""
    interventions: dict[str, int] = field(default_factory=dict)
    """How often a rule overruled the pilot, by the rule's name."""
    prize_clairvoyant: float | None = None
    """The optimum with every panel known beforehand; None outside missions."""
    mission_decisions: int = 0
    """How often the mission skill was asked; `interventions` holds how often its first choice was forbidden."""
    published: bool | None = None
    """Success by the crash rule of the paper the world comes from; None where there is none or it cannot be told."""
    latency_p50_ms: float | None = None  # of one decision, on the machine as busy as it was
    latency_p99_ms: float | None = None
    versions: str = ""
    """Code, packages and Python that flew it."""
    arm: str = ""
    """What the pilot is a training of, with the way it is flown: `c@head` of `c#3@head`; the pilot itself elsewhere."""
    training_seed: int | None = None
    """Which training of its arm; None where there is only one."""
    block: str = ""
    """Part of a real place that the flight belongs to; empty in generated worlds."""
    asked: dict[str, int] = field(default_factory=dict)
    """Control steps by the skills that were asked in them, e.g. `navigation+avoidance`; the rest was scripted."""

    @property
    def job(self) -> Job:
        return Job(self.pilot, self.scenario, self.seed)


MEASURED = ("wall_s", "latency_p50_ms", "latency_p99_ms")
"""Fields that differ from one flying of the same flight to the next."""
