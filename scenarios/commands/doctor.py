"""`doctor`: what this installation runs on, and whether it flies."""

import os
import platform
import time
from importlib.metadata import version

import numpy as np
from rich.table import Table

from scenarios.commands.bench import bench_scenario
from scenarios.commands.console import say, show
from sim.flight import Flight

_WHEELS = (
    "numpy", "numba", "pybullet", "embreex", "gymnasium", "pydantic", "mcap", "av", "opencv-python-headless",
    "matplotlib", "torch", "safetensors",
)  # fmt: skip


def doctor() -> int:
    """0 if the one-second flight went as it should."""
    table = Table(show_header=False)
    for name, value in {**_machine(), **{wheel: version(wheel) for wheel in _WHEELS}}.items():
        table.add_row(name, value)
    show(table)
    problem = _self_test()
    say("self-test: one second flown, camera and physics agree" if problem is None else f"self-test FAILED: {problem}")
    return 0 if problem is None else 1


def _machine() -> dict[str, str]:
    import torch

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none; networks run on the CPU"
    return {
        "Python": platform.python_version(),
        "platform": platform.platform(),
        "cores": f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}",
        "GPU": gpu,
        "camera": "Embree, on the CPU",
    }


def _self_test() -> str | None:
    """Fly forward for a second; what is wrong with the result, if anything."""
    flight = Flight(bench_scenario(100))
    try:
        start = time.perf_counter()
        for _ in range(flight.scenario.rates.control_hz):
            if flight.outcome is not None:
                return f"the flight ended: {flight.outcome}"
            flight.advance(np.array([0.2, 0.0, 0.0, 0.0], dtype=np.float32))
        image = flight.observation()["image"]
        say(f"self-test: {1 / (time.perf_counter() - start):.1f} x real time")
    finally:
        flight.close()
    if not 0.5 < flight.distance < 3.0:
        return f"flew {flight.distance:.2f} m in a second at a command of 2.4 m/s"
    if not image[3].any() or image[:3].std() < 1:
        return "the camera sees nothing"
    return None
