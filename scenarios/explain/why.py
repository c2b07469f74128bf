"""The explanation of a flight: at one moment, or on the whole at the moment that decided it."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from agents.teacher import SURVIVAL_MARGIN
from scenarios.explain.account import account, closest_call, decisive_interval, point_of_no_return
from scenarios.explain.again import Again, NotReflownError
from scenarios.explain.blame import HEADS, HeadError, energy_left_wh, errors_at
from scenarios.explain.heads import candidate_words, choice_words, heads_at, is_scripted
from scenarios.explain.odds import odds_words
from scenarios.explain.privileged import Privileged, Truth
from scenarios.explain.section import Section
from scenarios.explain.unavoidable import (
    PHYSICAL,
    WINDOW_SECONDS,
    Report,
    Unavoidable,
    find_unavoidable,
)
from sim.record.duty import progress_words, task_words
from sim.record.reader import Flight as Log
from sim.record.words import describe_detail, describe_event, event_words
from sim.task_spec import AvoidTask, MissionTask

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
        outcome = (_summary(log),) if step is None else ()
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
        _summary(log),
        _lost(log, found),
        _blame(log, errors, looked),
        *_moment(log, privileged, moment, because),
    )
    return Explanation(sections, moment, found, _first(errors))


def _of_failure(log: Log, privileged: Privileged, begin: Work) -> Explanation:
    """A failure that happened nowhere: of time, of energy, of duty."""
    choosing = privileged.is_choice_mission
    lost = point_of_no_return(log, privileged) if choosing else None
    stride = max(1, math.ceil(len(log) / _MOST_LOOKS))
    asked = [step for step, decision in enumerate(log.decisions) if decision.asked]
    decisive, why = decisive_interval(log, privileged, choosing=choosing)
    closely = decisive[:: max(1, math.ceil(len(decisive) / _MOST_LOOKS))]
    looked = sorted(
        {*range(0, len(log), stride), *asked[:: max(1, len(asked) // _MOST_LOOKS)], *closely}
    )
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
    sections = [_summary(log), account(log, privileged, choosing=choosing)]
    if lost is not None:
        text = (
            f"from {log.times[lost]:.0f} s on the energy above the reserve, {energy_left_wh(log, lost):.2f} Wh then, "
            f"no longer covered the true way home, {privileged.energy_home(lost):.2f} Wh with the landing"
        )
        sections.append(Section("the point of no return", (("reserve", text),)))
    text = f"{log.times[decisive.start]:.1f} to {log.times[decisive[-1]]:.1f} s, {why}"
    sections.append(Section("what decided the flight", (("lost most", text),)))
    within = [step for step in looked if step in decisive]
    sections += [
        _blame(log, there, within),
        _aside(errors, looked),
        *_moment(log, privileged, moment, because),
    ]
    return Explanation(tuple(sections), moment, None, error)


def _of_success(log: Log, again: Again, privileged: Privileged, begin: Work) -> Explanation:
    report = begin("flying again")
    for step in range(0, len(log), log.scenario.rates.control_hz):
        again.stand_before(step)
        report(step, len(log))
    moment, clearance = closest_call(log)
    if log.result is not None and math.isfinite(log.result.min_clearance_m):
        clearance = log.result.min_clearance_m  # The figure that every other report quotes.
    rows = [("closest call", f"{clearance:.2f} m of clearance at {log.times[moment]:.2f} s")]
    rows += _decisions(log)
    sections = (
        _summary(log),
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


def _summary(log: Log) -> Section:
    result, hz = log.result, log.scenario.rates.control_hz
    who = log.metadata.get("pilot", "an unnamed pilot")
    rows = [("flight", f"{log.scenario.name}, seed {log.scenario.seed}, flown by {who}")]
    if result is None:
        rows.append(("outcome", f"unknown: the log ends at {len(log) / hz:.2f} s"))
    else:
        end = result.events[-1].detail if result.events else {}
        words = describe_event(result.outcome, end)
        rows.append(("outcome", f"after {result.duration_s:.2f} s: {words}"))
    rows += [("task", task_words(log)), ("how far", progress_words(log))]
    return Section("outcome", tuple(rows))


def _lost(log: Log, found: Unavoidable) -> Section:
    hz, end = log.scenario.rates.control_hz, len(log) - 1
    rescuer = f"{found.takeovers} take-overs by the teacher, which sees the true world"
    if found.last_avoidable is None:
        begun = found.window_start / hz
        text = (
            f"at or before {begun:.2f} s, where the search begins: not even the teacher, in charge from then on, "
            "kept the flight from failing"
        )
    elif found.first_lost is None:
        text = f"never: the teacher still saved the flight from its last step, {end / hz:.2f} s"
    else:
        before = (end - found.first_lost) / hz
        body = log.step_bodies[found.last_avoidable]
        text = (
            f"at {found.first_lost / hz:.2f} s, {before:.2f} s before the last step, at "
            f"({body[0]:.1f}, {body[1]:.1f}, {body[2]:.1f}) m and {np.linalg.norm(body[7:10]):.1f} m/s: "
            f"from {found.last_avoidable / hz:.2f} s the teacher still saved it"
        )
    return Section("when it became unavoidable", (("moment", text), ("found by", rescuer)))


def _blame(log: Log, errors: Sequence[HeadError], looked: Sequence[int]) -> Section:
    hz, first, last = log.scenario.rates.control_hz, looked[0], looked[-1]
    title = f"which head erred first ({first / hz:.2f} to {last / hz:.2f} s, {len(looked)} steps)"
    if not errors:
        return Section(title, (("none", _other_causes(log, first, last)),))
    counts = Counter(error.head for error in errors)
    often = ", ".join(f"{head} at {counts[head]} steps" for head in HEADS)
    error = errors[0]
    row = (error.head, f"at {log.times[error.step]:.2f} s it {error.words}")
    return Section(title, (row, ("in all", often)))


def _aside(errors: Sequence[HeadError], looked: Sequence[int]) -> Section:
    """Errors over the whole flight, most of which need not have mattered."""
    counts = Counter(error.head for error in errors)
    often = ", ".join(f"{head} at {counts[head]}" for head in HEADS)
    return Section("over the whole flight", (("errors", f"{often} of {len(looked)} steps"),))


def _other_causes(log: Log, first: int, last: int) -> str:
    """What the log shows where no head's answer was wrong."""
    decisions = log.decisions[first : last + 1]
    if all(d.survival is None and d.navigation is None and not d.asked for d in decisions):
        scripted = {d.phase for d in decisions if is_scripted(d.phase)}
        if scripted:
            return f"no head was asked: {', '.join(sorted(scripted))} is scripted"
        return f"no head was asked: {log.metadata.get('pilot', 'the pilot')} decides without"
    began = [e for e in log.events if e.name == "fault_began" and e.time <= log.times[last]]
    faults = (
        f"; faults were active: {'; '.join(describe_detail(e.detail) for e in began)}"
        if began
        else ""
    )
    return (
        "the commands were sound by rollouts of the reduced model, the free way and the true energies; what is left is "
        f"delay, noise, wind and how the drone answers its commands{faults}"
    )


