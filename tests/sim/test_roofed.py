"""What has a roof over a flight's places is drawn as its walls and the roof's outline; all else as it covers the ground."""

import numpy as np
import pytest
import trimesh

from sim.record.roofed import Drawn, seen_from_above
from sim.world.geometry import Mesh, Semantic

INSIDE, OUTSIDE = np.array([[3.0, 3.0, 1.5]]), np.array([[30.0, 3.0, 1.5]])
WIDE, DEEP, HIGH, THICK = 20.0, 10.0, 6.0, 0.25


def block(low: tuple[float, float, float], high: tuple[float, float, float]) -> trimesh.Trimesh:
    box = trimesh.creation.box(np.subtract(high, low))
    box.apply_translation(np.add(low, high) / 2)
    return box


def joined(parts: list[trimesh.Trimesh]) -> trimesh.Trimesh:
    whole = trimesh.util.concatenate(parts)
    assert isinstance(whole, trimesh.Trimesh)
    return whole


def hall() -> trimesh.Trimesh:
    """A closed shell with walls, floor and roof."""
    inner = block((THICK, THICK, 0.1), (WIDE - THICK, DEEP - THICK, HIGH - THICK))
    inner.invert()
    return joined([block((0, 0, 0), (WIDE, DEEP, HIGH)), inner])


RACKS = [block((8, 4, 0), (9, 8, 4)), block((12, 4, 0), (13, 8, 1))]


def drawn(
    parts: list[trimesh.Trimesh], places: np.ndarray, *, solid: bool = True, soup: bool = False
) -> Drawn:
    whole = joined(parts)
    vertices, faces = np.asarray(whole.vertices), np.asarray(whole.faces)
    if soup:  # As STL has it: every triangle with corners of its own.
        vertices, faces = vertices[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3)
    mesh = Mesh(vertices, faces, Semantic.OBSTACLE, np.ones((len(faces), 3)), solid)
    return seen_from_above(mesh, places)


def area(triangles: np.ndarray) -> float:
    first, second = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    return float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum() / 2)


def length(segments: np.ndarray) -> float:
    return float(np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1).sum())


@pytest.mark.parametrize("soup", [False, True])
def test_inside_a_hall_its_walls_are_drawn_and_what_stands_in_it_is_filled(soup: bool) -> None:
    found = drawn([hall(), *RACKS], INSIDE, soup=soup)
    outer, inner = 2 * (WIDE + DEEP), 2 * (WIDE + DEEP - 4 * THICK)
    assert length(found.walls) == pytest.approx(outer + inner)
    assert area(found.covered) == pytest.approx(2 * (4 + 4))  # Tops and bottoms of both racks.
    assert length(found.roofs) == pytest.approx(outer + inner)
    assert found.walls.min() == 0.0
    assert found.walls.max() == WIDE


@pytest.mark.parametrize("places", [OUTSIDE, np.array([[3.0, 3.0, HIGH + 1.0]])])
def test_from_outside_or_above_the_hall_is_one_block(places: np.ndarray) -> None:
    found = drawn([hall()], places)
    assert len(found.walls) == len(found.roofs) == 0
    inside = (WIDE - 2 * THICK) * (DEEP - 2 * THICK)
    assert area(found.covered) == pytest.approx(2 * WIDE * DEEP + 2 * inside)


def test_a_canopy_is_an_outline_and_what_is_low_below_it_stays_filled() -> None:
    slab = block((0, 0, 4), (10, 10, 4.2))
    found = drawn([slab, block((4, 4, 0), (6, 6, 1))], INSIDE)
    assert length(found.roofs) == pytest.approx(2 * 40.0)  # Upper and lower side.
    assert area(found.covered) == pytest.approx(2 * 4.0)
    assert len(found.walls) == 0


def test_walls_of_open_meshes_are_lines_with_their_doors() -> None:
    def wall(x0: float, x1: float, height: float) -> trimesh.Trimesh:
        corners = [[x0, 0, 0], [x1, 0, 0], [x1, 0, height], [x0, 0, height]]
        return trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], process=False)

    found = drawn([wall(0, 4, 3), wall(5, 10, 3), wall(20, 25, 1)], OUTSIDE, solid=False)
    assert length(found.walls) == pytest.approx(9.0)  # The last one is lower than the flight.
    assert not ((found.walls[:, :, 0].min(axis=1) < 4.5) & (found.walls[:, :, 0].max(axis=1) > 4.5)).any()  # fmt: skip
    assert len(found.covered) == len(found.roofs) == 0


def test_a_part_with_steps_shows_what_is_below_the_flight() -> None:
    """One connected piece: a roof on a wall that has a step; floors are not drawn."""
    profile = np.array([(0, 0), (4, 0), (4, 1), (1, 1), (1, 5), (9, 5), (9, 6), (0, 6)], float)
    low = np.column_stack([profile[:, 0], np.zeros(8), profile[:, 1]])
    quads = [(i, (i + 1) % 8, (i + 1) % 8 + 8, i + 8) for i in range(8)]
    faces = [f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))]
    piece = trimesh.Trimesh(np.concatenate([low, np.add(low, (0, 2, 0))]), faces, process=False)
    found = drawn([piece], np.array([[6.0, 1.0, 1.5]]), solid=False)
    assert area(found.covered) == pytest.approx(3 * 2)
    assert length(found.walls) == pytest.approx(2 * 2)  # Both sides of the wall.
    assert found.roofs[..., 0].max() == 9.0
