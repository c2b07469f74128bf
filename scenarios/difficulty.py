"""FlightBench's measures of how hard a world is: traversal obstruction, view occlusion, angle over length.

Formulas: thu-uav/FlightBench, flightbench/script/cal_difficulty.py (calFeasibility, calVisibility, calMW), the
third one told as average gap loss. Theirs runs on a point cloud from Unity and a way from a roadmap in space; ours on
exact distances (obstruction), on points of the exact surfaces (occlusion), and along the shortest free way. The
ground is no obstacle, and what moves is ignored.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from scenarios.generate.site import Ground
from scenarios.guide import Way, guide_legs, length_of
from scenarios.surface_cloud import surface_cloud
from sim.scenario import Scenario
from sim.world.build import build_world
from sim.world.clearance import REACH
from sim.world.primitives import nearest_distance

SENSING_RANGE = 4.0
"""m."""
DRONE_RADIUS = 0.15
"""m; FlightBench's, whatever the vehicle's hull: the figures are for comparison."""
_CORRIDORS, _SAMPLES = 8, 40
_STRIDE = 0.3
"""m along the way between two tries for the next sphere of a corridor."""
_GIVE_UP = 20
"""Batches of samples after which the way's own point is taken."""
_CONES = np.cos(np.array([np.pi / 5, np.pi / 6, np.pi / 8, np.pi / 12]))
_CONE_WEIGHTS = np.array([0.05, 0.1, 0.3, 0.55])
"""From the outermost cone to the innermost."""
Distance = Callable[[Way], Float[np.ndarray, " n"]]


@dataclass(frozen=True)
class Difficulty:
    """One world's."""

    length_m: float
    """Of the guiding way."""
    obstruction: float
    """0.5 in the open: half the sensing range over the radius of the free corridor, where it is narrow."""
    occlusion: float
    """0 in the open: nearness of what stands ahead, 1 where the view ends at the sensing range."""
    gap_loss: float
    """1/m; 0 on a straight way."""


def difficulty(scenario: Scenario, ground: Ground) -> Difficulty:
    """Of a scenario's static world; the same every time it is asked."""
    legs = guide_legs(scenario, ground)
    rng = np.random.default_rng([scenario.seed, 0])
    cloud = surface_cloud(
        build_world(scenario.world, ()), _strided(legs, SENSING_RANGE / 10), SENSING_RANGE
    )
    return Difficulty(
        length_m=length_of(legs),
        obstruction=traversal_obstruction(legs, distance_in(ground), rng),
        occlusion=view_occlusion(legs, cloud),
        gap_loss=average_gap_loss(legs),
    )


def distance_in(ground: Ground) -> Distance:
    """Distance to the nearest obstacle, as far as a corridor's largest sphere needs it."""
    table = ground.clearance.arrays.primitives
    most = SENSING_RANGE + DRONE_RADIUS

    def distance(points: Way) -> Float[np.ndarray, " n"]:
        found = ground.clearance.at_points(points)
        for index in np.flatnonzero(found >= REACH):  # The clearance field ends there.
            found[index] = min(nearest_distance(table, *points[index].tolist()), most)
        return found

    return distance


