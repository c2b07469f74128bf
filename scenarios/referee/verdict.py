"""What the referee says of a flight."""

from dataclasses import asdict, dataclass
from typing import Any

UNFINISHED = "unfinished"
"""Verdict on a log that ends before its flight does: cut short, interrupted, or without anything that would end it."""


@dataclass(frozen=True)
class Finding:
    """One thing the log says that the referee does not."""

    kind: str
    """outcome, duration, distance, clearance, energy, prize, events, scenario, motion, observation or log."""
    text: str


@dataclass(frozen=True)
class Permitted:
    """An outcome that what was measured permits."""

    outcome: str
    reason: str
    from_s: float
    until_s: float
    """The control steps' ends between which it may have come, s, as a result's duration; the same without a doubt."""
    prize: float
    """Earned until then, at `from_s`."""


@dataclass(frozen=True)
class Verdict:
    """One flight judged from log and scenario alone."""

    outcome: str
    """An `sim.types.Outcome`, or UNFINISHED; in doubt, the first of those permitted."""
    claimed: str | None
    """What the log says; None where it has no result."""
    reason: str
    """A sentence."""
    time_s: float
    """When it ended."""
    position_m: tuple[float, float, float]
    """Where, m, world."""
    touched: str | None
    """What the hull met."""
    least_clearance_m: float | None
    """Signed, from any obstacle, the ground left out; None where nothing came within reach."""
    prize: float
    energy_wh: float
    """By the referee's own formula."""
    mean_speed_m_s: float
    """Way over time; in avoidance, progress along the course over time."""
    close_calls: tuple[str, ...]
    """Decisions so near to their threshold that environment and referee may differ."""
    findings: tuple[Finding, ...]
    permitted: tuple[Permitted, ...] = ()
    """Every outcome that close calls leave open, in the order of time; one without any. A claim must be one of them."""

    @property
    def success(self) -> bool:
        return self.outcome == "success"

    @property
    def agrees(self) -> bool:
        """Whether nothing in the log contradicts the referee; what a close call leaves open may be claimed either way."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "success": self.success, "agrees": self.agrees}
