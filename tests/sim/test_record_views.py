"""Laws of the drawings made from a log: directions are where they should be, and every kind of flight can be drawn."""

import json
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image as Picture

from sim.record import canvas
from sim.record import footprints as footprints_module
from sim.record.clip import write_clip
from sim.record.footprints import footprints
from sim.record.lattice_view import Lattice, project, read_lattice
from sim.record.mapview import MapView
from sim.record.plot import write_plot
from sim.record.reader import Flight, read_flight
from sim.record.video import film_length, frames, write_video
from sim.record.words import describe_event
from sim.safety_spec import Safety
from sim.types import Decision, Outcome
from sim.world.build import build_world
from sim.world.geometry import Mesh, Semantic, World
from tests.sim.synthetic_flight import LATTICE, make_result, make_scenario, make_steps, write_log

STEPS = make_steps(30)
FORWARD = np.array([[1.0, 0.0, 0.0]])
LEVEL = np.array([0.0, 0.0, 0.0, 1.0])


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    return read_flight(
        write_log(tmp_path_factory.mktemp("log") / "flight.mcap", STEPS, make_result(STEPS))
    )


@pytest.fixture(scope="module")
def lattice() -> Lattice:
    return Lattice(*(np.array(LATTICE[name]) for name in ("speeds", "elevations", "azimuths")))


def test_each_candidate_has_its_own_cell(lattice: Lattice) -> None:
    grid = lattice.grid(np.arange(102.0))
    assert [grid[lattice.cell(index)] for index in range(99)] == list(range(99))


def test_fast_is_above_slow_and_left_is_at_the_left(lattice: Lattice) -> None:
    speed, elevation, azimuth = (a.ravel() for a in np.meshgrid(*LATTICE.values(), indexing="ij"))
    rows = lattice.grid(speed)[:, 0]
    assert (np.diff(rows) <= 0).all()
    assert (np.diff(lattice.grid(azimuth), axis=1) < 0).all()
    assert (np.diff(lattice.grid(elevation)[:3, 0]) < 0).all()


def test_a_lattice_of_another_size_is_refused(flight: Flight) -> None:
    smaller = json.dumps({**LATTICE, "speeds": [1.0]})
    with pytest.raises(ValueError, match=r"flight\.mcap: decisions over \[102\] candidates"):
        read_lattice(replace(flight, metadata={**flight.metadata, "lattice": smaller}))


def test_a_level_camera_sees_ahead_in_its_middle() -> None:
    assert project(FORWARD, LEVEL, 0.0, 90.0)[0] == pytest.approx([32, 24])


@pytest.mark.parametrize("yaw", [0.0, 1.0, -2.5])
def test_directions_keep_their_place_whatever_the_heading(yaw: float) -> None:
    quat = np.array([0.0, 0.0, np.sin(yaw / 2), np.cos(yaw / 2)])
    left_up = np.array([[1.0, 1.0, 0.5]])
    assert project(left_up, quat, 0.0, 90.0)[0] == pytest.approx([0, 8])


def test_a_camera_tilted_up_sees_ahead_lower() -> None:
    assert project(FORWARD, LEVEL, np.arctan(0.5), 90.0)[0] == pytest.approx([32, 40])


def test_a_roll_to_the_right_lifts_what_is_right() -> None:
    roll = 0.4
    quat = np.array([np.sin(roll / 2), 0.0, 0.0, np.cos(roll / 2)])
    u, v = project(np.array([[1.0, -0.5, 0.0]]), quat, 0.0, 90.0)[0] - [32, 24]
    assert (u, v) == pytest.approx((16 * np.cos(roll), -16 * np.sin(roll)))


def test_what_is_behind_the_camera_has_no_pixel() -> None:
    assert np.isnan(project(-FORWARD, LEVEL, 0.0, 90.0)).all()


def _area(polygon: np.ndarray) -> float:
    return float(cv2.contourArea(polygon.astype(np.float32)))


