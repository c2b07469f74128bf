"""`replay --export`: flights as one table, CSV or Parquet, or as a Minari dataset."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from scenarios.commands.console import InputError, progress, say, warn
from sim.files import replacing
from sim.record.reader import Flight, read_flight
from sim.record.step_table import HEADS, step_table

FORMATS = ("csv", "parquet", "minari")
_LISTS = {**dict.fromkeys(HEADS, pa.list_(pa.float32())), "events": pa.list_(pa.string())}
Write = Callable[[pa.Table], None]


def export_logs(paths: list[Path], target: Path, form: str | None) -> int:
    """Write all flights into `target`; a log that cannot be read is named and left out, and the exit code is then 2."""
    chosen = check_export(target, form)
    if chosen == "minari":
        from scenarios.commands.replay_minari import export_minari

        return export_minari(paths, target)
    left_out = rows = written = 0
    try:
        with replacing(target) as unfinished:
            with (
                progress(f"exporting {target}", "logs") as report,
                _open(unfinished, chosen) as write,
            ):
                for done, path in enumerate(paths):
                    read = _read(path)
                    left_out += read is None or read[0].damage is not None
                    if read is not None:
                        flight, table = read
                        rows += len(flight)
                        written += 1
                        write(table)
                    report(done + 1, len(paths))
            if rows == 0:
                raise InputError(
                    f"{target}: nothing to write: no log could be used, or none holds a whole step"
                )
    except OSError as error:
        raise InputError(f"{target}: cannot be written: {error.strerror or error}") from error
    say(f"wrote {target}: {rows} control steps of {written} logs")
    return 2 if left_out else 0


def check_export(target: Path, form: str | None) -> str:
    """The format that is meant; InputError where it cannot be written to the target."""
    chosen = form or target.suffix.removeprefix(".").lower() or "minari"
    if chosen not in FORMATS:
        raise InputError(
            f"export = {target}, format = {form}: choose a format of {', '.join(FORMATS)}"
        )
    if chosen != "minari" and target.is_dir():
        raise InputError(f"export = {target}: is a folder; name a file for {chosen}")
    return chosen


def _read(path: Path) -> tuple[Flight, pa.Table] | None:
    """A log, as far as it goes, and its table; what is wrong with it is said on standard error."""
    try:
        flight = read_flight(path)
        flight.require_place()
        table = _table(flight)
    except (ValueError, OSError) as error:
        warn(f"left out: {_named(path, error)}")
        return None
    if flight.damage is not None:
        warn(f"{path}: {flight.damage}")
    return flight, table


def _named(path: Path, error: ValueError | OSError) -> str:
    """What is wrong, with the log's name, which not every message has."""
    return str(error) if str(path) in str(error) else f"{path}: {error}"


def _table(flight: Flight) -> pa.Table:
    columns = step_table(flight)
    arrays = {name: pa.array(column, _LISTS.get(name)) for name, column in columns.items()}
    return pa.table(arrays)


@contextlib.contextmanager
def _open(path: Path, form: str) -> Iterator[Write]:
    """Writes tables one after the other: memory is bounded by one flight, not by how many there are."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(path.open("wb"))
        writers: list[Any] = []

        def write(table: pa.Table) -> None:
            table = table if form == "parquet" else _flat(table)
            if not writers:  # The first table tells the columns.
                new = (
                    pq.ParquetWriter(file, table.schema, compression="zstd")
                    if form == "parquet"
                    else pa_csv.CSVWriter(file, table.schema)
                )
                writers.append(stack.enter_context(new))
            writers[0].write_table(table)

        yield write


def _flat(table: pa.Table) -> pa.Table:
    """CSV has no lists: their entries become one text, separated by semicolons."""
    for name in _LISTS:
        texts = [";".join(map(str, values)) for values in table[name].to_pylist()]
        table = table.set_column(
            table.schema.get_field_index(name), name, pa.array(texts, pa.string())
        )
    return table
