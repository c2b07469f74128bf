"""A campaign's rows as one Parquet table, for pandas, Polars, DuckDB and the like."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scenarios.row import Row
from sim.files import replacing

_TYPES = {
    str: pa.string(),
    int: pa.int64(),
    int | None: pa.int64(),
    bool: pa.bool_(),
    float: pa.float64(),
    float | None: pa.float64(),
    bool | None: pa.bool_(),
    dict[str, int]: pa.map_(pa.string(), pa.int64()),
}

_MAPS = {field.name for field in fields(Row) if field.type == dict[str, int]}


def write_parquet(rows: Sequence[Row], path: Path, metadata: dict[str, str]) -> None:
    """Write every row, one a flight; the file appears whole or not at all."""
    schema = pa.schema([(field.name, _TYPES[field.type]) for field in fields(Row)])
    content = [
        {name: list(v.items()) if name in _MAPS else v for name, v in asdict(row).items()}
        for row in rows
    ]
    table = pa.Table.from_pylist(content, schema.with_metadata(metadata))
    with replacing(path) as unfinished:
        pq.write_table(table, unfinished, compression="zstd")


def read_parquet(path: Path) -> list[Row]:
    """The rows again."""
    return [_row(content) for content in pq.read_table(path).to_pylist()]


def _row(content: dict[str, Any]) -> Row:
    values: dict[str, Any] = {
        name: dict(value) if name in _MAPS else value for name, value in content.items()
    }
    return Row(**values)
