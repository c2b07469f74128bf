"""The camera measures what is there: known walls, rolled horizons, and Bullet's own renderer."""

import math

import numpy as np
import pytest

from sim.frames import quat_multiply, quat_to_matrix, yaw_quat
from sim.sensing.camera import Camera, CameraScene, decode_depth, depth_code, max_pool_code
from sim.types import DEPTH_FAR, DEPTH_NEAR
from sim.world.build import build_world
from sim.world.bullet import render_reference
from sim.world.clearance import ClearanceField
from sim.world.geometry import Semantic, World
from sim.world.meshing import world_triangles
from tests.sim.worlds import box, camera_config, cylinder, empty_world, panel, random_spec, spec

LEVEL = np.array([0.0, 0.0, 0.0, 1.0])
EYE = np.array([5.0, 20.0, 10.0])


def wall_at(distance: float) -> CameraScene:
    """A wall that fills the view of a camera at EYE looking along x."""
    return CameraScene(build_world(spec(boxes=(box((5 + distance + 1, 20, 10), (2, 400, 400)),))))


def turn(axis: int, angle: float) -> np.ndarray:
    quat = np.zeros(4)
    quat[axis], quat[3] = math.sin(angle / 2), math.cos(angle / 2)
    return quat


def test_a_wall_at_5_m_reads_5_m_at_every_pixel() -> None:
    frames = Camera(camera_config()).render(wall_at(5.0), EYE, LEVEL)
    np.testing.assert_allclose(frames.depth, 5.0, rtol=1e-6)
    assert (frames.classes == Semantic.BUILDING).all()


def test_depth_is_along_the_optical_axis_however_the_body_rolls() -> None:
    for roll in (0.3, -1.0, 2.0):
        frames = Camera(camera_config()).render(wall_at(5.0), EYE, turn(0, roll))
        np.testing.assert_allclose(frames.depth, 5.0, rtol=1e-6)


def test_the_field_of_view_and_square_pixels() -> None:
    """A panel of 2 m, 4 m away, at a focal length of 32 px is 16 pixels wide and high."""
    world = build_world(spec(panels=(panel((9.06, 20, 10), math.pi, "bbbb" * 4),)))
    frames = Camera(camera_config()).render(CameraScene(world), EYE, LEVEL)
    seen = frames.classes == Semantic.PANEL
    assert seen.sum() == 16 * 16
    rows, columns = np.nonzero(seen)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (16, 31, 24, 39)


def test_left_is_left_and_up_is_up() -> None:
    """Something to the left (+y) and above shows in the upper left quarter of the image."""
    scene = CameraScene(build_world(spec(boxes=(box((10, 22, 12), (1, 1, 1)),))))
    rows, columns = np.nonzero(Camera(camera_config()).render(scene, EYE, LEVEL).depth > 0)
    upper = rows < 20
    assert upper.any()
    assert columns[upper].max() < 32


def test_the_horizon_rolls_with_the_body() -> None:
    """Banked right by 30 degrees, ground fills the image up to a line that falls to the left by as much."""
    scene = CameraScene(empty_world())
    camera = Camera(camera_config())
    level = camera.render(scene, EYE, LEVEL).classes
    assert (level[:24] == Semantic.SKY).all()
    assert (level[24:] == Semantic.GROUND).all()
    rolled = camera.render(scene, EYE, turn(0, math.radians(30))).classes
    horizon = (rolled == Semantic.SKY).sum(axis=0)
    slope = np.polyfit(np.arange(64), horizon, 1)[0]
    assert slope == pytest.approx(-math.tan(math.radians(30)), abs=0.03)


def test_tilt_looks_up_and_pitch_looks_down() -> None:
    """A tilt of the camera undoes the pitch of the body; positive pitch lowers the nose."""
    scene = wall_at(5.0)
    pitched = Camera(camera_config(tilt_rad=0.2)).render(scene, EYE, turn(1, 0.2))
    np.testing.assert_allclose(pitched.depth, 5.0, rtol=1e-6)
    up = Camera(camera_config(tilt_rad=0.5)).render(CameraScene(empty_world()), EYE, LEVEL)
    assert (up.classes == Semantic.SKY).mean() > 0.8


def test_ground_depth_is_height_over_slope() -> None:
    frames = Camera(camera_config()).render(CameraScene(empty_world()), EYE, LEVEL)
    below = (np.arange(48) + 0.5 - 24) / 32
    expected = np.where(below > 0, EYE[2] / np.where(below > 0, below, 1), 0)
    np.testing.assert_allclose(frames.depth, np.repeat(expected[:, None], 64, axis=1), rtol=1e-5)


def test_depth_and_classes_agree_with_tinyrenderer(rng: np.random.Generator) -> None:
    """Random poses in random worlds; edges aside, 99 % of pixels within 2 % or 5 cm."""
    camera = Camera(camera_config(width_px=128, height_px=96))
    agree, same_class, solid = 0, 0, 0
    for _ in range(8):
        world = build_world(random_spec(rng))
        position, quat = _free_pose(world, rng)
        frames = camera.render(CameraScene(world), position, quat)
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = quat_to_matrix(quat) @ camera.R_body_camera, position
        depth, classes = render_reference(
            world_triangles(world), pose, width_px=128, height_px=96, fov_deg=90.0, far=200.0
        )
        # The reference draws no ground: where we see it, it sees nothing, or what is buried behind.
        ground = frames.classes == Semantic.GROUND
        ours = np.where(ground, 0, frames.depth)
        depth = np.where(ground & (depth > frames.depth), 0, depth)
        inner = ~_near_edges(ours) & ((ours > 0) | (depth > 0))
        agree += int((np.abs(ours - depth) <= np.maximum(0.02 * ours, 0.05))[inner].sum())
        same_class += int((classes == frames.classes)[inner].sum())
        solid += int(inner.sum())
    assert solid > 10_000
    assert agree >= 0.99 * solid
    assert same_class >= 0.99 * solid


