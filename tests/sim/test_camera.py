"""The camera measures what is there: known walls, rolled horizons, and Bullet's own renderer."""

import math
from pathlib import Path

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from sim.frames import quat_multiply, quat_to_matrix, yaw_quat
from sim.record.writer import FlightLog
from sim.sensing.camera import Camera, CameraScene, decode_depth, depth_code, max_pool_code
from sim.types import DEPTH_FAR, DEPTH_NEAR
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world.geometry import Semantic, World
from sim.world.meshing import world_triangles
from tests.builders import scenario
from tests.sim.bullet_reference import render_reference
from tests.sim.worlds import (
    box,
    camera_config,
    cylinder,
    empty_world,
    panel,
    random_spec,
    spec,
    sphere,
)

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


@pytest.mark.parametrize("size", [(32, 24), (64, 48), (100, 40), (160, 120), (640, 480)])
def test_any_size_measures_the_same_wall(size: tuple[int, int]) -> None:
    """5 m at every pixel, however the body is tilted; a panel of 2 m, 4 m away, is half a focal length wide and high."""
    width, height = size
    camera = Camera(camera_config(width_px=width, height_px=height, fov_deg=70.0))
    assert camera.focal_px == pytest.approx(width / 2 / math.tan(math.radians(35)))
    for quat in (LEVEL, turn(0, 0.7)):
        frames = camera.render(wall_at(5.0), EYE, quat)
        assert frames.depth.shape == (height, width)
        np.testing.assert_allclose(frames.depth, 5.0, rtol=1e-6)
    world = build_world(spec(panels=(panel((9.06, 20, 10), math.pi, "bbbb" * 4),)))
    seen = camera.render(CameraScene(world), EYE, LEVEL).classes == Semantic.PANEL
    side = camera.focal_px * 2.0 / 4.0
    assert abs(seen.any(axis=0).sum() - side) <= 1
    assert abs(seen.any(axis=1).sum() - min(side, height)) <= 1


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


