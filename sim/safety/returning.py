"""The way home of a return: back along the track that was flown, or straight, around fences alone."""

import numpy as np
from jaxtyping import Float
from scipy.sparse.csgraph import dijkstra

from sim.safety.braking import MARGIN
from sim.safety.fences import Fences, outline
from sim.types import Vec3

CRUMB_SPACING = 1.0
"""m between remembered points of the track."""
_LOOP_RADIUS = 0.6
"""m within which the track has come back to itself; nothing fits between that would not have been hit."""
_BERTH = 2.0 * MARGIN
"""m beside a fence's corners that a way around them keeps."""
_SAMPLE = 0.25
_MAX_CORNERS = 60
_MANY_CORNERS = 16
"""Areas with more are gone around by their circle, of so many corners."""


class Track:
    """Where the drone has been, by its own estimate, without the loops."""

    def __init__(self) -> None:
        self.points: list[Vec3] = []

    def note(self, position: Vec3) -> None:
        """Remember a position, if it is far enough from the last."""
        if self.points and np.linalg.norm(position - self.points[-1]) < CRUMB_SPACING:
            return
        if len(self.points) > 2:
            away = np.linalg.norm(np.array(self.points[:-1]) - position, axis=1)
            near = np.flatnonzero(away < _LOOP_RADIUS)
            if len(near):
                del self.points[int(near[0]) + 1 :]
                return
        self.points.append(np.array(position, dtype=np.float64))

    def back(self) -> Float[np.ndarray, "n 3"]:
        """The way back to the start, its first point the nearest to here."""
        return np.array(self.points[::-1]).reshape(-1, 3)


def straight_ways(
    position: Vec3, goals: Float[np.ndarray, "g 3"], height: float, fences: Fences
) -> Float[np.ndarray, "n 3"] | None:
    """The shortest way at one height to whichever goal is nearest, around fences; None where there is none."""
    corners = _corners(fences, position[:2], goals[0, :2])
    nodes = np.vstack([position[:2], goals[:, :2], corners])
    lifted = np.hstack([nodes, np.full((len(nodes), 1), height)])
    usable = _keeps_berth(fences, lifted, 0.9 * MARGIN)
    usable[: len(goals) + 1] = True
    graph = np.zeros((len(nodes), len(nodes)))
    for i in np.flatnonzero(usable):
        for j in np.flatnonzero(usable[: i + 1]):
            if i != j and _open_line(fences, lifted[i], lifted[j]):
                graph[i, j] = graph[j, i] = max(float(np.linalg.norm(nodes[i] - nodes[j])), 1e-6)
    lengths, before = dijkstra(graph, directed=False, indices=0, return_predecessors=True)  # pyright: ignore[reportCallIssue, reportArgumentType] - stubs know arrays only.
    goal = 1 + int(lengths[1 : len(goals) + 1].argmin())
    if not np.isfinite(lengths[goal]):
        return None
    way = [goal]
    while way[-1] != 0:
        way.append(int(before[way[-1]]))
    return lifted[way[-2::-1]]


# --- Private.


def _corners(
    fences: Fences, start: Float[np.ndarray, "2"], goal: Float[np.ndarray, "2"]
) -> Float[np.ndarray, "m 2"]:
    """Points beside the corners of all areas, on either side: those on the wrong one drop out later."""
    found = [np.zeros((0, 2))]
    for area in (*fences.inside, *fences.outside):
        ring = outline(area, corners=12)
        if len(ring) > _MANY_CORNERS:
            middle = ring.mean(axis=0)
            radius = float(np.linalg.norm(ring - middle, axis=1).max())
            turns = np.linspace(0.0, 2.0 * np.pi, _MANY_CORNERS, endpoint=False)
            ring = middle + radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        # The chords between a circle's points must stay outside it, too.
        reach = _BERTH / np.cos(np.pi / 12) + 0.04 * float(np.ptp(ring, axis=0).max())
        found += [_beside(ring, sign * reach) for sign in (1.0, -1.0)]
    corners = np.vstack(found)
    detour = np.linalg.norm(corners - start, axis=1) + np.linalg.norm(corners - goal, axis=1)
    return corners[detour.argsort()[:_MAX_CORNERS]]


def _beside(ring: Float[np.ndarray, "m 2"], reach: float) -> Float[np.ndarray, "m 2"]:
    """Every corner moved along the bisector of its edges."""
    before, after = np.roll(ring, 1, axis=0) - ring, np.roll(ring, -1, axis=0) - ring
    bisector = before / _length(before) + after / _length(after)
    straight = _length(bisector) < 1e-6
    normal = np.stack([after[:, 1], -after[:, 0]], axis=1)
    bisector = np.where(straight, normal, bisector)
    return ring + reach * bisector / _length(bisector)


def _length(vectors: Float[np.ndarray, "m 2"]) -> Float[np.ndarray, "m 1"]:
    return np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _keeps_berth(fences: Fences, points: Float[np.ndarray, "n 3"], berth: float) -> np.ndarray:
    """Which points are allowed and so far from every fence; altitude limits are not looked at."""
    allowed = fences.allowed(points, landing=True)
    pairs = zip(allowed, points, strict=True)
    return np.array([ok and _level_distance(fences, point) >= berth for ok, point in pairs])


def _level_distance(fences: Fences, point: Vec3) -> float:
    walls = fences.walls(point, landing=True)[1:]
    return float(np.linalg.norm(walls, axis=1).min()) if len(walls) else np.inf


def _open_line(fences: Fences, start: Vec3, end: Vec3) -> bool:
    count = max(2, int(np.linalg.norm(end - start) / _SAMPLE) + 1)
    line = start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)
    return bool(fences.allowed(line, landing=True).all())
