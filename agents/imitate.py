"""Imitation: one loop that trains any network on labelled frames, resumable to the same weights after a kill."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from agents.dataset import Frames, batches
from models import FrozenNormalization, MultiTaskNet, NetworkConfig, head_losses, new_network

_HELD_OUT_EVERY = 25
"""Every 25th frame validates."""
_BATCH_STREAM = 11


@dataclass(frozen=True)
class ImitationConfig:
    """How one network is trained."""

    steps: int
    """Gradient steps; passes over the data are as many as that takes."""
    batch: int
    learning_rate: float
    seed: int
    weight_decay: float = 1e-3
    warmup: int = 150
    """Steps of rising learning rate; a cosine takes it to zero afterwards."""
    clip: float = 1.0
    """Largest norm of the gradient."""


def imitate(
    network: NetworkConfig,
    frames: Frames,
    config: ImitationConfig,
    state: Path,
    report: Callable[[str], None],
    start: MultiTaskNet | None = None,
) -> MultiTaskNet:
    """Train from scratch (or from the weights of `start`), or from what a killed run left in the folder `state`."""
    training, validation = _split(frames)
    if len(training["image"]) < config.batch:
        raise ValueError(
            f"batch = {config.batch}: only {len(training['image'])} of {len(frames['image'])} frames train"
        )
    net = new_network(network, config.seed)
    if start is not None:
        net.load_state_dict(start.state_dict())
    balance = FrozenNormalization(network.heads)
    optimizer = torch.optim.AdamW(
        net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate(step, config.warmup, config.steps)
    )
    epoch = _resume(state, net, balance, optimizer, schedule)
    started = time.monotonic()
    while schedule.last_epoch < config.steps:
        rng = np.random.default_rng([config.seed, epoch, _BATCH_STREAM])
        left = config.steps - schedule.last_epoch
        data = islice(batches(training, config.batch, rng), left)
        average = _pass(net, balance, optimizer, schedule, data, config.clip)
        epoch += 1
        _save(state, epoch, net, balance, optimizer, schedule)
        losses = {f"train_{k}": v for k, v in average.items()}
        losses |= validate(net, validation, config.batch)
        seconds = round(time.monotonic() - started, 1)
        _log(state, {"pass": epoch, "step": schedule.last_epoch, "seconds": seconds, **losses})
        text = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
        report(f"{'+'.join(network.heads)}: step {schedule.last_epoch} of {config.steps}, {text}")
    return net.eval()


@torch.no_grad()
def validate(net: MultiTaskNet, frames: Frames, batch: int) -> dict[str, float]:
    """Mean loss of every head on held-out frames."""
    net.eval()
    sums: dict[str, list[float]] = {}
    for start in range(0, len(frames["image"]), batch):
        part = {
            name: torch.from_numpy(array[start : start + batch]) for name, array in frames.items()
        }
        for name, loss in head_losses(net(part), part).items():
            sums.setdefault(f"held_out_{name}", []).append(float(loss))
    return {name: float(np.mean(values)) for name, values in sums.items()}


# --- Private.


def _pass(
    net: MultiTaskNet,
    balance: FrozenNormalization,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    data: Iterator[dict[str, Tensor]],
    clip: float,
) -> dict[str, float]:
    """One pass over the training frames; returns mean losses."""
    net.train()
    sums: dict[str, float] = {}
    count = 0
    for batch in data:
        losses = head_losses(net(batch), batch)
        optimizer.zero_grad(set_to_none=True)
        balance(losses).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
        optimizer.step()
        schedule.step()
        count += 1
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0.0) + float(loss.detach())
    return {name: value / max(count, 1) for name, value in sums.items()}


def _split(frames: Frames) -> tuple[Frames, Frames]:
    index = np.arange(len(frames["image"]))
    held_out = index % _HELD_OUT_EVERY == 0
    return {k: v[~held_out] for k, v in frames.items()}, {k: v[held_out] for k, v in frames.items()}


def _rate(step: int, warmup: int, total: int) -> float:
    """Share of the learning rate at a step."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1.0 + np.cos(np.pi * min(1.0, (step - warmup) / max(1, total - warmup))))


def _save(
    state: Path,
    epoch: int,
    net: MultiTaskNet,
    balance: FrozenNormalization,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> None:
    """Weights, moments and position in one file, replaced in one move."""
    state.mkdir(parents=True, exist_ok=True)
    tensors = {f"net.{k}": v for k, v in net.state_dict().items()}
    tensors |= {f"balance.{k}": v for k, v in balance.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{k}": v for k, v in moments.items()}
    partial = state / "state.partial"
    position = {"epoch": str(epoch), "schedule": str(schedule.last_epoch)}
    save_file({k: v.contiguous() for k, v in tensors.items()}, partial, metadata=position)
    partial.replace(state / "state.safetensors")


def _resume(
    state: Path,
    net: MultiTaskNet,
    balance: FrozenNormalization,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> int:
    """Load what `_save` left; returns the epoch to go on with, 0 if there is nothing."""
    path = state / "state.safetensors"
    if not path.exists():
        return 0
    from safetensors import safe_open

    tensors = load_file(path)
    with safe_open(path, "pt") as file:
        position = file.metadata()
    net.load_state_dict(_part(tensors, "net."))
    balance.load_state_dict(_part(tensors, "balance."))
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _part(tensors, "optimizer.").items():
        index, key = name.split(".", 1)
        moments.setdefault(int(index), {})[key] = tensor
    template = optimizer.state_dict()
    schedule.last_epoch = int(position["schedule"])
    optimizer.load_state_dict({"state": moments, "param_groups": template["param_groups"]})
    for group, base, function in zip(
        optimizer.param_groups, schedule.base_lrs, schedule.lr_lambdas, strict=True
    ):
        group["lr"] = base * function(schedule.last_epoch)
    return int(position["epoch"])


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _log(state: Path, row: dict[str, object]) -> None:
    with (state / "log.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
