"""Training: frames once, then every arm from scratch on them; resumable after a kill."""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from agents.aggregate import collect_frames
from agents.arms import Arm, arm_named
from agents.collect import Source
from agents.dataset import Frames
from agents.frame_store import StoredFrames
from agents.imitate import Probe
from agents.side_by_side import Training, train_missing
from agents.train_config import LAST_TRAINING_SEED, TrainConfig
from agents.training_settings import SETTINGS, read_json, same_or_new
from agents.tuning import tuned_rate
from models import Card, MultiTaskNet, counted_macs, macs_per_second, parameters


def train(
    config: TrainConfig, source: Source, report: Callable[[str], None], probe: Probe | None = None
) -> dict[str, Path]:
    """Collect and train; returns the folder of each arm's checkpoints by `arm/seed-S`."""
    config.out.mkdir(parents=True, exist_ok=True)
    check_same_settings(config)
    frames = replace(collect_frames(config, source, report), disjoint=config.labels == "disjoint")
    loaded = frames.load()
    report(f"{len(loaded['image'])} labelled frames")
    trained: dict[str, Path] = {}
    checkpoints: dict[Path, Training] = {}
    for seed in config.seeds:
        for arm in map(arm_named, config.arms):
            name = f"{arm.folder}/seed-{seed}"
            trained[name] = config.out / name
            checkpoints |= _trainings(arm, name, seed, config, frames, report)
    card = partial(_card, config, loaded)
    train_missing(checkpoints, card, config.workers, report, probe)
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


def _trainings(
    arm: Arm,
    name: str,
    seed: int,
    config: TrainConfig,
    frames: StoredFrames,
    report: Callable[[str], None],
) -> dict[Path, Training]:
    """How each network of an arm is trained, from scratch, by the folder of its checkpoint."""
    trainings = {}
    for network in arm.networks:
        rate = config.learning_rate
        if config.tune:
            rate = tuned_rate(arm, network, config, frames, config.out / "tuning", report)
        imitation = config.imitation(seed, rate, config.spent.steps)
        scratch = config.out / "training" / name / "+".join(network.heads)
        same_or_new(scratch / SETTINGS, config.decided(imitation))
        folder = config.out / name / arm.folder_of(network)
        trainings[folder] = Training(name, network, frames, imitation, scratch)
    return trainings


def _card(config: TrainConfig, frames: Frames, training: Training, net: MultiTaskNet) -> Card:
    labelled = ", ".join(
        f"{name} {float(np.mean(frames[f'mask_{name}'])):.0%}"
        for name in ("navigation", "survival", "mission")
    )
    imitation, macs = training.config, macs_per_second([counted_macs(net)])
    collected = read_json((config.data or config.out) / SETTINGS)
    weighted = ", ".join(f"{head} {weight:g}" for head, weight in imitation.weights.items())
    return Card(
        title=f"{training.name}: {', '.join(net.config.heads)}",
        summary=(
            f"{parameters(net):,} parameters, width {net.config.width:g}, {macs / 1e6:.1f} million multiply-adds a "
            "second at full rate. Imitation of the privileged teacher."
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
            f"{imitation.balance}{f', losses weighted {weighted}' if weighted else ''}. See `docs/experiments.md` for flights."
        ),
        code_version=f"trident-sim {version('trident-sim')}, torch {torch.__version__}",
    )
