"""Training: DAgger collection, then every arm from scratch on the same frames; resumable after a kill."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro

from agents.collect import CollectionRound, Source, collect_round
from agents.dataset import Frames, load_shards
from agents.engines import open_engine
from agents.imitate import ImitationConfig, imitate
from models import Card, MultiTaskNet, NetworkConfig, load_checkpoint, save_checkpoint
from sim.names import unknown
from sim.scenario import Scenario

LAST_TRAINING_SEED = 9_999
SEEDS_PER_ROUND = 2_499
"""World seeds set aside for each DAgger round, one a flight: four rounds fit."""
ARMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "shared": (("navigation", "avoidance", "mission"),),
    "specialists": (("navigation",), ("avoidance",), ("mission",)),
}
"""The networks of each arm, by their heads."""


def _fresh_folder() -> Path:
    return Path("runs") / f"{time.strftime('%Y%m%d-%H%M%S')}-train"


@dataclass(frozen=True)
class TrainConfig:
    """One training run."""

    arms: Annotated[tuple[str, ...], tyro.conf.arg(name="arm")] = tuple(ARMS)
    """Which to train on the collected frames: shared, specialists, or both."""
    out: Path = field(default_factory=_fresh_folder)
    """Folder for data, checkpoints and logs; name that of an interrupted run and it continues there."""
    seed: int = 1
    """Seed of weights and batch order."""
    frames: int = 160_000
    """Labelled frames to collect over all rounds."""
    rounds: int = 4
    """DAgger rounds, at most four; the first is flown by the teacher alone."""
    steps: int = 13_000
    """Gradient steps of each final network, which starts from scratch."""
    learner_steps: int = 1_500
    """Gradient steps per round of the networks that fly the next one; they go on from the last round's."""
    batch: int = 128
    learning_rate: float = 1.5e-3
    workers: int = 2
    """Flights flown at once."""
    engine: str = "local"
    """What flies: local (processes of this machine) or ray; see docs/cluster.md."""
    address: Annotated[str | None, tyro.conf.arg(metavar="HOST:PORT")] = None
    """Of a running Ray cluster, or auto; `out` must then lie on a file system that its machines share."""
    first_world_seed: int = 0
    """World seed of the first flight; all must lie in 0-9999."""

    def __post_init__(self) -> None:
        for arm in self.arms:
            if arm not in ARMS:
                raise ValueError(unknown("arm", arm, ARMS))
        if not self.arms or len(set(self.arms)) != len(self.arms):
            raise ValueError(
                f"arm = {' '.join(self.arms) or 'none'}: name one or more of {', '.join(ARMS)}, each once"
            )
        for name in ("frames", "rounds", "steps", "learner_steps", "batch", "workers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}: must be at least 1")
        if self.seed < 0:
            raise ValueError(f"seed = {self.seed}: must not be negative")
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(f"learning_rate = {self.learning_rate}: must be positive and finite")
        if self.batch > 0.9 * (self.frames // self.rounds):
            raise ValueError(
                f"batch = {self.batch}, frames = {self.frames}, rounds = {self.rounds}: "
                "the frames of a round must fill a batch, and a twenty-fifth of them validates"
            )
        open_engine(self.engine, self.workers, address=self.address)
        last = self.first_world_seed + self.rounds * SEEDS_PER_ROUND - 1
        if self.first_world_seed < 0 or last > LAST_TRAINING_SEED:
            raise ValueError(
                f"first_world_seed = {self.first_world_seed}, rounds = {self.rounds}: each round takes "
                f"{SEEDS_PER_ROUND} world seeds, and training uses 0-{LAST_TRAINING_SEED} only"
            )


def train(config: TrainConfig, source: Source, report: Callable[[str], None]) -> dict[str, Path]:
    """Collect and train; returns the folder of each arm's checkpoint(s)."""
    config.out.mkdir(parents=True, exist_ok=True)
    check_same_settings(config)
    frames = _aggregate(config, training_only(source), report)
    report(f"{len(frames['image'])} labelled frames")
    final = _Schedule(config.steps, config.seed)
    return {arm: _train_arm(arm, config.out, config, frames, final, report) for arm in config.arms}


def check_same_settings(config: TrainConfig) -> None:
    """Write the settings beside the run; a folder that holds a run with others is refused."""
    path = config.out / "config.json"
    # Which arms are trained in the end, and who flies how much at once, changes nothing that was done.
    free = ("out", "arms", "workers", "engine", "address")
    settings = {name: value for name, value in asdict(config).items() if name not in free}
    if path.exists():
        before = json.loads(path.read_text())
        differing = sorted(name for name in settings if before.get(name) != settings[name])
        if differing:
            name = differing[0]
            raise ValueError(
                f"{name} = {settings[name]}: the run in {config.out} was begun with {before.get(name)}; "
                "give its settings or another folder"
            )
    path.write_text(json.dumps(settings, indent=2))


def training_only(source: Source) -> Source:
    """The same source, refusing seeds that belong to choice, acceptance or test, and worlds that are held out."""
    return _TrainingSource(source)


@dataclass(frozen=True)
class _TrainingSource:
    source: Source

    def __call__(self, seed: int) -> Scenario:
        if not 0 <= seed <= LAST_TRAINING_SEED:
            raise ValueError(f"world seed {seed}: training uses 0-{LAST_TRAINING_SEED} only")
        scenario = self.source(seed)
        if scenario.held_out or scenario.world.place:
            what = scenario.world.place or "its family"
            raise ValueError(
                f"{scenario.name}, world seed {seed}: {what} is held out for testing; training refuses it"
            )
        return scenario


def _aggregate(config: TrainConfig, source: Source, report: Callable[[str], None]) -> Frames:
    """All DAgger rounds: the teacher's own, then rounds flown by the networks trained so far."""
    shards: list[Path] = []
    per_round = config.frames // config.rounds
    first_seed = config.first_world_seed
    engine = open_engine(config.engine, config.workers, address=config.address)
    for index in range(config.rounds):
        pilots = ("teacher",)
        if index:
            frames = load_shards(shards)
            learners = _train_learners(index, config, frames, report)
            # A third each: the shared network, the specialists together, and the perturbed teacher.
            pilots = (str(learners["shared"]), str(learners["specialists"]), "teacher")
        round_ = CollectionRound(f"round_{index}", pilots, first_seed, per_round)
        shards += collect_round(round_, source, config.out, engine, report)
        first_seed += SEEDS_PER_ROUND
    return load_shards(shards)


def _train_learners(
    index: int, config: TrainConfig, frames: Frames, report: Callable[[str], None]
) -> dict[str, Path]:
    """Networks of both arms that fly the next round; each goes on from the last round's weights."""
    schedule = _Schedule(config.learner_steps, config.seed + index)
    folder, before = (config.out / f"learners_{i}" for i in (index, index - 1))
    start = before if index > 1 else None
    return {arm: _train_arm(arm, folder, config, frames, schedule, report, start) for arm in ARMS}


@dataclass(frozen=True)
class _Schedule:
    steps: int
    seed: int


def _train_arm(
    arm: str,
    out: Path,
    config: TrainConfig,
    frames: Frames,
    schedule: _Schedule,
    report: Callable[[str], None],
    start: Path | None = None,
) -> Path:
    """Train every network of an arm, from scratch or from those in `start`; a finished one is kept."""
    for heads in ARMS[arm]:
        name = Path(arm) if len(ARMS[arm]) == 1 else Path(arm) / heads[0]
        target = out / name
        if (target / "weights.safetensors").exists():
            continue
        imitation = ImitationConfig(
            steps=schedule.steps,
            batch=config.batch,
            learning_rate=config.learning_rate,
            seed=schedule.seed,
        )
        first = None if start is None else load_checkpoint(start / name)
        state = target.with_name(target.name + ".training")
        network = imitate(NetworkConfig(heads=heads), frames, imitation, state, report, first)
        save_checkpoint(target, network, _card(arm, heads, config, frames, network), half=True)
    return out / arm


def _card(
    arm: str, heads: tuple[str, ...], config: TrainConfig, frames: Frames, network: MultiTaskNet
) -> Card:
    from importlib.metadata import version

    share = {
        name: float(np.mean(frames[f"mask_{name}"]))
        for name in ("navigation", "survival", "mission")
    }
    return Card(
        title=f"{arm}: {', '.join(heads)}",
        summary=f"{sum(p.numel() for p in network.parameters()):,} parameters, imitation of the privileged teacher.",
        data=(
            f"{len(frames['image']):,} labelled frames in {config.rounds} DAgger rounds, training worlds only "
            f"(seeds 0-{LAST_TRAINING_SEED}); share of frames with a label: "
            + ", ".join(f"{name} {value:.0%}" for name, value in share.items())
            + ". Longleaf and Delft are not among them."
        ),
        seeds=f"Weights and batch order: {config.seed}. Worlds from {config.first_world_seed}.",
        results="See `docs/experiments.md` for flights on acceptance worlds.",
        code_version=f"trident-sim {version('trident-sim')}, torch {torch.__version__}",
    )
