"""What a figure is, and when it has got worse."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One measured figure."""

    value: float
    unit: str
    """`ratio` and `%` do not depend on the machine and are gated; times and rates are only recorded."""
    better: Literal["higher", "lower"]
    tolerance: float
    """Relative change for the worse that is still noise."""
    goal: float | None = None
    """What the project promises; None where it promises nothing."""

    @property
    def gated(self) -> bool:
        """Whether a regression fails the gate."""
        return self.unit in ("ratio", "%")

    @property
    def reached(self) -> bool | None:
        """Whether the goal is met, None without one."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.better == "higher" else self.value <= self.goal

    def worse_than(self, baseline: float) -> bool:
        """Whether the figure has regressed beyond its tolerance."""
        if self.better == "higher":
            return self.value < baseline * (1.0 - self.tolerance)
        return self.value > baseline * (1.0 + self.tolerance)


def regressions(found: dict[str, Metric], baseline: dict[str, float]) -> list[str]:
    """One line for each gated figure that is worse than its baseline, or has none.

    A figure that shall be low fails only beyond its goal as well: a growth of 0.2 % is no regression from 0.1 %.
    """
    lines = []
    for name, metric in found.items():
        if not metric.gated:
            continue
        if name not in baseline:
            lines.append(f"{name}: no baseline; run with --update-baseline")
        elif metric.worse_than(baseline[name]) and not (
            metric.better == "lower" and metric.reached
        ):
            lines.append(
                f"{name} = {metric.value:.3g} {metric.unit}: the baseline is {baseline[name]:.3g}, "
                f"{metric.tolerance:.0%} is tolerated"
            )
    return lines


def missed_goals(found: dict[str, Metric]) -> list[str]:
    """One line for each figure that does not reach what the project promises."""
    least = {"higher": "at least", "lower": "at most"}
    return [
        f"GOAL MISSED: {name} = {metric.value:.4g} {metric.unit}, promised is {least[metric.better]} {metric.goal:g}"
        for name, metric in found.items()
        if metric.reached is False
    ]
