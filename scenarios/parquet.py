"""A campaign's rows as one Parquet table, for pandas, Polars, DuckDB and the like."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from scenarios.row import Row

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


def write_parquet(rows: Sequence[Row], path: Path, metadata: dict[str, str]) -> None:
    """Write every row, one a flight; the file appears whole or not at all."""
    schema = pa.schema([(field.name, _TYPES[field.type]) for field in fields(Row)])
    content = [{**asdict(row), "interventions": list(row.interventions.items())} for row in rows]
    table = pa.Table.from_pylist(content, schema.with_metadata(metadata))
    unfinished = path.with_suffix(".part")
    pq.write_table(table, unfinished, compression="zstd")
    unfinished.rename(path)


def read_parquet(path: Path) -> list[Row]:
    """The rows again."""
    rows = pq.read_table(path).to_pylist()
    return [Row(**{**row, "interventions": dict(row["interventions"])}) for row in rows]
