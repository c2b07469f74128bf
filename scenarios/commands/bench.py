"""`bench`: environment steps per second on one core, measured in turn with the floor they stand on."""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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

_ROUNDS = 5
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
    scenario = bench_scenario(obstacles)
    with _one_core():
        rates = _rates(scenario, seconds)
    show(_table(rates, scenario, obstacles))
    if as_json:
        say_json(
            {
                "obstacles": obstacles,
                **{f"{name}_steps_per_s": round(rate, 1) for name, rate in rates.items()},
            }
        )
    return 0


def _rates(scenario: Scenario, seconds: float) -> dict[str, float]:
    seeing, blind = (TridentEnv(lambda seed: scenario, range(1)) for _ in range(2))
    try:
        batches = {
            "camera": _env_steps(seeing),
            "state": _env_steps(blind, _ClosedEyes(scenario.camera)),
            "floor": _floor_steps(scenario),
        }
        return _measure(batches, seconds)
    finally:
        seeing.close()
        blind.close()


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
        rates=Rates(physics_hz=240, control_hz=15, mission_hz=1),
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


def _floor_steps(scenario: Scenario) -> Callable[[], float]:
    """Seconds of what no step on these engines can do without: bare Bullet ticks and one bare Embree query.

    In turn, as a step needs them, in the same world and along the views of the turning drone.
    """
    vehicle, world = load_vehicle(scenario.vehicle), build_world(scenario.world)
    bullet = BulletWorld(
        world_triangles(world),
        mass=vehicle.mass,
        inertia=vehicle.inertia,
        hull_radius=vehicle.hull_radius,
        hull_height=vehicle.hull_height,
        timestep=1.0 / scenario.rates.physics_hz,
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


def _measure(batches: dict[str, Callable[[], float]], seconds: float) -> dict[str, float]:
    """Steps per second of each: the median over rounds in which they take turns."""
    spent: dict[str, list[float]] = {name: [] for name in batches}
    for batch in batches.values():
        # Once unmeasured: compiled functions load, caches fill.
        batch()
    with progress("measuring", "rounds") as report:
        for done in range(_ROUNDS):
            for name, batch in batches.items():
                spent[name].append(_mean_for(batch, seconds / _ROUNDS))
            report(done + 1, _ROUNDS)
    return {name: 1.0 / float(np.median(times)) for name, times in spent.items()}


def _mean_for(batch: Callable[[], float], seconds: float) -> float:
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        times.append(batch())
    return float(np.mean(times))


@contextmanager
def _one_core() -> Iterator[None]:
    """Inside, this process has a single core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _table(rates: dict[str, float], scenario: Scenario, obstacles: int) -> Table:
    names = {
        "camera": "environment with camera",
        "state": "environment, state only",
        "floor": f"floor: {scenario.rates.ticks_per_step} bare Bullet ticks + 1 bare Embree query",
    }
    table = Table(
        "what", "steps/s", "x real time", "ms/step", title=f"one core, {obstacles} obstacles"
    )
    for name, rate in rates.items():
        table.add_row(
            names[name],
            f"{rate:.0f}",
            f"{rate / scenario.rates.control_hz:.0f}",
            f"{1e3 / rate:.2f}",
        )
    return table
