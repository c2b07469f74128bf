"""`replay --verify`: flies logs again, in as many processes as asked for, and says which differ."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agents.fanout import Failed, LocalEngine
from scenarios.commands.console import InputError, Report, progress, say
from sim.record.reader import Flight, read_flight
from sim.record.refly import Reflown, Verification, verify_flight

_LIMIT_S = 600.0
"""Wall clock for one log; an hour of flight takes a minute or two."""


@dataclass(frozen=True)
class Verdict:
    """What became of one log."""

    kind: Literal["equal", "differs", "damaged"]
    words: str
    flown: bool = True
    """Whether there was anything to fly again."""


def verify_logs(paths: list[Path], workers: int | None) -> int:
    """Verify each log; says a line for one log, or for every one of several that is not equal, and the sum.

    1 where one differs, else 2 where one is damaged or cannot be read, else 0.
    """
    if len(paths) == 1:
        with progress(f"re-flying {paths[0]}", "steps") as report:
            verdict = check(paths[0], report)
        if verdict.kind == "damaged" and not verdict.flown:
            raise InputError(f"{paths[0]}: {verdict.words}")
        say(f"{paths[0]}: {verdict.words}")
        counts = Counter([verdict.kind])
    else:
        counts = _verify_many(paths, min(len(paths), workers or len(os.sched_getaffinity(0))))
    others = {
        "differ": counts["differs"],
        "damaged or unreadable": counts["damaged"],
    }
    rest = "".join(f", {count} {name}" for name, count in others.items() if count)
    say(f"{counts['equal']} of {len(paths)} bit-equal{rest}")
    return 1 if counts["differs"] else 2 if counts["damaged"] else 0


def check(path: Path, report: Report | None = None) -> Verdict:
    """Fly one log again; whatever is wrong with it is a verdict, not an error."""
    try:
        flight = read_flight(path)
        flight.require_place()
        found = verify_flight(flight, _simulator_of, report)
    except (ValueError, OSError) as error:
        return Verdict("damaged", _reason(error, path), flown=False)
    words = _words(found)
    if flight.damage is not None:
        words = f"{words}; {flight.damage}"
    if not found.equal:
        return Verdict("differs", words)
    return Verdict("equal" if flight.damage is None else "damaged", words)


def _verify_many(paths: list[Path], workers: int) -> Counter[str]:
    """Verdicts are counted and forgotten, so that thousands of logs take no more memory than a few."""
    counts: Counter[str] = Counter()
    with progress(f"re-flying with {workers} workers", "logs") as report:
        for path, answer in LocalEngine(workers, _LIMIT_S).fan_out(check, paths):
            if isinstance(answer, Failed):
                answer = Verdict("damaged", answer.last_line)
            counts[answer.kind] += 1
            if answer.kind != "equal":
                say(f"{path}: {answer.words}")
            report(counts.total(), len(paths))
    return counts


def _simulator_of(flight: Flight) -> Reflown:
    from sim.simulator import Simulator

    return Simulator(flight.scenario, action=flight.action_level)


def _words(found: Verification) -> str:
    if found.first_difference is None:
        return f"bit-equal over {found.steps} steps"
    step, what = found.first_difference
    machine = "".join(f"; {difference}" for difference in found.machine_differences)
    return f"differs first at step {step}: {what} (at most {found.position_error_m:.3g} m apart{machine})"


def _reason(error: ValueError | OSError, path: Path) -> str:
    """Why, without the path that the line begins with."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror is not None:
        text = f"cannot be read: {error.strerror}"
    return text.removeprefix(f"{path} ").removeprefix(f"{path}: ")
