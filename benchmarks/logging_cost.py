"""What a log costs: CPU time a step and bytes a flight, with and without one in turns: `python -m benchmarks.logging_cost`.

Steps are those of `trident bench`: camera on, 100 trees, hover and turn, so that every image is another; the decision
holds what a network says of every candidate, drawn anew for each of 150 steps.
"""

import contextlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tyro

from scenarios.bench_scene import CONTROL_HZ, bench_scenario
from sim.flight import Flight
from sim.record.writer import FlightLog
from sim.types import CHOICES, MAX_TOKENS, Decision

_ACTION = np.array([0.0, 0.0, 0.0, 0.25], dtype=np.float32)
_CANDIDATES = 102
_BATCH = 45
"""Steps of one kind before the other's turn: three chunks of a log."""
_TWO_MINUTES = 120 * CONTROL_HZ


def logging_cost(seconds: float = 10.0) -> dict[str, float]:
    """Milliseconds of CPU a step that logging adds, MB of a two-minute flight, and the rate of logged steps over that of plain ones."""
    with contextlib.ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "flight.mcap"
        plain, logged = _flight(stack), _flight(stack)
        log = stack.enter_context(FlightLog(path, logged.scenario, {}))
        decisions = _decisions()
        kinds: tuple[Callable[[int], float], ...] = (
            lambda first: _batch(plain, None, decisions, first),
            lambda first: _batch(logged, log, decisions, first),
        )
        for kind in kinds:  # Once unmeasured: compiled functions load.
            kind(0)
        spent, steps = [], _BATCH
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or not spent:
            spent.append([kind(steps) for kind in kinds])
            steps += _BATCH
        log.close(None)
        size = path.stat().st_size
    # What else runs on the machine only ever adds time.
    without, with_log = np.percentile(spent, 10, axis=0).tolist()
    return {
        "log_step": 1e3 * (with_log - without),
        "log_two_minutes": 1e-6 * size * _TWO_MINUTES / steps,
        "logged_of_plain_steps": without / with_log,
    }


def _flight(stack: contextlib.ExitStack) -> Flight:
    return stack.enter_context(contextlib.closing(Flight(bench_scenario(100))))


def _decisions() -> list[Decision]:
    rng = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    return [
        Decision(
            _ACTION,
            phase="navigate",
            navigation=numbers(_CANDIDATES),
            survival=numbers(_CANDIDATES),
            fused=numbers(_CANDIDATES),
            chosen=7,
            mission=numbers(CHOICES),
            mission_choice=1,
            target=1,
            belief=numbers(MAX_TOKENS, 2),
        )
        for _ in range(150)
    ]


def _batch(flight: Flight, log: FlightLog | None, decisions: list[Decision], first: int) -> float:
    """Seconds of CPU time a step, as `agents.fly` makes them but for the pilot; the log goes on where flights begin anew."""
    observation, spent = flight.observation(), 0.0
    for index in range(first, first + _BATCH):
        start = time.thread_time()
        step = flight.advance(_ACTION)
        if log is not None:
            decision = decisions[index % len(decisions)]
            log.step(index / CONTROL_HZ, _ACTION, step.ticks, observation, decision, step.events)
        observation = flight.observation()
        spent += time.thread_time() - start
        if (
            step.outcome is not None
        ):  # The estimate drifts, and with it the drone, down to the ground.
            observation = flight.reset()
    return spent / _BATCH


def main(seconds: float = 10.0) -> None:
    """Measure and print; on a busy machine too, since both kinds of step take turns."""
    cost = logging_cost(seconds)
    sys.stdout.write(
        f"logging adds {cost['log_step']:.3f} ms a step (promised: at most 0.4), "
        f"logged steps run at {cost['logged_of_plain_steps']:.0%} of the rate of plain ones; "
        f"two minutes with images are {cost['log_two_minutes']:.1f} MB (promised: at most 15)\n"
    )


if __name__ == "__main__":
    tyro.cli(main)
