"""Training batches changed in ways that leave their labels true: seen in a mirror, and in other colours."""

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from agents.lattice import candidate_velocities, candidate_yaw_rates
from sim.types import EGO_FIELDS, GOAL_FIELDS, MAX_TOKENS, SITE_FIELDS

_AS_IS, _PLAIN = 0.2, 0.3
"""Shares of frames that keep their colours, and that lose them: the rest are shown in others."""
_LEVELS = 256
_COLORS = 3


def augmented(batch: dict[str, Tensor], rng: np.random.Generator) -> dict[str, Tensor]:
    """The batch mirrored left-right by a coin toss, and each of its frames in colours of its own."""
    return recolored(mirror(batch) if rng.random() < 0.5 else batch, rng)


def recolored(batch: dict[str, Tensor], rng: np.random.Generator) -> dict[str, Tensor]:
    """The same frames in random colours, or in one: what is in the way must be told by its shape.

    Networks that always saw one ground took streets and canals for walls. Depth stays as it is, and so do frames with a
    label of a panel's status, which its colours tell.
    """
    image = batch["image"]
    read = batch["mask_status"].any(dim=1).cpu().numpy()
    chosen = np.flatnonzero(~read & (rng.random(len(image)) >= _AS_IS))
    tables = torch.from_numpy(_color_tables(len(chosen), rng)).to(image.device)
    rows = torch.from_numpy(chosen).to(image.device)
    source = torch.from_numpy(rng.random((len(chosen), _COLORS)).argsort(axis=1)).to(image.device)
    colors = image[rows[:, None], source].flatten(2)
    changed = tables.gather(2, colors.long()).view(len(chosen), _COLORS, *image.shape[2:])
    out = dict(batch)
    out["image"] = image.clone()
    out["image"][rows, :_COLORS] = changed
    return out


def mirror(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same frames seen in a mirror: y, roll and yaw change sign, images and lattice swap sides."""
    out = dict(batch)
    out["image"] = batch["image"].flip(-1)
    out["history"] = batch["history"].flip(-1)
    device = batch["ego"].device
    out["ego"] = batch["ego"] * _EGO_SIGNS.to(device)
    out["goal"] = batch["goal"] * _GOAL_SIGNS.to(device)
    out["sites"] = batch["sites"] * _SITE_SIGNS.repeat(MAX_TOKENS).to(device)
    for name in ("target_navigation", "target_survival"):
        out[name] = batch[name][:, _MIRRORED.to(device)]
    return out


# --- Private.


def _color_tables(count: int, rng: np.random.Generator) -> UInt8[np.ndarray, "n 3 256"]:
    """What each brightness of each channel becomes: stretched, shifted and bent, or the same for all."""

    def draw(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, (count, _COLORS, 1))

    level = np.linspace(-0.5, 0.5, _LEVELS)
    shift, stretch, bend = draw(-0.35, 0.35), draw(0.3, 1.5), draw(0.0, 0.25)
    waves = np.sin(2 * np.pi * (draw(0.5, 2.0) * level + draw(0.0, 1.0)))
    loses = rng.random((count, 1, 1)) < _PLAIN / (1.0 - _AS_IS)
    table = 0.5 + shift + np.where(loses, 0.0, stretch * level + bend * waves)
    return np.rint(255 * table.clip(0.0, 1.0)).astype(np.uint8)


def _signs(names: tuple[str, ...], odd: set[str]) -> Tensor:
    return torch.tensor([-1.0 if name in odd else 1.0 for name in names])


def _mirrored_candidates() -> Tensor:
    """Index of each candidate's mirror image."""
    rows = np.column_stack([candidate_velocities(1.0), candidate_yaw_rates()])
    images = rows * np.array([1.0, -1.0, 1.0, -1.0])
    return torch.from_numpy(np.abs(rows[None] - images[:, None]).sum(axis=2).argmin(axis=1))


_EGO_SIGNS = _signs(
    EGO_FIELDS,
    {
        "velocity_body_y",
        "gravity_body_y",
        "rate_body_x",
        "rate_body_z",
        "previous_vy",
        "previous_yaw_rate",
    },
)
_GOAL_SIGNS = _signs(GOAL_FIELDS, {"direction_y"})
_SITE_SIGNS = _signs(SITE_FIELDS, {"y", "facing_sin"})
_MIRRORED = _mirrored_candidates()