def test_outlines_have_the_area_of_what_they_outline() -> None:
    solids = footprints(make_scenario()).solids
    assert [_area(polygon) for polygon in solids[Semantic.BUILDING]] == pytest.approx(
        [40.0, 42.0], rel=1e-4
    )
    assert [_area(polygon) for polygon in solids[Semantic.PANEL]] == pytest.approx(
        [0.2] * 4, rel=1e-2
    )
    for polygon, cylinder in zip(
        solids[Semantic.TRUNK], make_scenario().world.cylinders, strict=True
    ):
        assert polygon.mean(axis=0) == pytest.approx(cylinder.base_m[:2])
        assert np.linalg.norm(polygon - cylinder.base_m[:2], axis=1) == pytest.approx(
            cylinder.radius_m
        )


def test_a_mesh_is_drawn_without_its_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    corners = np.array(
        [(x, y, z) for z in (0, 3) for x, y in ((0, 0), (4, 0), (4, 2), (0, 2))], dtype=float
    )
    floor, roof = [(0, 2, 1), (0, 3, 2)], [(4, 5, 6), (4, 6, 7)]
    walls = [(0, 1, 5), (0, 5, 4), (1, 2, 6), (1, 6, 5), (2, 3, 7), (2, 7, 6), (3, 0, 4), (3, 4, 7)]
    mesh = Mesh(corners, np.array(floor + roof + walls), Semantic.BUILDING, np.ones((12, 3)))

    def build(*arguments: object) -> World:
        return replace(build_world(make_scenario().world), meshes=(mesh,))

    monkeypatch.setattr(footprints_module, "world_of", build)
    drawn = footprints(make_scenario()).solids[Semantic.BUILDING][:-2]
    assert len(drawn) == 4
    assert sum(map(_area, drawn)) == pytest.approx(2 * 4 * 2)


