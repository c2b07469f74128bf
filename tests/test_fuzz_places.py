"""Files that went wrong at random: whatever is in them, a place loads or a ValueError names the file; nothing else."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import trimesh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.plan_file import read_plan
from sim.world.importers import load_place
from sim.world.place_options import PlaceOptions
from tests.place_files import bag, census, plan, with_slope, written

CROP = (-20.0, -20.0, 100.0, 100.0)
STRANGE = st.sampled_from([
    None, True, -1, 0, 3, 10**9, 10**400, 1e308, -1e308, float("nan"), float("inf"), "", "x", "../../etc/passwd",
    "\x00", [], [[]], [[[]]], [1, 2], {}, {"a": {}}, [None], "9" * 5000,
])  # fmt: skip
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def spots(document: Any, path: tuple = ()) -> list[tuple]:
    """Paths to everything in a JSON document; of long lists, to their first and last few."""
    found = [path]
    if isinstance(document, dict):
        entries = list(document.items())
    elif isinstance(document, list):
        entries = list(enumerate(document))
    else:
        return found
    for key, value in entries[:6] + entries[-3:] if len(entries) > 9 else entries:
        found += spots(value, (*path, key))
    return found


def changed(document: Any, path: tuple, value: Any) -> Any:
    if not path:
        return value
    copy = json.loads(json.dumps(document))
    here = copy
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return copy


def survives(place: str, options: PlaceOptions | None = None) -> None:
    """It loads, or an error names the file."""
    message = Path(place).name
    try:
        load_place(place, CROP, options)
    except ValueError as error:
        message = str(error)
    assert Path(place).name in message
    assert len(message) < 2000


CITIES = {"flat": bag(1), "slope": with_slope(bag(1))}
CITY_SPOTS = {name: spots(document) for name, document in CITIES.items()}


@quick
@given(data=st.data(), name=st.sampled_from(sorted(CITIES)), relief=st.booleans())
def test_cities_with_something_else_somewhere(data: st.DataObject, name: str, relief: bool) -> None:
    path = data.draw(st.sampled_from(CITY_SPOTS[name]))
    document = changed(CITIES[name], path, data.draw(STRANGE))
    options = PlaceOptions(ground="relief" if relief else "flat")
    with tempfile.TemporaryDirectory() as folder:
        survives(written(Path(folder) / "fuzzed.city.json", document), options)


@quick
@given(st.data())
def test_tables_with_something_else_somewhere(data: st.DataObject) -> None:
    lines = [line.split(",") for line in census(12).splitlines()]
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.sampled_from(lines))
        strange = st.one_of(
            st.text(max_size=12), st.sampled_from(["nan", "1e999", "-5", "9" * 400])
        )
        row[data.draw(st.integers(0, len(row) - 1))] = data.draw(strange)
    text = "\n".join(",".join(row) for row in lines)
    with tempfile.TemporaryDirectory() as folder:
        survives(written(Path(folder) / "fuzzed.csv", text.encode("utf-8", "surrogatepass")))


BOX = trimesh.creation.box((4, 4, 4))
MESHES = {kind: BOX.export(file_type=kind) for kind in ("glb", "ply", "stl", "obj")}  # fmt: skip


@quick
@given(st.data(), st.sampled_from(sorted(MESHES)))
def test_meshes_with_bytes_changed_or_lost(data: st.DataObject, kind: str) -> None:
    content = MESHES[kind]
    content = bytearray(content.encode() if isinstance(content, str) else content)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    with tempfile.TemporaryDirectory() as folder:
        survives(written(Path(folder) / f"fuzzed.{kind}", bytes(content[:end])))


PLAN = plan(
    geoFence={"polygons": [{"inclusion": True, "polygon": [[46.9, 7.9], [47.1, 7.9], [47.0, 8.1]]}], "circles": [{"inclusion": False, "circle": {"center": [47.01, 8.01], "radius": 5}}]},
    rallyPoints={"points": [[47.0, 8.0, 400]]},
)  # fmt: skip
PLAN_SPOTS = spots(PLAN)


@quick
@given(st.data())
def test_plans_with_something_else_somewhere(data: st.DataObject) -> None:
    document = changed(PLAN, data.draw(st.sampled_from(PLAN_SPOTS)), data.draw(STRANGE))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(written(Path(folder) / "fuzzed.plan", document))
        message = "fuzzed.plan"
        try:
            read_plan(path)
        except ValueError as error:
            message = str(error)
        assert "fuzzed.plan" in message
        assert len(message) < 2000


@pytest.mark.parametrize("suffix", ["csv", "city.json", "jsonl", "obj", "stl", "ply", "glb"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path, suffix: str) -> None:
    folder, pipe, device = (tmp_path / f"{name}.{suffix}" for name in ("folder", "pipe", "device"))
    folder.mkdir()
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for path, reason in ((folder, "a folder"), (pipe, "a pipe"), (device, "a device")):
        with pytest.raises(ValueError, match=rf"{path.name}: not a plain file but {reason}"):
            load_place(str(path), CROP)


@pytest.mark.parametrize("place", ["/dev/zero", "../../etc/passwd", "/etc/passwd", "a\0.json", "x" * 5000 + ".csv", "/proc/self/mem"])  # fmt: skip
def test_path_tricks_are_refused(place: str) -> None:
    with pytest.raises(ValueError, match=r"unknown place|no such file"):
        load_place(place, CROP)


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_deep_nesting_is_refused(tmp_path: Path, depth: int) -> None:
    text = "[" * depth + "]" * depth
    document = json.dumps(bag(1)).replace(
        '"2.2", "boundaries": [', f'"2.2", "boundaries": [{text},', 1
    )
    with pytest.raises(ValueError, match=r"deep\.city\.json: "):
        load_place(written(tmp_path / "deep.city.json", document), CROP)
    with pytest.raises(ValueError, match=r"deep\.plan: "):
        read_plan(Path(written(tmp_path / "deep.plan", text)))
