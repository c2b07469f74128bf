"""Moving obstacles for tests."""

import numpy as np

from sim.mover_spec import (
    BallShape,
    BlockShape,
    ColumnShape,
    ConstantVelocity,
    MoverSpec,
    RandomAcceleration,
)
from sim.world.movers import Movers

TICK = 1 / 240
Motion = ConstantVelocity | RandomAcceleration


def mover(shape: BallShape | ColumnShape | BlockShape, motion: object) -> MoverSpec:
    return MoverSpec.model_validate(
        {"shape": shape, "motion": motion, "semantic": "obstacle", "color": (0.8, 0.3, 0.1)}
    )


def ball(motion: object, radius: float = 0.3) -> MoverSpec:
    return mover(BallShape(kind="sphere", radius_m=radius), motion)


def straight(
    start: tuple[float, float, float], velocity: tuple[float, float, float]
) -> ConstantVelocity:
    return ConstantVelocity(kind="constant_velocity", start_m=start, velocity_m_s=velocity)


def standing(start: tuple[float, float, float]) -> ConstantVelocity:
    return straight(start, (0.0, 0.0, 0.0))


def random_motion(**changes: object) -> RandomAcceleration:
    table = {
        "kind": "random_acceleration", "start_m": (10.0, 10.0, 1.5), "velocity_m_s": (1.0, 0.0, 0.0),
        "low_m": (0.0, 0.0, 0.5), "high_m": (40.0, 40.0, 3.0),
        "speed_max_m_s": 3.0, "acceleration_max_m_s2": 2.0, "period_s": 0.7,
    }  # fmt: skip
    return RandomAcceleration.model_validate(table | changes)


def random_movers(rng: np.random.Generator, count: int = 12) -> Movers:
    """Some of each shape at random places of a 40 m square, each in random motion."""
    specs = []
    for index in range(count):
        x, y, z = (float(v) for v in rng.uniform((5, 5, 0.5), (35, 35, 3.0)))
        size = rng.uniform(0.2, 1.2, 3)
        shape = (
            BallShape(kind="sphere", radius_m=float(size[0])),
            ColumnShape(kind="cylinder", radius_m=float(size[0]), height_m=float(2 * size[1])),
            BlockShape(kind="box", size_m=tuple(size.tolist()), yaw_rad=float(rng.uniform(-3, 3))),
        )[index % 3]
        specs.append(mover(shape, random_motion(start_m=(x, y, z))))
    return Movers(specs, int(rng.integers(1000)), TICK)
