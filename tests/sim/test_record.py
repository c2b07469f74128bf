"""Laws of the flight log: what is written is read, bit for bit; damage costs what is damaged and no more."""

import io
import math
import time
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from mcap.reader import make_reader
from mcap.writer import Writer
from mcap_protobuf.decoder import DecoderFactory

from sim.frames import quat_to_matrix
from sim.record.pictures import image_checksum
from sim.record.reader import Flight, read_flight
from sim.record.refly import verify
from sim.record.schema import TOPICS
from sim.record.writer import FlightLog, camera_mount
from sim.scenario import Scenario
from sim.types import HISTORY_SHAPE, Decision
from tests.sim.synthetic_flight import MadeStep, make_result, make_scenario, make_steps, write_log

STEPS = make_steps(90)


@pytest.fixture(scope="module")
def log_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("log") / "flight.mcap", STEPS, make_result(STEPS))


@pytest.fixture(scope="module")
def flight(log_path: Path) -> Flight:
    return read_flight(log_path)


def _same(left: object, right: object) -> bool:
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right, equal_nan=True)
    return left == right


def test_every_array_comes_back_bit_equal(flight: Flight) -> None:
    seen = [step.observation for step in STEPS]
    assert np.array_equal(flight.times, [step.time for step in STEPS])
    assert np.array_equal(flight.actions, [step.action for step in STEPS])
    assert np.array_equal(flight.poses, np.concatenate([step.ticks for step in STEPS]))
    assert np.array_equal(flight.images[:, 3], [o["image"][3] for o in seen])
    assert flight.image_checksums.tolist() == [image_checksum(o["image"]) for o in seen]
    assert np.array_equal(flight.histories, [o["history"].reshape(HISTORY_SHAPE) for o in seen])
    assert np.array_equal(flight.ego, [o["ego"] for o in seen])
    assert np.array_equal(flight.goal, [o["goal"] for o in seen])
    assert np.array_equal(flight.sites, [o["sites"].reshape(12, 12) for o in seen])
    assert np.array_equal(flight.sites_mask, [o["sites_mask"] for o in seen])
    assert flight.actions.dtype == flight.ego.dtype == np.float32


def test_decisions_events_and_result_come_back(flight: Flight) -> None:
    for read, step in zip(flight.decisions, STEPS, strict=True):
        for field in fields(Decision):
            assert _same(getattr(read, field.name), getattr(step.decision, field.name)), field.name
    assert flight.events == tuple(event for step in STEPS for event in step.events)
    assert flight.result == make_result(STEPS)
    assert flight.scenario == make_scenario()
    assert flight.metadata["pilot"] == "made-up"
    assert flight.complete
    assert flight.damage is None


def test_a_crash_shortens_the_last_step(tmp_path: Path) -> None:
    last = replace(STEPS[4], ticks=STEPS[4].ticks[:5])
    flight = read_flight(write_log(tmp_path / "crash.mcap", [*STEPS[:4], last], None))
    assert [len(flight.step_ticks(index)) for index in range(5)] == [16, 16, 16, 16, 5]
    assert np.array_equal(flight.step_bodies[-1], STEPS[4].ticks[4])
    assert flight.result is None
    assert not flight.complete


def test_the_same_flight_gives_the_same_bytes(log_path: Path, tmp_path: Path) -> None:
    again = write_log(tmp_path / "again.mcap", STEPS, make_result(STEPS))
    assert again.read_bytes() == log_path.read_bytes()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_file_reads_up_to_the_cut(
    log_path: Path, flight: Flight, tmp_path: Path, share: float
) -> None:
    whole = log_path.read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(whole[: int(share * len(whole))])
    read = read_flight(cut)
    assert not read.complete
    assert read.damage is not None
    # Each second weighs about the same, so a cut costs its share and at most a second more.
    assert share * len(STEPS) - 16 <= len(read) <= len(STEPS)
    assert np.array_equal(read.images, flight.images[: len(read)])
    assert np.array_equal(read.poses, flight.poses[: 16 * len(read)])


