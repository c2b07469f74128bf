"""Labelled frames as plain arrays: shards on disk, batches as tensors."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from jaxtyping import Integer
from torch import Tensor

from agents.augmentation import augmented
from agents.lattice import CANDIDATES
from agents.training_settings import SettingsError
from sim.files import replacing
from sim.types import (
    CHOICES,
    EGO_FIELDS,
    GOAL_FIELDS,
    HISTORY_SHAPE,
    IMAGE_SHAPE,
    MAX_TOKENS,
    SITE_FIELDS,
)

HELD_OUT_EVERY = 25
"""World seeds divisible by this validate, so that no frame validates what its neighbours trained."""

FIELDS: dict[str, tuple[tuple[int, ...], type]] = {
    "world": ((), np.int32),
    "image": (IMAGE_SHAPE, np.uint8),
    "history": (HISTORY_SHAPE, np.uint8),
    "ego": ((len(EGO_FIELDS),), np.float32),
    "goal": ((len(GOAL_FIELDS),), np.float32),
    "sites": ((MAX_TOKENS * len(SITE_FIELDS),), np.float32),
    "sites_mask": ((MAX_TOKENS,), np.int8),
    "target_navigation": ((CANDIDATES,), np.float16),
    "mask_navigation": ((), np.bool_),
    "target_survival": ((CANDIDATES,), np.bool_),
    "mask_survival": ((), np.bool_),
    "target_mission": ((CHOICES,), np.bool_),
    "allowed_mission": ((CHOICES,), np.bool_),
    "mask_mission": ((), np.bool_),
    "target_status": ((2,), np.bool_),
    "mask_status": ((2,), np.bool_),
}
"""Shape and type of every array of a shard, one row a frame."""

Frames = dict[str, np.ndarray]
_REGIME_STREAM = 17


def stack_frames(rows: list[Mapping[str, np.ndarray]]) -> Frames:
    """Rows of single frames as one shard."""
    return {
        name: np.array([row[name] for row in rows], dtype=kind).reshape(len(rows), *shape)
        for name, (shape, kind) in FIELDS.items()
    }


def save_shard(frames: Frames, path: Path) -> None:
    """Write a shard so that a kill leaves either all of it or nothing."""
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, **frames)  # pyright: ignore[reportArgumentType]  NumPy's stub mistakes names for options.


def check_shard(path: Path) -> int:
    """The number of frames of a shard; SettingsError with its name where it is none."""
    try:
        with path.open("rb") as file, np.load(file) as shard:
            missing = FIELDS.keys() - set(shard.files)
            if missing:
                raise ValueError(f"missing {sorted(missing)}")
            return len(shard["world"])
    except (OSError, ValueError, BadZipFile) as error:
        raise SettingsError(f"{path}: not a shard of frames: {error}") from error


Rows = Integer[np.ndarray, " n"]
"""Which frames: their indices."""


def split_by_world(frames: Frames, batch: int) -> tuple[Rows, Rows]:
    """Frames that train and frames that validate, apart by the worlds they were seen in.

    Raises SettingsError where those that train fill no batch, or none validates.
    """
    held_out = frames["world"] % HELD_OUT_EVERY == 0
    if held_out.all() or not held_out.any():
        raise SettingsError(
            f"{held_out.sum()} of {len(held_out)} frames come from worlds that validate (seeds divisible by "
            f"{HELD_OUT_EVERY}): collect more flights, so that there are frames of both kinds"
        )
    training = np.flatnonzero(~held_out)
    if len(training) < batch:
        raise SettingsError(
            f"batch = {batch}: only {len(training)} of {len(held_out)} frames train"
        )
    return training, np.flatnonzero(held_out)


def one_label_each(frames: Frames, seed: int) -> Frames:
    """The disjoint regime: every frame keeps the label of one head only, each head on a third as nearly as may be.

    Only missions have labels for the mission head; where they are fewer than a third, it gets all there are.
    """
    rng = np.random.default_rng([seed, _REGIME_STREAM])
    count = len(frames["image"])
    for_mission = frames["mask_mission"] | frames["mask_status"].any(axis=1)
    share = min(1.0, count / 3 / max(1, for_mission.sum()))
    mission = for_mission & (rng.random(count) < share)
    navigation = ~mission & (rng.random(count) < 0.5)
    return {
        **frames,
        "mask_mission": frames["mask_mission"] & mission,
        "mask_status": frames["mask_status"] & mission[:, None],
        "mask_navigation": frames["mask_navigation"] & navigation,
        "mask_survival": frames["mask_survival"] & ~mission & ~navigation,
    }


def to_tensors(frames: Frames, rows: Rows, device: str | torch.device) -> dict[str, Tensor]:
    """Some frames as the network and its losses take them."""
    return {name: torch.from_numpy(array[rows]).to(device) for name, array in frames.items()}


def batches(
    frames: Frames, rows: Rows, size: int, rng: np.random.Generator, device: str
) -> Iterator[dict[str, Tensor]]:
    """One pass over the rows in random order, each batch as `augmented` changes it."""
    order = rng.permutation(rows)
    for index in range(len(rows) // size):
        batch = to_tensors(frames, np.sort(order[index * size : (index + 1) * size]), device)
        yield augmented(batch, rng)
