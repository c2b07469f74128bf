"""Imitation: one loop that trains any network on labelled frames, resumable to the same weights after a kill."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from agents.dataset import Frames, Rows, batches, split_by_world, to_tensors
from agents.training_log import TrainingLog
from agents.training_settings import SettingsError
from agents.training_state import TrainingState
from models import (
    FrozenNormalization,
    MultiTaskNet,
    NetworkConfig,
    UncertaintyWeights,
    agreement,
    backward,
    backward_projected,
    head_losses,
    new_network,
)
from sim.names import unknown

BALANCES = ("equal", "uncertainty", "pcgrad")
"""How losses share the trunk: summed with equal or given weights, with learned ones, or with conflicts projected out."""
_BATCH_STREAM = 11
_PROJECTION_STREAM = 13
_AGREEMENT_EVERY = 100
"""Steps between looks at how the heads' gradients agree."""
_LABELS = ("target_", "allowed_", "mask_")
"""How the arrays of frames begin that are not seen but learned."""
_LEAST_LOSS = 1e-9
"""Stands for a loss of zero, which has no logarithm."""
_PROBES = 4
"""Looks at flights in the course of a training."""

Probe = Callable[[MultiTaskNet], Mapping[str, float]]
"""Flies a network, and returns numbers for the log."""


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
    balance: str = "equal"
    """One of `BALANCES`."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Factors on the normalised losses by head, 1 for those not named; equal balance only."""
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.balance not in BALANCES:
            raise SettingsError(unknown("balance", self.balance, BALANCES))
        if self.weights and self.balance != "equal":
            raise SettingsError(f"weights with balance = {self.balance}: only equal takes them")


def imitate(
    network: NetworkConfig,
    frames: Frames,
    config: ImitationConfig,
    folder: Path,
    report: Callable[[str], None],
    start: MultiTaskNet | None = None,
    probe: Probe | None = None,
) -> MultiTaskNet:
    """Train from scratch (or from the weights of `start`), or from what a killed run left in `folder`.

    Returns the network of the pass with the least held-out loss, in evaluation mode on the CPU.
    """
    training, validation = split_by_world(frames, config.batch)
    state = _new_state(network, config, start)
    state.resume(folder)
    started = time.monotonic()
    with closing(TrainingLog(folder)) as log:
        while state.step < config.steps:
            before = state.step
            row = _pass(state, frames, training, config)
            row |= validate(state.net, frames, validation, config.batch)
            state.keep_if_best(_selection_loss(row, network.heads))
            if probe is not None and _is_probed(before, state.step, config.steps):
                row |= probe(state.net)
            state.save(folder)
            seconds = round(time.monotonic() - started, 1)
            log.write(state.step, {"pass": state.passes, "seconds": seconds, **row})
            text = ", ".join(f"{name} {value:.3f}" for name, value in row.items())
            report(f"{'+'.join(network.heads)}: step {state.step} of {config.steps}, {text}")
    state.net.load_state_dict(state.best)
    return state.net.to("cpu").eval()


@torch.no_grad()
def validate(net: MultiTaskNet, frames: Frames, rows: Rows, batch: int) -> dict[str, float]:
    """Mean loss of every head on some frames, as `held_out_navigation` and the like."""
    net.eval()
    device = net.trunk.ego_scale.device
    answers = [
        net(to_tensors(frames, rows[start : start + batch], device))
        for start in range(0, len(rows), batch)
    ]
    # All at once: of batches, those with few labels, or none, would count like any other.
    outputs = {name: torch.cat([answer[name] for answer in answers]) for name in answers[0]}
    labels = {name: array for name, array in frames.items() if name.startswith(_LABELS)}
    losses = head_losses(outputs, to_tensors(labels, rows, device))
    return {f"held_out_{name}": float(loss) for name, loss in losses.items()}


# --- Private.


def _new_state(
    network: NetworkConfig, config: ImitationConfig, start: MultiTaskNet | None
) -> TrainingState:
    net = new_network(network, config.seed)
    if start is not None:
        net.load_state_dict(start.state_dict())
    balance = (
        UncertaintyWeights(network.heads)
        if config.balance == "uncertainty"
        else FrozenNormalization(network.heads, config.weights)
    )
    net.to(config.device)
    balance.to(config.device)
    optimizer = torch.optim.AdamW(
        [
            {"params": list(net.parameters()), "weight_decay": config.weight_decay},
            {"params": list(balance.parameters()), "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate(step, config.warmup, config.steps)
    )
    return TrainingState(net, balance, optimizer, schedule)


def _pass(
    state: TrainingState, frames: Frames, rows: Rows, config: ImitationConfig
) -> dict[str, float]:
    """One pass over the training frames, or what is left of the steps; returns mean losses and agreement."""
    rng = np.random.default_rng([config.seed, state.passes, _BATCH_STREAM])
    data = batches(frames, rows, config.batch, rng, config.device)
    state.net.train()
    state.balance.train()
    means = _Means()
    for batch in islice(data, config.steps - state.step):
        means.add({f"train_{k}": v for k, v in _step(state, batch, config, means).items()})
    state.passes += 1
    return means.values()


def _step(
    state: TrainingState, batch: dict[str, Tensor], config: ImitationConfig, means: "_Means"
) -> dict[str, float]:
    """One gradient step; returns the losses as they were, neither normalised nor weighted."""
    losses = head_losses(state.net(batch), batch)
    balanced = state.balance(losses)
    state.optimizer.zero_grad(set_to_none=True)
    if state.step % _AGREEMENT_EVERY == 0:
        means.add(agreement(balanced, state.net))
    if config.balance == "pcgrad" and len(losses) > 1:
        generator = torch.Generator().manual_seed(
            (config.seed * 1_000_003 + state.step) * 31 + _PROJECTION_STREAM
        )
        backward_projected(balanced, state.net, generator)
    else:
        backward(balanced)
    torch.nn.utils.clip_grad_norm_(state.net.parameters(), config.clip)
    state.optimizer.step()
    state.schedule.step()
    return {name: float(loss.detach()) for name, loss in losses.items()}


class _Means:
    """Means of numbers by name."""

    def __init__(self) -> None:
        self._sums: dict[str, list[float]] = {}

    def add(self, row: Mapping[str, float]) -> None:
        for name, value in row.items():
            self._sums.setdefault(name, []).append(value)

    def values(self) -> dict[str, float]:
        return {name: float(np.mean(values)) for name, values in self._sums.items()}


def _selection_loss(row: Mapping[str, float], heads: tuple[str, ...]) -> float:
    """Sum of the logarithms of the held-out losses: no head counts more for the unit its loss is in."""
    return sum(np.log(max(row[f"held_out_{head}"], _LEAST_LOSS)) for head in heads)


def _is_probed(before: int, after: int, total: int) -> bool:
    """Whether a quarter of the training was completed between two steps."""
    return before * _PROBES // total < after * _PROBES // total


def _rate(step: int, warmup: int, total: int) -> float:
    """Share of the learning rate at a step."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1.0 + np.cos(np.pi * min(1.0, (step - warmup) / max(1, total - warmup))))
