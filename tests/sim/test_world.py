"""Meshes enclose what they stand for; clearance is a distance."""

import math
from collections import OrderedDict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rules import PANEL_SIDE
from sim.world import distance_grid
from sim.world.build import build_world
from sim.world.clearance import REACH, ClearanceField
from sim.world.geometry import Semantic, World
from sim.world.meshing import Triangles, decal_triangles, world_triangles
from sim.world.primitives import nearest_distance
from tests.sim.worlds import box, cylinder, meshed, panel, random_spec, spec, sphere

HEALTHY = "bbbb" * 4


def volume(triangles: Triangles) -> float:
    """By the divergence theorem; positive when faces wind outwards."""
    a, b, c = triangles.corners().transpose(1, 0, 2)
    return float(np.einsum("fi,fi->", a, np.cross(b, c))) / 6


def test_volume_of_meshes() -> None:
    """A box's is exact, a ball's matched; a 16-sided prism of the same mean radius holds 99 %."""
    cases = [
        (spec(boxes=(box((10, 10, 2), (1, 2, 3), 0.7),)), 6.0, 1e-9),
        (spec(spheres=(sphere((5, 5, 5), 0.8),)), 4 / 3 * math.pi * 0.8**3, 1e-9),
        (spec(cylinders=(cylinder(9, 9, 0.3, 5),)), math.pi * 0.3**2 * 5, 0.02),
    ]
    for case, expected, tolerance in cases:
        assert volume(world_triangles(build_world(case))) == pytest.approx(expected, rel=tolerance)


def test_every_edge_of_a_mesh_is_shared_by_two_faces_running_opposite(
    rng: np.random.Generator,
) -> None:
    faces = world_triangles(build_world(random_spec(rng))).faces
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    forward, backward = {tuple(e) for e in edges.tolist()}, {(b, a) for a, b in edges.tolist()}
    assert len(forward) == len(edges)
    assert forward == backward


def test_classes_follow_their_faces() -> None:
    world = build_world(
        spec(
            boxes=(box((10, 10, 2), (1, 1, 1)),),
            cylinders=(cylinder(20, 20, 0.3),),
            panels=(panel((30, 30, 1.3), 0.0, HEALTHY, covered=True),),
        ),
        [(5.0, 5.0, 0.0)],
    )
    soup, decals = world_triangles(world), decal_triangles(world)
    middle = soup.corners().mean(axis=1)
    assert set(soup.semantic[middle[:, 0] < 15]) == {Semantic.BUILDING}
    assert set(soup.semantic[(middle[:, 0] > 15) & (middle[:, 0] < 25)]) == {Semantic.TRUNK}
    assert set(soup.semantic[middle[:, 0] > 25]) == {Semantic.PANEL, Semantic.COVER}
    assert set(decals.semantic) == {Semantic.PANEL, Semantic.PAD}


@pytest.mark.parametrize("yaw", [0.0, 1.0, -2.5])
def test_a_panel_shows_its_cells_from_the_left_top_to_whoever_faces_it(yaw: float) -> None:
    cells = "owbb" + "bbbb" * 3
    world = build_world(spec(panels=(panel((20, 20, 1.5), yaw, cells),)))
    decal = decal_triangles(world)
    facing = np.array([math.cos(yaw), math.sin(yaw), 0])
    a, b, c = decal.corners().transpose(1, 0, 2)
    normals = np.cross(b - a, c - a)
    np.testing.assert_allclose(
        normals / np.linalg.norm(normals, axis=1, keepdims=True),
        np.tile(facing, (32, 1)),
        atol=1e-9,
    )
    # The viewer looks against `facing`; left of such a one is up x (looking direction).
    left = np.cross([0, 0, 1], -facing)
    is_orange = decal.colors[:, 2] < 0.1
    offset = decal.corners()[is_orange].reshape(-1, 3).mean(axis=0) - [20, 20, 1.5]
    cell = PANEL_SIDE / 4
    assert offset @ left == pytest.approx(1.5 * cell, abs=0.1)
    assert offset[2] == pytest.approx(1.5 * cell, abs=0.1)


