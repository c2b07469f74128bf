"""What is wrong with a `replay` command is said before any log is read or any picture drawn."""

from collections.abc import Iterator
from pathlib import Path

from scenarios.commands.console import InputError
from scenarios.commands.replay_export import check_export
from scenarios.commands.replay_options import Batch, Drawn
from scenarios.commands.replay_viewer import ViewerOptions, check_viewer
from scenarios.commands.replay_why import moment_asked
from sim.record.plot import SUFFIXES

_ENDINGS = {"plot": SUFFIXES, "video": (".mp4",), "html": (".html", ".htm")}
"""What the files of each kind of drawing are called; without an ending they get the first."""


def check_options(
    logs: list[Path],
    drawn: Drawn,
    batch: Batch,
    why: tuple[str, ...] | None,
    viewing: ViewerOptions | None,
) -> None:
    """Raise InputError for the first option that cannot be done."""
    if why is not None:
        moment_asked(why)
    if batch.workers is not None and batch.workers < 1:
        raise InputError(f"workers = {batch.workers}: must be at least 1")
    if batch.form is not None and batch.export is None:
        raise InputError(f"format = {batch.form}: says what --export writes; name its target")
    if batch.export is not None:
        check_export(batch.export, batch.form)
    if viewing is not None and viewing.wanted:
        check_viewer(len(logs), viewing)
    for option, endings in _ENDINGS.items():
        target: Path | None = getattr(drawn, option)
        if target is not None and len(logs) == 1 and not target.is_dir():
            _check_ending(option, target, endings)
    _spare_inputs(logs, list(_targets(drawn, batch, viewing)))


# --- Private.


def _check_ending(option: str, target: Path, endings: tuple[str, ...]) -> None:
    if target.suffix and target.suffix.lower() not in endings:
        raise InputError(
            f"{option} = {target}: ends in {target.suffix!r}; choose {' or '.join(endings)}"
        )


def _targets(
    drawn: Drawn, batch: Batch, viewing: ViewerOptions | None
) -> Iterator[tuple[str, Path]]:
    named = {"plot": drawn.plot, "video": drawn.video, "html": drawn.html, "export": batch.export}
    if viewing is not None:
        named["rrd"] = viewing.rrd
    yield from ((name, target) for name, target in named.items() if target is not None)


def _spare_inputs(logs: list[Path], targets: list[tuple[str, Path]]) -> None:
    """No output may take the place of a log, whatever names or links they go by, nor of another output."""
    taken = {log.resolve(): f"the log {log}" for log in logs}
    for option, target in targets:
        place = target.resolve()
        if place in taken and not target.is_dir():
            raise InputError(f"{option} = {target}: would overwrite {taken[place]}")
        taken[place] = f"what --{option} writes"
