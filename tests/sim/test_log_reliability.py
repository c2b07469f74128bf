"""Logs you can rely on: kills, full disks, damage and malice cost what they must and are told; old versions open."""

import contextlib
import hashlib
import os
import random
import resource
import struct
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path

import numpy as np
import pytest
import zstandard
from mcap.opcode import Opcode
from mcap.reader import make_reader
from mcap.records import Statistics
from mcap.stream_reader import StreamReader
from mcap.writer import MCAP0_MAGIC
from mcap_protobuf.decoder import DecoderFactory

from sim.record import sink
from sim.record.pictures import image_checksum
from sim.record.reader import Flight, read_flight
from sim.record.schema import CHECKSUM, SCHEMA_VERSION
from sim.record.sink import LogStopped
from sim.record.writer import FlightLog
from tests.sim.synthetic_flight import make_result, make_scenario, make_steps, write_log

DATA = Path(__file__).parents[1] / "data"
STEPS = make_steps(45)
LONG = make_steps(75)
COLUMNS = (
    "times", "actions", "images", "image_checksums", "histories", "ego", "goal", "sites", "sites_mask",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "flight.mcap"
    return write_log(path, STEPS, make_result(STEPS)).read_bytes()


@pytest.fixture(scope="module")
def flight(whole: bytes, tmp_path_factory: pytest.TempPathFactory) -> Flight:
    path = tmp_path_factory.mktemp("read") / "flight.mcap"
    path.write_bytes(whole)
    return read_flight(path)


def is_true_beginning(found: Flight, flight: Flight) -> bool:
    """Whatever was read is what was written; what was not read is told."""
    count = len(found)
    same = all(
        getattr(found, name).tobytes() == getattr(flight, name)[:count].tobytes()
        for name in COLUMNS
    )
    told = found.damage is not None or (found.complete and count == len(flight))
    return (
        same
        and told
        and found.metadata == flight.metadata
        and found.scenario == flight.scenario
        and found.poses.tobytes() == flight.poses[: len(found.poses)].tobytes()
        and [d.phase for d in found.decisions] == [d.phase for d in flight.decisions[:count]]
        and found.events == flight.events[: len(found.events)]
    )


def looked_at(content: bytes, path: Path, flight: Flight, what: str) -> None:
    """Refused by name, or true as far as it goes."""
    path.write_bytes(content)
    try:
        found = read_flight(path)
    except ValueError as error:
        found, words = None, str(error)
    else:
        words = str(found.damage)
    assert "\n" not in words
    true = str(path) in words if found is None else is_true_beginning(found, flight)
    assert true, f"{what}: {words}"


def often(few: int, many: int) -> pytest.MarkDecorator:
    """Run with few seeds, and with many more among the slow tests."""
    more = pytest.param(range(few, many), marks=pytest.mark.slow, id="many")
    return pytest.mark.parametrize("seeds", [pytest.param(range(few), id="few"), more])


@often(20, 400)
def test_a_cut_or_a_changed_byte_anywhere(
    whole: bytes, flight: Flight, tmp_path: Path, seeds: range
) -> None:
    for seed in seeds:
        rng = random.Random(seed)
        place = rng.randrange(len(whole))
        changed = bytes([whole[place] ^ rng.randrange(1, 256)]) + whole[place + 1 :]
        rest = changed if seed % 2 else b""
        looked_at(whole[:place] + rest, tmp_path / "f.mcap", flight, f"seed {seed}")


@often(20, 400)
def test_stretches_that_are_garbled_dropped_or_doubled(
    whole: bytes, flight: Flight, tmp_path: Path, seeds: range
) -> None:
    for seed in seeds:
        rng = random.Random(seed)
        start = rng.randrange(len(whole))
        end = min(len(whole), start + rng.choice([2, 9, 100, 5000]))
        kinds = rng.randbytes(end - start), b"", whole[start:end] * 2, bytes(end - start)
        content = whole[:start] + rng.choice(kinds) + whole[end:]
        looked_at(content, tmp_path / "f.mcap", flight, f"seed {seed}")


def test_no_chunk_is_skipped_in_silence(whole: bytes, flight: Flight, tmp_path: Path) -> None:
    """Damaged, its opcode may be that of a record which readers pass over."""
    offset = len(MCAP0_MAGIC)
    while offset < len(whole) - len(MCAP0_MAGIC):
        is_chunk = whole[offset] == Opcode.CHUNK
        for opcode in (0x02, 0x07, 0x0F) if is_chunk else ():
            changed = whole[:offset] + bytes([opcode]) + whole[offset + 1 :]
            looked_at(changed, tmp_path / "f.mcap", flight, f"opcode {opcode}")
        offset += 9 + struct.unpack_from("<Q", whole, offset + 1)[0]


def test_damage_says_byte_and_time(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "f.mcap"
    path.write_bytes(whole[: len(whole) // 2])
    found = read_flight(path)
    assert found.damage is not None
    words = found.damage.replace("(", "").split()
    assert words[:3] == ["stopped", "at", "byte"]
    assert 0 < int(words[3]) <= len(whole) // 2
    assert f"after {len(found)} steps ({found.times[-1]:.2f} s of flight)" in found.damage


def chunk(data: bytes, size: int, compression: bytes = b"zstd") -> bytes:
    body = struct.pack("<QQQI", 0, 0, size, 0) + struct.pack("<I", len(compression)) + compression
    body += struct.pack("<Q", len(data)) + data
    return struct.pack("<BQ", 6, len(body)) + body


def test_a_record_that_announces_more_than_there_can_be(whole: bytes, tmp_path: Path) -> None:
    """Nothing of its size is made room for: a sparse terabyte is turned down at once."""
    start = whole[: whole.index(b"zstd") - 4 - 8 * 3 - 4 - 9]
    bombs = {
        "announced": start + struct.pack("<BQ", 6, 1 << 39),
        "unpacked": start + chunk(zstandard.compress(bytes(40 << 20)), 40 << 20),
        "unknown": start + chunk(b"x" * 50, 50, b"lz4"),
    }
    for name, content in bombs.items():
        path = tmp_path / f"{name}.mcap"
        path.write_bytes(content)
        if name == "announced":
            os.truncate(path, 1 << 40)
        began = time.monotonic()
        found = read_flight(path)
        assert len(found) == 0
        assert found.damage is not None
        assert time.monotonic() - began < 20


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / "f.mcap"
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "folder":
        path.mkdir()
    with pytest.raises(ValueError, match=f"not a plain file but a {kind}"):
        read_flight(path)


def fly_on(path: Path, flown: Connection) -> None:
    """Log until the end or a signal, telling after each step how far the flight has come."""
    with FlightLog(path, make_scenario(), {}) as log:
        for step in LONG:
            log.step(
                step.time, step.action, step.ticks, step.observation, step.decision, step.events
            )
            flown.send(step.time + 1 / 15)
            time.sleep(0.001)


@often(2, 20)
def test_killed_at_a_random_moment_a_flight_loses_at_most_a_second(
    tmp_path: Path, seeds: range
) -> None:
    path = tmp_path / "f.mcap"
    for seed in seeds:
        end, flown = 0.0, []
        moment = random.Random(seed).uniform(1.5, LONG[-1].time - 1.0)
        with running(fly_on, path) as (process, told):
            while end < moment:
                assert told.poll(60)
                end = told.recv()
            process.kill()
            process.join()
            with contextlib.suppress(EOFError):
                while told.poll():
                    flown.append(told.recv())
        end = max([end, *flown])
        found = read_flight(path)
        # What was told last may lag one step behind what was written.
        assert end - 1.0 <= found.times[-1] + 1 / 15 <= end + 1 / 15 + 1e-6, f"seed {seed}"
        last = LONG[len(found) - 1].observation["image"]
        assert found.image_checksums[-1] == image_checksum(last)


@contextlib.contextmanager
def running(
    work: Callable[[Path, Connection], None], path: Path
) -> Iterator[tuple[ForkProcess, Connection]]:
    """A process of its own that does `work`, forked, so that it has nothing to import, and what it tells."""
    context = get_context("fork")
    told, telling = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(path, telling))
    process.start()
    telling.close()
    with told:
        try:
            yield process, told
        finally:
            process.kill()
            process.join()


class _FullDisk:
    """Takes so many bytes, the last of them in part, and then no more."""

    def __init__(self, room: int) -> None:
        self.room, self.write = room, os.write

    def __call__(self, handle: int, data: memoryview) -> int:
        if self.room <= 0:
            raise OSError(28, "No space left on device")
        written = self.write(handle, data[: self.room])
        self.room -= written
        return written


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.81, 0.97, 0.9999])
def test_a_full_disk_leaves_a_log_of_whole_chunks(
    whole: bytes, flight: Flight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    path = tmp_path / "f.mcap"
    disk = _FullDisk(int(share * len(whole)))
    with monkeypatch.context() as patched:
        patched.setattr(sink.os, "write", disk)
        with pytest.raises(OSError, match="No space left") as raised:
            write_log(path, STEPS, make_result(STEPS))
    assert "\n" not in str(raised.value)
    if isinstance(raised.value, LogStopped):
        found = read_flight(path)
        assert np.array_equal(found.images, flight.images[: len(found)])
        end = found.times[-1] + 1 / 15 if len(found) else 0.0
        assert f"ends after {end:.2f} s of flight" in str(raised.value)
        # What fitted is there but for the second that was being written.
        assert len(found) >= share * len(STEPS) - 16
    else:
        assert share < 0.1, "only the very start may leave nothing"


ROOM = 100_000


def fly_within(path: Path, told: Connection) -> None:
    """Log under the system's own limit on the size of files."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
    try:
        write_log(path, STEPS, make_result(STEPS))
    except OSError as error:
        told.send((type(error).__name__, str(error)))


def test_the_systems_own_limit_on_files_ends_a_log_the_same_way(
    whole: bytes, flight: Flight, tmp_path: Path
) -> None:
    path = tmp_path / "f.mcap"
    assert 0.4 < ROOM / len(whole) < 0.8
    with running(fly_within, path) as (_, told):
        assert told.poll(60)
        assert told.recv()[0] == "LogStopped"
    found = read_flight(path)
    assert 10 < len(found) < len(STEPS)
    assert np.array_equal(found.poses, flight.poses[: len(found.poses)])


def digest(flight: Flight) -> str:
    seen = flight.images[:, 3], flight.image_checksums
    return sha256(flight.actions, flight.poses, *seen, flight.ego, flight.sites)


def sha256(*parts: np.ndarray) -> str:
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()[:16]


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_logs_of_every_version_open(version: int) -> None:
    """Made of the same steps, but that in version 2 the histories from step 6 on follow from the images before."""
    path = DATA / f"log-v{version}.mcap"
    assert path.stat().st_size < 200_000
    found = read_flight(path)
    assert found.metadata["schema"] == str(version)
    assert (CHECKSUM in found.metadata) == (version >= 2)
    assert found.complete
    assert len(found) == 13
    assert digest(found) == "af3db541b18b1330"
    assert sha256(found.histories) == {1: "e45b25aea7f1ad78", 2: "5481c44f4cf3b8e4"}[version]
    exact = read_flight(DATA / "log-v1.mcap").images
    assert np.abs(found.images.astype(int) - exact).mean() < 3.0
    assert found.result is not None
    assert found.result.prize == 13.0
    assert [event.name for event in found.events] == ["site_visited"]
    assert found.decisions[3].phase == "navigate"


@pytest.mark.parametrize(("version", "words"), [("3", "newer than this version"), ("0", "none")])
def test_a_log_of_another_schema_is_refused(tmp_path: Path, version: str, words: str) -> None:
    path = tmp_path / "f.mcap"
    FlightLog(path, make_scenario(), {"schema": version}).close(None)
    with pytest.raises(ValueError, match=words) as raised:
        read_flight(path)
    assert "\n" not in str(raised.value)


def test_other_readers_decode_every_message_and_find_all_checksums_right(
    whole: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "f.mcap"
    path.write_bytes(whole)
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        decoded = [(channel.topic, message) for _, channel, _, message in reader.iter_decoded_messages()]  # fmt: skip
    with path.open("rb") as file:
        records = list(StreamReader(file, validate_crcs=True).records)
    (statistics,) = (record for record in records if isinstance(record, Statistics))
    assert len(decoded) == statistics.message_count
    topics = [topic for topic, _ in decoded]
    steps = {"/trident/step", "/trident/decision", "/trident/ticks", "/camera/rgb", "/camera/depth"}
    assert {topics.count(topic) for topic in steps} == {len(STEPS)}
    assert all(message.ByteSize() > 0 for topic, message in decoded if topic in steps)
