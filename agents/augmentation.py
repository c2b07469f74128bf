"""Training batches changed in ways that leave their labels true: seen in a mirror, and on other ground."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from agents.lattice import candidate_velocities, candidate_yaw_rates
from sim.types import EGO_FIELDS, GOAL_FIELDS, MAX_TOKENS, SITE_FIELDS
from sim.world.geometry import GROUND_COLOR

_PAINTED = 0.6
"""Share of frames that are shown on another ground."""
_GROUND = 255.0 * np.array(GROUND_COLOR, dtype=np.float32)
_TOLERANCE = 15.0
"""By how many of 255 levels a pixel of the ground is off the ground's own colour, at its brightness."""
_DARKEST = 0.5
"""Brightness relative to the ground's colour below which a pixel is none of it."""
_COLORS = 3


def augmented(batch: dict[str, Tensor], rng: np.random.Generator) -> dict[str, Tensor]:
    """The batch mirrored left-right by a coin toss, and some of its frames on ground of other colours."""
    return on_other_ground(mirror(batch) if rng.random() < 0.5 else batch, rng)


def on_other_ground(batch: dict[str, Tensor], rng: np.random.Generator) -> dict[str, Tensor]:
    """The same frames with their grass painted: in one colour, or its darker patches in a second.

    All generated worlds lie on grass; networks that saw nothing else took streets and canals for walls. Pixels are told
    by their colour, so some of greenish things are painted, too. Depth and all else stay as they are.
    """
    image = batch["image"]
    chosen = np.flatnonzero(rng.random(len(image)) < _PAINTED)
    paints = _paints(len(chosen), rng)
    darker_below = rng.uniform(0.8, 1.2, len(chosen)).astype(np.float32)

    def tensor(array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(image.device)

    rows, ground = tensor(chosen), tensor(_GROUND)[:, None, None]
    pixels = image[rows, :_COLORS]
    tone = pixels[:, 1:2] / ground[1]
    off = (pixels - tone * ground).abs().amax(1, keepdim=True)
    is_ground = (off < _TOLERANCE) & (tone > _DARKEST)
    first, second = tensor(paints)[:, :, :, None, None].unbind(1)
    paint = torch.where(tone < tensor(darker_below)[:, None, None, None], second, first)
    painted = (pixels + tone * (paint - ground)).clamp(0, 255).to(torch.uint8)
    out = dict(batch)
    out["image"] = image.clone()
    out["image"][rows, :_COLORS] = torch.where(is_ground, painted, pixels)
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


def _paints(count: int, rng: np.random.Generator) -> Float[np.ndarray, "n 2 3"]:
    """Two colours for each frame, 0 to 255: mostly greys of any brightness, with some hue."""
    grey = rng.uniform(30.0, 230.0, (count, 2, 1))
    hue = rng.uniform(40.0, 220.0, (count, 2, _COLORS))
    return (0.65 * grey + 0.35 * hue).astype(np.float32)


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
