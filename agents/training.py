"""Training: frames once, then every arm from scratch on them; resumable after a kill."""

from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from agents.aggregate import collect_frames
from agents.arms import Arm, arm_named
from agents.collect import Source
from agents.dataset import Frames, one_label_each
from agents.imitate import ImitationConfig, Probe, imitate
from agents.train_config import LAST_TRAINING_SEED, TrainConfig
from agents.training_settings import SETTINGS, read_settings, same_or_new
from agents.tuning import tuned_rate
from models import (
    Card,
    MultiTaskNet,
    NetworkConfig,
    counted_macs,
    macs_per_second,
    parameters,
    save_checkpoint,
)


def train(
    config: TrainConfig, source: Source, report: Callable[[str], None], probe: Probe | None = None
) -> dict[str, Path]:
    """Collect and train; returns the folder of each arm's checkpoints by `arm/seed-S`."""
    config.out.mkdir(parents=True, exist_ok=True)
    check_same_settings(config)
    frames = collect_frames(config, source, report)
    report(f"{len(frames['image'])} labelled frames")
    if config.labels == "disjoint":
        frames = one_label_each(frames, seed=0)
    trained = {}
    for seed in config.seeds:
        for arm in map(arm_named, config.arms):
            name = f"{arm.folder}/seed-{seed}"
            _train_arm(arm, config.out / name, seed, config, frames, report, probe)
            trained[name] = config.out / name
    return trained


def check_same_settings(config: TrainConfig) -> None:
    """Write the data's settings beside the run; a folder that holds a run with others is refused."""
    settings = asdict(config.spent) | {
        "first_world_seed": config.first_world_seed,
        "data": None if config.data is None else str(config.data),
        "learners": None if config.learners is None else str(config.learners),
    }
    del settings["steps"]
    if config.data is None and config.learners is None:
        # The networks that fly the later rounds are trained with them.
        settings |= {"batch": config.batch, "learning_rate": config.learning_rate}
    same_or_new(config.out / SETTINGS, settings)


# --- Private.


def _train_arm(
    arm: Arm,
    target: Path,
    seed: int,
    config: TrainConfig,
    frames: Frames,
    report: Callable[[str], None],
    probe: Probe | None,
) -> None:
    """Train every network of an arm from scratch; a finished one is kept."""
    for network in arm.networks:
        folder = target / arm.folder_of(network)
        scratch = config.out / "training" / target.relative_to(config.out) / "+".join(network.heads)
        rate = config.learning_rate
        if config.tune:
            rate = tuned_rate(arm, network, config, frames, config.out / "tuning", report)
        imitation = config.imitation(seed, rate, config.spent.steps)
        same_or_new(scratch / SETTINGS, config.decided(imitation))
        if (folder / "weights.safetensors").exists():
            continue
        net = imitate(network, frames, imitation, scratch, report, probe=probe)
        card = _card(arm, network, config, imitation, frames, net)
        save_checkpoint(folder, net, card, dtype=torch.float16)


def _card(
    arm: Arm,
    network: NetworkConfig,
    config: TrainConfig,
    imitation: ImitationConfig,
    frames: Frames,
    net: MultiTaskNet,
) -> Card:
    labelled = ", ".join(
        f"{name} {float(np.mean(frames[f'mask_{name}'])):.0%}"
        for name in ("navigation", "survival", "mission")
    )
    macs = macs_per_second([counted_macs(net)])
    collected = read_settings((config.data or config.out) / SETTINGS)
    return Card(
        title=f"{arm.name}: {', '.join(network.heads)}",
        summary=(
            f"{parameters(net):,} parameters, width {network.width:g}, {macs / 1e6:.1f} million multiply-adds a "
            "second at true call rates. Imitation of the privileged teacher."
        ),
        data=(
            f"{len(frames['image']):,} labelled frames of {len(np.unique(frames['world'])):,} worlds in "
            f"{collected['rounds']} DAgger rounds, training worlds only (seeds 0-{LAST_TRAINING_SEED}), labels "
            f"{config.labels}; share of frames with a label: {labelled}. Collection refuses real places and held-out "
            "families."
        ),
        seeds=f"Weights and batch order: {imitation.seed}. Worlds from {collected['first_world_seed']}.",
        results=(
            f"{imitation.steps:,} steps of {imitation.batch}, peak learning rate {imitation.learning_rate:g}, balance "
            f"{imitation.balance}. See `docs/experiments.md` for flights."
        ),
        code_version=f"trident-sim {version('trident-sim')}, torch {torch.__version__}",
    )