def test_what_the_logged_intrinsics_say_is_where_it_is_seen(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    """Small balls, projected by the calibration and the camera's mount in the log, from bodies that roll and pitch."""
    config = camera_config(tilt_rad=0.15)
    path = tmp_path / "flight.mcap"
    with FlightLog(path, scenario(camera=config), {}):
        pass
    K, R_body_camera = _logged_camera(path)
    camera, found = Camera(config), 0
    for _ in range(60):
        center = tuple(rng.uniform((9, 16, 7), (14, 24, 13)).tolist())
        quat = np.zeros(4)
        quat_multiply(turn(1, rng.uniform(-0.6, 0.6)), turn(0, float(rng.uniform(-3, 3))), quat)
        scene = CameraScene(build_world(spec(spheres=(sphere(center, 0.3),))))
        rows, columns = np.nonzero(camera.render(scene, EYE, quat).classes == Semantic.OBSTACLE)
        offset = (quat_to_matrix(quat) @ R_body_camera).T @ (np.array(center) - EYE)
        u, v, _ = K @ (offset / offset[2])
        edge = 0.3 / offset[2] * K[0, 0] + 1
        if offset[2] < 1 or not (edge < u < 64 - edge and edge < v < 48 - edge):
            continue
        # Pixel i spans i to i + 1. Away from the middle a ball's image is a little further out than its centre's.
        assert columns.mean() + 0.5 == pytest.approx(u, abs=0.6)
        assert rows.mean() + 0.5 == pytest.approx(v, abs=0.6)
        found += 1
    assert found > 20


def _logged_camera(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The matrix K and the rotation camera to body, from the log alone."""
    with path.open("rb") as file:
        messages = {
            (channel.topic, getattr(message, "child_frame_id", "")): message
            for _, channel, _, message in make_reader(
                file, decoder_factories=[DecoderFactory()]
            ).iter_decoded_messages(topics=["/camera/calibration", "/tf"])
        }
    turned = messages["/tf", "camera"].rotation
    calibration = messages["/camera/calibration", ""]
    assert (calibration.width, calibration.height) == (64, 48)
    quat = np.array([turned.x, turned.y, turned.z, turned.w])
    return np.array(calibration.K).reshape(3, 3), quat_to_matrix(quat)


def test_ground_depth_is_height_over_slope() -> None:
    frames = Camera(camera_config()).render(CameraScene(empty_world()), EYE, LEVEL)
    below = (np.arange(48) + 0.5 - 24) / 32
    expected = np.where(below > 0, EYE[2] / np.where(below > 0, below, 1), 0)
    np.testing.assert_allclose(frames.depth, np.repeat(expected[:, None], 64, axis=1), rtol=1e-5)


def test_depth_and_classes_agree_with_tinyrenderer(rng: np.random.Generator) -> None:
    """50 random poses in random worlds; edges aside, 99 % of pixels within 2 % or 5 cm."""
    camera = Camera(camera_config(width_px=128, height_px=96))
    agree, same_class, solid = 0, 0, 0
    for _ in range(50):
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
    assert solid > 60_000
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


# --- Several rays a pixel.

THINNEST = {1: 0.16, 4: 0.08, 9: 0.055, 16: 0.04}
"""m: diameter from which a stem 5 m away is in every row, 64 pixels wide at 90 degrees, by rays a pixel."""


@pytest.mark.parametrize("rays", [4, 9, 16])
def test_several_rays_are_a_finer_image_of_which_the_nearest_is_kept(rays: int) -> None:
    side = math.isqrt(rays)
    scene = CameraScene(build_world(random_spec(np.random.default_rng(3))))
    position, quat = np.array([1.0, 1.0, 2.0]), yaw_quat(0.8)
    coarse = Camera(camera_config(rays_per_pixel=rays)).render(scene, position, quat)
    fine = Camera(camera_config(width_px=64 * side, height_px=48 * side))
    image = fine.render(scene, position, quat)
    blocks = image.depth.reshape(48, side, 64, side).transpose(0, 2, 1, 3).reshape(48, 64, rays)
    nearest = np.where(blocks > 0, blocks, np.inf).min(axis=2)
    np.testing.assert_array_equal(coarse.depth, np.where(np.isfinite(nearest), nearest, 0))
    labels = image.classes.reshape(48, side, 64, side).transpose(0, 2, 1, 3).reshape(48, 64, rays)
    kept = np.take_along_axis(labels, np.where(blocks > 0, blocks, np.inf).argmin(2)[..., None], 2)
    np.testing.assert_array_equal(coarse.classes, kept[..., 0])
    wall = Camera(camera_config(rays_per_pixel=rays)).render(wall_at(5.0), EYE, turn(0, 0.4))
    np.testing.assert_allclose(wall.depth, 5.0, rtol=1e-6)


@pytest.mark.parametrize("rays", sorted(THINNEST))
def test_the_thinnest_stem_that_is_always_seen(rays: int, rng: np.random.Generator) -> None:
    """Anywhere in the view of a level camera, in every row; three quarters as thick, it slips through at some places."""
    camera = Camera(camera_config(rays_per_pixel=rays))

    def rows_with_it(diameter: float) -> np.ndarray:
        shares = []
        for lateral in rng.uniform(-4.0, 4.0, 60):
            stem = cylinder(10.0, 20.0 + float(lateral), diameter / 2, 40.0)
            scene = CameraScene(build_world(spec(cylinders=(stem,))))
            classes = camera.render(scene, EYE, LEVEL).classes
            shares.append((classes == Semantic.TRUNK).any(axis=1).mean())
        return np.array(shares)

    assert (rows_with_it(THINNEST[rays]) == 1.0).all()
    assert (rows_with_it(0.75 * THINNEST[rays]) < 1.0).any()


def test_one_ray_a_pixel_is_what_it_always_was() -> None:
    """Not even written: images of scenarios that say nothing of it, and their digests, stay as they are."""
    assert camera_config().rays_per_pixel == 1
    assert "rays_per_pixel" not in camera_config().model_dump_json()
    assert "rays_per_pixel" in camera_config(rays_per_pixel=4).model_dump_json()
    with pytest.raises(ValueError, match="1, 4, 9 or 16"):
        type(camera_config()).model_validate(camera_config().model_dump() | {"rays_per_pixel": 2})
