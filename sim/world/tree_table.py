"""A tree inventory as text: its delimiter, decimal mark and missing values, row by row."""

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.world.place_file import read_bounded
from sim.world.place_options import PlaceOptions

MAX_BYTES = 256 * 1024 * 1024
_MISSING = {"", "na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "unknown", "#n/a"}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_POINT = re.compile(rf"({_NUMBER.pattern})[\s,;]+({_NUMBER.pattern})")


@dataclass(frozen=True)
class Table:
    """A header, and rows with the line they end on."""

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    decimal: str


def read_table(path: Path, options: PlaceOptions) -> Table:
    """Open an inventory; what is no text is a ValueError."""
    content = read_bounded(path, MAX_BYTES, "cut the part out first")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheets in western Europe still write this one, in which every byte is a character.
        text = content.decode("cp1252", errors="replace")
    if "\0" in text[:4096]:
        raise ValueError("not a table: bytes that are no text")
    if not text.strip():
        raise ValueError("empty: no header and no rows")
    first = text.split("\n", 1)[0]
    delimiter = _delimiter(first, options)
    rows = _rows(text, delimiter)
    header = next(rows, (1, []))[1]
    if options.decimal == "auto":
        decimal = (
            "," if delimiter != "," and re.search(r"\d,\d", text[len(first) :][:20_000]) else "."
        )
    else:
        decimal = options.decimal
    return Table(header, rows, decimal)


def number(cell: str | None, decimal: str) -> float | None:
    """A cell's number, None where it is missing; a ValueError where it is anything else."""
    text = (cell or "").strip()
    if text.lower() in _MISSING:
        return None
    if decimal == ",":
        text = text.replace(".", "").replace(",", ".")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def two_numbers(cell: str | None) -> tuple[float, float] | None:
    """The two numbers of a point, such as `POINT (4.3 52.1)` or `48.85, 2.35`; None where there are none."""
    match = _POINT.search(cell or "")
    return (float(match.group(1)), float(match.group(2))) if match else None


def _delimiter(first: str, options: PlaceOptions) -> str:
    if options.delimiter != "auto":
        return "\t" if options.delimiter == "tab" else options.delimiter
    counts = {mark: first.count(mark) for mark in (",", ";", "\t", "|")}
    return max(counts, key=lambda mark: counts[mark])


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: not a table: {error}") from error
