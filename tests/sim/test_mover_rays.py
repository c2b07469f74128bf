"""The camera sees what moves: exact surfaces, the nearest thing wins, and nothing is culled that shows."""

import numpy as np

from sim.frames import quat_multiply, quat_to_matrix, yaw_quat
from sim.mover_spec import BallShape, BlockShape, ColumnShape, MoverSpec
from sim.sensing.camera import Camera, CameraScene, Frames
from sim.sensing.mover_rays import SeenMovers
from sim.world.build import build_world
from sim.world.geometry import Semantic
from sim.world.movers import Movers
from sim.world_spec import BoxSpec, CylinderSpec, SphereSpec
from tests.sim.moving import TICK, ball, mover, random_movers, standing
from tests.sim.worlds import box, camera_config, empty_world, random_spec, spec

LEVEL = np.array([0.0, 0.0, 0.0, 1.0])
EYE = np.array([5.0, 20.0, 10.0])


def showing(scene: CameraScene, movers: Movers, tick: int = 0) -> CameraScene:
    scene.movers = SeenMovers(movers.table_at(tick), movers.colors, movers.classes)
    return scene


def statues(specs: tuple[MoverSpec, ...]) -> dict[str, tuple]:
    """Static obstacles of the same shapes at the same places."""
    boxes, cylinders, spheres = [], [], []
    for each in specs:
        shape, center = each.shape, each.motion.start_m  # pyright: ignore[reportAttributeAccessIssue]
        looks = {"semantic": each.semantic, "color": each.color}
        if isinstance(shape, BlockShape):
            boxes.append(
                BoxSpec(center_m=center, size_m=shape.size_m, yaw_rad=shape.yaw_rad, **looks)
            )
        elif isinstance(shape, ColumnShape):
            base = (center[0], center[1], center[2] - shape.height_m / 2)
            cylinders.append(
                CylinderSpec(base_m=base, radius_m=shape.radius_m, height_m=shape.height_m, **looks)
            )
        else:
            spheres.append(SphereSpec(center_m=center, radius_m=shape.radius_m, **looks))
    return {"boxes": tuple(boxes), "cylinders": tuple(cylinders), "spheres": tuple(spheres)}


