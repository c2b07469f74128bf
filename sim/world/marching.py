"""Fast marching on a grid, compiled: distances in cells; u (column) and v (row) are whole numbers at cell centres."""

import math

import numpy as np
from numba import njit

_EXACT_RADIUS = 8
"""Cells around the goal whose distance is straight where nothing blocks the view; it is the wave's smooth start."""


@njit(cache=True)
def line_is_free(free, u0, v0, u1, v1):
    """Whether a straight line crosses free cells only; it is sampled four times a cell."""
    height, width = free.shape
    steps = max(1, math.ceil(4.0 * math.sqrt((u1 - u0) ** 2 + (v1 - v0) ** 2)))
    for step in range(steps + 1):
        t = step / steps
        i, j = math.floor(u0 + t * (u1 - u0) + 0.5), math.floor(v0 + t * (v1 - v0) + 0.5)
        if i < 0 or j < 0 or i >= width or j >= height or not free[j, i]:
            return False
    return True


@njit(cache=True)
def march(free, goal_u, goal_v):
    """Distance in cells (y, x) from the goal through free cells; inf elsewhere."""
    height, width = free.shape
    passable = free.ravel()
    values = np.full(height * width, math.inf)
    done = np.zeros(height * width, dtype=np.bool_)
    heap = np.empty(height * width, dtype=np.int32)
    places = np.full(height * width, -1, dtype=np.int32)
    size = 0
    gi, gj = math.floor(goal_u + 0.5), math.floor(goal_v + 0.5)
    for j in range(max(0, gj - _EXACT_RADIUS), min(height, gj + _EXACT_RADIUS + 1)):
        for i in range(max(0, gi - _EXACT_RADIUS), min(width, gi + _EXACT_RADIUS + 1)):
            straight = math.sqrt((i - goal_u) ** 2 + (j - goal_v) ** 2)
            if straight <= _EXACT_RADIUS and line_is_free(free, goal_u, goal_v, float(i), float(j)):
                cell = j * width + i
                # Exact, so already settled: the wave starts from these but does not correct them.
                values[cell] = straight
                done[cell] = True
                heap[size] = cell
                _sift_up(heap, places, values, size)
                size += 1
    while size > 0:
        cell = _pop(heap, places, values, size)
        size -= 1
        done[cell] = True
        i, j = cell % width, cell // width
        for step, inside in (
            (-1, i > 0),
            (1, i < width - 1),
            (-width, j > 0),
            (width, j < height - 1),
        ):
            if not inside:
                continue
            near = cell + step
            if not passable[near] or done[near]:
                continue
            arrival = _solve(values, done, near, width, height)
            if arrival < values[near]:
                values[near] = arrival
                if places[near] < 0:
                    heap[size] = near
                    _sift_up(heap, places, values, size)
                    size += 1
                else:
                    _sift_up(heap, places, values, places[near])
    return values.reshape(height, width)


@njit(cache=True)
def _sift_up(heap, places, values, slot):
    cell = heap[slot]
    while slot > 0:
        parent = (slot - 1) >> 1
        if values[heap[parent]] <= values[cell]:
            break
        heap[slot] = heap[parent]
        places[heap[slot]] = slot
        slot = parent
    heap[slot] = cell
    places[cell] = slot


@njit(cache=True)
def _pop(heap, places, values, size):
    """Take the least cell off a heap of `size` cells."""
    least = heap[0]
    cell = heap[size - 1]
    slot = 0
    while True:
        child = 2 * slot + 1
        if child >= size - 1:
            break
        if child + 1 < size - 1 and values[heap[child + 1]] < values[heap[child]]:
            child += 1
        if values[heap[child]] >= values[cell]:
            break
        heap[slot] = heap[child]
        places[heap[slot]] = slot
        slot = child
    heap[slot] = cell
    places[cell] = slot
    return least


@njit(cache=True)
def _upwind(values, done, cell, step, low, high):
    """Upwind term of one axis: known value and weight (1 first order, 1.5 second), weight 0 for none."""
    best, second, weight = math.inf, math.inf, 0.0
    for side, room in ((-step, low), (step, high)):
        if room >= 1 and done[cell + side] and values[cell + side] < best:
            best, weight = values[cell + side], 1.0
            if room >= 2 and done[cell + 2 * side] and values[cell + 2 * side] <= best:
                # 1.5 T - 2 T1 + 0.5 T2 = 1.5 (T - (4 T1 - T2) / 3)
                weight = 1.5
                second = values[cell + 2 * side]
    if weight == 1.5:
        return (4.0 * best - second) / 3.0, 1.5
    return best, weight


@njit(cache=True)
def _solve(values, done, cell, width, height):
    """The wave's arrival at a cell from its settled neighbours."""
    i, j = cell % width, cell // width
    a, wa = _upwind(values, done, cell, 1, i, width - 1 - i)
    b, wb = _upwind(values, done, cell, width, j, height - 1 - j)
    if wa == 0.0:
        return b + 1.0 / wb
    if wb == 0.0:
        return a + 1.0 / wa
    # wa^2 (T - a)^2 + wb^2 (T - b)^2 = 1, where both slopes are positive.
    pa, pb = wa * wa, wb * wb
    root = pa + pb - pa * pb * (a - b) ** 2
    if root >= 0.0:
        arrival = (pa * a + pb * b + math.sqrt(root)) / (pa + pb)
        if arrival >= a and arrival >= b:
            return arrival
    return min(a + 1.0 / wa, b + 1.0 / wb)


@njit(cache=True)
def extend(free, values):
    """Fill blocked cells layer by layer from the reached cells: the mean of what is known beside them."""
    height, width = free.shape
    layer = np.empty(height * width, dtype=np.int32)
    queued = np.zeros((height, width), dtype=np.bool_)
    count = 0
    for j in range(height):
        for i in range(width):
            if values[j, i] == math.inf and not free[j, i] and _known_mean(values, i, j) < math.inf:
                layer[count] = j * width + i
                queued[j, i] = True
                count += 1
    first = 0
    means = np.empty(height * width)
    while first < count:
        last = count
        for slot in range(first, last):
            means[slot] = _known_mean(values, layer[slot] % width, layer[slot] // width)
        for slot in range(first, last):
            i, j = layer[slot] % width, layer[slot] // width
            values[j, i] = means[slot]
        for slot in range(first, last):
            i, j = layer[slot] % width, layer[slot] // width
            for row in range(max(0, j - 1), min(height, j + 2)):
                for column in range(max(0, i - 1), min(width, i + 2)):
                    if not queued[row, column] and not free[row, column]:
                        queued[row, column] = True
                        layer[count] = row * width + column
                        count += 1
        first = last


@njit(cache=True)
def _known_mean(values, i, j):
    """Mean over the known neighbours of their value plus the distance from them, in cells; inf for none."""
    height, width = values.shape
    total, count = 0.0, 0
    for row in range(max(0, j - 1), min(height, j + 2)):
        for column in range(max(0, i - 1), min(width, i + 2)):
            if values[row, column] < math.inf:
                total += values[row, column] + math.sqrt((row - j) ** 2 + (column - i) ** 2)
                count += 1
    return total / count if count > 0 else math.inf