def _moment(
    log: Log, privileged: Privileged, step: int, because: str = ""
) -> tuple[Section, Section]:
    """What was decided at a step and what the teacher says of it; `because` is why this step is looked at."""
    return heads_at(log, step, because), _teacher(log, step, privileged.at(step))


def _teacher(log: Log, step: int, truth: Truth) -> Section:
    """What would have been right at a step, and what the pilot's command was worth."""
    decision = log.decisions[step]
    chosen, passed = truth.chosen, int(truth.survives.sum())
    rows = [
        (
            "would command",
            f"{candidate_words(log, chosen)}: keeps {truth.clearance[chosen]:.2f} m over 2 s",
        ),
        (
            "would survive",
            f"{passed} of {len(truth.survives)} candidates, with {SURVIVAL_MARGIN:g} m to spare",
        ),
    ]
    if decision.chosen >= 0:
        gap = float(truth.preference.max() - truth.preference[decision.chosen])
        least = float(truth.clearance[decision.chosen])
        way = "course" if isinstance(log.scenario.task, AvoidTask) else "shortest free way"
        fate = "hits" if least <= 0.0 else f"keeps {least:.2f} m"
        rows.append(("of the command", f"{fate} if flown on for 2 s; {_rating(gap, way)}"))
    if truth.best.any():
        named = ", ".join(choice_words(choice) for choice in np.flatnonzero(truth.best).tolist())
        rows.append(("would choose", named))
    return Section("what the teacher, which sees the true world, says of it", tuple(rows))


def _rating(gap: float, way: str) -> str:
    """Where a command stands on a way, by the log-odds of the best against it."""
    if gap < 0.05:
        return f"none leads better along the {way}"
    return f"another leads better along the {way}, by {odds_words(gap)}"


def _decisions(log: Log) -> list[tuple[str, str]]:
    """The main decisions of a flight: choices of the mission, vetoes, interventions."""
    rows = []
    if isinstance(log.scenario.task, MissionTask):
        choices = [(t, d.mission_choice) for t, d in zip(log.times, log.decisions, strict=True)]
        changes = [c for i, c in enumerate(choices) if i == 0 or c[1] != choices[i - 1][1]]
        told = "; ".join(f"{time:.1f} s {choice_words(choice)}" for time, choice in changes)
        rows.append(("choices", told))
    asked = [d for d in log.decisions if d.fused is not None]
    if asked:
        vetoed = np.mean([np.isneginf(d.fused).mean() for d in asked if d.fused is not None])
        rows.append(
            ("vetoed", f"{vetoed:.0%} of all candidates on average, over {len(asked)} steps")
        )
    marks = [name for decision in log.decisions for name in decision.events]
    counted = "; ".join(
        f"{event_words(name)}: {marks.count(name)} times" for name in sorted(set(marks))
    )
    return [*rows, ("interventions", counted or "none")]
