"""`bench`: environment steps per second on one core, measured in turn with the floor they stand on."""

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float, UInt8
from rich.table import Table

from scenarios.commands.console import InputError, progress, say_json, show
from sim.env import TridentEnv
from sim.frames import quat_to_matrix, yaw_quat
from sim.physics.vehicle import load_vehicle
from sim.scenario import (
    Battery,
    Camera,
    CylinderSpec,
    Limits,
    NavigateTask,
    Odometry,
    Rates,
    Scenario,
    Start,
    Weather,
    WorldSpec,
)
from sim.sensing.camera import Camera as CameraSensor
from sim.sensing.camera import CameraScene
from sim.sensing.pinhole import focal_length_px, pixel_rays
from sim.types import BODY_SIZE, IMAGE_SHAPE, MAX_YAW_RATE, POSITION, QUATERNION, Quat, Vec3
from sim.world.build import build_world
from sim.world.bullet import GRAVITY, BulletWorld
from sim.world.meshing import world_triangles

CONTROL_HZ = 15
_ROUNDS = 10
"""Each measurement is taken this often, in turn with the others, so that a busy machine slows all alike."""
_BATCH = 50
_ACTION = np.array([0.0, 0.0, 0.0, 0.25], dtype=np.float32)
"""Hover and turn, so that the camera sees the scene from all sides."""
_CLEARING_M = 6.0
_MAX_OBSTACLES = 2000
"""Bullet takes the triangles of a few more."""


def bench(*, obstacles: int, seconds: float, as_json: bool) -> int:
    """Measure, print, and return 0."""
    if not 1 <= obstacles <= _MAX_OBSTACLES:
        raise InputError(f"obstacles = {obstacles}: must lie between 1 and {_MAX_OBSTACLES}")
    if not 0 < seconds < float("inf"):
        raise InputError(f"seconds = {seconds}: must be positive")
    rates = measure_rates((obstacles,), seconds)[obstacles]
    show(_table(rates, obstacles))
    if as_json:
        named = {f"{name}_steps_per_s": round(rate, 1) for name, rate in rates.items()}
        share = round(rates["camera"] / rates["floor"], 3)
        say_json({"obstacles": obstacles, **named, "camera_of_floor": share})
    return 0


def measure_rates(counts: tuple[int, ...], seconds: float) -> dict[int, dict[str, float]]:
    """Steps per second of CPU time by number of obstacles: with camera, state only, and the floor; all in turn."""
    scenarios = {count: bench_scenario(count) for count in counts}
    envs: list[TridentEnv] = []

    def environment(scenario: Scenario) -> TridentEnv:
        envs.append(TridentEnv(lambda seed: scenario, range(1)))
        return envs[-1]

    with contextlib.ExitStack() as stack:
        stack.enter_context(_one_core())
        stack.callback(lambda: [env.close() for env in envs])
        batches: dict[tuple[int, str], Callable[[], float]] = {}
        for count, scenario in scenarios.items():
            batches[count, "camera"] = _env_steps(environment(scenario))
            batches[count, "state"] = _env_steps(
                environment(scenario), _ClosedEyes(scenario.camera)
            )
            batches[count, "floor"] = _floor_steps(scenario, stack)
        rates = _measure(batches, seconds)
    return {
        count: {name: rate for (of, name), rate in rates.items() if of == count} for count in counts
    }


