"""The last seconds of a flight, kept in memory and written as a log when the flight diverges."""

import contextlib
import math
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sim.scenario import Scenario
from sim.types import HISTORY_SHAPE, IMAGE_SHAPE, Decision, FlightResult, Observation
from sim.user_cache import user_cache

SECONDS = 3.0
"""What is kept, of flight."""
_KEEP_FILES = 20
"""Newest dumps that stay in a folder: a training run may diverge a thousand times."""
_PREFIX = "diverged-"


@dataclass(frozen=True)
class _Step:
    time: float
    action: Float[np.ndarray, "4"]
    observation: Observation
    ticks: Float[np.ndarray, "t 13"]


class BlackBox:
    """Holds references to what a flight hands out anyway: noting a step costs a microsecond."""

    def __init__(self, scenario: Scenario, action_level: str, folder: Path | None) -> None:
        """`folder` is where a dump would go; None is the user's cache."""
        self._scenario, self._action_level = scenario, action_level
        self._folder = user_cache("diverged") if folder is None else folder
        self._steps: deque[_Step] = deque(maxlen=round(SECONDS * scenario.rates.control_hz))

    def clear(self) -> None:
        """Forget the flight before."""
        self._steps.clear()

    def note(
        self,
        time: float,
        action: Float[np.ndarray, "4"],
        observation: Observation,
        ticks: Float[np.ndarray, "t 13"],
    ) -> None:
        """Take over one control step."""
        self._steps.append(_Step(time, np.array(action, dtype=np.float32), observation, ticks))

    def path(self, time: float) -> Path:
        """Where a dump made at a time of flight, s, goes."""
        name = f"{_PREFIX}{self._scenario.name}-{self._scenario.seed}-{time:.2f}s-{os.getpid()}"
        return self._folder / f"{name}.mcap"

    def dump(self, path: Path, result: FlightResult) -> None:
        """Write what is held, and every event of the flight, as a log that `replay` opens; OSError where that is impossible."""
        # The writer brings protobuf with it, which flights that go well have no use for.
        from sim.record.writer import FlightLog

        path.parent.mkdir(parents=True, exist_ok=True)
        part = f"the last {len(self._steps)} control steps before the flight diverged"
        with FlightLog(path, self._scenario, {"action": self._action_level, "part": part}) as log:
            ends = [*(step.time for step in self._steps), math.inf][1:]
            # By time; the first step held also brings what happened before it.
            waiting = result.events
            for step, end in zip(self._steps, ends, strict=True):
                due = [event for event in waiting if event.time <= end]
                waiting = waiting[len(due) :]
                log.step(
                    step.time, step.action, step.ticks, _with_images(step.observation),
                    Decision(action=step.action, phase="unknown"), due,
                )  # fmt: skip
            log.close(result)
        # Another process may be tidying the same folder.
        with contextlib.suppress(FileNotFoundError):
            dumps = path.parent.glob(f"{_PREFIX}*.mcap")
            for old in sorted(dumps, key=lambda file: file.stat().st_mtime)[:-_KEEP_FILES]:
                old.unlink(missing_ok=True)


def _with_images(observation: Observation) -> Observation:
    """The observation as logs have it: black where no camera was flown."""
    black = {
        "image": np.zeros(IMAGE_SHAPE, dtype=np.uint8),
        "history": np.zeros(int(np.prod(HISTORY_SHAPE)), dtype=np.uint8),
    }
    return {**black, **observation}
