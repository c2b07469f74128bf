"""Vertices as PyBullet takes them, in lists that the process has once."""

import numpy as np
from jaxtyping import Float


class _Rows:
    """Lists of three numbers, lent to one mesh after another.

    PyBullet keeps a reference to every inner list it was ever given, whichever client it was for, until the process
    ends: with new lists for each world memory would grow by all their vertices. So they belong to the process, not
    to a world, and there are as many as the largest world has had vertices. They are free once the mesh is made.
    """

    def __init__(self) -> None:
        self._rows: list[list[float]] = []

    def filled(self, vertices: Float[np.ndarray, "v 3"]) -> list[list[float]]:
        """A new outer list of rows that hold the vertices; valid until the next call."""
        while len(self._rows) < len(vertices):
            self._rows.append([0.0, 0.0, 0.0])
        rows = self._rows[: len(vertices)]
        for row, vertex in zip(rows, vertices.tolist(), strict=True):
            row[:] = vertex
        return rows


vertex_rows = _Rows().filled
