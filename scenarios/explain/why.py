"""The explanation of a flight: at one moment, or on the whole at the moment that decided it."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from scenarios.explain.account import account, closest_call, decisive_interval, point_of_no_return
from scenarios.explain.again import Again, NotReflownError
from scenarios.explain.blame import HeadError, errors_at
from scenarios.explain.blame_words import blame_section, errors_section
from scenarios.explain.decisions import decision_rows
from scenarios.explain.heads import heads_at
from scenarios.explain.outcome import no_return_section, outcome_section, unavoidable_section
from scenarios.explain.privileged import Privileged
from scenarios.explain.section import Section
from scenarios.explain.teacher_words import teacher_section
from scenarios.explain.unavoidable import (
    PHYSICAL,
    WINDOW_SECONDS,
    Report,
    Unavoidable,
    find_unavoidable,
)
from sim.record.reader import Flight as Log
from sim.record.words import number

BLAME_SECONDS = 3.0
"""s before the moment a failure became unavoidable in which heads are held against the teacher, every step."""
_MOST_LOOKS = 120
"""Steps of a whole flight that are held against the teacher, at most."""

Work = Callable[[str], "Report"]
"""Begins a piece of work by its name; what it returns hears how far it has come."""


@dataclass(frozen=True)
class Explanation:
    """What can be told of a flight, in order."""

    sections: tuple[Section, ...]
    moment: int
    """The step that is looked at."""
    unavoidable: Unavoidable | None = None
    first_error: HeadError | None = None


def explain(log: Log, at: float | None, begin: Work) -> Explanation:
    """Explain a log at a time, s, or at the moment that decided it; ValueError where there is nothing at that time."""
    if not len(log):
        raise ValueError(f"{log.path}: no steps to explain ({log.damage or 'it ended at once'})")
    step = None if at is None else step_at(log, at)
    try:
        with _flown_again(log, step) as again:
            return _explain(log, again, step, begin)
    except NotReflownError as error:
        told = -1 if step is None else step
        outcome = (outcome_section(log),) if step is None else ()
        note = Section("what cannot be told", (("the truth", str(error)),))
        return Explanation(
            (*outcome, heads_at(log, range(len(log))[told]), note), range(len(log))[told]
        )


def step_at(log: Log, time: float) -> int:
    """The step that was decided last at a time of flight, s."""
    end = len(log) / log.scenario.rates.control_hz
    if not (math.isfinite(time) and 0.0 <= time <= end):
        raise ValueError(f"{log.path}: why = {time:g}: the log's flight runs from 0 to {end:.2f} s")
    return int(np.searchsorted(log.times, time + 1e-9, side="right")) - 1


# --- Private.


@contextmanager
def _flown_again(log: Log, step: int | None) -> Iterator[Again]:
    """The log in a simulator, with snapshots where they will be needed."""
    reach = math.ceil((WINDOW_SECONDS + BLAME_SECONDS + 1.0) * log.scenario.rates.control_hz)
    first = max(0, len(log) - reach) if step is None else step
    with Again(log, marks_from=first) as again:
        yield again


def _explain(log: Log, again: Again, step: int | None, begin: Work) -> Explanation:
    privileged = Privileged(again)
    if step is not None:
        return Explanation(_moment(log, privileged, step), step)
    result = log.result
    if result is None or result.success:
        return _of_success(log, again, privileged, begin)
    if result.outcome in PHYSICAL:
        return _of_crash(log, privileged, begin)
    return _of_failure(log, privileged, begin)


def _of_crash(log: Log, privileged: Privileged, begin: Work) -> Explanation:
    last, hz = len(log) - 1, log.scenario.rates.control_hz
    found = find_unavoidable(
        lambda step: privileged.rescues(step, last),
        last,
        hz,
        begin("letting the teacher take over"),
    )
    saved = found.last_avoidable is not None
    moment = last if found.last_avoidable is None else found.last_avoidable
    because = "the last from which the teacher saved it" if saved else "the last of the flight"
    first = max(0, moment - round(BLAME_SECONDS * hz))
    looked = range(first, moment + 1)
    errors = _errors(log, privileged, looked, begin, arrives=True)
    sections = (
        outcome_section(log),
        unavoidable_section(log, found),
        blame_section(log, errors, looked),
        *_moment(log, privileged, moment, because),
    )
    return Explanation(sections, moment, found, _first(errors))


def _of_failure(log: Log, privileged: Privileged, begin: Work) -> Explanation:
    """A failure that happened nowhere: of time, of energy, of duty."""
    choosing = privileged.is_choice_mission
    lost = point_of_no_return(log, privileged) if choosing else None
    decisive, why = decisive_interval(log, privileged, choosing=choosing)
    looked = _looked_at(log, decisive)
    errors = _errors(log, privileged, looked, begin, arrives=False)
    there = [error for error in errors if error.step in decisive]
    error = _first(there) or _first(errors)
    reasons = {
        "the first error where most was lost": there[0].step if there else None,
        "the point of no return": lost,
        "the first error": error and error.step,
        "where most was lost": decisive.start,
    }
    because, moment = next((why, step) for why, step in reasons.items() if step is not None)
    sections = [outcome_section(log), account(log, privileged, choosing=choosing)]
    if lost is not None:
        sections.append(no_return_section(log, privileged, lost))
    text = f"{log.times[decisive.start]:.1f} to {log.times[decisive[-1]]:.1f} s, {why}"
    sections.append(Section("what decided the flight", (("lost most", text),)))
    within = [step for step in looked if step in decisive]
    sections += [
        blame_section(log, there, within),
        errors_section(errors, looked),
        *_moment(log, privileged, moment, because),
    ]
    return Explanation(tuple(sections), moment, None, error)


def _looked_at(log: Log, decisive: range) -> list[int]:
    """Steps spread over the flight, over those in which the mission head was asked, and over the decisive ones."""
    stride = max(1, math.ceil(len(log) / _MOST_LOOKS))
    asked = [step for step, decision in enumerate(log.decisions) if decision.asked]
    closely = decisive[:: max(1, math.ceil(len(decisive) / _MOST_LOOKS))]
    some = asked[:: max(1, len(asked) // _MOST_LOOKS)]
    return sorted({*range(0, len(log), stride), *some, *closely})


def _of_success(log: Log, again: Again, privileged: Privileged, begin: Work) -> Explanation:
    report = begin("flying again")
    for step in range(0, len(log), log.scenario.rates.control_hz):
        again.stand_before(step)
        report(step, len(log))
    moment, clearance = closest_call(log)
    if log.result is not None and math.isfinite(log.result.min_clearance_m):
        clearance = log.result.min_clearance_m  # The figure that every other report quotes.
    rows = [("closest call", f"{number(clearance)} m of clearance at {log.times[moment]:.2f} s")]
    rows += decision_rows(log)
    sections = (
        outcome_section(log),
        Section("the flight", tuple(rows)),
        *_moment(log, privileged, moment, "the closest call"),
    )
    return Explanation(sections, moment)


def _errors(
    log: Log, privileged: Privileged, steps: Sequence[int], begin: Work, *, arrives: bool
) -> list[HeadError]:
    """What heads did wrong at any of some steps, in order; of one step in the order of `HEADS`."""
    report = begin("holding the heads against the teacher")
    found: list[HeadError] = []
    for done, step in enumerate(steps):
        report(done, len(steps))
        found += errors_at(log, step, privileged.at(step), privileged, arrives=arrives)
    return found


def _first(errors: Sequence[HeadError]) -> HeadError | None:
    return errors[0] if errors else None


def _moment(
    log: Log, privileged: Privileged, step: int, because: str = ""
) -> tuple[Section, Section]:
    """What was decided at a step and what the teacher says of it; `because` is why this step is looked at."""
    return heads_at(log, step, because), teacher_section(log, step, privileged.at(step))
