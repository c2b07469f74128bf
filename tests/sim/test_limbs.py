"""Limbs: exact distance, a mesh that stands for them, and the same thing in Bullet, camera, clearance and maps."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.record.footprints import footprints
from sim.sensing.camera import Camera, CameraScene
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world.geodesic import FreeSpace
from sim.world.geometry import Semantic
from sim.world.limb_mesh import THIN_SIDES
from sim.world.meshing import world_triangles
from sim.world.primitives import CYLINDER, LIMB, primitive_distance
from sim.world_spec import LimbSpec, WorldSpec
from tests.builders import scenario
from tests.sim.bullet_reference import closest
from tests.sim.worlds import body_at, bullet, camera_config, cylinder, limb, spec

numbers = st.floats(-3.0, 3.0)
radii = st.floats(0.01, 1.5)


def row_of(start: np.ndarray, end: np.ndarray, first: float, last: float) -> np.ndarray:
    return np.array([[LIMB, *((start + end) / 2), *((end - start) / 2), first, last]])


@given(st.tuples(numbers, numbers, numbers), st.floats(0.1, 4.0), radii, st.integers(0, 2**32))
def test_an_upright_limb_of_one_radius_is_a_cylinder(
    middle: tuple[float, float, float], height: float, radius: float, seed: int
) -> None:
    axis = np.array([0.0, 0.0, height / 2])
    limb_row = row_of(np.array(middle) - axis, np.array(middle) + axis, radius, radius)
    column = np.array([[CYLINDER, *middle, radius, height / 2, 0.0, 0.0, 0.0]])
    for point in np.random.default_rng(seed).uniform(-5, 5, (20, 3)).tolist():
        expected = primitive_distance(column, 0, *point)
        assert primitive_distance(limb_row, 0, *point) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 2**32), radii, radii)
def test_the_distance_is_that_of_the_nearest_point_of_the_surface(
    seed: int, first: float, last: float
) -> None:
    """Against a dense sample of the trapezium that a half plane through the axis cuts out of the limb."""
    rng = np.random.default_rng(seed)
    start, end = rng.uniform(-2, 2, (2, 3))
    length = float(np.linalg.norm(end - start))
    axis = (end - start) / length
    shares = np.linspace(0.0, 1.0, 2000)
    outline = np.concatenate(
        [
            np.column_stack([0 * shares, shares * first]),
            np.column_stack([shares * length, first + shares * (last - first)]),
            np.column_stack([0 * shares + length, shares * last]),
        ]
    )
    row = row_of(start, end, first, last)
    for point in rng.uniform(-4, 4, (20, 3)):
        along = float((point - start) @ axis)
        aside = float(np.linalg.norm(point - start - along * axis))
        nearest = np.hypot(outline[:, 0] - along, outline[:, 1] - aside).min()
        inside = 0 < along < length and aside < first + along / length * (last - first)
        found = primitive_distance(row, 0, *point.tolist())
        assert abs(found) == pytest.approx(nearest, abs=3e-3)
        assert (found < 0) == inside or abs(found) < 1e-6


@pytest.mark.parametrize(("first", "last", "tolerance"), [(0.4, 0.15, 0.02), (0.03, 0.01, 0.12)])
def test_the_mesh_holds_the_volume_of_the_frustum(
    first: float, last: float, tolerance: float
) -> None:
    start, end = (10.0, 10.0, 1.0), (12.0, 9.0, 3.5)
    soup = world_triangles(build_world(spec(limbs=(limb(start, end, first, last),))))
    a, b, c = soup.corners().transpose(1, 0, 2)
    volume = float(np.einsum("fi,fi->", a, np.cross(b, c))) / 6
    exact = math.pi * math.dist(start, end) * (first**2 + first * last + last**2) / 3
    assert volume == pytest.approx(exact, rel=tolerance)


def test_thin_limbs_have_few_corners() -> None:
    thin, thick = (
        world_triangles(build_world(spec(limbs=(limb((9, 9, 1), (9, 9, 3), radius, radius),))))
        for radius in (0.03, 0.3)
    )
    assert len(thin.vertices) == 2 * THIN_SIDES < len(thick.vertices)


def test_bullet_camera_and_clearance_see_one_limb_at_one_place() -> None:
    """A beam that rises across the view: from each of several eyes all three measure the same distance."""
    world = build_world(spec(limbs=(limb((20, 14, 1), (20, 26, 5), 0.4, 0.2),)))
    field, scene = ClearanceField(world, 6.0), CameraScene(world)
    camera = Camera(camera_config())
    with bullet(world) as physics:
        for y in (17.0, 20.0, 23.0):
            eye = np.array([17.0, y, 1 + (y - 14) / 3])  # on a level with the axis
            reach = field.at(eye)
            depth = camera.render(scene, eye, np.array([0.0, 0.0, 0.0, 1.0])).depth[23:25, 31:33]
            # The beam is seen at a right angle, its axis 3 m away.
            assert 3.0 - depth.mean() == pytest.approx(0.4 - 0.2 * (y - 14) / 12, abs=0.03)
            physics.set_state(body_at(tuple(eye)))
            nearest = next(c.distance for c in closest(physics, 4.0) if not c.is_ground)
            assert nearest == pytest.approx(reach - 0.25, abs=0.08)
            assert reach == pytest.approx(depth.mean(), abs=0.05)


def test_a_branch_at_flying_height_blocks_the_way_and_one_above_does_not() -> None:
    for z, free in ((1.5, False), (4.5, True)):
        world = build_world(spec(limbs=(limb((20, 5, z), (20, 35, z), 0.02, 0.01),)))
        space = FreeSpace.for_flight(ClearanceField(world, 6.0), world.bounds, (1.5, 1.5), 0.25)
        assert space.is_free(np.array([20.0, 20.0])) == free


def test_a_map_shows_the_trunk_as_a_disc_and_the_branch_as_a_strip() -> None:
    things = (limb((10, 0, 0), (10, 0, 9), 0.4, 0.1), limb((20, 0, 2), (22, 0, 3), 0.05, 0.05))
    world = WorldSpec.model_validate({**scenario().world.model_dump(), "limbs": things})
    found = footprints(scenario(world=world)).solids[Semantic.TRUNK][-2:]
    areas = [float(cv2.contourArea(polygon.astype(np.float32))) for polygon in found]
    assert areas == pytest.approx([math.pi * 0.4**2, 2 * 0.1 + math.pi * 0.05**2], rel=0.04)


def test_a_limb_without_length_is_named() -> None:
    with pytest.raises(ValidationError, match=r"start_m = \[1\.0, 2\.0, 3\.0\].*at least 0\.01 m"):
        LimbSpec.model_validate(
            {**limb((0, 0, 0), (1, 0, 0), 0.1, 0.1).model_dump(), "start_m": (1, 2, 3), "end_m": (1, 2, 3)}
        )  # fmt: skip


def test_worlds_without_limbs_are_written_as_before() -> None:
    assert "limbs" not in spec(cylinders=(cylinder(9, 9, 0.3),)).model_dump()
    assert "limbs" in spec(limbs=(limb((0, 0, 0), (1, 0, 0), 0.1, 0.1),)).model_dump()