def test_the_films_map_names_its_rally_points(
    flight: Flight, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(canvas, "text", lambda image, words, *rest: said.append(words))
    MapView(flight, 600)
    assert "rally" not in said
    safety = Safety(
        altitude_min_m=0.0, return_altitude_m=3.0, return_by="straight", geofence_action="hold",
        rally_m=((1.0, 1.0, 0.0),),
    )  # fmt: skip
    MapView(replace(flight, scenario=flight.scenario.model_copy(update={"safety": safety})), 600)
    assert "rally" in said


def test_the_pad_is_painted_where_home_is() -> None:
    shapes = footprints(make_scenario())
    assert shapes.paint.reshape(-1, 2).min(axis=0) == pytest.approx([4, 4])
    assert shapes.paint.reshape(-1, 2).max(axis=0) == pytest.approx([6, 6])


def test_the_video_plays_in_real_time_and_shows_the_logged_colours(
    flight: Flight, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    write_video(flight, tmp_path / "flight.mp4", lambda done, total: seen.append((done, total)))
    with av.open(str(tmp_path / "flight.mp4")) as container:
        stream = container.streams.video[0]
        pictures = [
            frame.to_ndarray(format="rgb24", src_colorspace="ITU709")
            for frame in container.decode(stream)
        ]
        assert (stream.width, stream.height, stream.pix_fmt) == (1280, 720, "yuv420p")
        assert stream.average_rate == 15
        assert stream.codec_context.name == "h264"
        assert stream.frames == film_length(flight)
        assert stream.duration is not None
        assert stream.time_base is not None
        assert float(stream.duration * stream.time_base) == pytest.approx(film_length(flight) / 15)
    # The index comes first, so that a browser plays before it has the whole file.
    film = (tmp_path / "flight.mp4").read_bytes()
    assert film.index(b"moov") < film.index(b"mdat")
    assert len(pictures) == film_length(flight) == seen[-1][0] == seen[-1][1]
    # A sky block and a ground block of the camera view, 4.25 px a pixel, away from tags and dots.
    for row, column in ((20, 30), (40, 30)):
        top, left = 56 + round(4.25 * row), 992 + round(4.25 * column)
        block = pictures[0][top + 1 : top + 4, left + 1 : left + 4].mean(axis=(0, 1))
        assert block == pytest.approx(flight.images[0, :3, row, column].astype(float), abs=25)


@pytest.mark.slow
def test_two_processes_make_the_same_film(flight: Flight, tmp_path: Path) -> None:
    for workers in (1, 2):
        write_video(flight, tmp_path / f"{workers}.mp4", workers=workers)
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "2.mp4").read_bytes()


def test_an_ending_that_is_none_is_refused_with_the_choices(flight: Flight, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.png, \.svg, \.pdf, not in '\.jpg'"):
        write_plot(flight, tmp_path / "a.jpg")
    with pytest.raises(ValueError, match=r"ends in \.mp4, not in '\.avi'"):
        write_video(flight, tmp_path / "a.avi")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_figure_is_what_its_name_says(flight: Flight, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    write_plot(flight, path)
    start = path.read_bytes()[:200]
    assert {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}[ending] in path.read_bytes()[:600], (
        start
    )


def test_a_clip_plays_the_flight_faster(flight: Flight, tmp_path: Path) -> None:
    write_clip(flight, tmp_path / "clip.webp", speed=3.0)
    with Picture.open(tmp_path / "clip.webp") as clip:
        assert clip.size == (784, 336)
        shown = 0
        for index in range(getattr(clip, "n_frames", 1)):
            clip.seek(index)
            clip.load()
            shown += clip.info["duration"]
    # A third of the flight's time, and the last picture for two seconds.
    assert shown == pytest.approx(1000 * (len(flight) / 15 / 3 + 2), abs=150)


def _variants(flight: Flight) -> dict[str, Flight]:
    bare = tuple(Decision(action=decision.action) for decision in flight.decisions)
    diverged = flight.poses.copy()
    diverged[-20:] = np.nan
    without_lattice = {key: value for key, value in flight.metadata.items() if key != "lattice"}
    base, course = (
        make_scenario().model_dump(),
        {"kind": "avoid", "course_rad": 0.5, "distance_m": 30.0},
    )
    navigate = {"kind": "navigate", "goal_m": (40, 40, 1.4), "geodesic_m": 50.0}
    scenario = type(flight.scenario).model_validate
    return {
        "no heads": replace(flight, decisions=bare),
        "no lattice": replace(flight, metadata=without_lattice),
        "diverged": replace(flight, poses=diverged),
        "navigate, cut": replace(
            flight, scenario=scenario({**base, "task": navigate}), result=None
        ),
        "avoid, failed": replace(
            flight,
            scenario=scenario({**base, "task": {**course, "min_speed_fraction": 0.5}}),
            result=make_result(STEPS, Outcome.COLLISION),
        ),
    }


def test_the_trail_grows_where_the_drone_has_been(flight: Flight) -> None:
    drawn = [image[56:488, 544:976].copy() for image in frames(_variants(flight)["navigate, cut"])]
    changed = (drawn[0] != drawn[len(flight) - 1]).any(axis=2)
    rows, columns = np.nonzero(changed)
    # It flies to the north-east from the south-west corner: that quarter changes, the opposite one does not.
    assert changed[216:, :216].any()
    assert not changed[22:216, 216:].any()
    assert (rows.mean(), columns.mean()) == pytest.approx((340, 70), abs=60)


@pytest.mark.parametrize(
    "name", ["no heads", "no lattice", "diverged", "navigate, cut", "avoid, failed"]
)
def test_every_kind_of_flight_can_be_drawn(flight: Flight, tmp_path: Path, name: str) -> None:
    variant = _variants(flight)[name]
    assert sum(1 for _ in frames(variant)) == film_length(variant)
    write_plot(variant, tmp_path / "flight.png")
    picture = cv2.imread(str(tmp_path / "flight.png"))
    assert picture is not None
    assert picture.std() > 10


def test_a_log_without_steps_is_refused_by_name(tmp_path: Path) -> None:
    empty = read_flight(write_log(tmp_path / "empty.mcap", [], None))
    for write, name in ((write_video, "a.mp4"), (write_plot, "a.png")):
        with pytest.raises(ValueError, match=r"empty\.mcap: no steps to draw"):
            write(empty, tmp_path / name)


def test_events_are_told_in_words() -> None:
    assert describe_event("site_visited", {"site": 0}) == "site visited, site 1"
    assert (
        describe_event("collision", {"with": "obstacle", "speed_m_s": 3.14159})
        == "collision, with obstacle, speed 3.14 m/s"
    )
    turn = {"turn_rad_s": -0.001, "goal_m": [1.0, 2.5], "log": None}
    assert describe_event("made_up", turn) == "made up, turn 0.00 rad/s, goal (1.00, 2.50) m"
