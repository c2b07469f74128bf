"""Polygons with holes to triangles, by ear clipping: planar ones exactly, others as seen along their mean normal."""

from itertools import pairwise

import mapbox_earcut
import numpy as np
from jaxtyping import Float

MAX_CORNERS = 2000
"""Corners a polygon may have: the effort grows with their square, so a broken file must not stall us."""

_Point = tuple[float, float]


def triangulate(rings: list[Float[np.ndarray, "_ 3"]]) -> list[tuple[int, int, int]]:
    """Triangles over the rings' corners, numbered through; the first ring is the outside, the rest are holes.

    Faces wind like the outer ring. Self-crossing rings give up with a ValueError.
    """
    count = sum(len(ring) for ring in rings)
    if count > MAX_CORNERS:
        raise ValueError(f"a polygon of {count} corners, more than {MAX_CORNERS}")
    if any(len(ring) < 3 for ring in rings):
        raise ValueError("a ring of fewer than three corners")
    if count == 3:
        return [(0, 1, 2)]
    flat = _flatten(rings)
    outer = list(range(len(rings[0])))
    first = len(outer)
    holes = []
    for ring in rings[1:]:
        indices = list(range(first, first + len(ring)))
        # Holes run against the outside, so that a bridge joins both into one ring.
        holes.append(indices if _area(flat, indices) < 0 else indices[::-1])
        first += len(ring)
    for hole in sorted(holes, key=lambda indices: -max(flat[i][0] for i in indices)):
        outer = _bridge(flat, outer, hole)
    triangles = _clip(flat, outer)
    covered = sum(_cross(*(flat[i] for i in triangle)) for triangle in triangles)
    if abs(covered - _area(flat, outer)) > 1e-6 * covered:
        raise ValueError("a polygon whose outline crosses itself")
    return triangles


def triangulate_any(rings: list[Float[np.ndarray, "_ 3"]]) -> list[tuple[int, int, int]]:
    """The same for whatever surveys hold: outlines that cross or touch themselves, or of very many corners.

    What `triangulate` refuses goes to mapbox's earcut, which always finishes; what has no area has no triangles.
    """
    try:
        return triangulate(rings)
    except ValueError:
        pass
    try:
        flat = np.array(_flatten(rings))
    except ValueError:
        return []
    ends = np.cumsum([len(ring) for ring in rings]).astype(np.uint32)
    faces = mapbox_earcut.triangulate_float64(flat, ends).reshape(-1, 3).tolist()
    return [
        (a, b, c) if _cross(*(tuple(flat[i]) for i in (a, b, c))) > 0 else (a, c, b)
        for a, b, c in faces
    ]


def _flatten(rings: list[Float[np.ndarray, "_ 3"]]) -> list[_Point]:
    """Corners in the plane of the outer ring, in which that ring runs counter-clockwise; normal after Newell."""
    outer = rings[0]
    normal = np.cross(outer, np.roll(outer, -1, axis=0)).sum(axis=0)
    length = np.linalg.norm(normal)
    if length < 1e-12:
        raise ValueError("a polygon without area")
    normal = normal / length
    helper = np.eye(3)[int(np.argmin(np.abs(normal)))]
    u = np.cross(helper, normal)
    u /= np.linalg.norm(u)
    v = np.cross(normal, u)
    corners = np.concatenate(rings)
    return list(zip((corners @ u).tolist(), (corners @ v).tolist(), strict=True))


def _cross(a: _Point, b: _Point, c: _Point) -> float:
    """Twice the signed area of a triangle."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])


def _area(flat: list[_Point], ring: list[int]) -> float:
    origin = flat[ring[0]]
    return sum(_cross(origin, flat[i], flat[j]) for i, j in pairwise(ring[1:]))


def _bridge(flat: list[_Point], outer: list[int], hole: list[int]) -> list[int]:
    """Cut from the hole's rightmost corner to a corner of the outside it can see, and run round the hole there."""
    start = max(range(len(hole)), key=lambda k: flat[hole[k]][0])
    anchor = flat[hole[start]]
    edges = [*_edges(outer), *_edges(hole)]
    by_distance = sorted(
        range(len(outer)),
        key=lambda k: (flat[outer[k]][0] - anchor[0]) ** 2 + (flat[outer[k]][1] - anchor[1]) ** 2,
    )
    for k in by_distance:
        target = flat[outer[k]]
        if not any(_crosses(anchor, target, flat[i], flat[j]) for i, j in edges):
            turned = hole[start:] + hole[: start + 1]
            return outer[: k + 1] + turned + outer[k:]
    raise ValueError("a hole outside its polygon")


def _edges(ring: list[int]) -> list[tuple[int, int]]:
    return list(zip(ring, ring[1:] + ring[:1], strict=True))


def _crosses(a: _Point, b: _Point, c: _Point, d: _Point) -> bool:
    """Whether two segments cross in their interiors."""
    return _cross(a, b, c) * _cross(a, b, d) < 0 and _cross(c, d, a) * _cross(c, d, b) < 0


def _clip(flat: list[_Point], ring: list[int]) -> list[tuple[int, int, int]]:
    triangles = []
    ring = list(ring)
    while len(ring) > 3:
        ear = next((k for k in range(len(ring)) if _is_ear(flat, ring, k)), None)
        if ear is None:
            raise ValueError("a polygon whose outline crosses itself")
        a, b, c = ring[ear - 1], ring[ear], ring[(ear + 1) % len(ring)]
        if _cross(flat[a], flat[b], flat[c]) > 0:
            triangles.append((a, b, c))
        del ring[ear]
    if _cross(*(flat[i] for i in ring)) > 0:
        triangles.append((ring[0], ring[1], ring[2]))
    return triangles


def _is_ear(flat: list[_Point], ring: list[int], k: int) -> bool:
    """A corner that sticks out, with no other corner in its triangle; straight corners may go, too."""
    a, b, c = flat[ring[k - 1]], flat[ring[k]], flat[ring[(k + 1) % len(ring)]]
    turn = _cross(a, b, c)
    if turn <= 0:
        return turn == 0
    for index in ring:
        p = flat[index]
        # Corners of the triangle itself, which a bridge visits twice, do not stand in the way.
        if p in (a, b, c):
            continue
        if _cross(a, b, p) >= 0 and _cross(b, c, p) >= 0 and _cross(c, a, p) >= 0:
            return False
    return True