def random_pose(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    quat, tilt = np.zeros(4), np.zeros(4)
    angle = rng.uniform(-0.6, 0.6)
    tilt[int(rng.integers(2))], tilt[3] = np.sin(angle / 2), np.cos(angle / 2)
    quat_multiply(yaw_quat(rng.uniform(-np.pi, np.pi)), tilt, quat)
    return rng.uniform((5, 5, 0.3), (35, 35, 3)), quat


def test_the_front_of_a_ball_is_its_distance_less_its_radius() -> None:
    movers = Movers((ball(standing((10.0, 20.0, 10.0)), 0.5),), 0, TICK)
    camera = Camera(camera_config(width_px=65, height_px=49))
    frames = camera.render(showing(CameraScene(empty_world()), movers), EYE, LEVEL)
    assert frames.depth[24, 32] == np.float32(4.5)
    assert frames.classes[24, 32] == Semantic.OBSTACLE
    # The silhouette's half width is that of the cone that touches the ball.
    columns = np.flatnonzero(frames.classes[24] == Semantic.OBSTACLE)
    half = np.tan(np.arcsin(0.5 / 5.0)) * camera.focal_px
    assert len(columns) == 2 * int(half) + 1


def test_boxes_that_move_look_like_boxes_that_stand(rng: np.random.Generator) -> None:
    """Pixel for pixel in depth, class and colour, from anywhere: shading is the same, and nothing is culled wrongly."""
    camera = Camera(camera_config(width_px=96, height_px=72))
    seen = 0
    for _ in range(20):
        specs = []
        for _ in range(10):
            x, y, z = rng.uniform((5, 5, 0.5), (35, 35, 3)).tolist()
            size = tuple(rng.uniform(0.2, 6.0, 3).tolist())
            shape = BlockShape(kind="box", size_m=size, yaw_rad=float(rng.uniform(-3, 3)))
            specs.append(mover(shape, standing((x, y, z))))
        position, quat = random_pose(rng)
        movers = Movers(specs, 0, TICK)
        moving = camera.render(showing(CameraScene(empty_world()), movers), position, quat)
        still = camera.render(
            CameraScene(build_world(spec(**statues(tuple(specs))))), position, quat
        )
        same = np.isclose(moving.depth, still.depth, rtol=1e-4) & (moving.classes == still.classes)
        # Rays that graze an edge may fall on either side of it.
        assert same.mean() > 0.998
        assert (moving.rgb == still.rgb).all(axis=2)[same].mean() > 0.998
        seen += int((moving.classes == Semantic.OBSTACLE).sum())
    assert seen > 20_000


def test_round_things_that_move_look_like_those_that_stand(rng: np.random.Generator) -> None:
    """Up to the polygons that stand for static ones: 3 cm, edges aside."""
    camera = Camera(camera_config(width_px=96, height_px=72))
    agree, seen = 0, 0
    for _ in range(20):
        specs = []
        for index in range(10):
            x, y, z = rng.uniform((5, 5, 0.5), (35, 35, 3)).tolist()
            radius, height = rng.uniform(0.2, 1.0), rng.uniform(0.5, 4.0)
            shape = (
                BallShape(kind="sphere", radius_m=radius)
                if index % 2
                else ColumnShape(kind="cylinder", radius_m=radius, height_m=height)
            )
            specs.append(mover(shape, standing((x, y, z))))
        position, quat = random_pose(rng)
        movers = Movers(specs, 0, TICK)
        moving = camera.render(showing(CameraScene(empty_world()), movers), position, quat)
        still = camera.render(
            CameraScene(build_world(spec(**statues(tuple(specs))))), position, quat
        )
        both = (moving.classes == Semantic.OBSTACLE) & (still.classes == Semantic.OBSTACLE)
        either = (moving.classes == Semantic.OBSTACLE) | (still.classes == Semantic.OBSTACLE)
        assert both.sum() >= 0.9 * either.sum()
        agree += int((np.abs(moving.depth - still.depth) < 0.05)[both].sum())
        seen += int(both.sum())
    assert seen > 4_000
    assert agree > 0.97 * seen


def test_the_nearer_of_wall_and_mover_shows() -> None:
    scene = CameraScene(build_world(spec(boxes=(box((11, 20, 10), (2, 400, 400)),))))
    camera = Camera(camera_config())

    def render(distance: float) -> Frames:
        movers = Movers((ball(standing((5 + distance, 20.0, 10.0)), 0.4),), 0, TICK)
        return camera.render(showing(scene, movers), EYE, LEVEL)

    assert (render(3.0).classes == Semantic.OBSTACLE).any()
    assert (render(8.0).classes == Semantic.BUILDING).all()
    assert (render(-3.0).classes == Semantic.BUILDING).all()
    np.testing.assert_allclose(render(8.0).depth, 5.0, rtol=1e-6)


def test_an_image_without_movers_in_view_is_the_image_without_movers(
    rng: np.random.Generator,
) -> None:
    world = build_world(random_spec(rng))
    scene, camera = CameraScene(world), Camera(camera_config())
    plain = camera.render(scene, np.array([1.0, 1.0, 2.0]), yaw_quat(0.8))
    behind = Movers((ball(standing((-5.0, -5.0, 2.0)), 2.0),), 0, TICK)
    found = camera.render(showing(scene, behind), np.array([1.0, 1.0, 2.0]), yaw_quat(0.8))
    for one, other in zip(vars(plain).values(), vars(found).values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_pixel_of_a_mover_lies_on_its_surface(rng: np.random.Generator) -> None:
    """Points that the image measures are at distance zero from the nearest mover."""
    camera = Camera(camera_config())
    checked = 0
    for _ in range(30):
        movers, tick = random_movers(rng), int(rng.integers(0, 5000))
        position, quat = random_pose(rng)
        scene = showing(CameraScene(empty_world()), movers, tick)
        frames = camera.render(scene, position, quat)
        rows, columns = np.nonzero(frames.classes == Semantic.OBSTACLE)
        v, u = rows + 0.5 - 24, columns + 0.5 - 32
        rays = np.stack([u / camera.focal_px, v / camera.focal_px, np.ones(len(u))], axis=1)
        points = position + frames.depth[rows, columns, None] * (
            rays @ (quat_to_matrix(quat) @ camera.R_body_camera).T
        )
        distances = np.array([movers.least_distance(tick, point[None]) for point in points])
        np.testing.assert_allclose(distances, 0.0, atol=2e-5)
        checked += len(points)
    assert checked > 1_500
