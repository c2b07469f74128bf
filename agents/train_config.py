"""What can be said of a training run, and what of it makes no sense."""

import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated

import torch
import tyro

from agents.arms import ARMS, arm_named
from agents.budgets import BUDGETS, Budget
from agents.engines import open_engine
from agents.imitate import ImitationConfig
from agents.training_settings import SettingsError
from models import HEADS
from sim.names import unknown

LAST_TRAINING_SEED = 9_999
SEEDS_PER_ROUND = 2_499
"""World seeds set aside for each DAgger round, one a flight: four rounds fit."""
LABELS = ("dense", "disjoint")
"""Label regimes: all three heads on every frame, or one of them."""
DEVICES = ("auto", "cpu", "cuda")


def _fresh_folder() -> Path:
    return Path("runs") / f"{time.strftime('%Y%m%d-%H%M%S')}-train"


@dataclass(frozen=True)
class TrainConfig:
    """One training run: frames are collected once, then every arm is trained on them from scratch with every seed."""

    arms: Annotated[tuple[str, ...], tyro.conf.arg(name="arm")] = ("shared", "specialists")
    """Any of shared, specialists, small-specialists, wide-shared, or partial:NA+M and the like."""
    seeds: Annotated[tuple[int, ...], tyro.conf.arg(name="seed")] = (1,)
    """Seeds of weights and batch order; one network, or three, for each."""
    out: Path = field(default_factory=_fresh_folder)
    """Folder for data, checkpoints and logs; name that of an interrupted run and it continues there."""
    budget: str = "full"
    """quick (15 minutes on two cores) or full (hours); the four numbers below are part of it."""
    frames: int | None = None
    """Labelled frames to collect over all rounds; by default the budget's."""
    rounds: int | None = None
    """DAgger rounds, at most four; the first is flown by the teacher alone."""
    steps: int | None = None
    """Gradient steps of each final network, which starts from scratch."""
    learner_steps: int | None = None
    """Gradient steps per round of the networks that fly the next one; they go on from the last round's."""
    data: Path | None = None
    """Folder of another run whose frames to train on, instead of collecting."""
    learners: Path | None = None
    """Folder of another run whose learners fly the rounds again: the same frames, bit for bit, without training them."""
    labels: str = "dense"
    """dense (all three heads on every frame) or disjoint (one of them, a third of the frames each)."""
    balance: str = "equal"
    """equal, uncertainty or pcgrad: how the heads' losses share a trunk."""
    weights: tuple[float, ...] = ()
    """Factors on the normalised losses of navigation, avoidance and mission, with balance equal."""
    batch: int = 128
    learning_rate: float = 6e-3
    """Its peak; with --tune, the centre of the grid."""
    tune: bool = False
    """First train every network at an eighth of the steps with a quarter, half, one, two and four times the learning rate, on the first seed, and keep the best on held-out worlds."""
    live_worlds: int = 8
    """Choice worlds that a network flies of each of its tasks, four times while it trains; 0 for none."""
    device: str = "auto"
    """cpu, cuda, or auto: cuda where there is one."""
    workers: int = 2
    """Flights flown at once, and networks trained at once, each on one thread."""
    engine: str = "local"
    """What flies: local (processes of this machine) or ray; see docs/cluster.md."""
    address: Annotated[str | None, tyro.conf.arg(metavar="HOST:PORT")] = None
    """Of a running Ray cluster, or auto; `out` must then lie on a file system that its machines share."""
    first_world_seed: int = 0
    """World seed of the first flight; all must lie in 0-9999."""

    def __post_init__(self) -> None:
        self._check_names()
        self._check_numbers()
        open_engine(self.engine, self.workers, address=self.address)
        spent = self.spent
        if self.batch > 0.9 * (spent.frames // spent.rounds):
            raise SettingsError(
                f"batch = {self.batch}, frames = {spent.frames}, rounds = {spent.rounds}: "
                "the frames of a round must fill a batch, and a twenty-fifth of its worlds validates"
            )
        last = self.first_world_seed + spent.rounds * SEEDS_PER_ROUND - 1
        if self.first_world_seed < 0 or last > LAST_TRAINING_SEED:
            raise SettingsError(
                f"first_world_seed = {self.first_world_seed}, rounds = {spent.rounds}: each round takes "
                f"{SEEDS_PER_ROUND} world seeds, and training uses 0-{LAST_TRAINING_SEED} only"
            )

    @property
    def spent(self) -> Budget:
        """The budget, with what was set apart."""
        named = BUDGETS[self.budget]
        own = {name: getattr(self, name) for name in vars(named)}
        return replace(named, **{name: value for name, value in own.items() if value is not None})

    def imitation(self, seed: int, learning_rate: float, steps: int) -> ImitationConfig:
        """How one network of this run is trained."""
        return ImitationConfig(
            steps=steps,
            batch=self.batch,
            learning_rate=learning_rate,
            seed=seed,
            balance=self.balance,
            weights=dict(zip(HEADS, self.weights, strict=True)) if self.weights else {},
            device=self.torch_device,
        )

    def decided(self, imitation: ImitationConfig) -> dict[str, object]:
        """What of one network's training must be the same when it goes on; the device moves only last bits."""
        return {**asdict(replace(imitation, device="cpu")), "labels": self.labels}

    @property
    def torch_device(self) -> str:
        """Where networks are trained."""
        if self.device != "auto":
            return self.device
        return "cuda" if torch.cuda.is_available() else "cpu"

    def _check_names(self) -> None:
        for arm in self.arms:
            arm_named(arm)
        if not self.arms or len(set(self.arms)) != len(self.arms):
            named, known = " ".join(self.arms) or "none", ", ".join(ARMS)
            raise SettingsError(f"arm = {named}: name one or more of {known}, each once")
        for name, choices in (("budget", BUDGETS), ("labels", LABELS), ("device", DEVICES)):
            if getattr(self, name) not in choices:
                raise SettingsError(unknown(name, getattr(self, name), choices))
        if self.device == "cuda" and not torch.cuda.is_available():
            raise SettingsError("device = cuda: torch finds none on this machine; use cpu or auto")
        self._check_folders()

    def _check_folders(self) -> None:
        for name in ("data", "learners"):
            folder = getattr(self, name)
            if folder is not None and not folder.is_dir():
                raise SettingsError(f"{name} = {folder}: no such folder")
        if self.data is not None and self.learners is not None:
            raise SettingsError(
                "data and learners: give one, frames to train on or who collects them"
            )
        if self.learners is None:
            return
        for index in range(1, self.spent.rounds):
            if not (self.learners / f"learners_{index}").is_dir():
                raise SettingsError(
                    f"learners = {self.learners}: no folder learners_{index} there, whose networks fly round {index}"
                )

    def _check_numbers(self) -> None:
        for name in ("frames", "rounds", "steps", "learner_steps", "batch", "workers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"{name} = {value}: must be at least 1")
        if self.live_worlds < 0:
            raise SettingsError(f"live_worlds = {self.live_worlds}: must not be negative")
        if not self.seeds or min(self.seeds) < 0 or len(set(self.seeds)) != len(self.seeds):
            raise SettingsError(
                f"seed = {' '.join(map(str, self.seeds)) or 'none'}: name one or more, none negative, each once"
            )
        if not 0 < self.learning_rate < float("inf"):
            raise SettingsError(
                f"learning_rate = {self.learning_rate}: must be positive and finite"
            )
        if self.weights and (len(self.weights) != len(HEADS) or min(self.weights) <= 0):
            raise SettingsError(
                f"weights = {' '.join(map(str, self.weights))}: give three positive numbers, for {', '.join(HEADS)}"
            )
        self.imitation(0, self.learning_rate, 1)
