"""Mazes: a random tree of corridors, some walls taken down, and dead ends of the stated depth only."""

import numpy as np
from jaxtyping import Bool

from scenarios.generate.shapes import WALLS, Pair, pick, rounded, upright_box, world_of
from scenarios.world_recipes import MazeRecipe
from sim.world_spec import BoxSpec, WorldSpec

_EDGE = 1.0
"""m of world beyond the outer walls."""
_NEWEST = 0.7
"""Share of steps that go on from the newest cell: 1 winds for long, 0 branches everywhere."""
Cell = tuple[int, int]


class Corridors:
    """Which neighbouring cells of a grid are open to each other."""

    def __init__(self, columns: int, rows: int) -> None:
        """All walls stand."""
        self.columns, self.rows = columns, rows
        self.east: Bool[np.ndarray, "x y"] = np.zeros((columns - 1, rows), dtype=bool)
        """[i, j]: from cell i, j to i + 1, j."""
        self.north: Bool[np.ndarray, "x y"] = np.zeros((columns, rows - 1), dtype=bool)

    def neighbours(self, cell: Cell) -> list[Cell]:
        """Cells of the grid beside one, open or not."""
        i, j = cell
        beside = [(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)]
        return [(a, b) for a, b in beside if 0 <= a < self.columns and 0 <= b < self.rows]

    def is_open(self, cell: Cell, other: Cell) -> bool:
        """Whether a way leads straight from one cell to a neighbour."""
        (i, j), (a, _) = sorted((cell, other))
        return bool(self.east[i, j] if a > i else self.north[i, j])

    def open(self, cell: Cell, other: Cell) -> None:
        """Take the wall between two neighbours down."""
        (i, j), (a, _) = sorted((cell, other))
        if a > i:
            self.east[i, j] = True
        else:
            self.north[i, j] = True

    def ways(self, cell: Cell) -> list[Cell]:
        """Neighbours a way leads to."""
        return [other for other in self.neighbours(cell) if self.is_open(cell, other)]

    def dead_ends(self) -> dict[Cell, int]:
        """Cells with one way only, and how many cells on the next one with more than two lies; none where there is none."""
        cells = [(i, j) for i in range(self.columns) for j in range(self.rows)]
        return {cell: self._depth(cell) for cell in cells if len(self.ways(cell)) == 1}

    def _depth(self, cell: Cell) -> int:
        before, here, depth = cell, self.ways(cell)[0], 1
        while len(self.ways(here)) == 2:
            before, here = here, next(way for way in self.ways(here) if way != before)
            depth += 1
        return depth


def draw_corridors(recipe: MazeRecipe, rng: np.random.Generator) -> Corridors:
    """A tree over all cells, then halls and other openings, then no dead end but of the stated depth."""
    corridors = Corridors(*recipe.cells)
    _grow_tree(corridors, rng)
    _open_halls(corridors, recipe.halls, rng)
    for walls in (corridors.east, corridors.north):
        walls |= rng.random(walls.shape) < recipe.open_share
    least, most = recipe.dead_end_m
    while True:
        wrong = [
            cell
            for cell, depth in corridors.dead_ends().items()
            if not least <= depth * recipe.cell_m <= most
        ]
        if not wrong:
            return corridors
        cell = wrong[int(rng.integers(len(wrong)))]
        closed = [n for n in corridors.neighbours(cell) if not corridors.is_open(cell, n)]
        corridors.open(cell, closed[int(rng.integers(len(closed)))])


def draw_maze(recipe: MazeRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """The walls that are left, straight runs of them in one piece."""
    corridors = draw_corridors(recipe, rng)
    columns, rows = recipe.cells
    side, height = recipe.cell_m, rounded(rng.uniform(*recipe.height_m))
    bottom = -rows * side / 2
    boxes: list[BoxSpec] = []

    def put(x: Pair, y: Pair) -> None:
        half = recipe.wall_m / 2
        spans = ((x[0] - half, x[1] + half), (y[0] - half, y[1] + half), (0.0, height))
        boxes.append(upright_box(*spans, color=pick(WALLS, rng)))

    for i in range(columns + 1):  # Walls along y, west of column i.
        standing = ~corridors.east[i - 1] if 0 < i < columns else np.ones(rows, dtype=bool)
        for first, last in _runs(standing):
            put((i * side, i * side), (bottom + first * side, bottom + last * side))
    for j in range(rows + 1):
        standing = ~corridors.north[:, j - 1] if 0 < j < rows else np.ones(columns, dtype=bool)
        for first, last in _runs(standing):
            put((first * side, last * side), (bottom + j * side, bottom + j * side))
    low, high = (-_EDGE, bottom - _EDGE), (columns * side + _EDGE, -bottom + _EDGE)
    return world_of(low, high, ceiling, boxes=tuple(boxes))


def _grow_tree(corridors: Corridors, rng: np.random.Generator) -> None:
    """The growing-tree way to a maze: from some cell that was reached on to a neighbour that was not."""
    start = (int(rng.integers(corridors.columns)), int(rng.integers(corridors.rows)))
    reached, active = {start}, [start]
    while active:
        index = -1 if rng.random() < _NEWEST else int(rng.integers(len(active)))
        cell = active[index]
        fresh = [other for other in corridors.neighbours(cell) if other not in reached]
        if not fresh:
            active.pop(index)
            continue
        other = fresh[int(rng.integers(len(fresh)))]
        corridors.open(cell, other)
        reached.add(other)
        active.append(other)


def _open_halls(corridors: Corridors, halls: int, rng: np.random.Generator) -> None:
    """Some of the rows nearest to the middle, so that there is world to both sides."""
    middle = (corridors.rows - 1) / 2
    nearest = sorted(range(corridors.rows), key=lambda row: abs(row - middle))
    candidates = nearest[: min(corridors.rows, 2 * halls)]
    for row in rng.permutation(candidates)[:halls]:
        corridors.east[:, row] = True


def _runs(standing: Bool[np.ndarray, " n"]) -> list[tuple[int, int]]:
    """First and beyond-last index of every run of walls."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], standing, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
