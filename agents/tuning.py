"""The learning rate of each network, tuned at a fraction of the budget: the same grid and rule for every arm."""

from collections.abc import Callable
from pathlib import Path

from agents.arms import Arm
from agents.frame_store import StoredFrames
from agents.side_by_side import Training, train_side_by_side
from agents.train_config import TrainConfig
from agents.training_settings import SETTINGS, read_json, same_or_new
from agents.training_state import least_held_out
from models import NetworkConfig

_GRID = (0.25, 0.5, 1.0, 2.0, 4.0)
_SHARE = 8
"""Steps of a trial: this part of the full training's."""


def tuned_rate(
    arm: Arm,
    network: NetworkConfig,
    config: TrainConfig,
    frames: StoredFrames,
    out: Path,
    report: Callable[[str], None],
) -> float:
    """The learning rate of the grid with the least held-out loss; found once, then read from `out`."""
    folder = out / arm.folder / "+".join(network.heads)
    answer = folder / "tuned.json"
    rates = [factor * config.learning_rate for factor in _GRID]
    steps = max(1, config.spent.steps // _SHARE)
    trials = config.decided(config.imitation(config.seeds[0], config.learning_rate, steps))
    same_or_new(folder / SETTINGS, {**trials, "grid": rates})
    if not answer.exists():
        folders = {rate: folder / f"{rate:g}" for rate in rates}
        trainings = [
            Training(
                f"{arm.name}, learning rate {rate:g}",
                network,
                frames,
                config.imitation(config.seeds[0], rate, steps),
                scratch,
            )
            for rate, scratch in folders.items()
        ]
        for _ in train_side_by_side(trainings, config.workers, report):
            pass
        losses = {rate: least_held_out(scratch) for rate, scratch in folders.items()}
        best = min(losses, key=lambda rate: losses[rate])
        report(f"{arm.name} {'+'.join(network.heads)}: learning rate {best:g} of {rates}")
        same_or_new(answer, {"learning_rate": best, "held_out": losses})
    return float(read_json(answer)["learning_rate"])
