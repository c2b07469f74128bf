"""The camera's noise is noise: right spread, no pattern from pixel to pixel, channel to channel, frame to frame."""

import numpy as np
import pytest

from sim.sensing.camera import Camera, CameraScene
from sim.sensing.grain import draw_grain, normal_table
from tests.sim.worlds import camera_config, empty_world

FRAMES, HEIGHT, WIDTH = 60, 48, 64
TABLE = normal_table()


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """Frames of grain as a camera takes them, keys from one generator: (frame, draw, row, column)."""
    keys = np.random.default_rng(5).bit_generator
    drawn = np.empty((FRAMES, 5, HEIGHT, WIDTH), dtype=np.float32)
    rows = np.empty((5, WIDTH), dtype=np.float32)
    for frame in drawn:
        key = np.uint64(keys.random_raw())
        for row in range(HEIGHT):
            draw_grain(key, row * WIDTH, TABLE, rows)
            frame[:, row] = rows
    return drawn.astype(np.float64)


def test_the_table_is_standard_normal() -> None:
    """Mean 0 and spread 1 by construction; kurtosis 3 but for the cut tails; quantiles where they belong."""
    assert TABLE.mean() == pytest.approx(0, abs=1e-6)
    assert TABLE.std() == pytest.approx(1, abs=1e-6)
    assert (TABLE.astype(float) ** 4).mean() == pytest.approx(3, abs=0.05)
    assert np.interp(0.975, (np.arange(4096) + 0.5) / 4096, TABLE) == pytest.approx(1.96, abs=2e-3)


def test_every_channel_has_mean_0_and_spread_1(frames: np.ndarray) -> None:
    """Within four standard errors."""
    count = FRAMES * HEIGHT * WIDTH
    for channel in range(4):
        assert abs(frames[:, channel].mean()) < 4 / np.sqrt(count)
        assert abs(frames[:, channel].std() - 1) < 4 / np.sqrt(2 * count)


def test_chances_are_uniform(frames: np.ndarray) -> None:
    """Every sixteenth of the unit interval is hit as often as the others: chi squared, 15 degrees, p > 1e-4."""
    counts, _ = np.histogram(frames[:, 4], bins=16, range=(0, 1))
    expected = counts.sum() / 16
    assert ((counts - expected) ** 2 / expected).sum() < 44.3
    assert frames[:, 4].min() >= 0
    assert frames[:, 4].max() < 1


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def test_nothing_correlates(frames: np.ndarray) -> None:
    """Draws of a pixel, neighbours, and frames after one another: each within 4.5 standard errors of 0."""
    bound = 4.5 / np.sqrt(0.95 * frames[:, 0].size)
    for one in range(5):
        for other in range(one):
            assert abs(_correlation(frames[:, one], frames[:, other])) < bound
        draws = frames[:, one]
        assert abs(_correlation(draws[:, :, 1:], draws[:, :, :-1])) < bound
        assert abs(_correlation(draws[:, 1:], draws[:, :-1])) < bound
        assert abs(_correlation(draws[1:], draws[:-1])) < bound


def test_neighbouring_keys_share_nothing() -> None:
    """Keys one apart, or with only the top bit different, give unrelated frames."""
    rows = np.empty((3, 5, 4096), dtype=np.float32)
    for draws, key in zip(rows, (7, 8, 7 + (1 << 63)), strict=True):
        draw_grain(np.uint64(key), 0, TABLE, draws)
    for other in rows[1:]:
        for channel in range(5):
            assert abs(_correlation(rows[0, channel], other[channel])) < 4.5 / np.sqrt(4096)


def test_no_shift_of_a_frame_is_another(frames: np.ndarray) -> None:
    """A table read from changing places would show here; circular correlation over all shifts stays small."""
    spectra = np.fft.fft2(frames[:12, 0])
    for one in range(12):
        for other in range(one):
            shifts = np.fft.ifft2(spectra[one] * spectra[other].conj()).real / (HEIGHT * WIDTH)
            # The largest of 3072 x 66 normals of deviation 1 / sqrt(3072) is about 4.6 of them.
            assert np.abs(shifts).max() < 6 / np.sqrt(HEIGHT * WIDTH)


def test_a_generator_put_back_gives_the_same_image() -> None:
    """One key a frame is all the state there is."""
    camera = Camera(camera_config(color_std=4.0, disparity_std_px=0.2, dropout=0.02))
    scene, rng = CameraScene(empty_world()), np.random.default_rng(3)
    eye, level = np.array([5.0, 5.0, 2.0]), np.array([0.0, 0.0, 0.0, 1.0])
    images = np.zeros((3, 4, HEIGHT, WIDTH), dtype=np.uint8)
    camera.expose(scene, eye, level, rng, images[0])
    state = rng.bit_generator.state
    camera.expose(scene, eye, level, rng, images[1])
    rng.bit_generator.state = state
    camera.expose(scene, eye, level, rng, images[2])
    np.testing.assert_array_equal(images[1], images[2])
    assert (images[0] != images[1]).mean() > 0.5


def test_a_noise_level_changes_no_other_draw() -> None:
    """With and without dropouts, colours and surviving depths are the same."""
    scene, eye, level = (
        CameraScene(empty_world()),
        np.array([5.0, 5.0, 2.0]),
        np.array([0, 0, 0, 1.0]),
    )
    images = []
    for dropout in (0.0, 0.05):
        camera = Camera(camera_config(color_std=4.0, disparity_std_px=0.2, dropout=dropout))
        image = np.zeros((4, HEIGHT, WIDTH), dtype=np.uint8)
        camera.expose(scene, eye, level, np.random.default_rng(3), image)
        images.append(image)
    whole, holed = images
    np.testing.assert_array_equal(whole[:3], holed[:3])
    kept = holed[3] > 0
    np.testing.assert_array_equal(whole[3][kept], holed[3][kept])
    assert kept.sum() < (whole[3] > 0).sum()
