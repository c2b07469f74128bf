"""How a flight ended, how far it came, and from when on that could not be helped: in words."""

import numpy as np

from scenarios.explain.blame import energy_left_wh
from scenarios.explain.privileged import Privileged
from scenarios.explain.section import Section
from scenarios.explain.unavoidable import Unavoidable
from sim.record.duty import progress_words, task_words
from sim.record.reader import Flight as Log
from sim.record.words import describe_event


def outcome_section(log: Log) -> Section:
    """Who flew what, how it ended, and what of its task was done."""
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


def unavoidable_section(log: Log, found: Unavoidable) -> Section:
    """The moment from which a failure could not be kept off, and who says so."""
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


def no_return_section(log: Log, privileged: Privileged, step: int) -> Section:
    """The step from which the energy no longer covered the way home."""
    text = (
        f"from {log.times[step]:.0f} s on the energy above the reserve, {energy_left_wh(log, step):.2f} Wh then, "
        f"no longer covered the true way home, {privileged.energy_home(step):.2f} Wh with the landing"
    )
    return Section("the point of no return", (("reserve", text),))
