"""View-frustum culling: which pixels of an image any solid can appear in, so that only their rays are cast.

Every scene is covered by a few hundred axis-aligned boxes; what they project to is a superset of what is hit.
"""

import math

import numpy as np
from jaxtyping import Float, Int
from numba import njit
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_MOST_FACES = 64
"""Of a connected piece that is covered by one box; a larger piece is divided."""
_MOST_BOXES = 2048
"""Projecting one costs some 20 ns, about what half a ray costs; of more boxes fewer rays are cast."""
_SLACK_M, _SLACK_PX = 1e-3, 0.02
"""What boxes and their images are enlarged by: more than Embree's single precision shifts a hit a kilometre off."""
_NEAR_M = 0.005
"""Boxes are cut at this distance in front of the camera."""
_AROUND_M = 0.05
"""Where a box is nearer to the eye than this, it may hide anything; `_NEAR_M` of a 150 degree view stays within."""


def covering_boxes(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> Float[np.ndarray, "k 6"]:
    """Boxes that together contain all faces, each as its centre and half its size, m.

    One for each connected piece of few faces, several for larger ones, one for several neighbours where there are
    too many pieces.
    """
    if not len(faces):
        return np.zeros((0, 6))
    corners = vertices[faces]
    low, high = corners.min(axis=1), corners.max(axis=1)
    order, starts = _pieces(len(vertices), faces)
    order, starts = _divided(order, starts, (low + high) / 2, _MOST_FACES)
    lows, highs = _bounds(low, high, order, starts)
    size = math.ceil(len(lows) / _MOST_BOXES)
    if size > 1:
        # Median cuts leave more than half of each group full.
        all_ = np.arange(len(lows))
        order, starts = _divided(all_, np.zeros(1, dtype=np.int64), (lows + highs) / 2, 2 * size)
        lows, highs = _bounds(lows, highs, order, starts)
    return np.concatenate([(lows + highs) / 2, (highs - lows) / 2 + _SLACK_M], axis=1)


def _bounds(
    low: Float[np.ndarray, "n 3"],
    high: Float[np.ndarray, "n 3"],
    order: Int[np.ndarray, " n"],
    starts: Int[np.ndarray, " g"],
) -> tuple[Float[np.ndarray, "g 3"], Float[np.ndarray, "g 3"]]:
    """What holds all of each group: group g is order[starts[g]:starts[g + 1]], here as below."""
    return np.minimum.reduceat(low[order], starts), np.maximum.reduceat(high[order], starts)


def _pieces(
    count: int, faces: Int[np.ndarray, "f 3"]
) -> tuple[Int[np.ndarray, " f"], Int[np.ndarray, " g"]]:
    """The faces in groups that hang together by shared vertices."""
    links = np.concatenate([faces[:, :2], faces[:, 1:]])
    graph = coo_array((np.ones(len(links), dtype=np.uint8), links.T), shape=(count, count))
    piece_of = connected_components(graph, directed=False)[1][faces[:, 0]]
    order = np.argsort(piece_of, kind="stable")
    return order, np.flatnonzero(np.diff(piece_of[order], prepend=-1))


@njit(cache=True)
def _divided(order, starts, centers, most):
    """The same items in groups of at most so many, by cuts at the median of the widest direction of their centers (n, 3)."""
    order, cuts = order.copy(), np.zeros(len(order), dtype=np.bool_)
    cuts[starts] = True
    for group in range(len(starts)):
        # Groups yet to be looked at, the first on top.
        ends = [starts[group + 1] if group + 1 < len(starts) else len(order)]
        first = starts[group]
        while ends:
            end = ends[-1]
            if end - first <= most:
                first = ends.pop()
                continue
            items = order[first:end].copy()
            widest, axis = -1.0, 0
            for candidate in range(3):
                along = centers[items, candidate]
                width = along.max() - along.min()
                if width > widest:
                    widest, axis = width, candidate
            order[first:end] = items[np.argsort(centers[items, axis], kind="mergesort")]
            middle = first + (end - first) // 2
            cuts[middle] = True
            ends.append(middle)
    return order, np.flatnonzero(cuts)


@njit(cache=True)
def mark_pixels(view, boxes, mask):
    """Set mask (h, w) to 1 where a box (k, 6) may be seen in a view (4, 3), see `exposure.aim`, and to 0 elsewhere."""
    height, width = mask.shape
    mask[:] = 0
    axes, limits = np.empty((3, 3)), np.empty(2)
    pitch = 0.0  # of the pixels, in lengths of the optical axis
    for axis in range(3):
        pitch += view[2, axis] ** 2
    pitch = math.sqrt(pitch)
    for axis in range(3):
        axes[0, axis], axes[1, axis] = view[2, axis] / pitch, view[3, axis] / pitch
        middle_row = view[1, axis] - (0.5 - height / 2) * view[3, axis]
        axes[2, axis] = middle_row - (0.5 - width / 2) * view[2, axis]
    limits[0], limits[1] = (width / 2 + 1.0) * pitch, (height / 2 + 1.0) * pitch
    points = np.empty((8, 3))
    for index in range(boxes.shape[0]):
        box = boxes[index]
        if _is_outside(view[0], axes, limits, box):
            continue
        if _is_around(view[0], box):
            mask[:] = 1
            return
        _put_corners(view[0], axes, box, points)
        _fill(points, 1.0 / pitch, mask)


@njit(cache=True)
def _is_outside(eye, axes, limits, box):
    """Whether a box lies wholly behind the camera or to one side of what it sees."""
    center, spread = _extent(eye, axes[2], box)
    farthest = center + spread
    if farthest <= 0.0:
        return True
    for axis in range(2):
        center, spread = _extent(eye, axes[axis], box)
        if abs(center) - spread > limits[axis] * farthest:
            return True
    return False


@njit(cache=True)
def _extent(eye, direction, box):
    """Where a box's centre lies along a direction from the eye, m, and how far it reaches to both sides."""
    center, spread = 0.0, 0.0
    for axis in range(3):
        center += direction[axis] * (box[axis] - eye[axis])
        spread += abs(direction[axis]) * box[3 + axis]
    return center, spread


@njit(cache=True)
def _is_around(eye, box):
    farthest = 0.0
    for axis in range(3):
        farthest = max(farthest, abs(box[axis] - eye[axis]) - box[3 + axis])
    return farthest <= _AROUND_M


@njit(cache=True)
def _put_corners(eye, axes, box, points):
    """The corners of a box in the optical frame; corner i lies on the high side of an axis where that bit of i is set."""
    for corner in range(8):
        dx = box[0] - eye[0] + (box[3] if corner & 1 else -box[3])
        dy = box[1] - eye[1] + (box[4] if corner & 2 else -box[4])
        dz = box[2] - eye[2] + (box[5] if corner & 4 else -box[5])
        for axis in range(3):
            points[corner, axis] = axes[axis, 0] * dx + axes[axis, 1] * dy + axes[axis, 2] * dz


@njit(cache=True)
def _fill(points, focal, mask):
    """Set the pixels within the bounds of what a box's corners project to, cut where it reaches behind the camera."""
    height, width = mask.shape
    left, right, top, bottom = math.inf, -math.inf, math.inf, -math.inf
    for corner in range(8):
        x, y, z = points[corner, 0], points[corner, 1], points[corner, 2]
        if z >= _NEAR_M:
            left, right = min(left, x / z), max(right, x / z)
            top, bottom = min(top, y / z), max(bottom, y / z)
            continue
        for bit in (1, 2, 4):
            other = points[corner ^ bit]
            if other[2] < _NEAR_M:
                continue
            share = (_NEAR_M - z) / (other[2] - z)
            u, v = (x + share * (other[0] - x)) / _NEAR_M, (y + share * (other[1] - y)) / _NEAR_M
            left, right = min(left, u), max(right, u)
            top, bottom = min(top, v), max(bottom, v)
    shift_x, shift_y = width / 2 - 0.5, height / 2 - 0.5
    first = max(0.0, math.ceil(focal * left + shift_x - _SLACK_PX))
    last = min(width - 1.0, math.floor(focal * right + shift_x + _SLACK_PX))
    upper = max(0.0, math.ceil(focal * top + shift_y - _SLACK_PX))
    lower = min(height - 1.0, math.floor(focal * bottom + shift_y + _SLACK_PX))
    if last < first or lower < upper:
        return
    for row in range(int(upper), int(lower) + 1):
        mask[row, int(first) : int(last) + 1] = 1