def test_clearance_by_hand() -> None:
    field = ClearanceField(
        build_world(
            spec(
                boxes=(box((10, 10, 1), (2, 4, 2), math.pi / 2),),
                cylinders=(cylinder(20, 10, 0.5, 3.0),),
                spheres=(sphere((30, 10, 2), 1.0),),
            )
        ),
        6.0,
    )
    for point, expected in [
        ((10, 12, 1), 1.0),  # the turned box is 4 m along x
        ((13, 10, 1), 1.0),
        ((13, 12, 1), math.hypot(1, 1)),
        ((10, 10, 1), -1.0),
        ((21.5, 10, 1), 1.0),
        ((20, 10, 5), 2.0),
        ((20.5 + 0.3, 10, 3.4), 0.5),
        ((30, 10, 4.5), 1.5),
        ((30, 10.25, 2), -0.75),
        ((5, 35, 1), REACH),
    ]:
        assert field.at(np.array(point)) == pytest.approx(expected, abs=1e-9), point


@given(st.integers(0, 5), st.integers(0, 10**6))
def test_clearance_changes_no_faster_than_the_point_moves(world_seed: int, seed: int) -> None:
    field = _random_field(world_seed)
    rng = np.random.default_rng(seed)
    start = rng.uniform([-2, -2, 0], [42, 42, 5], (200, 3))
    move = rng.normal(0, 0.5, (200, 3))
    change = np.abs(field.at_points(start + move) - field.at_points(start))
    assert (change <= np.linalg.norm(move, axis=1) + 1e-9).all()


@given(st.integers(0, 5), st.integers(0, 10**6))
def test_clearance_is_the_distance_to_the_nearest_of_all(world_seed: int, seed: int) -> None:
    """Only what a bin may be near to is looked at, the nearest first: which must leave nothing out."""
    field = _random_field(world_seed)
    points = np.random.default_rng(seed).uniform([-2, -2, 0], [42, 42, 5], (100, 3))
    solid = field.arrays.primitives
    expected = [min(REACH, nearest_distance(solid, *point)) for point in points]
    np.testing.assert_array_equal(field.at_points(points), expected)


@cache
def _random_field(seed: int) -> ClearanceField:
    return ClearanceField(build_world(random_spec(np.random.default_rng(seed))), 6.0)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(distance_grid, "_memory", OrderedDict())
    return tmp_path


@pytest.mark.usefixtures("own_cache")
def test_a_mesh_keeps_the_distance_of_the_box_it_was_made_of(rng: np.random.Generator) -> None:
    """Outside within half a cell, inside within the sign: a union's inside is deeper than its nearest face."""
    world = build_world(random_spec(rng))
    solid = meshed(world)
    boxes = World(world.bounds, world.boxes, solid.cylinders, solid.spheres)
    points = rng.uniform([0, 0, 0.2], [40, 40, 4.8], (20000, 3))
    exact = ClearanceField(boxes, 5.0).at_points(points)
    grid = ClearanceField(solid, 5.0).at_points(points)
    outside = exact > 0
    assert np.abs(grid - exact)[outside].max() < 0.15
    assert (grid[exact < -0.15] < 0).all()


def test_the_distance_grid_is_kept_on_disk_and_a_spoiled_file_is_rebuilt(own_cache: Path) -> None:
    world = meshed(build_world(spec(boxes=(box((10, 10, 1), (2, 2, 2)),))))
    first = ClearanceField(world, 3.0).arrays.grid
    (file,) = own_cache.rglob("*.npy")
    distance_grid._memory.clear()
    stamp = file.stat().st_mtime_ns
    np.testing.assert_array_equal(ClearanceField(world, 3.0).arrays.grid, first)
    assert file.stat().st_mtime_ns == stamp
    distance_grid._memory.clear()
    file.write_bytes(b"cut" + file.read_bytes()[:20])
    np.testing.assert_array_equal(ClearanceField(world, 3.0).arrays.grid, first)
    assert file.stat().st_mtime_ns != stamp


def test_the_distance_to_what_stands_far_out_is_known_from_within_the_bounds() -> None:
    """Bins end near the world's bounds; what reaches in from outside them, or stands just outside, is seen all the same."""
    wide, beside, far = (
        cylinder(-500.0, 20.0, 499.0),
        cylinder(52.0, 20.0, 0.5),
        cylinder(9e3, 0.0, 5),
    )
    field = ClearanceField(build_world(spec(cylinders=(wide, beside, far))), 6.0)
    for x, expected in ((2.0, 3.0), (-0.5, 0.5), (50.0, 1.5), (25.0, REACH)):
        assert field.at(np.array([x, 20.0, 2.0])) == pytest.approx(expected)
    assert len(field.arrays.starts) < 3000
