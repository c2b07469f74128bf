"""The frames every arm trains on: DAgger rounds flown by the teacher and by the networks trained so far."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agents.arms import arm_named
from agents.budgets import Budget
from agents.collect import CollectionRound, Source, collect_round
from agents.engines import open_engine
from agents.frame_store import StoredFrames
from agents.imitate import ImitationConfig
from agents.side_by_side import Training, train_missing
from agents.train_config import LAST_TRAINING_SEED, SEEDS_PER_ROUND, TrainConfig
from agents.training_settings import SettingsError, read_json, write_json
from models import Card, MultiTaskNet
from sim.scenario import Scenario

_FLYING_ARMS = ("shared", "specialists")
"""A third of the flights of later rounds each; the perturbed teacher flies the rest."""
_SEED = 1
"""Of the learners' weights and batch order: frames do not depend on the seeds of what is trained on them."""
_COMPLETE = "rounds.json"
_STORE = "frames"
"""Of a run's folder: all frames of its shards so far, mapped by whoever trains on them."""


def collect_frames(
    config: TrainConfig, source: Source, report: Callable[[str], None]
) -> StoredFrames:
    """The frames of a run's rounds, flown where they are not there yet; or those of the run that `data` names."""
    if config.data is not None:
        return StoredFrames(tuple(shards_of(config.data)), config.data / _STORE)
    spent = config.spent
    engine = open_engine(config.engine, config.workers, address=config.address)
    shards: list[Path] = []
    for index in range(spent.rounds):
        pilots = ("teacher",)
        if index:
            learners = _learners(index, config, shards, report)
            pilots = (*(str(learners / arm) for arm in _FLYING_ARMS), "teacher")
        round_ = CollectionRound(
            f"round_{index}",
            pilots,
            config.first_world_seed + index * SEEDS_PER_ROUND,
            spent.frames // spent.rounds,
        )
        shards += collect_round(round_, training_only(source), config.out, engine, report)
    names = [str(shard.relative_to(config.out)) for shard in shards]
    write_json(config.out / _COMPLETE, names)
    return StoredFrames(tuple(shards), config.out / _STORE)


def shards_of(run: Path) -> list[Path]:
    """The frames of a run that has collected all of them; SettingsError for any other folder."""
    path = run / _COMPLETE
    if not path.exists():
        raise SettingsError(f"data = {run}: its frames are not complete, {_COMPLETE} is missing")
    return [run / name for name in read_json(path)]


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


def _learners(
    index: int, config: TrainConfig, shards: list[Path], report: Callable[[str], None]
) -> Path:
    """The folder of the networks of both arms that fly a round; each goes on from the last round's weights."""
    if config.learners is not None:
        return config.learners / f"learners_{index}"
    folder, before = (config.out / f"learners_{i}" for i in (index, index - 1))
    frames = StoredFrames(tuple(shards), config.out / _STORE)
    checkpoints = {}
    for arm in map(arm_named, _FLYING_ARMS):
        for network in arm.networks:
            imitation = ImitationConfig(
                steps=config.spent.learner_steps,
                batch=config.batch,
                learning_rate=config.learning_rate,
                seed=_SEED + index,
                device=config.torch_device,
            )
            part = Path(arm.name) / arm.folder_of(network)
            scratch = config.out / f"learners_{index}.training" / part
            checkpoints[folder / part] = Training(
                f"learners_{index}/{arm.name}",
                network,
                frames,
                imitation,
                scratch,
                before / part if index > 1 else None,
            )
    train_missing(checkpoints, partial(_card, index, config.spent), config.workers, report)
    return folder


def _card(index: int, spent: Budget, training: Training, net: MultiTaskNet) -> Card:
    return Card(
        title=f"{training.name}: {', '.join(net.config.heads)}",
        summary=f"Flies round {index} of data collection; not meant for anything else.",
        data=f"The frames of the {index} rounds before, of {spent.frames:,} over {spent.rounds} rounds.",
        seeds=f"Weights and batch order: {training.config.seed}.",
        results="None: it is judged by what is trained on the frames it helped to collect.",
        code_version="As the run's other checkpoints.",
    )
