"""Culling leaves out rays, never anything that they would have hit."""

import numpy as np
import pytest

from sim.sensing.camera import Camera, CameraScene
from sim.sensing.culling import covering_boxes
from sim.world.build import build_world
from sim.world.geometry import World
from sim.world.importers import load_place
from sim.world.meshing import concatenate, decal_triangles, world_triangles
from tests.sim.worlds import camera_config, cylinder, meshed, random_spec, spec

EVERYWHERE = np.array([[0.0, 0.0, 0.0, 1e4, 1e4, 1e4]])


def scene_without_culling(world: World) -> CameraScene:
    scene = CameraScene(world)
    scene.boxes = EVERYWHERE
    return scene


def any_pose(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Anywhere in the world, in any attitude, now and then far out or within something."""
    quat = rng.normal(size=4)
    return rng.uniform([-20, -20, -1], [70, 70, 12]), quat / np.linalg.norm(quat)


@pytest.mark.parametrize("fov_deg", [40.0, 90.0, 140.0])
def test_the_images_are_those_of_all_rays(fov_deg: float, rng: np.random.Generator) -> None:
    camera = Camera(camera_config(fov_deg=fov_deg))
    seen = 0
    for index in range(12):
        world = build_world(random_spec(rng))
        world = meshed(world) if index % 2 else world
        culled, full = CameraScene(world), scene_without_culling(world)
        for _ in range(20):
            pose = any_pose(rng)
            ours, all_rays = camera.render(culled, *pose), camera.render(full, *pose)
            np.testing.assert_array_equal(ours.depth, all_rays.depth)
            np.testing.assert_array_equal(ours.rgb, all_rays.rgb)
            np.testing.assert_array_equal(ours.classes, all_rays.classes)
            seen += int((ours.classes > 1).sum())
    assert seen > 10_000


def test_every_face_is_covered_however_a_place_is_built() -> None:
    place = load_place("delft", (200.0, 200.0, 300.0, 300.0))
    parts = [(mesh.vertices, mesh.faces) for mesh in place.meshes]
    vertices = np.concatenate([part[0] for part in parts])
    shifts = np.cumsum([0, *(len(part[0]) for part in parts[:-1])])
    faces = np.concatenate(
        [part[1] + shift for part, shift in zip(parts, shifts, strict=True)]
    ).astype(np.int32)
    boxes = covering_boxes(vertices, faces)
    assert len(boxes) <= 512
    corners = vertices[faces]
    within = np.zeros(len(faces), dtype=bool)
    for box in boxes:
        within |= (np.abs(corners - box[:3]) <= box[3:]).all(axis=(1, 2))
    assert within.all()


def test_thousands_of_trees_stay_within_the_boxes_there_may_be() -> None:
    rng = np.random.default_rng(3)
    trees = tuple(cylinder(x, y, 0.2) for x, y in rng.uniform(0, 200, (3000, 2)))
    world = build_world(spec(cylinders=trees))
    triangles = concatenate([world_triangles(world), decal_triangles(world)])
    boxes = covering_boxes(triangles.vertices, triangles.faces)
    assert 1000 <= len(boxes) <= 2048
    # Neighbours share a box: what all of them cover is a small part of the ground.
    assert (4 * boxes[:, 3] * boxes[:, 4]).sum() < 0.5 * 200 * 200


def test_a_tree_behind_the_camera_costs_no_ray_and_one_around_it_all() -> None:
    world = build_world(spec(cylinders=(cylinder(10, 10, 0.3),)))
    camera, level = Camera(camera_config()), np.array([0.0, 0.0, 0.0, 1.0])
    scene = CameraScene(world)
    for x, share in ((12.0, 0.0), (10.0, 1.0)):
        camera.render(scene, np.array([x, 10.0, 2.0]), level)
        assert camera._mask.mean() == share
    camera.render(scene, np.array([5.0, 10.0, 2.0]), level)
    assert 0.02 < camera._mask.mean() < 0.2
