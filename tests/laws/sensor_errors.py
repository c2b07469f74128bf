"""What sensors should have read, how far off they were, and faults that begin with a step."""

from typing import Any

import numpy as np

from sim.fault_board import FaultBoard
from sim.faults import Fault
from sim.frames import quat_to_matrix
from sim.sensing.suite import FIRST, SENSORS
from tests.laws.rigid_body import DT
from tests.laws.sensed_flight import (
    Sensed,
    nominal,
)

HOVER = (0.0, 0.0, 0.0, 0.0)
HIGH: dict[str, Any] = {"position": (0.0, 0.0, 5.0)}
ROUGH: dict[str, Any] = {**HIGH, "wind": (2.0, 1.0, 0.0), "turbulence": 0.5}
IMU_RATE = 240
STATED = {
    "gyro": [3.4e-4 * np.sqrt(IMU_RATE)] * 3,
    "accel": [4.0e-3 * np.sqrt(IMU_RATE)] * 3,
    "gps": [0.4, 0.4, 0.8, 0.1, 0.1, 0.1],
    "baro": [0.1],
    "distance_sensor": [0.02],
    "vio": [0.05] * 3,
}
"""Standard deviation of one reading of the nominal suite; densities times the root of the rate (IEEE 952)."""
TABLES = {"gps": "gnss", "baro": "barometer", "distance_sensor": "rangefinder", "vio": "visual_odometry"}  # fmt: skip


def channels(sensor: str) -> slice:
    index = SENSORS.index(sensor)
    return slice(FIRST[index], FIRST[index + 1])


def true_readings(flown: Sensed, sensor: str) -> np.ndarray:
    """What a sensor without errors or delay would have read at every tick."""
    bodies = flown.bodies
    turns = np.array([quat_to_matrix(body[3:7]) for body in bodies])
    if sensor == "gps":
        return bodies[:, [0, 1, 2, 7, 8, 9]]
    if sensor == "baro":
        return bodies[:, 2:3]
    if sensor == "distance_sensor":
        return (bodies[:, 2] / turns[:, 2, 2])[:, None]
    vectors = {"vio": bodies[:, 7:10], "gyro": bodies[:, 10:13]}
    if sensor == "accel":
        velocity = np.vstack([np.zeros(3), bodies[:, 7:10]])
        vectors["accel"] = np.diff(velocity, axis=0) / DT + (0.0, 0.0, 9.80665)
    return np.einsum("nji,nj->ni", turns, vectors[sensor])


def delay_of(sensor: str) -> int:
    table = TABLES.get(sensor)
    return 0 if table is None else nominal()[table]["delay_ticks"]


def errors(flown: Sensed, sensor: str) -> np.ndarray:
    """Readings less what a perfect sensor would have read at the moment they are of."""
    ticks = np.flatnonzero(flown.fresh[:, SENSORS.index(sensor)])
    truth = true_readings(flown, sensor)[ticks - delay_of(sensor)]
    return flown.readings[ticks, channels(sensor)] - truth


def failing(flown: Any, component: str, kind: str, value: Any = None, at: int = 0) -> Any:
    """A `before_step` that lets one fault begin with a step."""
    board = FaultBoard(flown)

    def begin(step: int, plant: np.ndarray) -> None:
        if step == at:
            board.inject(Fault(time_s=0, component=component, kind=kind, value=value), step / 15)  # type: ignore[arg-type]
            board.begin(step / 15, plant, np.zeros((4, 48, 64), np.uint8))

    return begin
