"""Flights of a free body whose estimate is fused from sensors: truth, belief and covariance, step by step."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from sim.physics.plant import FUSED_NOISE_SIZE, new_plant, set_command, tick
from sim.physics.vehicle import vehicle_record
from sim.scenario import Scenario
from sim.sensing.suite import CHANNELS, SENSORS
from tests.laws.rigid_body import DT, TICKS_PER_STEP, VEHICLE, integrate
from tests.laws.rigid_body import scenario as odometry_scenario

EXAMPLE = Path(__file__).parents[2] / "examples" / "failing_sensors.toml"


def nominal() -> dict[str, Any]:
    """The `[sensors]` of the example, which docs/physics.md gives reasons for."""
    return tomllib.loads(EXAMPLE.read_text())["sensors"]


def sensed(sensors: dict[str, Any] | None = None, **kwargs: Any) -> Scenario:
    """The laws' empty sky with sensors."""
    parts = odometry_scenario(**kwargs).model_dump()
    del parts["odometry"]
    return Scenario.model_validate({**parts, "sensors": nominal() if sensors is None else sensors})


@dataclass(frozen=True)
class Sensed:
    """What a flight of n ticks was, was read as, and was believed to be."""

    bodies: np.ndarray  # n 13
    estimates: np.ndarray  # n 13
    readings: np.ndarray  # n 17
    fresh: np.ndarray  # n 6
    biases: np.ndarray  # n 17, true
    believed_biases: np.ndarray  # n 6
    covariances: np.ndarray  # n/16 15 15
    plant: np.ndarray


@njit(cache=True)
def _step(plant, params, body, noise, wrench, mass, inertia, row, still, bodies, estimates, readings, fresh, biases, believed):  # fmt: skip
    for k in range(TICKS_PER_STEP):
        tick(plant, params, body, noise[row + k], wrench)
        sensing = plant[0].sensing
        bodies[row + k] = body
        estimates[row + k] = plant[0].estimate
        readings[row + k] = sensing.reading
        fresh[row + k] = sensing.fresh
        biases[row + k] = sensing.bias
        believed[row + k, 0:3] = sensing.gyro_bias
        believed[row + k, 3:6] = sensing.accel_bias
        if not still:
            integrate(body, wrench, mass, inertia, DT)


def fly_sensed(
    commands: np.ndarray,
    flown: Scenario,
    *,
    seed: int = 0,
    still: bool = False,
    before_step: Any = None,
) -> Sensed:
    """Fly commands (steps, 4) in the heading frame; `before_step(index, plant)` may interfere; `still` nails the body."""
    plant, params = new_plant(VEHICLE, flown), vehicle_record(VEHICLE, flown)
    steps = len(commands)
    ticks = steps * TICKS_PER_STEP
    noise = np.random.default_rng(seed).standard_normal((ticks, FUSED_NOISE_SIZE))
    body, wrench = plant["estimate"][0].copy(), np.zeros(6)
    bodies, estimates = np.empty((ticks, 13)), np.empty((ticks, 13))
    readings, biases = np.empty((ticks, CHANNELS)), np.empty((ticks, CHANNELS))
    fresh, believed = np.empty((ticks, len(SENSORS)), dtype=np.int64), np.empty((ticks, 6))
    covariances = np.empty((steps, 15, 15))
    inertia = np.array(VEHICLE.inertia)
    for step, command in enumerate(np.asarray(commands, dtype=float)):
        if before_step is not None:
            before_step(step, plant)
        set_command(plant, command)
        _step(plant, params, body, noise, wrench, VEHICLE.mass, inertia, step * TICKS_PER_STEP, still,
              bodies, estimates, readings, fresh, biases, believed)  # fmt: skip
        covariances[step] = plant["sensing"]["covariance"][0]
    return Sensed(bodies, estimates, readings, fresh, biases, believed, covariances, plant)


def without(sensors: dict[str, Any], *fields: str) -> dict[str, Any]:
    """The sensors with some fields at zero: names of fields, of whichever table."""
    return {
        table: {name: _zero(value) if name in fields else value for name, value in settings.items()}
        for table, settings in sensors.items()
    }


NOISES = (
    "gyro_noise", "accel_noise", "position_std_m", "velocity_std_m_s", "height_std_m", "range_std_m",
)  # fmt: skip
TURN_ON = ("gyro_turn_on_bias_rad_s", "accel_turn_on_bias_m_s2")
WALKS = ("gyro_bias_walk", "accel_bias_walk", "position_walk", "drift", "range_walk", "velocity_walk")  # fmt: skip
AID_WALKS = WALKS[2:]


def perfect() -> dict[str, Any]:
    """Sensors of the nominal rates and delays that make no errors."""
    return without(nominal(), *NOISES, *TURN_ON, *WALKS)


def wiggly(seconds: float, seed: int) -> np.ndarray:
    """Commands (steps, 4) ahead at 4 m/s with turns, climbs and sidesteps."""
    steps, hold = round(15 * seconds), 20
    rng = np.random.default_rng([seed, 7])
    drawn = rng.uniform(-1.0, 1.0, (steps // hold + 1, 3)) * (1.0, 0.3, 0.6)
    commands = np.full((steps, 4), 4.0)
    commands[:, 1:] = np.repeat(drawn, hold, axis=0)[:steps]
    return commands


def _zero(value: Any) -> Any:
    return [0.0] * len(value) if isinstance(value, list) else 0.0