def _free_pose(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Somewhere with a metre of room, level or not."""
    field = ClearanceField(world, 6.0)
    while True:
        position = rng.uniform([5, 5, 0.5], [40, 40, 3])
        if field.at(position) > 1.0:
            break
    quat = np.zeros(4)
    tilt = turn(int(rng.integers(2)), rng.uniform(-0.5, 0.5))
    quat_multiply(yaw_quat(rng.uniform(-np.pi, np.pi)), tilt, quat)
    return position, quat


def _near_edges(depth: np.ndarray) -> np.ndarray:
    """Pixels whose 3 x 3 surroundings hold a jump."""
    padded = np.pad(depth, 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    low, high = windows.min(axis=(2, 3)), windows.max(axis=(2, 3))
    return high - low > 0.1 * np.maximum(high, 1e-9)


def test_the_code_round_trips_within_half_a_step() -> None:
    depth = np.geomspace(DEPTH_NEAR, DEPTH_FAR, 500)
    code = depth_code(depth)
    assert (code[0], code[-1]) == (255, round(255 * math.sqrt(DEPTH_NEAR / DEPTH_FAR)))
    exact = 255 * np.sqrt(DEPTH_NEAR / depth)
    assert np.abs(255 * np.sqrt(DEPTH_NEAR / decode_depth(code)) - exact).max() <= 0.5 + 1e-9
    assert (depth_code(np.array([0.0, 20.5, 0.1])) == [0, 0, 255]).all()


def test_the_noise_free_observation_is_the_image_coded() -> None:
    scene = CameraScene(build_world(random_spec(np.random.default_rng(3))))
    camera = Camera(camera_config())
    image = np.zeros((4, 48, 64), dtype=np.uint8)
    position, quat = np.array([1.0, 1.0, 2.0]), yaw_quat(0.8)
    camera.expose(scene, position, quat, np.random.default_rng(0), image)
    frames = camera.render(scene, position, quat)
    np.testing.assert_array_equal(image[:3].transpose(1, 2, 0), frames.rgb)
    assert np.abs(image[3].astype(int) - depth_code(frames.depth).astype(int)).max() <= 1


def test_noise_follows_the_disparity_and_dropout_its_rate() -> None:
    """sigma_z = z^2 sigma_d / (f b), mean unmoved; a flat wall has no edges to fail at."""
    config = camera_config(disparity_std_px=0.02, dropout=0.05)
    camera, scene = Camera(config), wall_at(6.0)
    rng = np.random.default_rng(1)
    image = np.zeros((4, 48, 64), dtype=np.uint8)
    depths, dropped = [], 0
    for _ in range(20):
        camera.expose(scene, EYE, LEVEL, rng, image)
        dropped += int((image[3] == 0).sum())
        depths.append(decode_depth(image[3][image[3] > 0]))
    depth = np.concatenate(depths)
    # The code's own steps add the deviation of a uniform error one step wide.
    step = 2 * 6.0 / (255 * math.sqrt(DEPTH_NEAR / 6.0))
    expected = math.hypot(6.0**2 * 0.02 / (32 * 0.1), step / math.sqrt(12))
    assert depth.std() == pytest.approx(expected, rel=0.05)
    assert depth.mean() == pytest.approx(6.0, abs=0.03)
    assert dropped / (20 * 48 * 64) == pytest.approx(0.05, abs=0.005)


def test_colour_noise_has_its_spread() -> None:
    camera, scene = Camera(camera_config(color_std=5.0)), wall_at(6.0)
    image = np.zeros((4, 48, 64), dtype=np.uint8)
    camera.expose(scene, EYE, LEVEL, np.random.default_rng(1), image)
    clean = camera.render(scene, EYE, LEVEL).rgb.transpose(2, 0, 1)
    error = image[:3].astype(float) - clean
    assert error.std() == pytest.approx(5.0, rel=0.05)
    assert abs(error.mean()) < 0.2


def test_edges_drop_out_more_often() -> None:
    scene = CameraScene(
        build_world(
            spec(cylinders=(cylinder(10, 20, 0.5, 30),), boxes=(box((18, 20, 10), (2, 90, 90)),))
        )
    )
    camera = Camera(camera_config(dropout=0.02))
    edge = _near_edges(camera.render(scene, EYE, LEVEL).depth)
    rng, image = np.random.default_rng(2), np.zeros((4, 48, 64), dtype=np.uint8)
    lost = np.zeros((48, 64))
    for _ in range(40):
        camera.expose(scene, EYE, LEVEL, rng, image)
        lost += image[3] == 0
    assert lost[~edge].mean() / 40 == pytest.approx(0.02, abs=0.004)
    assert lost[edge].mean() > 3 * lost[~edge].mean()


def test_pooling_keeps_the_nearest_return() -> None:
    code = np.zeros((48, 64), dtype=np.uint8)
    code[5, 9] = 200
    pooled = max_pool_code(code, (12, 16))
    assert pooled[1, 2] == 200
    assert pooled.sum() == 200
    with pytest.raises(ValueError, match="not a multiple"):
        max_pool_code(code, (11, 16))
