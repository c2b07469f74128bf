"""`replay --viewer` and `--rrd`: one log, or two side by side, in Rerun."""

from dataclasses import dataclass
from pathlib import Path

from scenarios.commands.console import InputError, say, user_input, warn
from scenarios.commands.stopping import terminable
from scenarios.commands.viewing import announce, looking, need_rerun, open_viewer
from sim.record.reader import Flight

_MOST = 2
"""Logs a screen has room for side by side."""


@dataclass(frozen=True)
class ViewerOptions:
    """What was asked for."""

    viewer: bool = False
    rrd: Path | None = None
    port: int = 9090

    @property
    def wanted(self) -> bool:
        """Whether Rerun is needed at all."""
        return self.viewer or self.rrd is not None


def check_viewer(logs: int, options: ViewerOptions) -> None:
    """Raise InputError for what cannot be shown, before anything is read."""
    option = "viewer" if options.viewer else "rrd"
    if logs > _MOST:
        raise InputError(f"{option}: shows one log or two side by side, not {logs}")
    if options.rrd is not None and options.rrd.suffix != ".rrd":
        raise InputError(f"rrd = {options.rrd}: a recording's name ends in .rrd")
    need_rerun(option)


def show_flights(flights: list[Flight], options: ViewerOptions) -> None:
    """Save the recording where a file is named, and show it until the user has seen enough."""
    with user_input():
        for flight in flights:
            flight.require_place()
    with terminable():
        if options.rrd is not None:
            _save(flights, options.rrd)
        if options.viewer:
            _show(flights, options.port)


def _save(flights: list[Flight], target: Path) -> None:
    from sim.record.viewer.recording import layout, open_recording, send_flights

    stream, stages = open_recording(flights)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Rerun's own writer reports a target that cannot be opened only in its log.
        target.open("wb").close()
    except OSError as error:
        raise InputError(f"rrd = {target}: cannot be written: {error.strerror}") from error
    try:
        with user_input(), stream:
            stream.save(target, default_blueprint=layout(flights, stages))
            send_flights(flights, stages, warn)
            stream.flush()
    except RuntimeError as error:  # Rerun's word for a disk that is full.
        reason = str(error).splitlines()[-1]
        raise InputError(f"rrd = {target}: cannot be written: {reason}") from error
    say(f"wrote {target}")


def _show(flights: list[Flight], port: int) -> None:
    with open_viewer(port) as viewer, user_input():
        from sim.record.viewer.recording import layout, open_recording, send_flights

        stream, stages = open_recording(flights)
        viewer.show(stream, layout(flights, stages))
        send_flights(flights, stages, warn)
        stream.flush()
        with looking():
            announce(viewer)
            viewer.wait()
