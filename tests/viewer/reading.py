"""Reads what was written for Rerun back, with Rerun's own reader."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from rerun.chunk import RrdReader


def entities(recording: Path) -> set[str]:
    """Names of everything in a recording."""
    return {chunk.entity_path for chunk in RrdReader(recording).stream()}


def column(
    recording: Path, entity: str, component: str
) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """A component's rows in the order of time: times, s, steps, and values."""
    rows: list[tuple[float, int, Any]] = []
    for batch in _batches(recording, entity):
        names = [name for name in batch.schema.names if name.split(":")[-1] == component]
        if names and "time" in batch.schema.names:
            times = batch.column("time").cast(pa.int64()).to_pylist()
            steps = batch.column("step").to_pylist()
            rows += zip(times, steps, batch.column(names[0]).to_pylist(), strict=True)
    rows.sort(key=lambda row: row[0])
    times, steps, values = zip(*rows, strict=True)
    return np.array(times) * 1e-9, np.array(steps), list(values)


def fixed(recording: Path, entity: str, component: str) -> list[Any]:
    """What holds for all times of a component."""
    for batch in _batches(recording, entity):
        for name in batch.schema.names:
            if name.split(":")[-1] == component and "time" not in batch.schema.names:
                return batch.column(name).to_pylist()[0]
    raise AssertionError(f"{entity} has no fixed {component}")


def _batches(recording: Path, entity: str) -> Iterator[pa.RecordBatch]:
    for chunk in RrdReader(recording).stream():
        if chunk.entity_path == entity:
            yield chunk.to_record_batch()
