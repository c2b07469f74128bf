"""From observation to command: `python -m benchmarks.latency --pilot shared`, PyTorch and ONNX Runtime by turns in one run.

Both pilots see every observation of the same missions, one flies; each decides on one thread, everything included:
beliefs, mask, network, fusion, smoothing.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import tyro

import agents
from models import single_thread
from scenarios.catalog import load, resolve
from scenarios.commands.export import export
from sim.flight import Flight


def decision_times(
    pilots: Sequence[agents.Pilot], scenario: str, seeds: Sequence[int]
) -> np.ndarray:
    """Milliseconds of each pilot's decisions, (pilots, steps); the first one's commands are flown."""
    times: list[list[float]] = [[] for _ in pilots]
    for seed in seeds:
        with closing(Flight(resolve(load(scenario), seed))) as flight, single_thread():
            for pilot in pilots:
                pilot.reset(flight)
            while flight.outcome is None:
                observation = flight.observation()
                actions = []
                for pilot, spent in zip(pilots, times, strict=True):
                    start = time.perf_counter()
                    actions.append(pilot.act(observation).action)
                    spent.append(1e3 * (time.perf_counter() - start))
                flight.advance(actions[0])
    return np.array(times)


def main(pilot: str = "shared", scenario: str = "tier1-mission", flights: int = 5) -> None:
    """Print percentiles.

    Args:
        pilot: shared, specialists, or a checkpoint folder.
        scenario: A library name.
        flights: How many of its worlds, from the first choice world on, after one unmeasured flight.
    """
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "pilot.onnx"
        export(pilot, onnx=graph, int8=None)
        pilots = [agents.load_pilot(pilot), agents.load_pilot(str(graph), trust=True)]
        decision_times(pilots, scenario, [9_999])
        times = decision_times(pilots, scenario, range(10_000, 10_000 + flights))
    for name, spent in zip(("PyTorch", "ONNX Runtime"), times, strict=True):
        p50, p99 = np.percentile(spent, [50, 99])
        sys.stdout.write(f"{name}: {len(spent)} decisions, p50 {p50:.2f} ms, p99 {p99:.2f} ms\n")


if __name__ == "__main__":
    tyro.cli(main)
