"""Clearances of a whole flight, from everything that stands, moves, or is the ground."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from scenarios.referee.bins import Bins, bins_of
from scenarios.referee.definitions import REACH
from scenarios.referee.movers import mover_centers, mover_row
from scenarios.referee.shapes import Shapes, bounding_boxes, shapes_of
from scenarios.referee.sweep import fresh, sweep
from scenarios.referee.track import Track
from sim.physics.vehicle import Vehicle
from sim.scenario import Scenario

_NO_BINS = Bins(0.0, 0.0, 1.0, 0, 0, np.zeros(1, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Clearances:
    """Signed distances of the hull along a track, m, on the way to each sample and at it."""

    obstacles: Float[np.ndarray, " n"]
    """From all but the ground: exact below sweep.NEAR and where it is least, else no more than it is; at most REACH."""
    what: Int[np.ndarray, " n"]
    """Which obstacle; movers follow the standing ones, -1 for none within reach."""
    ground: Float[np.ndarray, " n"]
    names: Shapes
    """Of the standing ones."""

    @property
    def least(self) -> float:
        """The smallest from any obstacle, the ground left out, m; REACH stands for everything beyond."""
        return float(self.obstacles.min())

    def name(self, sample: int) -> str:
        """What is nearest at a sample, in words."""
        index, standing = int(self.what[sample]), len(self.names.rows)
        if index < 0:
            return "nothing"
        return self.names.name(index) if index < standing else f"mover {index - standing}"


@dataclass(frozen=True)
class Touch:
    """Where the hull met something."""

    sample: int
    clearance_m: float
    ground: bool
    """Nothing but the ground."""
    what: str


def clearances(scenario: Scenario, vehicle: Vehicle, track: Track) -> Clearances:
    """Measure a track against its scenario; every sample must be finite."""
    shapes = shapes_of(scenario)
    path = np.ascontiguousarray(np.column_stack([track.positions, track.axes[:, :, 2]]))
    near, what = fresh(len(track))
    radius, half = colliding_body(scenario, vehicle)
    if len(shapes.rows):
        bins = bins_of(shapes)
        sweep(path, shapes.rows, shapes.low, shapes.high, bins, radius, half, near, what)
    for index, spec in enumerate(scenario.world.movers):
        row = mover_row(spec)[None]
        seen = path.copy()
        seen[:, :3] -= mover_centers(spec, scenario.seed, index, track.times)
        nearest = np.full(len(track), -1, dtype=np.int64)
        sweep(seen, row, *bounding_boxes(row), _NO_BINS, radius, half, near, nearest)
        what[nearest >= 0] = len(shapes.rows) + index
    tilt_cosine = np.abs(path[:, 5])
    lowest = half * tilt_cosine + radius * np.sqrt(np.maximum(1.0 - tilt_cosine**2, 0.0))
    return Clearances(near, what, track.positions[:, 2] - lowest, shapes)


def colliding_body(scenario: Scenario, vehicle: Vehicle) -> tuple[float, float]:
    """Radius and half height, m, of the cylinder that collides: the hull, or a smaller one, no higher than it is wide."""
    radius = scenario.collision_radius_m
    if radius is None:
        return vehicle.hull_radius, vehicle.hull_height / 2
    return radius, min(vehicle.hull_height / 2, radius)


def nothing_near(least: float) -> bool:
    """Whether a least clearance only says that there was nothing within reach."""
    return least >= REACH
