"""How commands talk: tables and lines on standard output, progress and errors on standard error."""

import json
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

Report = Callable[[float, float | None], None]
"""Takes what is done and, where known, the total."""
Tell = Callable[[float, float | None, str], None]
"""The same with both in words."""

_PLAIN_PERIOD_S = 2.0
"""Without a terminal, progress is one line this often."""
_PIPED_WIDTH = 160
_LONGEST_NAME = 100


class InputError(Exception):
    """The user gave something that cannot be used; the message names field, value and choices."""


@contextmanager
def user_input(
    errors: type[ValueError] | tuple[type[ValueError], ...] = ValueError,
) -> Iterator[None]:
    """Inside, a bad value or an unusable file is the user's, not a fault of the program.

    Where more is done inside than to look at what was given, `errors` are those that tell of it; others are faults.
    """
    try:
        yield
    except errors as error:
        raise InputError(str(error)) from error
    except OSError as error:
        named = error.filename is not None and error.strerror is not None
        raise InputError(f"{error.filename}: {error.strerror}" if named else str(error)) from error


def say(text: str) -> None:
    """One plain line on standard output, at once: several processes may write to one file."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def warn(text: str) -> None:
    """One plain line on standard error."""
    sys.stderr.write(text + "\n")


def show(table: Table) -> None:
    """A table on standard output, as wide as the terminal or, piped, as a wide one."""
    Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH).print(table)


def say_json(content: Mapping[str, object]) -> None:
    """The machine-readable last line of standard output."""
    say(json.dumps(content, allow_nan=False))


def command_line(command: str, name: str, **options: object) -> str:
    """What to type for a command; options that are None or False were not given, those that are True take no value."""
    words = ["trident", command, name]
    for option, value in options.items():
        if value is not None and value is not False:
            words += [f"--{option}", *([] if value is True else [str(value)])]
    return shlex.join(words)


def finite(number: float) -> float | None:
    """JSON has no infinity: a distance to nothing is null."""
    return number if abs(number) < float("inf") else None


def fresh_folder(out: Path | None, name: str) -> Path:
    """The folder a command writes to: the one asked for, or a new one under runs/."""
    if out is not None:
        return writable_folder(out)
    # A scenario's name may be anything, a way out of the folder included.
    plain = re.sub(r"[^\w.-]+", "_", name)[:_LONGEST_NAME]
    base = Path("runs") / f"{time.strftime('%Y%m%d-%H%M%S')}-{plain}"
    for attempt in range(1000):
        folder = base if attempt == 0 else base.with_name(f"{base.name}-{attempt}")
        if not folder.exists():
            return writable_folder(folder)
    raise InputError(f"out = {base}: a thousand folders of this name exist already")


def file_name(words: str) -> str:
    """Words as part of a file's name, safe in every file system and in a link."""
    return re.sub(r"[^\w.-]+", "_", words).strip("_.")


def writable_folder(out: Path) -> Path:
    """The folder itself, made if need be; one that cannot be written is refused now, not after the work."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            return out
    except FileExistsError as error:
        raise InputError(f"out = {out}: is a file, not a folder") from error
    except OSError as error:
        raise InputError(f"out = {out}: cannot be written: {error.strerror}") from error


@contextmanager
def progress(label: str, unit: str) -> Iterator[Report]:
    """A bar on a terminal, a plain line now and then elsewhere; both on standard error."""
    with progress_in_words(label) as tell:
        yield lambda done, total: tell(done, total, _amount(done, total, unit))


@contextmanager
def progress_in_words(label: str, *, end_too: bool = False) -> Iterator[Tell]:
    """As `progress`, in the caller's words; with `end_too` the last line is written however soon it comes."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(label, end_too)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(label, total=None, words="")

        def tell(done: float, total: float | None, words: str) -> None:
            bars.update(task, completed=done, total=total, words=words)

        yield tell


def _lines(label: str, end_too: bool) -> Tell:
    last = time.monotonic()

    def tell(done: float, total: float | None, words: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _PLAIN_PERIOD_S or (end_too and done == total):
            last = time.monotonic()
            warn(f"{label}: {words}")

    return tell


def _amount(done: float, total: float | None, unit: str) -> str:
    of = "" if total is None else f" of {total:.0f}"
    return f"{done:.0f}{of} {unit}"
