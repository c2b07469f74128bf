"""What is shown of a log in Rerun is what the log holds: written to a recording and read back."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rerun_bindings", reason="needs the extra viz")

from sim.record.pictures import depth_millimetres
from sim.record.reader import Flight, read_flight
from sim.record.viewer.blueprint import views
from sim.record.viewer.recording import layout, open_recording, send_flights
from sim.types import POSITION, QUATERNION, VELOCITY
from sim.world.geometry import Semantic
from tests.sim.synthetic_flight import LATTICE, make_result, make_steps, write_log
from tests.viewer.reading import column, entities, fixed

STEPS = 24


def write(flights: list[Flight], target: Path) -> list[str]:
    said: list[str] = []
    stream, stages = open_recording(flights)
    with stream:
        stream.save(target, default_blueprint=layout(flights, stages))
        send_flights(flights, stages, said.append)
    return said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("viewer")


@pytest.fixture(scope="module")
def flight(folder: Path) -> Flight:
    steps = make_steps(STEPS)
    return read_flight(write_log(folder / "flight.mcap", steps, make_result(steps)))


@pytest.fixture(scope="module")
def recording(folder: Path, flight: Flight) -> Path:
    target = folder / "flight.rrd"
    write([flight], target)
    return target


ROOT = "/made-up"


def test_poses_on_the_timeline_are_the_logs(recording: Path, flight: Flight) -> None:
    times, steps, places = column(recording, f"{ROOT}/world/drone", "translation")
    _, _, turns = column(recording, f"{ROOT}/world/drone", "quaternion")
    assert times == pytest.approx([*flight.times, STEPS / 15], abs=1e-9)
    assert steps.tolist() == list(range(STEPS + 1))
    bodies = flight.step_bodies
    np.testing.assert_allclose(np.array(places)[1:, 0], bodies[:, POSITION], atol=1e-5)
    np.testing.assert_allclose(np.array(turns)[1:, 0], bodies[:, QUATERNION], atol=1e-6)
    assert places[0][0] == pytest.approx(flight.scenario.start.position_m)


def test_the_trail_goes_from_pose_to_pose(recording: Path, flight: Flight) -> None:
    _, _, strips = column(recording, f"{ROOT}/world/trail", "strips")
    ends = np.array([strip[0] for strip in strips])
    np.testing.assert_array_equal(ends[1:, 0], ends[:-1, 1])
    np.testing.assert_allclose(ends[1:, 1], flight.step_bodies[:, POSITION], atol=1e-5)


def test_pictures_are_the_logs_and_depth_is_in_metres(recording: Path, flight: Flight) -> None:
    camera = f"{ROOT}/world/camera"
    times, _, colors = column(recording, f"{camera}/rgb", "buffer")
    assert times == pytest.approx(flight.times, abs=1e-9)
    shown = np.array([row[0] for row in colors], dtype=np.uint8).reshape(STEPS, 48, 64, 3)
    np.testing.assert_array_equal(shown.transpose(0, 3, 1, 2), flight.images[:, :3])
    _, _, depths = column(recording, f"{camera}/depth", "buffer")
    raw = (
        np.array([row[0] for row in depths], dtype=np.uint8).view(np.uint16).reshape(STEPS, 48, 64)
    )
    np.testing.assert_array_equal(raw, depth_millimetres()[flight.images[:, 3]])
    assert fixed(recording, f"{camera}/depth", "meter") == [1000.0]


def test_classes_have_names(recording: Path) -> None:
    context = fixed(recording, f"{ROOT}/world", "context")[0]
    names = {entry["class_description"]["info"]["label"] for entry in context}
    assert names == {kind.name.lower() for kind in Semantic}
    _, _, classes = column(recording, f"{ROOT}/world/camera/classes", "buffer")
    assert len(classes) == STEPS
    assert set(classes[0][0]) <= {int(kind) for kind in Semantic}


def test_truth_is_drawn_and_what_is_not_known_is_not(recording: Path, flight: Flight) -> None:
    _, _, rows = column(recording, f"{ROOT}/curves/velocity_x", "scalars")
    setpoint, estimate, truth = np.array(rows).T
    np.testing.assert_allclose(truth[1:], flight.step_bodies[:, VELOCITY.start])
    # This flight was made up: flown again it goes elsewhere at once.
    assert np.isnan(setpoint).all()
    assert np.isnan(estimate[1:]).all()


def test_candidates_lie_a_second_ahead_and_vetoed_ones_are_marked(
    recording: Path, flight: Flight
) -> None:
    _, _, points = column(recording, f"{ROOT}/world/candidates/survival", "positions")
    first = np.array(points[0]) - np.array(flight.scenario.start.position_m)
    speeds = np.repeat(LATTICE["speeds"], 33) * flight.scenario.speed_limit_m_s
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), speeds, rtol=1e-4)
    _, _, dots = column(recording, f"{ROOT}/heads/survival/vetoed", "positions")
    for spots, decision in zip(dots, flight.decisions, strict=True):
        assert decision.fused is not None
        assert len(spots) == np.isneginf(decision.fused[:99]).sum()


def test_every_event_is_told_when_it_happened(folder: Path) -> None:
    steps = make_steps(62)
    flight = read_flight(write_log(folder / "events.mcap", steps, make_result(steps)))
    write([flight], folder / "events.rrd")
    times, _, words = column(folder / "events.rrd", f"{ROOT}/events/arrival", "text")
    assert times == pytest.approx([59 / 15, 62 / 15], abs=1e-9)
    assert words[0] == ["site visited, site 4"]
    assert words[1][0].startswith("success")
    times, _, words = column(folder / "events.rrd", f"{ROOT}/states/phase", "state")
    phases = [decision.phase for decision in flight.decisions]
    changes = [0, *(i for i in range(1, len(phases)) if phases[i] != phases[i - 1])]
    assert [row[0] for row in words] == [phases[i] for i in changes]
    assert len(changes) == 3
    assert times == pytest.approx(flight.times[changes], abs=1e-9)


def test_every_view_shows_something(recording: Path, flight: Flight) -> None:
    _, stages = open_recording([flight])
    names = entities(recording)
    shown = views(layout([flight], stages).root_container)
    assert len(shown) >= 15
    for view in shown:
        wanted = [str(view.origin) if path == "$origin/**" else path for path in _contents(view)]
        for path in wanted:
            assert any(name == path or name.startswith(f"{path}/") for name in names), path


def _contents(view: object) -> list[str]:
    contents = getattr(view, "contents")  # noqa: B009 - any view has it.
    return [
        path.removeprefix("- ") for path in ([contents] if isinstance(contents, str) else contents)
    ]


def test_two_logs_share_the_time_and_nothing_else(folder: Path, flight: Flight) -> None:
    other = read_flight(write_log(folder / "other.mcap", make_steps(12), None))
    target = folder / "two.rrd"
    said = write([flight, other], target)
    assert len(said) == 2
    assert {name.split("/")[1] for name in entities(target)} >= {"made-up-1", "made-up-2"}
    one, _, _ = column(target, "/made-up-1/world/drone", "translation")
    two, _, _ = column(target, "/made-up-2/world/drone", "translation")
    np.testing.assert_allclose(one[: len(two)], two, atol=1e-9)
    _, stages = open_recording([flight, other])
    origins = {str(view.origin) for view in views(layout([flight, other], stages).root_container)}
    assert {"/made-up-1/world", "/made-up-2/world"} <= origins


def test_a_log_without_a_step_cannot_be_shown(folder: Path) -> None:
    empty = read_flight(write_log(folder / "empty.mcap", [], None))
    _stream, stages = open_recording([empty])
    with pytest.raises(ValueError, match="no steps to show"):
        send_flights([empty], stages, print)
