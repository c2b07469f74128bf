"""When a failure became unavoidable: the teacher takes over at one step after the other, by bisection."""

from collections.abc import Callable
from dataclasses import dataclass

from sim.types import Outcome

Report = Callable[[float, float | None], None]

WINDOW_SECONDS = 10.0
"""s before the failure in which the moment is looked for."""
PHYSICAL = (
    Outcome.COLLISION,
    Outcome.OUT_OF_BOUNDS,
    Outcome.ALTITUDE_BREACH,
    Outcome.GEOFENCE_BREACH,
    Outcome.NO_FLY_ZONE,
)
"""Failures that happen at a place: those that somebody else at the controls might have kept away from."""


@dataclass(frozen=True)
class Unavoidable:
    """What the take-overs found; steps of the log.

    The failure counts as avoidable from a step if the teacher, put in charge where that step was decided, flies on
    until 3 s after the failure would have happened. It sees the true world and flies the lattice through the same
    autopilot, so the moment is the last one for *this* rescuer: one with other commands than the lattice's might save
    the drone later still, none can be said to save it earlier. Bisection takes for granted that what was lost stays lost.
    """

    last_avoidable: int | None
    """The last step from which the teacher saved the flight; None if it did not from the window's start on."""
    first_lost: int | None
    """The step after it; None if the teacher saved the flight from the very last step."""
    window_start: int
    takeovers: int


def find_unavoidable(
    rescues: Callable[[int], bool], last_step: int, control_hz: int, report: Report | None = None
) -> Unavoidable:
    """Bisect the seconds before a failure in step `last_step`; `rescues(step)` flies one take-over."""
    start = max(0, last_step - round(WINDOW_SECONDS * control_hz))
    most = 2 + (last_step - start).bit_length()
    done = 0

    def rescued(step: int) -> bool:
        nonlocal done
        answer = rescues(step)
        done += 1
        if report is not None:
            report(done, most)
        return answer

    if not rescued(start):
        return Unavoidable(None, start, start, done)
    if last_step == start or rescued(last_step):
        return Unavoidable(last_step, None, start, done)
    saved, lost = start, last_step
    while lost - saved > 1:
        middle = (saved + lost) // 2
        saved, lost = (middle, lost) if rescued(middle) else (saved, middle)
    return Unavoidable(saved, lost, start, done)
