"""What a training run needs to go on after a kill: weights, moments and position in one file, replaced in one move."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from models import FrozenNormalization, MultiTaskNet, UncertaintyWeights
from sim.files import replacing

_FILE = "state.safetensors"


@dataclass
class TrainingState:
    """Everything of one training run that changes while it goes on."""

    net: MultiTaskNet
    balance: FrozenNormalization | UncertaintyWeights
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR
    passes: int = 0
    """Finished passes over the data."""
    best_loss: float = float("inf")
    """The least held-out loss of any pass."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """The weights that had it."""

    @property
    def step(self) -> int:
        """Gradient steps taken."""
        return self.schedule.last_epoch

    def keep_if_best(self, loss: float) -> None:
        """Remember the present weights if no earlier pass did better."""
        if loss < self.best_loss:
            self.best_loss = loss
            self.best = {name: value.clone() for name, value in self.net.state_dict().items()}

    def save(self, folder: Path) -> None:
        """Write the state; a kill leaves the old file or the new one."""
        tensors = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        tensors |= {f"best.{k}": v for k, v in self.best.items()}
        tensors |= {f"balance.{k}": v for k, v in self.balance.state_dict().items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{k}": v for k, v in moments.items()}
        position = {
            "passes": str(self.passes),
            "step": str(self.step),
            "best_loss": self.best_loss.hex(),
        }
        stored = {k: v.cpu().contiguous() for k, v in tensors.items()}
        with replacing(folder / _FILE) as partial:
            save_file(stored, partial, metadata=position)

    def resume(self, folder: Path) -> None:
        """Take up what `save` left, if anything."""
        path = folder / _FILE
        if not path.exists():
            return
        tensors = load_file(path)
        with safe_open(path, "pt") as file:
            position = file.metadata()
        self.net.load_state_dict(_part(tensors, "net."))
        self.best = _part(tensors, "best.")
        self.balance.load_state_dict(_part(tensors, "balance."))
        self._resume_optimizer(_part(tensors, "optimizer."), int(position["step"]))
        self.passes = int(position["passes"])
        self.best_loss = float.fromhex(position["best_loss"])

    def _resume_optimizer(self, tensors: dict[str, Tensor], step: int) -> None:
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            index, key = name.split(".", 1)
            moments.setdefault(int(index), {})[key] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.schedule.last_epoch = step
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
        for group, base, function in zip(
            self.optimizer.param_groups,
            self.schedule.base_lrs,
            self.schedule.lr_lambdas,
            strict=True,
        ):
            group["lr"] = base * function(step)


def least_held_out(folder: Path) -> float:
    """The least held-out loss of the run that was saved in a folder."""
    with safe_open(folder / _FILE, "pt") as file:
        return float.fromhex(file.metadata()["best_loss"])


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
