"""The scene that environment steps are measured in: a clearing among as many trees as asked for."""

import numpy as np

from sim.scenario import Battery, Camera, Limits, Odometry, Rates, Scenario, Start, Weather
from sim.task_spec import NavigateTask
from sim.types import IMAGE_SHAPE
from sim.world_spec import CylinderSpec, WorldSpec

CONTROL_HZ = 15
MAX_OBSTACLES = 2000
"""Bullet takes the triangles of a few more."""
_CLEARING_M = 6.0


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
