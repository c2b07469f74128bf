"""A log's bodies as one track from the start on, and what follows from them alone."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from scenarios.referee.definitions import BREAKDOWN_SPEED
from sim.record.reader import Flight


@dataclass(frozen=True)
class Track:
    """n samples: the start at rest, then the body after each physics tick; m, s, rad, world."""

    tick_s: float
    step_s: float
    positions: Float[np.ndarray, "n 3"]
    quats: Float[np.ndarray, "n 4"]  # xyzw, body to world
    velocities: Float[np.ndarray, "n 3"]
    rates: Float[np.ndarray, "n 3"]
    ends: Int[np.ndarray, " s"]
    """The sample that each control step ends with."""

    def __len__(self) -> int:
        """Samples."""
        return len(self.positions)

    @property
    def times(self) -> Float[np.ndarray, " n"]:
        """Since the start, s."""
        return self.tick_s * np.arange(len(self))

    def time_of_step(self, step: int) -> float:
        """When a control step is over, s; one that a crash cut short counts whole."""
        return (step + 1) * self.step_s

    def step_of(self, sample: int) -> int:
        """The control step that flew a sample; the start belongs to the first."""
        return int(np.searchsorted(self.ends, sample))

    @property
    def axes(self) -> Float[np.ndarray, "n 3 3"]:
        """Rotation matrices body to world: columns are the body's axes."""
        return rotations(self.quats)

    @property
    def yaws(self) -> Float[np.ndarray, " n"]:
        """Azimuth of the body's x axis, rad."""
        forward = self.axes[:, :, 0]
        return np.arctan2(forward[:, 1], forward[:, 0])

    @property
    def speeds(self) -> Float[np.ndarray, " n"]:
        """Over ground, m/s."""
        return np.linalg.norm(self.velocities, axis=1)

    @property
    def broken(self) -> Bool[np.ndarray, " n"]:
        """Samples that cannot be: a number that is not finite, or a speed no vehicle here has."""
        rows = np.column_stack([self.positions, self.quats, self.velocities, self.rates])
        with np.errstate(invalid="ignore"):
            fast = (np.abs(self.velocities) > BREAKDOWN_SPEED).any(axis=1)
        return np.asarray(~np.isfinite(rows).all(axis=1) | fast)

    @property
    def length(self) -> float:
        """Way flown, m."""
        return float(np.linalg.norm(np.diff(self.positions, axis=0), axis=1).sum())


def track_of(flight: Flight) -> Track:
    """The track of a log's whole steps."""
    start, rates = flight.scenario.start, flight.scenario.rates
    half = start.yaw_rad / 2
    first = [*start.position_m, 0.0, 0.0, np.sin(half), np.cos(half), *np.zeros(6)]
    rows = np.concatenate([[first], flight.poses])
    return Track(
        tick_s=1.0 / rates.physics_hz,
        step_s=1.0 / rates.control_hz,
        positions=rows[:, :3],
        quats=rows[:, 3:7],
        velocities=rows[:, 7:10],
        rates=rows[:, 10:13],
        ends=np.asarray(flight.tick_starts[1:]),
    )


def rotations(quats: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 3 3"]:
    """Rotation matrices of quaternions xyzw, normalised first: R = 1 + 2 w [v]x + 2 [v]x [v]x."""
    unit = quats / np.linalg.norm(quats, axis=1, keepdims=True)
    cross = np.zeros((len(unit), 3, 3))
    x, y, z = unit[:, 0], unit[:, 1], unit[:, 2]
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -z, y, -x
    cross -= cross.transpose(0, 2, 1)
    return np.eye(3) + 2.0 * unit[:, 3, None, None] * cross + 2.0 * cross @ cross
