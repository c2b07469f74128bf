"""`replay --export FOLDER`: flights as a Minari dataset. Every log is flown again, which yields what it lacks, rewards and the last observation."""

import contextlib
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from scenarios.commands.console import InputError, Report, progress, say, warn
from sim.flight import Flight
from sim.observation import observation_space
from sim.record.pictures import image_checksum
from sim.record.reader import Flight as Log
from sim.record.reader import read_flight
from sim.record.refly import injected_faults
from sim.types import Observation, Outcome

DATASET_ID = "trident/flights-v0"
"""What the dataset is called in the folder that `MINARI_DATASETS_PATH` names."""


def export_minari(paths: list[Path], folder: Path) -> int:
    """Write the dataset below `folder`; 2 where a log was left out, which standard error then names, else 0.

    A flight that does not come out bit for bit as logged is left out: its rewards would be another flight's.
    """
    try:
        import minari
    except ImportError as error:
        raise InputError(
            "format = minari: install it with pip install 'trident-sim[data]'"
        ) from error
    home = folder / DATASET_ID
    if home.exists():
        raise InputError(f"export = {folder}: holds a dataset {DATASET_ID} already")
    level = _common_level(paths)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            progress("re-flying", "logs") as report,
            _datasets_in(folder),
            warnings.catch_warnings(),
        ):
            # It asks for authors and addresses, which are the user's to add.
            warnings.simplefilter("ignore", UserWarning)
            episodes = _Episodes(paths, level, report)
            minari.create_dataset_from_buffers(
                DATASET_ID,
                buffer=episodes,  # pyright: ignore[reportArgumentType] - it is iterated over once.
                observation_space=observation_space(),
                action_space=spaces.Box(-1.0, 1.0, (4,), np.float32),
                description=f"Flights of Trident, actions at level {level}",
                requirements=["trident-sim"],
                data_format="parquet",
                jpeg_encoding=False,
            )
    except BaseException as error:
        shutil.rmtree(home, ignore_errors=True)
        if isinstance(error, OSError):
            reason = f"cannot be written: {error.strerror or error}"
            raise InputError(f"export = {folder}: {reason}") from error
        raise
    if episodes.written == 0:
        shutil.rmtree(home)
        raise InputError(f"export = {folder}: nothing to write: no log could be flown again")
    say(
        f"wrote {home}: {episodes.written} flights of {len(paths)} logs; MINARI_DATASETS_PATH={folder} finds {DATASET_ID}"
    )
    return 2 if episodes.written < len(paths) else 0


class _Episodes:
    """Flown again one by one as Minari asks for them, so that memory holds one flight."""

    def __init__(self, paths: list[Path], level: str, report: Report) -> None:
        self._paths, self._level, self._report = paths, level, report
        self.written = 0

    def __iter__(self) -> Iterator[Any]:
        from minari.data_collector import EpisodeBuffer

        for done, path in enumerate(self._paths):
            try:
                log = read_flight(path)
                if log.action_level != self._level:
                    raise ValueError(
                        f"{path}: its actions are {log.action_level}, those before {self._level}"
                    )
                episode = fly_again(log)
            except (ValueError, OSError) as error:
                warn(f"left out: {error}")
                continue
            finally:
                self._report(done + 1, len(self._paths))
            self.written += 1
            options = {
                "scenario": log.scenario.name,
                "pilot": log.metadata.get("pilot", ""),
                "outcome": "" if log.result is None else str(log.result.outcome),
            }
            yield EpisodeBuffer(seed=log.scenario.seed, options=options, **episode)


def fly_again(log: Log) -> dict[str, Any]:
    """Observations (one more than steps), actions, rewards, terminations and truncations; ValueError where it differs."""
    if log.part is not None or not len(log):
        raise ValueError(
            f"{log.path} cannot be flown again: it holds {log.part or 'no whole step'}"
        )
    log.require_place()
    faults = injected_faults(log)
    flight = Flight(log.scenario, action=log.action_level)
    with contextlib.closing(flight):
        seen, rewards = [flight.observation()], []
        for index, action in enumerate(log.actions):
            for fault in faults.get(index, ()):
                flight.inject(fault)
            if flight.outcome is not None:
                raise ValueError(f"{log.path}: flown again, it ends before step {index}")
            same_image = image_checksum(seen[-1]["image"]) == log.image_checksums[index]
            step = flight.advance(action)
            if not same_image or step.ticks.tobytes() != log.step_ticks(index).tobytes():
                raise ValueError(f"{log.path}: flown again, it differs at step {index}")
            rewards.append(float(sum(step.rewards.values())))
            seen.append(flight.observation())
        outcome = flight.outcome
    ended = np.arange(len(rewards)) == len(rewards) - 1
    # A log cut short, or interrupted, was going on: that truncates it.
    truncated = outcome in (None, Outcome.TIMEOUT)
    return {
        "observations": _columns(seen),
        "actions": np.clip(log.actions, -1.0, 1.0),
        "rewards": np.array(rewards),
        "terminations": ended & (not truncated),
        "truncations": ended & truncated,
    }


def _columns(seen: list[Observation]) -> dict[str, np.ndarray]:
    return {
        name: np.stack([observation[name].reshape(space.shape) for observation in seen])
        for name, space in observation_space().items()
    }


def _common_level(paths: list[Path]) -> str:
    """The first log's action level: actions of two levels mean different things, so a dataset has one."""
    for path in paths:
        try:
            return read_flight(path).action_level
        except (ValueError, OSError):
            continue
    raise InputError(f"{paths[0]}: no log among {len(paths)} can be read")


@contextlib.contextmanager
def _datasets_in(folder: Path) -> Iterator[None]:
    """Inside, Minari keeps its datasets in this folder."""
    usual = os.environ.get("MINARI_DATASETS_PATH")
    os.environ["MINARI_DATASETS_PATH"] = str(folder.resolve())
    try:
        yield
    finally:
        del os.environ["MINARI_DATASETS_PATH"]
        if usual is not None:
            os.environ["MINARI_DATASETS_PATH"] = usual