def test_any_cut_is_either_read_or_refused_by_name(log_path: Path, tmp_path: Path) -> None:
    whole, cut = log_path.read_bytes(), tmp_path / "cut.mcap"
    # Metadata comes first, and nothing can be said about a file that ends before its scenario does.
    beginning = whole.index(b'"physics_hz"') + 1000
    steps = []
    for size in np.linspace(0, len(whole) - 1, 15, dtype=int):
        cut.write_bytes(whole[:size])
        if size < beginning:
            with pytest.raises(ValueError, match=r"cut\.mcap is not a flight log"):
                read_flight(cut)
        else:
            read = read_flight(cut)
            steps.append(len(read))
            assert not read.complete
    assert steps == sorted(steps)
    assert steps[-1] == len(STEPS)


def test_a_flipped_byte_is_noticed(log_path: Path, flight: Flight, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole, bad = log_path.read_bytes(), tmp_path / "bad.mcap"
    for place in rng.integers(len(whole) // 5, 4 * len(whole) // 5, 8):
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        read = read_flight(bad)
        assert np.array_equal(read.images, flight.images[: len(read)])
        assert np.array_equal(read.poses, flight.poses[: len(read.poses)])


@pytest.mark.parametrize("content", [b"", b"hello", bytes(range(256)) * 40])
def test_other_files_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other\.bin is not a flight log"):
        read_flight(path)


def test_another_programs_mcap_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    writer = Writer(stream)
    writer.start()
    writer.finish()
    path = tmp_path / "foreign.mcap"
    path.write_bytes(stream.getvalue())
    with pytest.raises(ValueError, match=r"foreign\.mcap is not a flight log"):
        read_flight(path)


def test_an_unwritable_path_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "flight.mcap"
    with pytest.raises(OSError, match=r"cannot write the flight log.*missing/flight\.mcap"):
        FlightLog(path, make_scenario(), {})


def test_a_double_precision_action_is_refused(tmp_path: Path) -> None:
    step = STEPS[0]
    with (
        FlightLog(tmp_path / "f.mcap", make_scenario(), {}) as log,
        pytest.raises(ValueError, match="float64"),
    ):
        log.step(
            0.0, step.action.astype(np.float64), step.ticks, step.observation, step.decision, ()
        )


def test_other_tools_can_decode_every_topic(log_path: Path) -> None:
    with log_path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        messages = {
            channel.topic: decoded for _, channel, _, decoded in reader.iter_decoded_messages()
        }
    assert set(messages) == set(TOPICS)
    body = STEPS[-1].ticks[-1]
    position = messages["/pose"].pose.position
    assert (position.x, position.y, position.z) == tuple(body[:3])
    assert np.array_equal(messages["/trident/ticks"].body, STEPS[-1].ticks.ravel())
    assert messages["/camera/rgb"].format == "jpeg"
    picture = cv2.imdecode(np.frombuffer(messages["/camera/rgb"].data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert np.array_equal(
        picture[..., ::-1].transpose(2, 0, 1), read_flight(log_path).images[-1, :3]
    )
    assert list(messages["/camera/calibration"].K)[::4] == pytest.approx([32.0, 32.0, 1.0])


def test_depth_images_are_millimetres_along_the_axis(log_path: Path) -> None:
    with log_path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        decoded = next(reader.iter_decoded_messages(topics=["/camera/depth"])).decoded_message
    metres = np.frombuffer(decoded.data, np.uint16).reshape(48, 64) / 1000.0
    code = STEPS[0].observation["image"][3]
    assert ((metres == 0) == (code == 0)).all()
    seen = code > 0
    assert np.array_equal(np.rint(255 * np.sqrt(0.3 / metres[seen])), code[seen])


@pytest.mark.parametrize("tilt", [0.0, 0.3, -1.2])
def test_the_cameras_mount_looks_forward_and_up(tilt: float) -> None:
    matrix = quat_to_matrix(np.array(camera_mount(tilt)))
    assert matrix @ [0, 0, 1] == pytest.approx([math.cos(tilt), 0, math.sin(tilt)])
    assert matrix @ [1, 0, 0] == pytest.approx([0, -1, 0])


def test_a_step_costs_little(tmp_path: Path) -> None:
    spent = []
    for attempt in range(3):
        with FlightLog(tmp_path / f"{attempt}.mcap", make_scenario(), {}) as log:
            began = time.process_time()
            for step in STEPS:
                log.step(
                    step.time, step.action, step.ticks, step.observation, step.decision, step.events
                )
            spent.append(time.process_time() - began)
    # A bound for any machine, however loaded; `benchmarks.logging_cost` measures.
    assert min(spent) / len(STEPS) < 1.5e-3


class _Echo:
    """Stands in for a simulator: answers with what was flown, as long as it is told what was told then."""

    def __init__(self, scenario: Scenario, steps: list[MadeStep]) -> None:
        assert scenario == make_scenario()
        self.steps, self.closed = steps, False

    def reset(self) -> None:
        self.index = 0

    def inject(self, fault: object) -> None:
        raise AssertionError(f"no fault was injected: {fault}")

    def observe(self) -> dict[str, np.ndarray]:
        return {"image": self.steps[self.index].observation["image"]}

    def step(self, action: np.ndarray) -> np.ndarray:
        step = self.steps[self.index]
        self.index += 1
        if np.array_equal(action, step.action):
            return step.ticks
        pushed = np.zeros(13)
        pushed[7:10] = action[:3].astype(np.float64) - step.action[:3]
        return step.ticks + pushed

    def close(self) -> None:
        self.closed = True


def test_the_same_actions_verify_as_equal(log_path: Path) -> None:
    simulators: list[_Echo] = []
    seen: list[tuple[int, int]] = []

    def make(flight: Flight) -> _Echo:
        simulators.append(_Echo(flight.scenario, STEPS))
        return simulators[-1]

    verdict = verify(log_path, make, lambda done, steps: seen.append((done, steps)))
    assert verdict.equal
    assert verdict.first_difference is None
    assert verdict.steps == len(STEPS)
    assert verdict.position_error_m == 0.0
    assert verdict.machine_differences == ()
    assert seen[-1] == (90, 90)
    assert simulators[0].closed


@pytest.mark.parametrize("place", [0, 41, 89])
def test_a_tampered_action_is_found_at_its_step(tmp_path: Path, place: int) -> None:
    action = np.nextafter(STEPS[place].action, np.float32(1), dtype=np.float32)
    tampered = [*STEPS[:place], replace(STEPS[place], action=action), *STEPS[place + 1 :]]
    path = write_log(tmp_path / "tampered.mcap", tampered, make_result(STEPS))
    verdict = verify(path, lambda flight: _Echo(flight.scenario, STEPS))
    assert not verdict.equal
    assert verdict.first_difference is not None
    step, what = verdict.first_difference
    assert step == place
    assert "velocity_x at tick 0" in what


@pytest.mark.parametrize(
    ("plane", "words"), [(2, "its colours differ"), (3, "1 of 3072 depth codes differ")]
)
def test_one_changed_bit_is_found_at_its_step(log_path: Path, plane: int, words: str) -> None:
    image = STEPS[33].observation["image"].copy()
    image[plane, 7, 9] ^= 1
    changed = replace(STEPS[33], observation={**STEPS[33].observation, "image": image})
    verdict = verify(
        log_path, lambda flight: _Echo(flight.scenario, [*STEPS[:33], changed, *STEPS[34:]])
    )
    assert verdict.first_difference is not None
    assert verdict.first_difference[0] == 33
    assert verdict.first_difference[1].startswith(f"image: {words} (checksum ")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("schema", "9", r"f\.mcap: log schema 9 is newer than this version .* reads 1 to 2"),
        ("schema", "old", r"f\.mcap: log schema 'old' is none that there is"),
        (
            "scenario",
            '{"name": 1}',
            r"f\.mcap: its scenario cannot be read \(format: Field required\)",
        ),
    ],
)
def test_what_this_version_cannot_read_is_named(
    tmp_path: Path, key: str, value: str, words: str
) -> None:
    FlightLog(tmp_path / "f.mcap", make_scenario(), {key: value}).close(None)
    with pytest.raises(ValueError, match=words):
        read_flight(tmp_path / "f.mcap")
