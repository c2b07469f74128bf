"""The frames of many shards as memory-mapped arrays: no training holds them, several share what the system caches."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.dataset import FIELDS, Frames, check_shard, one_label_each

_SHARDS = "shards.json"
_REGIME_SEED = 0
"""Of which frame keeps which label in the disjoint regime: the same for all that train on it."""


@dataclass(frozen=True)
class StoredFrames:
    """Frames by where they lie, so that any process can map them."""

    shards: tuple[Path, ...]
    store: Path
    disjoint: bool = False
    """Every frame keeps the label of one head only."""

    def load(self) -> Frames:
        """All of them, with the labels that the regime leaves them."""
        frames = self.whole()
        return one_label_each(frames, _REGIME_SEED) if self.disjoint else frames

    def whole(self) -> Frames:
        """All of them with all labels; see `map_shards`."""
        return map_shards(list(self.shards), self.store)


def map_shards(paths: list[Path], store: Path) -> Frames:
    """All frames of some shards, in the order of the paths, read-only; `store` is written where it holds others.

    The shards must lie beside or below the folder that `store` is in. A kill leaves a store that is whole or none.
    """
    names = [str(path.relative_to(store.parent)) for path in paths]
    if not _holds(store, names):
        partial = store.with_name(f"{store.name}.{os.getpid()}.partial")
        partial.mkdir(parents=True, exist_ok=True)
        _write(paths, partial)
        (partial / _SHARDS).write_text(json.dumps(names))
        _replace(store, partial)
    return {name: np.load(_file(store, name), mmap_mode="r") for name in FIELDS}


# --- Private.


def _holds(store: Path, names: list[str]) -> bool:
    index = store / _SHARDS
    return index.exists() and json.loads(index.read_text()) == names


def _write(paths: list[Path], folder: Path) -> None:
    """One array a field, filled shard by shard: never more than one of them is in memory."""
    counts = [check_shard(path) for path in paths]
    arrays = {
        name: np.lib.format.open_memmap(
            _file(folder, name), "w+", dtype=kind, shape=(sum(counts), *shape)
        )
        for name, (shape, kind) in FIELDS.items()
    }
    start = 0
    for path, count in zip(paths, counts, strict=True):
        with np.load(path) as shard:
            for name, array in arrays.items():
                array[start : start + count] = shard[name]
        start += count
    for array in arrays.values():
        array.flush()


def _replace(store: Path, partial: Path) -> None:
    """Put a finished store in place; one that another process put there in the meantime is as good."""
    if store.exists():
        old = store.with_name(f"{store.name}.{os.getpid()}.old")
        store.rename(old)
        shutil.rmtree(old)
    try:
        partial.rename(store)
    except OSError:
        shutil.rmtree(partial)


def _file(store: Path, name: str) -> Path:
    return store / f"{name}.npy"
