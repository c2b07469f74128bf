"""The height of the ground where it is not flat: triangles of a terrain model, and a raster of them to ask."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import distance_transform_edt

CELL = 0.5
"""Side of the raster's cells, m."""
DRAPE = 0.04
"""m that paint lies above relief: both are cut into different triangles of the same surface."""
_MAX_CELLS = 12_000_000


@dataclass(frozen=True)
class Relief:
    """A piece of ground; heights are asked for in its raster, bilinear between cell corners."""

    vertices: Float[np.ndarray, "v 3"]  # m
    faces: Int[np.ndarray, "f 3"]
    origin: Float[np.ndarray, "2"]  # m, of heights[0, 0]
    heights: Float[np.ndarray, "y x"]  # m

    def at(self, xy: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
        """Height of the ground, m; beyond the raster, that of its edge."""
        rows, columns = self.heights.shape
        u = np.clip((xy[:, 0] - self.origin[0]) / CELL, 0.0, columns - 1.0)
        v = np.clip((xy[:, 1] - self.origin[1]) / CELL, 0.0, rows - 1.0)
        i, j = np.minimum(u.astype(int), columns - 2), np.minimum(v.astype(int), rows - 2)
        a, b = u - i, v - j
        low = (1 - a) * self.heights[j, i] + a * self.heights[j, i + 1]
        high = (1 - a) * self.heights[j + 1, i] + a * self.heights[j + 1, i + 1]
        return (1 - b) * low + b * high

    def height(self, x: float, y: float) -> float:
        """Of the ground at one point, m."""
        rows, columns = self.heights.shape
        u = min(max((x - self.origin[0]) / CELL, 0.0), columns - 1.0)
        v = min(max((y - self.origin[1]) / CELL, 0.0), rows - 1.0)
        i, j = min(int(u), columns - 2), min(int(v), rows - 2)
        a, b = u - i, v - j
        h = self.heights
        low = (1 - a) * h[j, i] + a * h[j, i + 1]
        high = (1 - a) * h[j + 1, i] + a * h[j + 1, i + 1]
        return float((1 - b) * low + b * high)

    def moved(self, shift: Float[np.ndarray, "3"]) -> "Relief":
        """The same ground elsewhere."""
        return Relief(
            self.vertices + shift, self.faces, self.origin + shift[:2], self.heights + shift[2]
        )


def relief_of(
    vertices: Float[np.ndarray, "v 3"],
    faces: Int[np.ndarray, "f 3"],
    low: Float[np.ndarray, "2"],
    high: Float[np.ndarray, "2"],
) -> Relief | None:
    """The ground of a rectangle, from triangles that cover it, with holes (often under houses) filled from their rim.

    Where triangles lie above each other the highest counts. None where there are none.
    """
    corners = vertices[faces]
    near = (
        (corners[..., :2].max(axis=1) >= low) & (corners[..., :2].min(axis=1) <= high)
    ).all(axis=1)  # fmt: skip
    faces = faces[near]
    if not len(faces):
        return None
    used, compact = np.unique(faces.reshape(-1), return_inverse=True)
    vertices, faces = vertices[used], compact.reshape(-1, 3)
    columns, rows = (max(2, math.ceil(extent / CELL) + 1) for extent in (high - low).tolist())
    if columns * rows > _MAX_CELLS:
        raise ValueError(f"relief of {columns * CELL:.0f} x {rows * CELL:.0f} m: crop the place")
    heights = np.full((rows, columns), -np.inf)
    for corner in vertices[faces]:
        _lift(heights, corner - [*low, 0.0])
    missing = ~np.isfinite(heights)
    if missing.all():
        heights[:] = vertices[:, 2].min()
    elif missing.any():
        nearest = distance_transform_edt(missing, return_distances=False, return_indices=True)
        heights = heights[tuple(nearest)]
    return Relief(vertices, faces, low.copy(), heights)


def _lift(heights: Float[np.ndarray, "y x"], corner: Float[np.ndarray, "3 3"]) -> None:
    """Raise the nodes under one triangle to it; its edges belong to it."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corner.tolist()
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if abs(area) < 1e-12:
        return
    rows, columns = heights.shape
    i0, i1 = max(0, math.ceil(min(ax, bx, cx) / CELL)), math.floor(max(ax, bx, cx) / CELL) + 1
    j0, j1 = max(0, math.ceil(min(ay, by, cy) / CELL)), math.floor(max(ay, by, cy) / CELL) + 1
    i1, j1 = min(i1, columns), min(j1, rows)
    if i0 >= i1 or j0 >= j1:
        return
    x = CELL * np.arange(i0, i1)
    y = CELL * np.arange(j0, j1)[:, None]
    u = ((bx - x) * (cy - y) - (cx - x) * (by - y)) / area
    v = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) / area
    w = 1.0 - u - v
    inside = (u >= -1e-9) & (v >= -1e-9) & (w >= -1e-9)
    block = heights[j0:j1, i0:i1]
    np.copyto(block, np.maximum(block, u * az + v * bz + w * cz), where=inside)
