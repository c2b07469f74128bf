"""The measurements: steps and their floor, building and loading worlds, memory over many resets, two workers."""

import contextlib
import gc
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import gymnasium
import numpy as np
from jaxtyping import Float

from scenarios.bench_rates import measure_rates
from scenarios.bench_scene import bench_scenario
from scenarios.catalog import load, resolve
from scenarios.commands.console import progress
from sim.env import TridentEnv
from sim.flight_env import MOST_KEPT
from sim.simulator import Simulator

_RESETS = 1000
_WARM_RESETS = 50
_BUILDS = 9
_VECTOR_BATCH = 100
"""Steps of one kind before the other's turn."""
_VECTOR_WARM_STEPS = 1500
"""Until flights have begun in all worlds that are kept."""


def steps(seconds: float) -> dict[str, float]:
    """Environment steps with 100 and 300 obstacles, their floors, and the ratios between them."""
    with progress("measuring", "rounds") as report:
        rates = measure_rates((100, 300), seconds, report)
    few, many = rates[100], rates[300]
    return {
        **{f"{name}_steps_{count}": rate for count in rates for name, rate in rates[count].items()},
        "camera_of_floor_100": few["camera"] / few["floor"],
        "camera_of_floor_300": many["camera"] / many["floor"],
        "state_of_floor_100": few["state"] / few["floor"],
        "camera_300_of_100": many["camera"] / few["camera"],
    }


def building() -> dict[str, float]:
    """A simulator with 100 obstacles: world, clearance, Embree scene and Bullet's mesh; the middle of several."""
    scenario, spent = bench_scenario(100), []
    for _ in range(_BUILDS):
        start = time.thread_time()
        Simulator(scenario).close()
        spent.append(time.thread_time() - start)
    # The first one also loads compiled functions.
    return {"build_100": 1e3 * float(np.median(spent[1:]))}


def loading() -> dict[str, float]:
    """Delft from its file, distance grid included; then once more, as a later reset finds it.

    Each time in a process with an empty cache folder; the first process only compiles what the second one reads.
    """
    _in_a_fresh_process(_delft_twice)
    first, later = _in_a_fresh_process(_delft_twice)
    return {"delft_first": first, "delft_later": later}


def _in_a_fresh_process(measure: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    """What it measures where nothing is cached but compiled functions, whose folder a process inherits."""
    usual = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory() as empty:
        os.environ["XDG_CACHE_HOME"] = empty
        try:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                return process.submit(measure).result()
        finally:
            del os.environ["XDG_CACHE_HOME"]
            if usual is not None:
                os.environ["XDG_CACHE_HOME"] = usual


def _delft_twice() -> tuple[float, float]:
    first, later = (_delft_seconds(seed) for seed in range(10_000, 10_002))
    return first, later


def _delft_seconds(seed: int) -> float:
    start = time.thread_time()
    Simulator(resolve(load("delft-navigation"), seed)).close()
    return time.thread_time() - start


def memory() -> dict[str, float]:
    """How far resident memory grows over 1,000 resets, each building a world of 100 obstacles, after fifty to warm up."""
    scenario, count = bench_scenario(100), MOST_KEPT + 1
    scenarios = [scenario.model_copy(update={"seed": seed}) for seed in range(count)]
    # More worlds than are kept: every reset builds one.
    env = TridentEnv(lambda seed: scenarios[seed], range(count))
    for index in range(_WARM_RESETS):
        env.reset(options={"world_seed": index % count})
    before = _resident_bytes()
    for index in range(_RESETS):
        env.reset(options={"world_seed": index % count})
        env.step(np.zeros(4, dtype=np.float32))
    growth = 100.0 * (_resident_bytes() / before - 1.0)
    env.close()
    return {"memory_growth_1000_resets": growth}


def _resident_bytes() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def workers(seconds: float) -> dict[str, float]:
    """Two asynchronous workers against one, in wall-clock time: only a quiet machine with two cores can tell.

    Random actions, in 16 worlds that stay built and in a new world each flight: both workers wait where one builds.
    """
    found: dict[str, float] = {}
    for name, worlds in (("kept", MOST_KEPT), ("new", None)):
        rates = _vector_rates(worlds, seconds)
        one, two = np.median(rates, axis=0).tolist()
        found[f"async_1_{name}_worlds"] = one
        found[f"async_2_{name}_worlds"] = two
        found[f"async_2_over_1_{name}_worlds"] = float(np.median(rates[:, 1] / rates[:, 0]))
    return found


def _vector_rates(worlds: int | None, seconds: float) -> Float[np.ndarray, "r 2"]:
    """Steps per second of one and of two workers, batch after batch in turn: what disturbs one disturbs the other."""
    with contextlib.ExitStack() as stack:
        both = [stack.enter_context(contextlib.closing(_vector(n, worlds))) for n in (1, 2)]
        for envs in both:
            for _ in range(_VECTOR_WARM_STEPS):
                envs.step(envs.action_space.sample())
        rates, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or not rates:
            rates.append([_batch_rate(envs) for envs in both])
    return np.array(rates)


def _vector(count: int, worlds: int | None) -> gymnasium.vector.VectorEnv:
    envs = gymnasium.make_vec(
        "scenarios:Trident/Navigate-v0",
        num_envs=count,
        vectorization_mode="async",
        worlds=worlds,
        vector_kwargs={"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP},
    )
    envs.reset(seed=0)
    envs.action_space.seed(0)
    return envs


def _batch_rate(envs: gymnasium.vector.VectorEnv) -> float:
    start = time.perf_counter()
    for _ in range(_VECTOR_BATCH):
        envs.step(envs.action_space.sample())
    return envs.num_envs * _VECTOR_BATCH / (time.perf_counter() - start)
