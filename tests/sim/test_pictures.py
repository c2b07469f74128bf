"""Laws of what logs keep of the camera: depth codes and histories exactly, colours for eyes, a checksum of every bit."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader

from sim.flight import Flight
from sim.record import schema
from sim.record.depth_memory import DepthMemory
from sim.record.pictures import (
    compress_colors,
    depth_codes,
    depth_image,
    depth_millimetres,
    expand_colors,
    image_checksum,
)
from sim.record.reader import read_flight
from sim.record.writer import FlightLog
from sim.sensing.camera import depth_code, max_pool_code
from sim.types import IMAGE_SHAPE, Decision, Observation
from tests.builders import flying, rough_walk
from tests.sim.faulty import everything
from tests.sim.synthetic_flight import make_steps

CODES = np.arange(256, dtype=np.uint8)
STILL_IMAGE = make_steps(1)[0].observation["image"]


def test_every_depth_code_comes_back() -> None:
    millimetres = depth_millimetres()
    assert (np.diff(millimetres[1:].astype(int)) < 0).all(), "nearer has the larger code"
    square = np.resize(CODES, (48, 64))
    assert np.array_equal(depth_codes(depth_image(square)), square)
    assert np.array_equal(depth_image(square), millimetres[square])


def test_depths_have_the_codes_they_stand_for() -> None:
    """To the camera, within its range, and to the formula wherever 16 bits reach."""
    metres = depth_millimetres() / 1000.0
    assert metres[0] == 0.0
    assert np.array_equal(depth_code(metres[32:]), CODES[32:])
    assert np.array_equal(np.rint(255 * np.sqrt(0.3 / metres[18:])), CODES[18:])


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_any_depth_image_comes_back(seed: int) -> None:
    code = np.random.default_rng(seed).integers(0, 256, (48, 64), dtype=np.uint8)
    assert np.array_equal(depth_codes(depth_image(code)), code)


def test_a_depth_that_is_no_codes_is_refused() -> None:
    millimetres = depth_image(np.full((48, 64), 200, np.uint8))
    millimetres[3, 4] += 1
    with pytest.raises(ValueError, match="of no depth code"):
        depth_codes(millimetres)


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (200, 30, 60), (20, 90, 240)])
def test_plain_colours_stay_what_they_are(color: tuple[int, int, int]) -> None:
    image = np.zeros(IMAGE_SHAPE, np.uint8)
    image[:3] = np.reshape(color, (3, 1, 1))
    image[:3, :, 32:] //= 2
    again = expand_colors(compress_colors(image)).astype(int)
    assert np.abs(again - image[:3]).max() <= 4


def test_a_picture_of_the_world_looks_like_itself() -> None:
    again = expand_colors(compress_colors(STILL_IMAGE)).astype(int)
    assert np.abs(again - STILL_IMAGE[:3]).mean() < 4.0  # Most of it is the camera's noise, of 4.


def announcing(jpeg: bytes, height: int, width: int) -> bytes:
    """The picture with another size in its frame header."""
    place = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:place] + height.to_bytes(2) + width.to_bytes(2) + jpeg[place + 4 :]


def test_what_is_no_picture_of_the_cameras_size_is_refused() -> None:
    jpeg = compress_colors(STILL_IMAGE)
    larger = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes()
    png = cv2.imencode(".png", np.zeros((48, 64, 3), np.uint8))[1].tobytes()
    endless = b"\xff\xd8" + b"\xff\xe0\x00\x00" * 1000
    for data in (b"", b"no", jpeg[:20], larger, png, endless, announcing(jpeg, 65_000, 65_000)):
        with pytest.raises(ValueError, match="no JPEG of 64 x 48"):
            expand_colors(data)
    with pytest.raises(ValueError, match="cannot be decoded"):
        expand_colors(jpeg[: jpeg.index(b"\xff\xc0") + 19])


def test_a_checksum_knows_every_bit() -> None:
    rng = np.random.default_rng(0)
    before = image_checksum(STILL_IMAGE)
    for _ in range(50):
        image = STILL_IMAGE.copy()
        image[tuple(rng.integers(0, IMAGE_SHAPE))] ^= 1 << rng.integers(8)
        assert image_checksum(image) != before


def test_the_memory_pools_as_the_camera_does() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, (20, 48, 64), dtype=np.uint8)
    memory = DepthMemory(15)
    histories = [memory.see(code) for code in codes]
    pooled = [max_pool_code(code, (12, 16)) for code in codes]
    for step, history in enumerate(histories):
        assert np.array_equal(history, [pooled[max(0, step - age)] for age in (3, 6, 12)])


@pytest.fixture(scope="module")
def seen() -> tuple[Flight, list[tuple[np.ndarray, Observation]]]:
    """A flight with noise and faults of camera and depth: bodies and observation of every step."""
    steps = []
    with flying(everything()) as flight:
        observation = flight.observation()
        for action in rough_walk(40):
            done = flight.advance(action)
            steps.append((done.ticks, observation))
            observation = flight.observation()
            if done.outcome is not None:
                break
        return flight, steps


@pytest.mark.parametrize("first", [0, 7])
def test_depth_and_history_of_a_faulty_flight_come_back_exactly(
    seen: tuple[Flight, list[tuple[np.ndarray, Observation]]], first: int, tmp_path: Path
) -> None:
    """Of a log of its end too, whose first histories reach back before it."""
    flight, steps = seen[0], seen[1][first:]
    action, path = np.zeros(4, np.float32), tmp_path / "f.mcap"
    with FlightLog(path, flight.scenario, {"part": "the end"} if first else {}) as log:
        for index, (ticks, observation) in enumerate(steps):
            log.step((first + index) / 15, action, ticks, observation, Decision(action), ())
    found = read_flight(path)
    observed = [observation for _, observation in steps]
    assert len(found) == len(steps) > 25
    assert np.array_equal(found.images[:, 3], [o["image"][3] for o in observed])
    assert np.array_equal(found.histories.reshape(len(steps), -1), [o["history"] for o in observed])
    assert found.image_checksums.tolist() == [image_checksum(o["image"]) for o in observed]
    stated = [bool(step.history) for step in messages(path)]
    assert not any(stated if first == 0 else stated[13:]), "stored although it follows"
    assert any(stated) == (first > 0)


def messages(path: Path) -> list[Any]:
    with path.open("rb") as file:
        found = make_reader(file).iter_messages(topics=["/trident/step"])
        return [schema.Step.FromString(message.data) for _, _, message in found]