def traversal_obstruction(
    legs: tuple[Way, ...], distance: Distance, rng: np.random.Generator
) -> float:
    """The least over eight corridors of range / 2 x the mean of 1 / radius over the narrower half of their spheres."""
    way = _joined(legs)
    found = []
    for _ in range(_CORRIDORS):
        radii = np.sort(_corridor(way, distance, rng))
        narrow = radii[: max(1, len(radii) // 2)]
        found.append(SENSING_RANGE / 2 * float((1.0 / narrow).mean()))
    return min(found)


def view_occlusion(legs: tuple[Way, ...], cloud: Float[np.ndarray, "m 3"]) -> float:
    """Mean over the way of range / distance to what is nearest in four cones around its direction, weighted."""
    if not len(cloud):
        return 0.0
    tree = KDTree(cloud)
    seen = []
    for point, ahead in _looks(legs, SENSING_RANGE / 10):
        offsets = cloud[tree.query_ball_point(point, SENSING_RANGE)] - point
        distances = np.linalg.norm(offsets, axis=1)
        cosines = offsets @ ahead / np.maximum(distances, 1e-9)
        cones = np.searchsorted(_CONES, cosines, side="right") - 1
        nearest = [distances[cones == c].min(initial=np.inf) for c in range(len(_CONES))]
        seen.append(float((_CONE_WEIGHTS * SENSING_RANGE / np.array(nearest)).sum()))
    return float(np.mean(seen)) if seen else 0.0


def average_gap_loss(legs: tuple[Way, ...]) -> float:
    """Sum of exp(2 angle / pi) - 1 over the bends, exp(6 angle / pi) - 1 from leg to leg, per metre."""
    total = 0.0
    for leg in legs:
        headings = _headings(leg)
        total += sum(_bend(a, b, 2.0) for a, b in itertools.pairwise(headings))
    for before, after in itertools.pairwise(legs):
        total += _bend(_headings(before)[-1], _headings(after)[0], 6.0)
    return total / length_of(legs)


# --- Private.


def _bend(before: np.ndarray, after: np.ndarray, weight: float) -> float:
    angle = np.arccos(np.clip(before @ after, -1.0, 1.0))
    return float(np.exp(weight * angle / np.pi) - 1.0)


def _headings(leg: Way) -> Way:
    steps = np.diff(leg, axis=0)
    return steps / np.linalg.norm(steps, axis=1, keepdims=True)


def _joined(legs: tuple[Way, ...]) -> Way:
    return np.concatenate([legs[0], *(leg[1:] for leg in legs[1:])])


def _looks(legs: tuple[Way, ...], stride: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Points every `stride` m of the whole way, the start left out, and the way's direction there."""
    way = _joined(legs)
    steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    flown = np.concatenate([[0.0], np.cumsum(steps)])
    looks = []
    for progress in np.arange(stride, flown[-1], stride):
        piece = min(int(np.searchsorted(flown, progress, side="right")) - 1, len(steps) - 1)
        ahead = (way[piece + 1] - way[piece]) / steps[piece]
        looks.append((way[piece] + (progress - flown[piece]) * ahead, ahead))
    return looks


def _strided(legs: tuple[Way, ...], stride: float) -> Way:
    return np.array([_joined(legs)[0], *(point for point, _ in _looks(legs, stride))])


def _corridor(way: Way, distance: Distance, rng: np.random.Generator) -> Float[np.ndarray, " n"]:
    """Radii of overlapping free spheres from the way's start to its end."""
    points = [*(point for point, _ in _looks((way,), _STRIDE)), way[-1]]
    center, end = way[0], way[-1]
    radius = float(np.clip(distance(center[None])[0] - DRONE_RADIUS, 0.0, SENSING_RANGE))
    radii, at = [max(radius, 1e-3)], -1
    while np.linalg.norm(end - center) >= radius and at < len(points) - 1:
        at += 1
        while at < len(points) - 1 and np.linalg.norm(points[at] - center) < radius:
            at += 1
        center, radius = _next_sphere(center, radius, points[at], distance, rng)
        radii.append(radius)
    return np.array(radii)


def _next_sphere(
    last: np.ndarray,
    last_radius: float,
    ahead: np.ndarray,
    distance: Distance,
    rng: np.random.Generator,
) -> tuple[np.ndarray, float]:
    """The best of random spheres around a point of the way: large, overlapping the last one, near the way."""
    axis = ahead - last
    gap = max(float(np.linalg.norm(axis)), 1e-6)
    axis = axis / gap
    frame = np.column_stack([axis, *_across(axis)])
    spread = gap * np.array([0.25, 0.5, 0.5])
    for _ in range(_GIVE_UP):
        moves = np.concatenate(
            [np.zeros((1, 3)), rng.normal(size=(_SAMPLES, 3)) * spread @ frame.T]
        )
        spheres = ahead + moves
        radii = np.minimum(distance(spheres) - DRONE_RADIUS, SENSING_RANGE)
        scores = _scores(radii, np.linalg.norm(spheres - last, axis=1), last_radius, moves, axis)
        best = int(scores.argmax())
        if np.isfinite(scores[best]):
            return spheres[best], float(radii[best])
    return ahead, max(float(distance(ahead[None])[0]) - DRONE_RADIUS, 1e-3)


def _scores(
    radii: np.ndarray, gaps: np.ndarray, last_radius: float, moves: Way, axis: np.ndarray
) -> np.ndarray:
    """0.7 volume + 0.1 overlap - cost of leaving the way; -inf where a sphere has no room or does not overlap the last."""
    small, large = np.minimum(radii, last_radius), np.maximum(radii, last_radius)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = small * (1 - (small**2 + gaps**2 - large**2) / (2 * small * gaps))
        high = large * (1 - (large**2 + gaps**2 - small**2) / (2 * large * gaps))
    overlap = np.pi / 3 * ((3 * small - low) * low**2 + (3 * large - high) * high**2)
    along = moves @ axis
    aside = np.linalg.norm(moves - along[:, None] * axis, axis=1)
    cost = 0.35 * along + 0.1 * aside
    cost[0] = 0.4  # Theirs for the way's own point.
    scores = 0.7 * 4 / 3 * np.pi * radii**3 + 0.1 * overlap - cost
    fits = (radii > 0) & (gaps >= large - small) & (gaps <= large + small)
    return np.where(fits, scores, -np.inf)


def _across(axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors that complete a direction to a frame."""
    other = np.eye(3)[int(np.abs(axis).argmin())]
    first = np.cross(axis, other)
    first /= np.linalg.norm(first)
    return first, np.cross(axis, first)
