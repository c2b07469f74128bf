"""Rows of a campaign as JSON lines that survive a kill, beside the stamp of what produced them."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

Entry = TypeVar("Entry")
_LOCK, _STAMP, _PARTIAL, _FLIGHTS = "lock", "stamp.json", "stamp.partial", "flights.jsonl"
"""The files of a campaign's folder, in the order in which they come to be."""


def check_own_folder(folder: Path) -> None:
    """Raise ValueError for a folder with files of which none is a campaign's: they are somebody else's.

    A lock or a stamp half written is all that a kill in the first moment leaves.
    """
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    strange = sorted(held - {_LOCK, _PARTIAL})
    if strange and not held & {_STAMP, _FLIGHTS}:
        raise ValueError(
            f"out = {folder}: holds {strange[0]} and no campaign ({_STAMP}, {_FLIGHTS}); choose an empty or a new folder"
        )


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, which a kill lets go; ValueError while another process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(f"out = {folder}: another comparison is writing there") from error
        yield


class Journal(Generic[Entry]):
    """A growing file of dataclass rows in a folder of its own."""

    def __init__(self, folder: Path, kind: type[Entry], stamp: Mapping[str, str]) -> None:
        """Open or continue the journal in `folder`; refuses to mix rows of different code, scenarios or weights."""
        self._kind = kind
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / _FLIGHTS
        self._check_stamp(folder / _STAMP, dict(stamp))
        self._drop_torn_line()

    def read(self) -> list[Entry]:
        """Every row so far, oldest first."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return [self._parse(line, number) for number, line in enumerate(lines, start=1)]

    def append(self, row: Entry) -> None:
        """Add a row and wait until it is on the disk, so that not even a power cut loses it."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row), allow_nan=False) + "\n")  # pyright: ignore[reportArgumentType] - a dataclass.
            file.flush()
            os.fsync(file.fileno())

    def _parse(self, line: str, number: int) -> Entry:
        try:
            content: dict[str, Any] = json.loads(line)
            names = {field.name for field in fields(self._kind)}  # pyright: ignore[reportArgumentType] - a dataclass.
            if set(content) != names:
                raise ValueError(f"fields {sorted(set(content) ^ names)} are missing or unknown")
            return self._kind(**content)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{self.path}, line {number}: {error}") from error

    def _check_stamp(self, path: Path, stamp: dict[str, str]) -> None:
        try:
            before: dict[str, str] = (
                json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            )
        except ValueError as error:
            raise ValueError(
                f"{path}: damaged ({error}): if the folder's flights are yours, remove this file and go on"
            ) from error
        changed = [key for key in stamp if before.get(key, stamp[key]) != stamp[key]]
        if changed:
            raise ValueError(
                f"{path.parent} holds flights of another {', '.join(changed)}: choose another folder, or remove it"
            )
        if before != (both := {**before, **stamp}):
            partial = path.with_name(_PARTIAL)
            partial.write_text(json.dumps(both, indent=2) + "\n", encoding="utf-8")
            partial.replace(path)

    def _drop_torn_line(self) -> None:
        """A kill in mid-write leaves half a line at the end; that flight is flown again."""
        if self.path.exists():
            # In place: writing the whole lines anew would first empty the file, and a kill there lose them all.
            with self.path.open("r+b") as file:
                file.truncate(file.read().rfind(b"\n") + 1)
                os.fsync(file.fileno())
