"""Campaign speed: flights a second with one and with two workers, in turns, and the ratio: `python -m benchmarks.campaign`.

Navigation flights of 40 to 60 m at 5 m/s in the tier-1 forest, flown by the shared network.
"""

import statistics
import sys
import time
from dataclasses import dataclass
from functools import partial

import tyro

from agents.fanout import Failed, LocalEngine
from scenarios.flying import Crew, fly_job
from scenarios.row import Job
from scenarios.versions import code_digest

SCENARIO, PILOT, FIRST_SEED = "forest-navigation", "shared", 10_000


@dataclass(frozen=True)
class Pace:
    """How fast one batch of flights was flown."""

    wall_s: float  # from the first process's start to the last row
    rate: float  # flights a second once the processes fly, from the first row to the last


def measure(workers: int, flights: int) -> Pace:
    """Fly a batch in fresh processes, as `compare` does."""
    jobs = [Job(PILOT, SCENARIO, FIRST_SEED + index) for index in range(flights)]
    fly = partial(fly_job, crew=Crew({}, code_digest()))
    started, times = time.perf_counter(), []
    for job, answer in LocalEngine(workers).fan_out(fly, jobs):
        if isinstance(answer, Failed):
            raise RuntimeError(f"{job}: {answer.reason}")
        times.append(time.perf_counter())
    return Pace(times[-1] - started, (flights - 1) / (times[-1] - times[0]))


def main(flights: int = 100, rounds: int = 3) -> float:
    """Print every round and the median; returns the median ratio of two workers to one."""
    ratios = []
    for index in range(rounds):
        one, two = measure(1, flights), measure(2, flights)
        ratios.append(two.rate / one.rate)
        sys.stdout.write(
            f"round {index + 1}: {one.rate:.2f} flights/s with one worker ({one.wall_s:.1f} s in all), "
            f"{two.rate:.2f} with two ({two.wall_s:.1f} s), ratio {ratios[-1]:.2f}\n"
        )
    median = statistics.median(ratios)
    sys.stdout.write(f"median ratio {median:.2f}\n")
    return median


if __name__ == "__main__":
    tyro.cli(main)
