"""`replay`: what a log holds, whether it flies again bit for bit, and its film and figure."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from scenarios.commands.console import InputError, progress, say, show, user_input
from scenarios.commands.flight_table import flight_table
from scenarios.commands.replay_viewer import ViewerOptions, show_flights
from sim.record.plot import write_plot
from sim.record.reader import Flight, read_flight
from sim.record.refly import Reflown, Verification, verify
from sim.record.video import write_video
from sim.scenario import MissionTask

_VERSIONS = ("python", "numpy", "numba", "pybullet", "embreex")


def replay(
    logs: tuple[Path, ...],
    *,
    verify_logs: bool,
    video: Path | None,
    plot: Path | None,
    viewing: ViewerOptions,
) -> int:
    """Read each log; 1 where a re-flight differs, else 0; a log cut short is used as far as it goes, then refused."""
    if not logs:
        raise InputError("replay: name at least one log, e.g. runs/*/flight.mcap")
    with user_input():
        flights = [read_flight(log) for log in logs]
    show(_summary(flights[0]) if len(flights) == 1 else _table(flights))
    if plot is not None:
        _write(flights, plot, ".png", write_plot)
    if video is not None:
        _write(flights, video, ".mp4", _film)
    code = _verify_all(flights) if verify_logs else 0
    if viewing.wanted:
        show_flights(flights, viewing)
    damaged = [f"{flight.path}: {flight.damage}" for flight in flights if flight.damage is not None]
    if damaged:
        raise InputError(f"log cut short or damaged: {'; '.join(damaged)}")
    return code


def _verify_all(flights: list[Flight]) -> int:
    equal = 0
    for flight in flights:
        with user_input(), progress(f"re-flying {flight.path}", "steps") as report:
            verification = verify(flight.path, _simulator_of, report)
        equal += verification.equal
        say(f"{flight.path}: {_verdict(verification)}")
    say(f"{equal} of {len(flights)} bit-equal")
    return 0 if equal == len(flights) else 1


def _simulator_of(flight: Flight) -> Reflown:
    from sim.simulator import Simulator

    return Simulator(flight.scenario, action=flight.action_level)


def _verdict(verification: Verification) -> str:
    if verification.first_difference is None:
        return f"bit-equal over {verification.steps} steps"
    step, what = verification.first_difference
    machine = "".join(f"; {difference}" for difference in verification.machine_differences)
    return f"differs first at step {step}: {what} (at most {verification.position_error_m:.3g} m apart{machine})"


def _film(flight: Flight, path: Path) -> None:
    with progress(f"rendering {path}", "frames") as report:
        write_video(flight, path, report)


def _write(
    flights: list[Flight], target: Path, suffix: str, write: Callable[[Flight, Path], object]
) -> None:
    """One file for one log; for several, one file each in the folder `target`."""
    try:
        paths = _paths(flights, target, suffix)
        for flight, path in zip(flights, paths, strict=True):
            write(flight, path)
            say(f"wrote {path}")
    except OSError as error:
        raise InputError(f"{target}: cannot be written: {error.strerror or error}") from error
    except ValueError as error:  # A suffix that no figure has.
        raise InputError(f"{target}: {error}") from error


def _paths(flights: list[Flight], target: Path, suffix: str) -> list[Path]:
    if len(flights) == 1 and not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        return [target if target.suffix else target.with_suffix(suffix)]
    target.mkdir(parents=True, exist_ok=True)
    return [
        target / f"{index:03d}-{flight.scenario.name}{suffix}"
        for index, flight in enumerate(flights)
    ]


def _summary(flight: Flight) -> Table:
    """Everything worth knowing of one flight."""
    metadata, result = flight.metadata, flight.result
    is_mission = isinstance(flight.scenario.task, MissionTask)
    prize = {"prize": f"{result.prize:g}"} if is_mission and result is not None else {}
    counts = Counter(event.name for event in flight.events)
    others = {
        **prize,
        "steps": f"{len(flight)} of 1/{flight.scenario.rates.control_hz} s",
        **({} if flight.part is None else {"holds": flight.part}),
        "actions": flight.action_level,
        "events": ", ".join(f"{count} {name}" for name, count in counts.items()) or "none",
        "weights": metadata.get("pilot_hash", "?"),
        "flown with": ", ".join(f"{name} {metadata.get(name, '?')}" for name in _VERSIONS),
        "on": metadata.get("cpu", "?"),
        "log": str(flight.path),
    }
    return flight_table(_title(flight), result, others)


def _title(flight: Flight) -> str:
    scenario = flight.scenario
    return f"{scenario.name}, seed {scenario.seed}, flown by {flight.metadata.get('pilot', '?')}"


def _table(flights: list[Flight]) -> Table:
    table = Table("log", "scenario", "seed", "pilot", "outcome", "steps", "duration", "distance")
    for flight in flights:
        result = flight.result
        table.add_row(
            str(flight.path),
            flight.scenario.name,
            str(flight.scenario.seed),
            flight.metadata.get("pilot", "?"),
            "incomplete log" if result is None else str(result.outcome),
            str(len(flight)),
            "" if result is None else f"{result.duration_s:.1f} s",
            "" if result is None else f"{result.distance_m:.1f} m",
        )
    return table
