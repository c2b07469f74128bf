"""Laws of what a page carries: what is packed comes back within half a step, and nothing in a log can break out of it."""

import base64
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.record.instants import sample_bodies, sample_times
from sim.record.near_misses import near_misses
from sim.record.page import write_page
from sim.record.page.marks import marks, sample_at
from sim.record.page.pack import exact, pack, quantised, unpack
from sim.record.page.pictures import film
from sim.record.page.solids import Soup, solid_columns
from sim.record.page.track import MILLIMETRE
from sim.record.reader import Flight, read_flight
from sim.world.build import build_world
from tests.sim.synthetic_flight import make_result, make_scenario, make_steps, write_log

LIMIT = 10_000_000
"""Bytes of a page of two minutes."""


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    steps = make_steps(90)
    path = write_log(tmp_path_factory.mktemp("log") / "flight.mcap", steps, make_result(steps))
    return read_flight(path)


def contents(page: str, name: str) -> str:
    found = re.search(rf'<script type="[^"]*" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return found[1]


@given(
    hnp.arrays(np.float64, hnp.array_shapes(max_dims=3), elements=st.floats(-30.0, 30.0)),
    st.booleans(),
)
def test_quantised_arrays_come_back_within_half_a_step(
    values: np.ndarray, differenced: bool
) -> None:
    back = unpack(pack({"x": quantised(values, "int16", MILLIMETRE, differenced=differenced)}))
    assert back["x"].shape == values.shape
    assert np.abs(back["x"] - values).max() <= 0.5 * MILLIMETRE + 1e-12


@given(hnp.arrays(np.int32, st.integers(0, 40)))
def test_differences_wrap_round_and_back(values: np.ndarray) -> None:
    back = unpack(pack({"x": quantised(values, "int32", 1.0, differenced=True)}))
    assert np.array_equal(back["x"], values)


def test_what_a_type_cannot_hold_is_cut_off_at_its_end() -> None:
    column = quantised(np.array([-1e9, np.inf, np.nan]), "int16", 1.0)
    assert column.values.tolist() == [-32768, 32767, 0]


@given(st.lists(st.sampled_from(["uint8", "int16", "float32"]), min_size=1, max_size=5))
def test_columns_of_any_types_lie_side_by_side(types: list[str]) -> None:
    columns = {f"c{i}": exact(np.arange(2 * i + 1), kind) for i, kind in enumerate(types)}
    back = unpack(pack(columns))
    assert all(np.array_equal(back[name], column.values) for name, column in columns.items())
    assert [back[name].dtype.name for name in columns] == types


def test_a_page_holds_the_flight(flight: Flight, tmp_path: Path) -> None:
    write_page(flight, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    facts, arrays = json.loads(contents(page, "facts")), unpack(contents(page, "arrays"))
    bodies = sample_bodies(flight)
    assert np.abs(arrays["position"] - bodies[:, :3]).max() <= 0.5 * MILLIMETRE + 1e-9
    sides = np.sign(np.sum(arrays["quaternion"] * bodies[:, 3:7], axis=1, keepdims=True))
    assert np.abs(sides * arrays["quaternion"] - bodies[:, 3:7]).max() <= 0.5 / 32767 + 1e-9
    assert np.abs(arrays["velocity"] - bodies[:, 7:10]).max() <= 0.005 + 1e-9
    assert np.allclose(arrays["times"], sample_times(flight), atol=1e-5)
    survival = np.array([d.survival for d in flight.decisions])
    assert np.abs(arrays["survival"] - survival).max() <= 0.5 / 255 + 1e-6
    vetoed = np.array([d.fused for d in flight.decisions]) == -np.inf
    assert np.array_equal(arrays["veto"], vetoed)
    assert arrays["chosen"].tolist() == [d.chosen for d in flight.decisions]
    assert facts["seed"] == flight.scenario.seed
    assert facts["phases"][arrays["phase"][50]] == flight.decisions[50].phase
    assert len(page) < LIMIT


def test_scores_come_back_as_distances_from_the_best(flight: Flight, tmp_path: Path) -> None:
    write_page(flight, tmp_path / "page.html")
    arrays = unpack(contents((tmp_path / "page.html").read_text(encoding="utf-8"), "arrays"))
    scores = np.array([d.navigation for d in flight.decisions])
    below = scores.max(axis=1, keepdims=True) - scores
    near = below < 15.0
    assert np.abs(arrays["navigation"] - below)[near].max() <= 1 / 32 + 1e-6
    assert arrays["navigation"].min(axis=1).max() == 0.0


def test_the_same_flight_makes_the_same_page(flight: Flight, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_page(flight, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_page_names_no_address_to_fetch_from(flight: Flight, tmp_path: Path) -> None:
    write_page(flight, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    assert "default-src 'none'" in page
    modules = json.loads(zlib.decompress(base64.b64decode(contents(page, "modules"))))
    bare = {
        found[2]
        for source in modules.values()
        for found in re.finditer(r"""\b(from|import)\s*["']([^"']+)["']""", source)
        if "three/addons" not in found[2]
    }
    assert bare <= set(modules)


def test_a_name_cannot_break_out_of_the_page(flight: Flight, tmp_path: Path) -> None:
    nasty = "</script><script>alert(1)</script>"
    wild = replace(flight, metadata=flight.metadata | {"pilot": nasty})
    write_page(wild, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert nasty not in page
    assert json.loads(contents(page, "facts"))["pilot"] == nasty


def test_pictures_lie_on_sheets_in_their_order(flight: Flight) -> None:
    made = film(flight.images)
    assert made is not None
    assert made.stride == 1
    data = base64.b64decode(made.rgb[0].split(",")[1])
    sheet = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert sheet is not None
    for index in (0, 17, 89):
        row, column = divmod(index, made.columns)
        seen = sheet[48 * row : 48 * row + 48, 64 * column : 64 * column + 64, ::-1]
        wanted = flight.images[index, :3].transpose(1, 2, 0).astype(float)
        assert np.abs(seen - wanted).mean() < 12.0


def test_pictures_keep_to_their_budget(flight: Flight) -> None:
    whole = film(flight.images)
    assert whole is not None
    size = sum(3 * len(url) // 4 for url in whole.rgb + whole.depth)
    thinned = film(flight.images, budget=size // 3)
    assert thinned is not None
    assert thinned.stride > 1
    assert sum(3 * len(url) // 4 for url in thinned.rgb + thinned.depth) < size // 3 + 200


def test_a_camera_that_showed_nothing_makes_no_film() -> None:
    assert film(np.zeros((5, 4, 48, 64), np.uint8)) is None


def test_the_nearest_triangles_are_kept() -> None:
    x = np.arange(10.0)
    corners = np.stack([x, 0 * x, 0 * x], axis=1)[:, None] + np.array(
        [(0, 0, 0), (0.1, 0, 0), (0, 0.1, 0)]
    )
    soup = Soup(corners.reshape(-1, 3), np.arange(30).reshape(-1, 3), np.ones((10, 3)))
    kept = soup.nearest(np.zeros((1, 3)), 4)
    assert sorted(kept.vertices[kept.faces][:, 0, 0].tolist()) == [0, 1, 2, 3]


def test_every_solid_of_the_world_is_in_the_page() -> None:
    scenario = make_scenario()
    world = build_world(scenario.world)
    columns, left_out = solid_columns(world, np.zeros((1, 3)))
    back = unpack(pack(columns))
    assert left_out == 0
    assert len(back["box"]) == len(world.boxes.yaws)
    assert np.allclose(back["cylinder"][:, :3], world.cylinders.bases, atol=1e-5)
    assert np.abs(back["box_color"] / 255 - world.boxes.colors).max() <= 0.5 / 255 + 1e-9


def test_marks_are_in_order_and_each_on_the_first_sample_not_before_it(flight: Flight) -> None:
    times = sample_times(flight)
    found = marks(flight, times, np.full(len(times), 4.0))
    assert [mark.time for mark in found] == sorted(mark.time for mark in found)
    for mark in found:
        assert times[mark.sample] >= mark.time - 1e-6
        assert mark.sample == 0 or times[mark.sample - 1] < mark.time
    names = [event.name for event in flight.events]
    assert [mark.name for mark in found if mark.name in names] == names


def test_a_pass_is_one_near_miss_at_its_nearest() -> None:
    times = np.arange(100) / 15
    clearance = np.full(100, 2.0)
    clearance[20:25] = 0.2, 0.15, 0.1, 0.15, 0.2
    clearance[60:63] = 0.1, 0.0, 0.1
    clearance[97:] = 0.2, 0.1, 0.05
    assert [m.sample for m in near_misses(times, clearance, collided=True)] == [22]
    assert [m.sample for m in near_misses(times, clearance, collided=False)] == [22, 99]


def test_beyond_the_end_is_the_last_sample() -> None:
    assert sample_at(np.array([0.0, 0.1, 0.2]), 5.0) == 2


def test_a_log_without_steps_is_refused(tmp_path: Path) -> None:
    empty = read_flight(write_log(tmp_path / "flight.mcap", [], None))
    with pytest.raises(ValueError, match="no steps to draw"):
        write_page(empty, tmp_path / "page.html")
