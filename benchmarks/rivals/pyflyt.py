"""`python -m benchmarks.rivals.pyflyt --folder DIR`: PyFlyt and Trident on one scene, in turn, in CPU time.

PyFlyt is installed from the package index into its own virtual environment in DIR, outside the repository; a
second run finds it there. Both fly 100 cylinders with physics at 240 Hz and a 64 x 48 camera at 15 Hz that gives
colour and depth, and segmentation as PyFlyt always does; a step is 1/15 s, which ends with one camera frame.
"""

import json
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from rich.console import Console

from benchmarks.baseline import BASELINE, write_baseline
from benchmarks.figures import metrics
from benchmarks.metrics import Metric, missed_goals
from benchmarks.rivals.scene import scene
from scenarios.bench_scene import bench_scenario
from sim.env import TridentEnv

_REQUIREMENT = "PyFlyt==0.29.0"
_WORKER = Path(__file__).with_name("pyflyt_worker.py")
_BATCH = 15
"""Steps in a turn: one second of flight."""
_OBSTACLES = 100


@dataclass(frozen=True)
class Race:
    """Measure PyFlyt and Trident in turn."""

    folder: Path
    """Where PyFlyt's environment lives, outside the repository; made if it does not exist."""
    rounds: int = 20
    """Turns of each."""
    update_baseline: bool = False
    """Write what was found into benchmarks/baseline.json, beside the suite's figures."""


class PyFlytWorker(AbstractContextManager["PyFlytWorker"]):
    """PyFlyt in its own process; closed on exit."""

    def __init__(self, python: Path, description: dict) -> None:
        """Start it on a scene."""
        self._process = subprocess.Popen(
            [str(python), str(_WORKER)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._send(json.dumps(description))

    def seconds_of(self, steps: int) -> float:
        """CPU seconds of one step, averaged over some."""
        self._send(str(steps))
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("answer "):
                answer = json.loads(line.removeprefix("answer "))
                self._check(answer)
                return answer["seconds"] / steps
        raise RuntimeError(f"PyFlyt ended with status {self._process.wait()}")

    def __exit__(self, *error: object) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _check(self, answer: dict) -> None:
        """It must render what it was asked to, and fly."""
        if answer["image"][:2] != [48, 64] or not 0.5 < answer["height"] < 6.0:
            raise RuntimeError(f"PyFlyt does not fly the scene as meant: {answer}")


def main() -> int:
    """0, or 1 where Trident is not as much faster as promised."""
    options = tyro.cli(Race)
    python = _environment(options.folder)
    with PyFlytWorker(python, scene(_OBSTACLES)) as rival:
        ours = _trident(_OBSTACLES)
        turns = {"PyFlyt": rival.seconds_of, "Trident": ours}
        spent: dict[str, list[float]] = {name: [] for name in turns}
        for turn in turns.values():
            turn(_BATCH)  # Once unmeasured: compiled functions load.
        for _ in range(options.rounds):
            for name, turn in turns.items():
                spent[name].append(turn(_BATCH))
    rates = {name: 1.0 / float(np.median(times)) for name, times in spent.items()}
    found = race_metrics(ours=rates["Trident"], rival=rates["PyFlyt"])
    console = Console()
    for name, metric in found.items():
        goal = "" if metric.goal is None else f" (goal: {metric.goal:g})"
        console.print(f"{name}: {metric.value:.4g} {metric.unit}{goal}")
    if options.update_baseline:
        write_baseline(found)
        console.print(f"wrote {BASELINE}", soft_wrap=True)
    return 1 if missed_goals(found) else 0


def race_metrics(*, ours: float, rival: float) -> dict[str, Metric]:
    """The race with 100 obstacles from steps of 1/15 s per CPU second, under the baseline's names."""
    return metrics(
        {
            "pyflyt_steps_100": rival,
            "trident_beside_pyflyt_steps_100": ours,
            "trident_over_pyflyt_100": ours / rival,
        }
    )


def _environment(folder: Path) -> Path:
    """The Python of a virtual environment with PyFlyt; set up where there is none."""
    root = Path(__file__).resolve().parents[2]
    if folder.resolve().is_relative_to(root):
        raise SystemExit(f"folder = {folder}: choose one outside the repository")
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    wanted = f"import importlib.metadata as m, sys; sys.exit(m.version('PyFlyt') != '{_REQUIREMENT.split('==')[1]}')"
    found = subprocess.run([str(python), "-c", wanted], capture_output=True, check=False)
    if found.returncode != 0:
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", _REQUIREMENT], check=True)
    return python


def _trident(obstacles: int) -> Callable[[int], float]:
    """CPU seconds of one step of our environment with its camera, averaged over some."""
    scenario = bench_scenario(obstacles)
    env = TridentEnv(lambda seed: scenario, range(1))
    env.reset(options={"world_seed": 0})
    action = np.array([0.0, 0.0, 0.0, 0.25], dtype=np.float32)

    def seconds_of(steps: int) -> float:
        spent = 0.0
        for _ in range(steps):
            start = time.process_time()
            *_, terminated, truncated, _info = env.step(action)
            spent += time.process_time() - start
            if terminated or truncated:
                env.reset(options={"world_seed": 0})
        return spent / steps

    return seconds_of


if __name__ == "__main__":
    sys.exit(main())
