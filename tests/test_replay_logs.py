"""`replay` on many logs: verified in parallel, exported as tables and as a Minari data set; bad ones stop no others."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

import agents
import scenarios
from scenarios.commands.replay_minari import DATASET_ID, fly_again
from sim.observation import observation_space
from sim.record import sink
from sim.record.pictures import image_checksum
from sim.record.reader import Flight, read_flight
from sim.record.step_table import ESTIMATE, SETPOINT, TRUTH, step_table
from sim.record.writer import FlightLog
from sim.types import POSITION
from tests.command_line import ROOT, SHORT, Trident, refused, within

__all__ = ["within"]


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two flights, one below the other."""
    folder = tmp_path_factory.mktemp("flown")
    (folder / "deeper").mkdir()
    for seed, path in ((10_000, folder / "a.mcap"), (10_001, folder / "deeper" / "b.mcap")):
        scenario = scenarios.resolve(scenarios.load(SHORT), seed)
        pilot = agents.load_pilot("random")
        with FlightLog(path, scenario, {"pilot": "random", "action": "velocity"}) as log:
            agents.fly(scenario, pilot, log)
    return folder


@pytest.fixture(scope="module")
def flight(flown: Path) -> Flight:
    return read_flight(flown / "a.mcap")


def write_again(flight: Flight, path: Path, images: np.ndarray, actions: np.ndarray) -> None:
    """The flight's log with other images and actions in it."""
    with FlightLog(path, flight.scenario, {"pilot": "forger"}) as log:
        for step, time in enumerate(flight.times):
            observation = {
                "image": images[step],
                "history": flight.histories[step].ravel(),
                "ego": flight.ego[step],
                "goal": flight.goal[step],
                "sites": flight.sites[step].ravel(),
                "sites_mask": flight.sites_mask[step],
            }
            log.step(time, actions[step], flight.step_ticks(step), observation, flight.decisions[step], ())  # fmt: skip
        log.close(flight.result)


def test_a_folder_of_good_logs_is_summed_up_in_one_line(within: Trident, flown: Path) -> None:
    done = within("replay", str(flown), "--verify", "--workers", "2")
    assert (done.returncode, done.stdout) == (0, "2 of 2 bit-equal\n")


