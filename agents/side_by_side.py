"""Several networks trained at once: a process and a thread each, as many as there are workers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from agents.dataset import split_by_world
from agents.engines import open_engine
from agents.fanout import Failed
from agents.frame_store import StoredFrames
from agents.imitate import ImitationConfig, Probe, imitate
from models import (
    WEIGHTS,
    Card,
    MultiTaskNet,
    NetworkConfig,
    load_checkpoint,
    save_checkpoint,
    single_thread,
)


@dataclass(frozen=True)
class Training:
    """One call of `imitate`, for a process to make that is sent nothing but this."""

    name: str
    """Stands at the head of every line that is reported of it."""
    network: NetworkConfig
    frames: StoredFrames
    config: ImitationConfig
    scratch: Path
    """Where it goes on from after a kill."""
    start: Path | None = None
    """Folder of the checkpoint whose weights it begins with, instead of fresh ones."""


def train_missing(
    checkpoints: Mapping[Path, Training],
    card: Callable[[Training, MultiTaskNet], Card],
    workers: int,
    report: Callable[[str], None],
    probe: Probe | None = None,
) -> None:
    """Train and write, in half precision, those checkpoints that are not there yet; see `train_side_by_side`."""
    folders = {
        training.scratch: folder
        for folder, training in checkpoints.items()
        if not (folder / WEIGHTS).exists()
    }
    missing = [training for training in checkpoints.values() if training.scratch in folders]
    for training, net in train_side_by_side(missing, workers, report, probe):
        save_checkpoint(folders[training.scratch], net, card(training, net), dtype=torch.float16)


def train_side_by_side(
    trainings: Sequence[Training],
    workers: int,
    report: Callable[[str], None],
    probe: Probe | None = None,
) -> Iterator[tuple[Training, MultiTaskNet]]:
    """Every training with its network, as they are finished; the weights do not depend on `workers`.

    With more than one worker, `report` and `probe` must be picklable. Raises SettingsError where the frames are too few,
    before any training begins, and RuntimeError where one of several fails.
    """
    work = partial(run_training, report=report, probe=probe)
    for training in trainings:
        # In one place, before every process writes the same store, or fails in the same way.
        split_by_world(training.frames.whole(), training.config.batch)
    if min(workers, len(trainings)) < 2:
        yield from ((training, work(training)) for training in trainings)
        return
    for training, answer in open_engine("local", workers).fan_out(work, trainings):
        if isinstance(answer, Failed):
            raise RuntimeError(f"{training.name}: {answer.reason}")
        yield training, answer


def run_training(
    training: Training, report: Callable[[str], None], probe: Probe | None = None
) -> MultiTaskNet:
    """Train one network, or what is left of it, on one thread."""
    with single_thread():
        return imitate(
            training.network,
            training.frames.load(),
            training.config,
            training.scratch,
            lambda text: report(f"{training.name}, {text}"),
            None if training.start is None else load_checkpoint(training.start),
            probe,
        )
