"""What a paired difference allows to be said: one primary endpoint with its margin, all else exploratory."""

from scenarios.statistics import Estimate

MARGIN = 0.05
"""Share of success by which the primary endpoint may be worse and still count as no worse."""
SATURATED = 0.95
"""Success above which worlds are too easy to tell pilots apart."""
_LEVEL = 0.05


def primary_verdict(difference: Estimate) -> str:
    """From the interval alone: better, worse, equivalent, no worse, or undecided."""
    points = f"{100 * MARGIN:.0f} points"
    if difference.low > 0:
        return "better"
    if difference.high < 0:
        return "worse"
    if difference.low > -MARGIN:
        within = difference.high < MARGIN
        return f"equivalent (within {points})" if within else f"no worse (margin {points})"
    return "undecided"


def tells_apart(difference: Estimate, holm_p: float | None) -> bool:
    """Whether McNemar's test under Holm does; without a test, in a real place, whether the interval over blocks does."""
    if holm_p is None:
        return difference.low > 0.0 or difference.high < 0.0
    return holm_p < _LEVEL


def exploratory_verdict(first: str, second: str, difference: Estimate, holm_p: float | None) -> str:
    """Which of the two is better, where they are told apart at all."""
    if not tells_apart(difference, holm_p):
        return "undecided"
    return f"{first if difference.value > 0 else second} better"


def saturated_verdict(first_failures: int, second_failures: int) -> str:
    """Where both are above `SATURATED`: the failures, and nothing said of them."""
    return f"too easy ({first_failures} : {second_failures} failed)"
