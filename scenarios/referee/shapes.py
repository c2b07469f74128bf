"""Everything of a scenario that the hull can meet, as rows of the referee's own shapes, each with a name."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from scenarios.referee.convex import BOX, FRUSTUM, POINTS, ROW
from scenarios.referee.definitions import COVER_DISTANCE, COVER_SHARE, PANEL_THICKNESS
from sim.scenario import Scenario
from sim.world.importers import Place, load_place
from sim.world_spec import LimbSpec, PanelSpec


@dataclass(frozen=True)
class Shapes:
    """Convex obstacles that stand still."""

    rows: Float[np.ndarray, "n r"]  # see convex.py
    low: Float[np.ndarray, "n 3"]  # m, world, corners of each one's bounding box
    high: Float[np.ndarray, "n 3"]
    groups: tuple[tuple[str, int], ...]
    """What the rows are, in their order: a word and how many."""

    def name(self, index: int) -> str:
        """An obstacle in words, counted within its group from 0."""
        for word, count in self.groups:
            if index < count:
                return f"{word} {index}"
            index -= count
        raise IndexError(f"{index} more rows than there are")


def shapes_of(scenario: Scenario) -> Shapes:
    """All that stands in a scenario's world but the ground."""
    world = scenario.world
    place = load_place(world.place, world.crop_m, world.place_options)
    groups = {
        "cylinder": [upright(c.base_m, c.radius_m, c.height_m) for c in world.cylinders],
        "box": [box(b.center_m, np.array(b.size_m) / 2, b.yaw_rad) for b in world.boxes],
        "sphere": [ball(s.center_m, s.radius_m) for s in world.spheres],
        "limb": [limb(part) for part in world.limbs],
        "panel": [plate(p, 0.0, 1.0) for p in world.panels],
        "cover": [plate(p, COVER_DISTANCE, COVER_SHARE) for p in world.panels if p.covered],
        f"tree of {world.place}": list(_trees(place)),
        f"triangle of {world.place}": list(_triangles(place)),
    }
    rows = np.array([row for group in groups.values() for row in group]).reshape(-1, ROW)
    low, high = bounding_boxes(rows)
    return Shapes(rows, low, high, tuple((word, len(group)) for word, group in groups.items()))


def ball(center: Iterable[float], radius: float) -> Float[np.ndarray, " r"]:
    """A sphere: a rounded point."""
    row = np.zeros(ROW)
    row[0], row[1] = POINTS, radius
    row[2:] = np.tile(np.array([*center]), 3)
    return row


def upright(base: Iterable[float], radius: float, height: float) -> Float[np.ndarray, " r"]:
    """A cylinder that stands on its base."""
    row = np.zeros(ROW)
    row[0], row[8], row[9] = FRUSTUM, radius, radius
    row[2:5] = row[5:8] = [*base]
    row[7] += height
    return row


def box(
    center: Iterable[float], half_sizes: Iterable[float], yaw: float
) -> Float[np.ndarray, " r"]:
    """A box turned about z."""
    row = np.zeros(ROW)
    row[0], row[2:5], row[5:8] = BOX, [*center], [*half_sizes]
    row[8], row[9] = np.cos(yaw), np.sin(yaw)
    return row


def limb(spec: LimbSpec) -> Float[np.ndarray, " r"]:
    """A truncated cone between two points."""
    row = np.zeros(ROW)
    row[0], row[8], row[9] = FRUSTUM, spec.start_radius_m, spec.end_radius_m
    row[2:5], row[5:8] = spec.start_m, spec.end_m
    return row


def plate(panel: PanelSpec, forward: float, share: float) -> Float[np.ndarray, " r"]:
    """A panel's body, or its cover: a share of the panel's side, some way in front of its centre."""
    x, y, z = panel.center_m
    yaw, size = panel.yaw_rad, share * panel.side_m
    center = x + forward * np.cos(yaw), y + forward * np.sin(yaw), z
    return box(center, (PANEL_THICKNESS / 2, size / 2, size / 2), yaw)


def bounding_boxes(
    rows: Float[np.ndarray, "n r"],
) -> tuple[Float[np.ndarray, "n 3"], Float[np.ndarray, "n 3"]]:
    """Lowest and highest corner of the axis-parallel box round each row's shape."""
    low, high = np.empty((len(rows), 3)), np.empty((len(rows), 3))
    kinds = rows[:, 0]
    points, frusta, boxes = rows[kinds == POINTS], rows[kinds == FRUSTUM], rows[kinds == BOX]
    corners = points[:, 2:11].reshape(-1, 3, 3)
    low[kinds == POINTS], high[kinds == POINTS] = corners.min(axis=1), corners.max(axis=1)
    # A disc of radius r across a unit axis n reaches r sqrt(1 - n_i^2) along axis i.
    axis = frusta[:, 5:8] - frusta[:, 2:5]
    axis = axis / np.linalg.norm(axis, axis=1, keepdims=True)
    reach = np.sqrt(np.maximum(1.0 - axis**2, 0.0))
    first, last = frusta[:, 8:9] * reach, frusta[:, 9:10] * reach
    low[kinds == FRUSTUM] = np.minimum(frusta[:, 2:5] - first, frusta[:, 5:8] - last)
    high[kinds == FRUSTUM] = np.maximum(frusta[:, 2:5] + first, frusta[:, 5:8] + last)
    cos, sin = np.abs(boxes[:, 8]), np.abs(boxes[:, 9])
    half = boxes[:, 5:8]
    extent = np.column_stack(
        [cos * half[:, 0] + sin * half[:, 1], sin * half[:, 0] + cos * half[:, 1], half[:, 2]]
    )
    low[kinds == BOX], high[kinds == BOX] = boxes[:, 2:5] - extent, boxes[:, 2:5] + extent
    rounding = rows[:, 1:2]
    return low - rounding, high + rounding


# --- Private: what a place brings; the importers only hand over coordinates.


def _trees(place: Place) -> Float[np.ndarray, "n r"]:
    cylinders = place.cylinders
    rows = np.zeros((len(cylinders.radii), ROW))
    rows[:, 0] = FRUSTUM
    rows[:, 2:5] = rows[:, 5:8] = cylinders.bases
    rows[:, 7] += cylinders.heights
    rows[:, 8] = rows[:, 9] = cylinders.radii
    return rows


def _triangles(place: Place) -> Float[np.ndarray, "n r"]:
    corners = [mesh.vertices[mesh.faces].reshape(-1, 9) for mesh in place.meshes]
    rows = np.zeros((sum(map(len, corners)), ROW))
    rows[:, 0] = POINTS
    rows[:, 2:] = np.concatenate([np.zeros((0, 9)), *corners])
    return rows