def test_bad_logs_are_named_and_stop_no_others(
    within: Trident, flown: Path, flight: Flight, tmp_path: Path
) -> None:
    whole = (flown / "a.mcap").read_bytes()
    (tmp_path / "good.mcap").write_bytes(whole)
    (tmp_path / "cut.mcap").write_bytes(whole[: 2 * len(whole) // 3])
    (tmp_path / "no.mcap").write_text("not a log")
    done = within("replay", str(tmp_path), "--verify", "--workers", "2")
    lines = done.stdout.splitlines()
    assert done.returncode == 2
    assert lines[-1] == "1 of 3 bit-equal, 2 damaged or unreadable"
    assert sorted(line.split(":")[0].rsplit("/", 1)[1] for line in lines[:-1]) == ["cut.mcap", "no.mcap"]  # fmt: skip
    actions = flight.actions.copy()
    actions[3, 0] = -actions[3, 0]
    images = fly_again(flight)["observations"]["image"]
    write_again(flight, tmp_path / "forged.mcap", images, actions)
    done = within("replay", str(tmp_path), "--verify", "--workers", "1")
    assert done.returncode == 1
    (line,) = (line for line in done.stdout.splitlines() if "forged" in line)
    assert "differs first at step 3" in line
    assert done.stdout.splitlines()[-1] == "1 of 4 bit-equal, 1 differ, 2 damaged or unreadable"


def test_what_cannot_be_replayed_is_one_line(within: Trident, flown: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty.mcap").touch()
    log = str(flown / "a.mcap")
    for arguments, words in (
        (("none",), "no *.mcap in this folder"),
        (("pipe",), "not a plain file but a pipe"),
        (("/dev/zero",), "not a plain file but a device"),
        (("empty.mcap",), "is not a flight log: it is empty"),
        ((log, "--verify", "--workers", "0"), "workers = 0"),
        ((log, "--export", "x.xlsx"), "csv, parquet, minari"),
        ((log, "--export", "/proc/x.csv"), "cannot be written"),
        ((log, "--export", "none", "--format", "csv"), "is a folder"),
        ((log, log, "--export", "/proc/none"), "cannot be written"),
    ):
        message = refused(within("replay", *arguments))
        assert words in message
        assert len(message.splitlines()) == 1, message


def test_a_log_whose_place_is_gone(within: Trident, flight: Flight, tmp_path: Path) -> None:
    world = flight.scenario.world.model_copy(update={"place": "gone.city.json", "crop_m": (0.0, 0.0, 50.0, 50.0)})  # fmt: skip
    scenario = flight.scenario.model_copy(update={"world": world})
    elsewhere = replace(flight, scenario=scenario)
    write_again(elsewhere, tmp_path / "f.mcap", flight.images, flight.actions)
    done = within("replay", "f.mcap", "--verify")
    (line,) = refused(done).splitlines()
    assert "gone.city.json" in line


def test_a_full_disk_ends_a_flight_with_one_line_and_a_readable_log(
    within: Trident, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sink.Sink.write

    def write(self: sink.Sink, data: bytes) -> int:
        if self.tell() + len(data) > 250_000:
            real(self, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(sink.Sink, "write", write)
    done = within("fly", SHORT, "--pilot", "random", "--no-video", "--out", "out")
    lines = [line for line in refused(done).splitlines() if line.startswith("trident:")]
    assert len(lines) == 1
    assert "No space left on device; the log ends after" in lines[0]
    assert len(read_flight(tmp_path / "out" / "flight.mcap")) > 0


def test_a_table_has_a_row_a_step_and_says_what_the_log_says(
    within: Trident, flown: Path, flight: Flight, tmp_path: Path
) -> None:
    assert within("replay", str(flown), "--export", "t.parquet").returncode == 0
    assert within("replay", str(flown), "--export", "t.csv").returncode == 0
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    flat = pyarrow.csv.read_csv(tmp_path / "t.csv")
    other = read_flight(flown / "deeper" / "b.mcap")
    assert len(table) == len(flat) == len(flight) + len(other)
    assert table.column_names == flat.column_names
    rows = table.slice(0, len(flight))
    truth = np.column_stack([rows[name].to_numpy() for name in TRUTH])
    assert np.array_equal(truth[1:], flight.step_bodies[:-1])
    assert np.array_equal(truth[0, :3], flight.scenario.start.position_m)
    estimate = np.column_stack([rows[name].to_numpy() for name in ESTIMATE])
    assert np.array_equal(estimate, flight.ego[:, :12])
    speeds = np.linalg.norm([rows[name].to_numpy() for name in SETPOINT[:3]], axis=0)
    assert speeds.max() <= flight.scenario.speed_limit_m_s + 1e-9
    assert rows["phase"].to_pylist() == [decision.phase for decision in flight.decisions]
    names = [name for step in rows["events"].to_pylist() for name in step]
    assert names == [event.name for event in flight.events]
    assert flat["true_x_m"].to_pylist() == table["true_x_m"].to_pylist()


def test_clearance_in_the_table_is_the_environments(flight: Flight) -> None:
    assert flight.result is not None
    clearances = np.asarray(step_table(flight)["least_clearance_m"])
    assert min(clearances.min(), flight.result.min_clearance_m) == flight.result.min_clearance_m


def test_every_column_is_documented(flight: Flight) -> None:
    page = (ROOT / "docs" / "log-format.md").read_text()
    assert [name for name in step_table(flight) if f"`{name}`" not in page] == []


def test_flown_again_observations_are_those_of_the_log(flight: Flight) -> None:
    episode = fly_again(flight)
    seen = episode["observations"]
    assert [
        image_checksum(image) for image in seen["image"][:-1]
    ] == flight.image_checksums.tolist()
    assert np.array_equal(seen["image"][:-1, 3], flight.images[:, 3])
    assert np.array_equal(seen["history"][:-1], flight.histories.reshape(len(flight), -1))
    assert np.array_equal(seen["ego"][:-1], flight.ego)
    assert np.array_equal(seen["sites_mask"][:-1], flight.sites_mask)
    assert len(seen["image"]) == len(flight) + 1
    assert (episode["terminations"] | episode["truncations"]).nonzero()[0].tolist() == [len(flight) - 1]  # fmt: skip


def test_another_image_is_not_exported(flight: Flight) -> None:
    checksums = flight.image_checksums.copy()
    checksums[5] ^= 1
    with pytest.raises(ValueError, match="differs at step 5"):
        fly_again(replace(flight, image_checksums=checksums))


def test_a_minari_data_set_loads_and_its_samples_are_in_its_spaces(
    within: Trident, flown: Path, flight: Flight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minari = pytest.importorskip("minari", reason="the extra `data` is not installed")
    done = within("replay", str(flown), "--export", "set")
    assert (done.returncode, DATASET_ID in done.stdout) == (0, True)
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "set"))
    dataset = minari.load_dataset(DATASET_ID)
    assert dataset.total_episodes == 2
    assert dataset.observation_space == observation_space()
    episodes = list(dataset.iterate_episodes())
    assert np.array_equal(episodes[0].actions, flight.actions)
    again = fly_again(flight)
    assert np.array_equal(episodes[0].rewards, again["rewards"])
    assert np.array_equal(episodes[0].terminations, again["terminations"])
    for episode in episodes:
        assert len(episode.observations["image"]) == len(episode) + 1
        for step in range(0, len(episode), 7):
            sample = {name: column[step] for name, column in episode.observations.items()}
            assert dataset.observation_space.contains(sample)
            assert dataset.action_space.contains(episode.actions[step])
    # The exact colours, which the logs have only as JPEG.
    assert np.array_equal(episodes[0].observations["image"], again["observations"]["image"])
    taken = "holds a dataset trident/flights-v0 already"
    assert taken in refused(within("replay", str(flown), "--export", "set"))


def test_poses_of_the_table_are_metres_apart_as_velocities_say(flight: Flight) -> None:
    """Truth at a step's beginning and truth velocity belong to the same instant."""
    table = step_table(flight)
    x, vx = np.asarray(table["true_x_m"]), np.asarray(table["true_velocity_world_x_m_s"])
    hz = flight.scenario.rates.control_hz
    assert np.allclose(np.diff(x) * hz, 0.5 * (vx[1:] + vx[:-1]), atol=0.15)
    assert flight.poses[:, POSITION].shape[1] == 3


@pytest.mark.parametrize(
    ("option", "named"),
    [
        (
            ["--export", "a.mcap", "--format", "csv"],
            "export = a.mcap: would overwrite the log a.mcap",
        ),
        (["--html", "link.html"], "html = link.html: would overwrite the log a.mcap"),
        (
            ["--plot", "same.png", "--export", "same.png", "--format", "csv"],
            "would overwrite what --plot writes",
        ),
        (["--html", "a.png"], "html = a.png: ends in '.png'; choose .html or .htm"),
        (["--workers", "0"], "workers = 0: must be at least 1"),
        (["--format", "csv"], "format = csv: says what --export writes"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is(
    within: Trident, flown: Path, tmp_path: Path, option: list[str], named: str
) -> None:
    log = tmp_path / "a.mcap"
    log.write_bytes(content := (flown / "a.mcap").read_bytes())
    (tmp_path / "link.html").symlink_to(log)
    assert named in refused(within("replay", "a.mcap", *option))
    assert log.read_bytes() == content
    assert {path.name for path in tmp_path.iterdir()} == {"a.mcap", "link.html"}


@pytest.fixture(scope="module")
def placeless(flown: Path, flight: Flight, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good log, and one flown in a place that is not there."""
    folder = tmp_path_factory.mktemp("placeless")
    (folder / "good.mcap").write_bytes((flown / "a.mcap").read_bytes())
    elsewhere = flight.scenario.world.model_copy(
        update={"place": "gone.csv", "crop_m": (0.0, 0.0, 90.0, 90.0)}
    )
    scenario = flight.scenario.model_copy(update={"world": elsewhere})
    write_again(replace(flight, scenario=scenario), folder / "bad.mcap", flight.images, flight.actions)  # fmt: skip
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "bad.mcap", "--export", "x.csv"),
        ("replay", "bad.mcap", "--export", "x.parquet"),
        ("replay", "bad.mcap", "--export", "minari"),
        ("replay", "bad.mcap", "--verify"),
        ("replay", "bad.mcap", "--why"),
        ("replay", "bad.mcap", "--plot", "x.png"),
        ("describe", "bad.mcap"),
        ("referee", "bad.mcap"),
    ],
)
def test_a_log_without_its_place_is_named_with_what_helps(
    within: Trident, placeless: Path, arguments: tuple[str, ...]
) -> None:
    log = str(placeless / "bad.mcap")
    message = refused(within(arguments[0], log, *arguments[2:]))
    assert log in message
    assert "place 'gone.csv': no such file" in message
    assert "the folder it was flown in" in message


def test_a_log_without_its_place_stops_no_other(
    within: Trident, placeless: Path, tmp_path: Path
) -> None:
    done = within("replay", str(placeless), "--export", "x.csv")
    assert "bad.mcap: place 'gone.csv'" in refused(done)
    logs = pyarrow.csv.read_csv(tmp_path / "x.csv")["log"].unique().to_pylist()
    assert logs == [str(placeless / "good.mcap")]


def test_the_referee_judges_the_others(within: Trident, placeless: Path) -> None:
    bad, good = str(placeless / "bad.mcap"), str(placeless / "good.mcap")
    for workers in ("1", "2"):
        done = within("referee", bad, good, "--workers", workers, "--json")
        assert f"not judged: {bad}: place 'gone.csv'" in refused(done)
        (verdict,) = map(json.loads, done.stdout.splitlines())
        assert (verdict["log"], verdict["outcome"]) == (good, verdict["claimed"])


def test_a_table_below_a_file_is_one_line(within: Trident, flown: Path, tmp_path: Path) -> None:
    (tmp_path / "afile").touch()
    message = refused(within("replay", str(flown / "a.mcap"), "--export", "afile/a.csv"))
    assert message.startswith("trident: afile/a.csv: cannot be written")
    assert len(message.splitlines()) == 1


def test_a_disk_too_full_for_a_recording_is_one_line(
    within: Trident, flown: Path, tmp_path: Path
) -> None:
    pytest.importorskip("rerun", reason="extra viz is not installed")
    (tmp_path / "full.rrd").symlink_to("/dev/full")
    message = refused(within("replay", str(flown / "a.mcap"), "--rrd", "full.rrd"))
    assert "trident: rrd = full.rrd: cannot be written: " in message
    assert "No space left on device" in message
