"""The way a world is measured along: the shortest free way through all a flight has to reach, as straight pieces."""

import itertools

import numpy as np
from jaxtyping import Bool, Float
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from scenarios.generate.site import Ground
from sim.scenario import Scenario
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import Vec3
from sim.world.clearance import ClearanceField
from sim.world.geodesic import SPACING, distance_field

Way = Float[np.ndarray, "n 3"]
_CELL = 0.5
"""m, of the grid that ways over and under obstacles are looked for on."""
_ROOM = 0.15
"""m beyond the hull that such a way keeps."""
_LOOK = 0.1
"""m between two looks along a straight piece."""


def guide_legs(scenario: Scenario, ground: Ground) -> tuple[Way, ...]:
    """One polyline a leg: to the goal, along the course, or from site to nearest site and home. What moves is ignored."""
    stops = _stops(scenario)
    if ground.any_height:
        return tuple(_way_in_space(ground, a, b) for a, b in itertools.pairwise(stops))
    return tuple(_level_way(ground, a, b) for a, b in itertools.pairwise(stops))


def length_of(legs: tuple[Way, ...]) -> float:
    """Of all legs together, m."""
    return float(sum(np.linalg.norm(np.diff(leg, axis=0), axis=1).sum() for leg in legs))


# --- Private.


def _stops(scenario: Scenario) -> list[Vec3]:
    start, task = np.array(scenario.start.position_m), scenario.task
    if isinstance(task, NavigateTask):
        return [start, np.array(task.goal_m)]
    if isinstance(task, AvoidTask):
        course = np.array([np.cos(task.course_rad), np.sin(task.course_rad), 0.0])
        return [start, start + task.distance_m * course]
    return _tour(start, task)


def _tour(start: Vec3, task: MissionTask) -> list[Vec3]:
    """From the start to the nearest site left, until none is, and home."""
    left = [np.array(site.position_m) for site in task.sites]
    stops = [start]
    while left:
        nearest = int(np.argmin([np.linalg.norm(stops[-1] - site) for site in left]))
        stops.append(left.pop(nearest))
    return [*stops, np.array([*task.home_m[:2], start[2]])]


def _level_way(ground: Ground, start: Vec3, end: Vec3) -> Way:
    """Round obstacles; the height changes evenly on the way."""
    field = distance_field(ground.space, _nearest_free(ground, end[:2]))
    flat = field.path_from(_nearest_free(ground, start[:2]))
    flown = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(flat, axis=0), axis=1))])
    heights = start[2] + (end[2] - start[2]) * flown / max(flown[-1], 1e-9)
    return _without_repeats(np.column_stack([flat, heights]))


def _nearest_free(ground: Ground, xy: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
    if ground.space.is_free(xy):
        return np.array(xy)
    rows, columns = np.nonzero(ground.space.free)
    centers = ground.space.origin + SPACING * np.stack([columns, rows], axis=1)
    return centers[np.linalg.norm(centers - xy, axis=1).argmin()]


def _way_in_space(ground: Ground, start: Vec3, end: Vec3) -> Way:
    """Over and under obstacles too: Dijkstra on a grid of 26 neighbours, then every corner dropped that can be."""
    room = ground.hull_radius + _ROOM
    low, high = np.array(ground.spec.low_m), np.array(ground.spec.high_m)
    low, high = low + room, np.array([*(high[:2] - room), ground.altitude_max - room])
    shape = np.maximum(((high - low) / _CELL).astype(int) + 1, 1)
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    points = low + _CELL * grid.reshape(-1, 3)
    free = ground.clearance.at_points(points) >= room
    first, last = (_cell_near(points, free, p) for p in (start, end))
    graph = _grid_graph(free.reshape(shape))
    found = dijkstra(graph, directed=False, indices=np.array([last]), return_predecessors=True)
    lengths, before = found[0][0], found[1][0]
    if not np.isfinite(lengths[first]):
        raise ValueError(f"no free way from {start.tolist()} to {end.tolist()} at any height")
    cells = [first]
    while cells[-1] != last:
        cells.append(int(before[cells[-1]]))
    return _without_repeats(
        _shortcut(np.array([start, *points[cells], end]), ground.clearance, room)
    )


def _cell_near(points: Way, free: Bool[np.ndarray, " n"], point: Vec3) -> int:
    distances = np.where(free, np.linalg.norm(points - point, axis=1), np.inf)
    return int(distances.argmin())


def _grid_graph(free: Bool[np.ndarray, "x y z"]) -> csr_array:
    """Free cells joined to their free neighbours; each pair once."""
    index = np.arange(free.size).reshape(free.shape)
    steps = [
        (i, j, k)
        for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1) if (i, j, k) > (0, 0, 0)
    ]  # fmt: skip
    rows, columns, weights = [], [], []
    for step in steps:
        here = tuple(
            slice(max(0, -s), n - max(0, s)) for s, n in zip(step, free.shape, strict=True)
        )
        there = tuple(
            slice(max(0, s), n + min(0, s)) for s, n in zip(step, free.shape, strict=True)
        )
        both = free[here] & free[there]
        rows.append(index[here][both])
        columns.append(index[there][both])
        weights.append(np.full(int(both.sum()), _CELL * np.linalg.norm(step)))
    cells = (np.concatenate(rows), np.concatenate(columns))
    return csr_array((np.concatenate(weights), cells), shape=(free.size, free.size))


def _shortcut(points: Way, clearance: ClearanceField, room: float) -> Way:
    """Drop every corner that a straight piece with room around it can skip."""
    kept = [0]
    while kept[-1] < len(points) - 1:
        reach = kept[-1] + 1
        for far in range(kept[-1] + 2, len(points)):
            a, b = points[kept[-1]], points[far]
            count = max(2, int(np.linalg.norm(b - a) / _LOOK) + 1)
            line = a + np.linspace(0.0, 1.0, count)[:, None] * (b - a)
            if (clearance.at_points(line) >= room).all():
                reach = far
        kept.append(reach)
    return points[kept]


def _without_repeats(points: Way) -> Way:
    """Pieces without length have no direction."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return points[np.concatenate([[True], steps > 1e-6])]
