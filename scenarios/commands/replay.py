"""`replay`: what a log holds, whether it flies again bit for bit, and its film and figure."""

from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from scenarios.commands.console import InputError, progress, say, show, user_input
from sim.record.plot import write_plot
from sim.record.reader import Flight, read_flight
from sim.record.refly import Verification, verify
from sim.record.video import write_video


def replay(
    logs: tuple[Path, ...], *, verify_logs: bool, video: Path | None, plot: Path | None
) -> int:
    """Read each log; 1 where a re-flight differs, else 0."""
    if not logs:
        raise InputError("replay: name at least one log, e.g. runs/*/flight.mcap")
    with user_input():
        flights = [read_flight(log) for log in logs]
    show(_table(flights))
    for flight in flights:
        if flight.damage is not None:
            say(f"{flight.path}: {flight.damage}")
    if plot is not None:
        _write(flights, plot, ".png", write_plot)
    if video is not None:
        _write(flights, video, ".mp4", _film)
    return _verify_all(flights) if verify_logs else 0


def _verify_all(flights: list[Flight]) -> int:
    from sim.simulator import Simulator

    equal = 0
    for flight in flights:
        with user_input(), progress(f"re-flying {flight.path}", "steps") as report:
            verification = verify(flight.path, Simulator, report)
        equal += verification.equal
        say(f"{flight.path}: {_verdict(verification)}")
    say(f"{equal} of {len(flights)} bit-equal")
    return 0 if equal == len(flights) else 1


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
    with user_input():
        if len(flights) == 1:
            target.parent.mkdir(parents=True, exist_ok=True)
            paths = [target]
        else:
            target.mkdir(parents=True, exist_ok=True)
            paths = [
                target / f"{index:03d}-{flight.scenario.name}{suffix}"
                for index, flight in enumerate(flights)
            ]
        for flight, path in zip(flights, paths, strict=True):
            write(flight, path)
            say(f"wrote {path}")


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
