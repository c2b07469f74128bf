"""`doctor`: what this installation runs on, and whether it flies; its first run compiles what flights need."""

import os
import platform
import time

import numpy as np
from rich.table import Table

import agents
import scenarios
from scenarios.bench_scene import bench_scenario
from scenarios.commands.console import progress, say, show
from scenarios.seeds import SEED_SETS
from scenarios.versions import version_of
from sim.flight import Flight

_WHEELS = (
    "numpy",
    "numba",
    "pybullet",
    "embreex",
    "gymnasium",
    "pydantic",
    "mcap",
    "av",
    "opencv-python-headless",
    "matplotlib",
    "torch",
    "safetensors",
)
_MISSION = "forest-mission"
_PILOTS = ("classical", "teacher")
"""Between them they call every compiled function."""


def doctor() -> int:
    """0 if the self-test passed, else 1."""
    show(_facts())
    problem = _physics_problem() or _pilots_problem()
    say("self-test: passed" if problem is None else f"self-test: FAILED, {problem}")
    return 0 if problem is None else 1


def _facts() -> Table:
    import torch

    cuda = torch.cuda.is_available()
    table = Table(show_header=False)
    table.add_row("Python", platform.python_version())
    table.add_row("platform", platform.platform())
    table.add_row("cores", f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}")
    table.add_row("GPU", torch.cuda.get_device_name(0) if cuda else "none: networks run on the CPU")
    table.add_row("camera", "Embree, on the CPU")
    for wheel in _WHEELS:
        table.add_row(wheel, version_of(wheel) or "missing")
    return table


def _physics_problem() -> str | None:
    """Fly forward for a second; what is wrong with the result, if anything."""
    flight = Flight(bench_scenario(100))
    try:
        spent = []
        for _ in range(flight.scenario.rates.control_hz):
            start = time.perf_counter()
            flight.advance(np.array([0.2, 0.0, 0.0, 0.0], dtype=np.float32))
            spent.append(time.perf_counter() - start)
            if flight.outcome is not None:
                return f"the flight ended: {flight.outcome}"
        image = flight.observation()["image"]
        # The first step compiles, or loads what was compiled.
        say(f"flown at {1 / (flight.scenario.rates.control_hz * np.median(spent)):.0f} x real time")
    finally:
        flight.close()
    if not 0.5 < flight.distance < 3.0:
        return f"flew {flight.distance:.2f} m in a second at a command of 2.4 m/s"
    if not image[3].any() or image[:3].std() < 1:
        return "the camera sees nothing"
    return None


def _pilots_problem() -> str | None:
    """Let each pilot begin a mission in a drawn world."""
    with progress("compiling (the first time only)", "pilots") as report:
        scenario = scenarios.resolve(scenarios.load(_MISSION), SEED_SETS["choice"].start)
        flight = Flight(scenario)
        try:
            for done, name in enumerate(_PILOTS):
                report(done, len(_PILOTS))
                pilot = agents.load_pilot(name)
                flight.reset()
                pilot.reset(flight)
                for _ in range(scenario.rates.control_hz):
                    flight.advance(pilot.act(flight.observation()).action)
                    if flight.outcome is not None:
                        return f"{name} ended its first second of {_MISSION} with {flight.outcome}"
        finally:
            flight.close()
    return None
