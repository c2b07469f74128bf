"""Environment steps per second of CPU time on one core, measured in turn with the floor they stand on."""

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float

from scenarios.bench_scene import bench_scenario
from sim.env import TridentEnv
from sim.frames import quat_to_matrix, yaw_quat
from sim.physics.vehicle import GRAVITY, load_vehicle
from sim.scenario import Scenario
from sim.sensing.camera import CameraScene
from sim.sensing.pinhole import focal_length_px, pixel_rays
from sim.types import BODY_SIZE, IMAGE_SHAPE, MAX_YAW_RATE, POSITION, QUATERNION
from sim.world.build import build_world
from sim.world.bullet import BulletWorld
from sim.world.meshing import world_triangles

Report = Callable[[int, int], None]
"""Told how many rounds are done, of how many."""
_ROUNDS = 10
"""Each measurement is taken this often, in turn with the others, so that a busy machine slows all alike."""
_BATCH = 50
_ACTION = np.array([0.0, 0.0, 0.0, 0.25], dtype=np.float32)
"""Hover and turn, so that the camera sees the scene from all sides."""


def measure_rates(
    counts: tuple[int, ...], seconds: float, report: Report
) -> dict[int, dict[str, float]]:
    """Steps per second of CPU time by number of obstacles: with camera, state only, and the floor; all in turn."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_one_core())
        batches: dict[tuple[int, str], Callable[[], float]] = {}
        for count in counts:
            scenario = bench_scenario(count)
            batches[count, "camera"] = _env_steps(scenario, stack, state_only=False)
            batches[count, "state"] = _env_steps(scenario, stack, state_only=True)
            batches[count, "floor"] = _floor_steps(scenario, stack)
        rates = _measure(batches, seconds, report)
    return {
        count: {name: rate for (of, name), rate in rates.items() if of == count} for count in counts
    }


# --- Private: what is measured.


def _env_steps(
    scenario: Scenario, stack: contextlib.ExitStack, *, state_only: bool
) -> Callable[[], float]:
    """Seconds of one environment step, averaged over a batch; resets are not counted."""
    env = TridentEnv(lambda seed: scenario, range(1), state_only=state_only)
    stack.callback(env.close)
    env.reset()

    def batch() -> float:
        spent = 0.0
        for _ in range(_BATCH):
            start = time.thread_time()
            *_, terminated, truncated, _info = env.step(_ACTION)
            spent += time.thread_time() - start
            if terminated or truncated:
                env.reset()
        return spent / _BATCH

    return batch


def _floor_steps(scenario: Scenario, stack: contextlib.ExitStack) -> Callable[[], float]:
    """Seconds of what no step on these engines can do without: bare Bullet ticks and one bare Embree query.

    In turn, as a step needs them, in the same world and along the views of the turning drone.
    """
    vehicle, world = load_vehicle(scenario.vehicle), build_world(scenario.world)
    bullet = stack.enter_context(
        BulletWorld(
            world_triangles(world),
            mass=vehicle.mass,
            inertia=vehicle.inertia,
            hull_radius=vehicle.hull_radius,
            hull_height=vehicle.hull_height,
            timestep=1.0 / scenario.rates.physics_hz,
        )
    )
    body = np.zeros(BODY_SIZE)
    body[POSITION], body[QUATERNION] = scenario.start.position_m, (0.0, 0.0, 0.0, 1.0)
    bullet.reset(body)
    hover = (0.0, 0.0, vehicle.mass * GRAVITY, 0.0, 0.0, 0.0)
    ticks, scene, origins = scenario.rates.ticks_per_step, CameraScene(world), _origins(scenario)
    views = itertools.cycle(_views(scenario))

    def batch() -> float:
        start = time.thread_time()
        for _ in range(_BATCH):
            bullet.bare_ticks(hover, ticks)
            scene.cast(origins, next(views))
        return (time.thread_time() - start) / _BATCH

    return batch


def _origins(scenario: Scenario) -> Float[np.ndarray, "n 3"]:
    rays = IMAGE_SHAPE[1] * IMAGE_SHAPE[2]
    return np.tile(np.array(scenario.start.position_m, dtype=np.float32), (rays, 1))


def _views(scenario: Scenario) -> list[Float[np.ndarray, "n 3"]]:
    """The camera's rays in every step of one turn at the start."""
    _, height, width = IMAGE_SHAPE
    focal = focal_length_px(width, scenario.camera.fov_deg)
    ahead = pixel_rays(width, height, focal, tilt_rad=0.0).reshape(-1, 3)
    turn = float(_ACTION[3]) * MAX_YAW_RATE / scenario.rates.control_hz
    yaws = np.arange(0.0, 2 * np.pi, turn)
    return [(ahead @ quat_to_matrix(yaw_quat(yaw)).T).astype(np.float32) for yaw in yaws]


# --- Private: how.


def _measure(
    batches: dict[tuple[int, str], Callable[[], float]], seconds: float, report: Report
) -> dict[tuple[int, str], float]:
    """Steps per second of each: the fastest tenth of batches, over rounds in which they take turns.

    What else runs on the machine only ever adds time, by emptying the caches under a batch.
    """
    spent: dict[tuple[int, str], list[float]] = {name: [] for name in batches}
    for batch in batches.values():
        # Once unmeasured: compiled functions load, caches fill.
        batch()
    for done in range(_ROUNDS):
        for name, batch in batches.items():
            end = time.perf_counter() + seconds / _ROUNDS
            spent[name].append(batch())
            while time.perf_counter() < end:
                spent[name].append(batch())
        report(done + 1, _ROUNDS)
    return {name: 1.0 / float(np.percentile(times, 10)) for name, times in spent.items()}


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    """Inside, this process has a single core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
