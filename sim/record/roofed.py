"""Meshes with a roof over where a flight has business: drawn as what stands at its height, and the roof as an outline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.world.geometry import Mesh

_FLOOR = 0.3
"""m below which a face under a roof is its floor, and nothing to draw."""
_SAME = 1e-3
"""m within which two corners are one: files often give each triangle corners of its own."""
_AREA = 1e-6
"""m2; twice the area below which a face, seen from above, covers nothing."""

Triangles = Float[np.ndarray, "t 3 3"]
Segments = Float[np.ndarray, "s 2 2"]
_NONE = np.empty((0, 2, 2))


@dataclass(frozen=True)
class Drawn:
    """A mesh as a map draws it."""

    covered: Float[np.ndarray, "t 3 2"]  # m, triangles seen from above
    walls: Segments  # what stands at the height of a flight's places
    roofs: Float[np.ndarray, "r 2 2"]  # outlines of what is above them


def seen_from_above(mesh: Mesh, places: Float[np.ndarray, "n 3"]) -> Drawn:
    """Everything of a mesh that covers something, but for parts with a roof over one of the places.

    Those would hide all that is below: of them remain what stands at the places' height, and the roof's outline. Of an open
    mesh, parts that cover nothing are walls, drawn where they pass the height of the lowest place.
    """
    corners = mesh.vertices[mesh.faces]
    over = [_above(corners, place) for place in places]
    if not len(corners) or (mesh.solid and not any(each.any() for each in over)):
        return Drawn(_flat(corners[_covers(corners)]), _NONE, _NONE)
    parts = _parts(corners)
    heights = _heights_below(parts, over, places)
    covering = _covers(corners)
    plain = ~np.isin(parts, list(heights))
    covered = [_flat(corners[plain & covering])]
    upright = np.bincount(parts, covering)[parts] == 0
    walls = [_section(corners[plain & upright & (not mesh.solid)], float(places[:, 2].min()))]
    roofs = [_NONE]
    for part, height in heights.items():
        own = corners[parts == part]
        low, high = own[..., 2].min(axis=1), own[..., 2].max(axis=1)
        covered.append(_flat(own[(high <= height) & (low > _FLOOR) & _covers(own)]))
        walls.append(_section(own, height))
        roofs.append(_outline(own[low > height]))
    return Drawn(np.concatenate(covered), np.concatenate(walls), np.concatenate(roofs))


# --- Private.


def _flat(corners: Triangles) -> Float[np.ndarray, "t 3 2"]:
    return corners[..., :2]


def _covers(corners: Triangles) -> Bool[np.ndarray, " t"]:
    """Not the upright ones, which cover nothing."""
    return np.abs(_doubled_area(_flat(corners))) > _AREA


def _doubled_area(triangles: Float[np.ndarray, "t 3 2"]) -> Float[np.ndarray, " t"]:
    first, second = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]


def _above(corners: Triangles, place: Float[np.ndarray, "3"]) -> Bool[np.ndarray, " t"]:
    """Which triangles lie straight above a place."""
    flat, point = _flat(corners), place[:2]
    found = (flat.min(axis=1) <= point).all(axis=1) & (flat.max(axis=1) >= point).all(axis=1)
    found &= corners[..., 2].min(axis=1) > place[2]
    near = flat[found]
    edges, away = np.roll(near, -1, axis=1) - near, point - near
    side = edges[..., 0] * away[..., 1] - edges[..., 1] * away[..., 0]
    inside = (side >= 0.0).all(axis=1) | (side <= 0.0).all(axis=1)
    found[found] = inside & _covers(corners[found])
    return found


def _heights_below(
    parts: Int[np.ndarray, " t"],
    over: Sequence[Bool[np.ndarray, " t"]],
    places: Float[np.ndarray, "n 3"],
) -> dict[int, float]:
    """Of every part with a place below it, the height of the highest of those, m."""
    heights: dict[int, float] = {}
    for place, above in zip(places, over, strict=True):
        for part in np.unique(parts[above]).tolist():
            heights[part] = max(heights.get(part, -np.inf), float(place[2]))
    return heights


def _corner_numbers(corners: Triangles) -> Int[np.ndarray, "t 3"]:
    """One number for all corners at one spot."""
    rounded = np.rint(corners.reshape(-1, 3) / _SAME).astype(np.int64)
    return np.unique(rounded, axis=0, return_inverse=True)[1].reshape(-1, 3)


def _parts(corners: Triangles) -> Int[np.ndarray, " t"]:
    """Of each triangle the part that it hangs together with, counted from 0."""
    numbers = _corner_numbers(corners)
    size = int(numbers.max()) + 1
    links = np.concatenate([numbers[:, :2], numbers[:, 1:]]).T
    graph = coo_array((np.ones(links.shape[1], dtype=bool), links), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1])[numbers[:, 0]]


def _section(corners: Triangles, height: float) -> Segments:
    """Where the triangles pass a height."""
    above = corners[..., 2] > height
    crossing = corners[above.any(axis=1) & ~above.all(axis=1)]
    ends = np.roll(crossing, -1, axis=1)
    passing = (crossing[..., 2] > height) != (ends[..., 2] > height)  # Two edges of each triangle.
    first, last = crossing[passing], ends[passing]
    share = (height - first[:, 2]) / (last[:, 2] - first[:, 2])
    return (first + share[:, None] * (last - first))[:, :2].reshape(-1, 2, 2)


def _outline(corners: Triangles) -> Segments:
    """Where what faces up, or down, ends."""
    facing = _doubled_area(_flat(corners))
    return np.concatenate([_border(corners[facing > _AREA]), _border(corners[facing < -_AREA])])


def _border(corners: Triangles) -> Segments:
    """The edges that belong to one triangle only."""
    numbers = _corner_numbers(corners)
    edges = np.sort(np.stack([numbers, np.roll(numbers, -1, axis=1)], axis=2), axis=2)
    _, where, count = np.unique(edges.reshape(-1, 2), axis=0, return_index=True, return_counts=True)
    ends = np.stack([corners, np.roll(corners, -1, axis=1)], axis=2)[..., :2].reshape(-1, 2, 2)
    return ends[where[count == 1]]