def bench_scenario(obstacles: int) -> Scenario:
    """Trees around a clearing, 0.04 per square metre, with sensor noise and light wind on."""
    rng = np.random.default_rng(0)
    half = max(10.0, 0.5 * (obstacles / 0.04) ** 0.5)
    trees: list[CylinderSpec] = []
    while len(trees) < obstacles:
        x, y, radius = (
            float(number) for number in rng.uniform([-half, -half, 0.1], [half, half, 0.3])
        )
        if np.hypot(x, y) > _CLEARING_M:
            trees.append(
                CylinderSpec(
                    base_m=(x, y, 0),
                    radius_m=radius,
                    height_m=8,
                    semantic="trunk",
                    color=(0.4, 0.3, 0.2),
                )
            )
    return Scenario(
        format="scenario/1",
        name=f"bench-{obstacles}",
        seed=0,
        redraws=0,
        vehicle="trident_1kg",
        speed_limit_m_s=5,
        world=WorldSpec(
            low_m=(-half, -half, 0),
            high_m=(half, half, 12),
            place="",
            crop_m=(0, 0, 0, 0),
            cylinders=tuple(trees),
        ),
        start=Start(position_m=(0, 0, 2), yaw_rad=0),
        # A goal far enough that the time limit is never met.
        task=NavigateTask(kind="navigate", goal_m=(half - 1, half - 1, 2), geodesic_m=1e5),
        limits=Limits(altitude_max_m=10),
        battery=Battery(capacity_wh=1e4, initial_fraction=1, reserve_fraction=0),
        weather=Weather(wind_world_m_s=(1, 0, 0), turbulence_m_s=0.3),
        odometry=Odometry(
            position_drift=0.02,
            height_std_m=0.02,
            velocity_std_m_s=0.05,
            attitude_std_rad=0.01,
            rate_std_rad_s=0.01,
            correlation_s=2,
        ),
        camera=Camera(
            width_px=IMAGE_SHAPE[2],
            height_px=IMAGE_SHAPE[1],
            fov_deg=90,
            tilt_rad=0,
            delay_ticks=0,
            disparity_std_px=0.2,
            baseline_m=0.1,
            dropout=0.005,
            color_std=3,
        ),
        rates=Rates(physics_hz=240, control_hz=CONTROL_HZ, mission_hz=1),
    )


class _ClosedEyes(CameraSensor):
    """A camera that leaves its image as it is: what is left of a step is state only."""

    def expose(
        self,
        scene: CameraScene,
        position_world: Vec3,
        quat_xyzw: Quat,
        rng: np.random.Generator,
        image: UInt8[np.ndarray, "4 h w"],
    ) -> None:
        """Write nothing."""


def _env_steps(env: TridentEnv, camera: CameraSensor | None = None) -> Callable[[], float]:
    """Seconds of one environment step, averaged over a batch; resets are not counted."""

    def reset() -> None:
        env.reset(options={"world_seed": 0})
        if camera is not None and env.flight is not None:
            env.flight.simulator.camera = camera

    def batch() -> float:
        spent = 0.0
        for _ in range(_BATCH):
            start = time.thread_time()
            *_, terminated, truncated, _info = env.step(_ACTION)
            spent += time.thread_time() - start
            if terminated or truncated:
                reset()
        return spent / _BATCH

    reset()
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


def _measure(
    batches: dict[tuple[int, str], Callable[[], float]], seconds: float
) -> dict[tuple[int, str], float]:
    """Steps per second of each: the fastest tenth of batches, over rounds in which they take turns.

    What else runs on the machine only ever adds time, by emptying the caches under a batch.
    """
    spent: dict[tuple[int, str], list[float]] = {name: [] for name in batches}
    for batch in batches.values():
        # Once unmeasured: compiled functions load, caches fill.
        batch()
    with progress("measuring", "rounds") as report:
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


def _table(rates: dict[str, float], obstacles: int) -> Table:
    names = {
        "camera": "environment with camera",
        "state": "environment, state only",
        "floor": "floor: bare Bullet ticks + 1 bare Embree query",
    }
    title = f"one core, {obstacles} obstacles, CPU time"
    table = Table("what", "steps/s", "x real time", "ms/step", "of the floor", title=title)
    for name, rate in rates.items():
        table.add_row(
            names[name],
            f"{rate:.0f}",
            f"{rate / CONTROL_HZ:.0f}",
            f"{1e3 / rate:.2f}",
            f"{100 * rate / rates['floor']:.0f} %",
        )
    return table
