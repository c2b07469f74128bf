"""Places: real files load, broken ones say what is wrong and where."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.world import trees
from sim.world.cityjson import MAX_BYTES
from sim.world.geometry import Semantic
from sim.world.importers import load_place, longleaf_height
from sim.world.place_options import PlaceOptions
from sim.world.triangulate import triangulate

DELFT = (0.0, 0.0, 524.3, 327.7)


def unit_house() -> dict[str, Any]:
    """A solid of 10 x 10 x 3 m at z = 7, as a box of quadrilaterals, with a road beside it."""
    corners = [
        [x, y, z]
        for z in (7000, 10000)
        for x, y in ((0, 0), (10000, 0), (10000, 10000), (0, 10000))
    ]
    shell = [
        [[0, 3, 2, 1]],
        [[4, 5, 6, 7]],
        [[0, 1, 5, 4]],
        [[1, 2, 6, 5]],
        [[2, 3, 7, 6]],
        [[3, 0, 4, 7]],
    ]
    road = [[x, y, 7200] for x, y in ((20000, 0), (30000, 0), (30000, 10000), (20000, 10000))]
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [80000.0, 440000.0, 0.0]},
        "vertices": corners + road,
        "CityObjects": {
            "house": {
                "type": "Building",
                "geometry": [{"type": "Solid", "lod": "1", "boundaries": [shell]}],
            },
            "road": {
                "type": "Road",
                "geometry": [
                    {"type": "MultiSurface", "lod": "1", "boundaries": [[[8, 9, 10, 11]]]}
                ],
            },
        },
    }


def written(path: Path, document: object) -> str:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(path)


def area(points: np.ndarray, triangles: list[tuple[int, int, int]]) -> float:
    a, b, c = points[np.array(triangles)].transpose(1, 0, 2)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 2


# --- Shipped places.


def test_longleaf_has_every_tree_of_the_inventory() -> None:
    place = load_place("longleaf", (0.0, 0.0, 200.0, 200.0))
    assert len(place.cylinders.radii) == 584
    assert not place.meshes
    # Platt, Evans and Rathbun: diameters from 2 to 76 cm.
    assert 2 * place.cylinders.radii.min() == pytest.approx(0.02, abs=0.001)
    assert 2 * place.cylinders.radii.max() == pytest.approx(0.759, abs=0.001)


def test_a_crop_moves_its_corner_to_the_origin_and_quarters_add_up() -> None:
    whole = load_place("longleaf", (0.0, 0.0, 200.0, 200.0)).cylinders.bases
    quarters = [
        np.add(load_place("longleaf", (x, y, x + 100.0, y + 100.0)).cylinders.bases, [x, y, 0])
        for x in (0.0, 100.0)
        for y in (0.0, 100.0)
    ]
    # Trees on a dividing line belong to both sides.
    assert {tuple(row) for row in np.concatenate(quarters)} == {tuple(row) for row in whole}


def test_heights_grow_with_diameter_and_join_at_3_inches() -> None:
    inches = np.linspace(0.5, 35, 400)
    heights = longleaf_height(inches * 0.0254)
    assert (np.diff(heights) > 0).all()
    assert np.diff(heights).max() < 0.5
    # The relation by hand, at 10 inches, in feet.
    by_hand = 4.5 + 98.56082813 * math.exp(-3.89930709 * 10**-0.86730393)
    assert longleaf_height(np.array([0.254]))[0] == pytest.approx(by_hand * 0.3048)


def test_delft_stands_on_flat_ground_within_its_district() -> None:
    place = load_place("delft", DELFT)
    buildings = [mesh for mesh in place.meshes if mesh.semantic == Semantic.BUILDING]
    assert len(buildings) == 160
    for mesh in place.meshes:
        assert mesh.vertices[:, 2].min() == 0.0
        assert mesh.vertices[:, 2].max() >= 0.3
    everything = np.concatenate(
        [part.vertices[part.faces].reshape(-1, 3) for part in (*place.meshes, *place.decals)]
    )
    np.testing.assert_allclose(everything[:, :2].min(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(everything[:, :2].max(axis=0), DELFT[2:], atol=0.1)
    assert np.median([mesh.vertices[:, 2].max() for mesh in buildings]) == pytest.approx(
        2.9, abs=0.2
    )


def test_ground_paint_lies_on_the_ground_and_faces_up() -> None:
    for decal in load_place("delft", DELFT).decals:
        a, b, c = decal.vertices[decal.faces].transpose(1, 0, 2)
        assert (np.cross(b - a, c - a)[:, 2] > 0).all()
        assert decal.vertices[:, 2].max() < 0.01


def test_no_place_is_empty() -> None:
    place = load_place("", (0.0, 0.0, 0.0, 0.0))
    assert (len(place.cylinders.radii), place.meshes, place.decals) == (0, (), ())


# --- CityJSON.


def test_a_house_is_lowered_to_the_ground_and_keeps_its_shape(tmp_path: Path) -> None:
    place = load_place(written(tmp_path / "a.json", unit_house()), (0.0, 0.0, 30.0, 10.0))
    (mesh,), (decal,) = place.meshes, place.decals
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    assert np.einsum("fi,fi->", a, np.cross(b, c)) / 6 == pytest.approx(300.0)
    assert (mesh.vertices[:, 2].min(), mesh.vertices[:, 2].max()) == (0.0, pytest.approx(3.0))
    assert decal.vertices[:, 0].min() == pytest.approx(20.0)


def test_version_1_0_needs_no_transform(tmp_path: Path) -> None:
    document = unit_house() | {"version": "1.0"}
    del document["transform"]
    document["vertices"] = (np.array(document["vertices"]) / 1000).tolist()
    place = load_place(written(tmp_path / "a.json", document), (0.0, 0.0, 30.0, 10.0))
    assert np.ptp(place.meshes[0].vertices, axis=0) == pytest.approx([10, 10, 3])


def test_the_finest_level_of_detail_is_taken(tmp_path: Path) -> None:
    document = unit_house()
    flat = {"type": "MultiSurface", "lod": "0", "boundaries": [[[0, 1, 2, 3]]]}
    document["CityObjects"]["house"]["geometry"].insert(0, flat)
    place = load_place(written(tmp_path / "a.json", document), (0.0, 0.0, 30.0, 10.0))
    assert len(place.meshes[0].faces) == 12


def _broken(change: str) -> object:
    document = unit_house()
    house = document["CityObjects"]["house"]
    match change:
        case "text":
            return "{"
        case "type":
            document["type"] = "FeatureCollection"
        case "version":
            document["version"] = "3.0"
        case "index":
            house["geometry"][0]["boundaries"][0][1][0][2] = 99
        case "negative":
            house["geometry"][0]["boundaries"][0][1][0][2] = -1
        case "short":
            house["geometry"][0]["boundaries"][0][0][0] = [0, 1]
        case "nesting":
            house["geometry"][0]["boundaries"] = [5]
        case "vertices":
            document["vertices"][3] = [1, 2]
        case "nan":
            document["vertices"][3] = [1, 2, float("nan")]
        case "transform":
            document["transform"] = {"scale": [1, 1]}
        case "words":
            document["vertices"][3] = ["a", 1, 2]
        case "huge":
            document["vertices"][3] = [10**400, 1, 2]
        case "no list":
            house["geometry"] = {}
        case "orphan":
            house["parents"] = ["nobody"]
        case "scale 0" | "scale -1":
            scale = [int(change.split()[1]), 1, 1]
            document["transform"] = {"scale": scale, "translate": [0, 0, 0]}
        case "null":
            document["transform"] = None
        case "objects":
            document["CityObjects"] = [1]
        case "empty":
            document["CityObjects"] = {}
        case "roofless":
            del house["geometry"][0]["boundaries"][0][1]
        case "wall":
            del house["geometry"][0]["boundaries"][0][4]
        case "inside out":
            house["geometry"][0]["boundaries"][0][2][0].reverse()
    return document


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("text", "not JSON"),
        ("type", "'FeatureCollection', not 'CityJSON'"),
        ("version", "version: '3.0'"),
        ("index", r"CityObjects.house.geometry: surface 1: vertex 99, but there are 12"),
        ("negative", "vertex -1"),
        ("short", "a ring of 2 vertices"),
        ("nesting", "CityObjects.house.geometry.boundaries: int, not list"),
        ("vertices", r"vertices.3: \[1, 2\]: not three numbers"),
        ("words", r"vertices.3: \['a', 1, 2\]: not three numbers"),
        ("huge", r"vertices.3: \[10+.*: not three numbers"),
        ("no list", "CityObjects.house.geometry: dict, not list"),
        ("orphan", "CityObjects.house.parents: 'nobody': there is no such object in the file"),
        ("scale 0", r"transform.scale: \[0, 1, 1\]: must be above 0"),
        ("scale -1", r"transform.scale: \[-1, 1, 1\]: must be above 0"),
        ("null", "transform: NoneType, not dict"),
        ("nan", "vertices.3: not finite"),
        ("transform", r"transform.scale: \[1, 1\]: not three numbers"),
        ("objects", "CityObjects: list, not dict"),
        ("empty", "nothing that we can build"),
        ("roofless", r"CityObjects.house.geometry: a solid .* hole of 100\.00 m2: close it"),
        ("wall", r"a solid whose surfaces leave a hole of 30\.00 m2"),
        ("inside out", r"hole of 60\.00 m2: .* turn its faces outwards"),
    ],
)
def test_a_broken_district_names_file_place_and_reason(
    tmp_path: Path, change: str, reason: str
) -> None:
    path = written(tmp_path / "district.json", _broken(change))
    strict = PlaceOptions(strict=True)
    with pytest.raises(ValueError, match=rf"district\.json: .*{reason}"):
        load_place(path, (0.0, 0.0, 30.0, 10.0), strict)


def test_a_scale_that_reaches_beyond_the_earth_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "district.json", unit_house())
    with pytest.raises(
        ValueError, match=r"district\.json: place_options\.scale = 1e\+09: vertices"
    ):
        load_place(path, (0.0, 0.0, 30.0, 10.0), PlaceOptions(scale=1e9))


def test_a_solid_may_lack_its_floor_and_a_surface_may_be_open(tmp_path: Path) -> None:
    document = unit_house()
    geometry = document["CityObjects"]["house"]["geometry"][0]
    del geometry["boundaries"][0][0]
    place = load_place(written(tmp_path / "a.json", document), (0.0, 0.0, 30.0, 10.0))
    assert len(place.meshes[0].faces) == 10
    geometry |= {"type": "MultiSurface", "boundaries": geometry["boundaries"][0][1:]}
    place = load_place(written(tmp_path / "b.json", document), (0.0, 0.0, 30.0, 10.0))
    assert len(place.meshes[0].faces) == 8


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ValueError, match="cut the district"):
        load_place(str(path), (0.0, 0.0, 1.0, 1.0))


# --- Inventories and names.


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x_m,y_m\n1,2\n", r"line 1: no column for the trunk .*the file has 'x_m', 'y_m'"),
        ("x_m,y_m,dbh_m\n1,2,0.3\n1,two,0.3\n", "line 3: y_m = 'two'"),
        ("x_m,y_m,dbh_m\n1,2\n", "no trees: 1 rows without a trunk diameter"),
        ("x_m,y_m,dbh_m\n1,2,-0.1\n", "line 2: .*the diameter above 0"),
        ("x_m,y_m,dbh_m\n1,inf,0.1\n", "line 2: y_m = 'inf' is no finite number"),
        ("x_m,y_m,dbh_m\n1,nan,0.1\n", "no trees: 1 rows without a position"),
        ("x_m,y_m,dbh_m\n", "no trees"),
    ],
)
def test_a_broken_inventory_names_file_line_and_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = written(tmp_path / "trees.csv", text)
    with pytest.raises(ValueError, match=rf"trees\.csv: {reason}"):
        load_place(path, (0.0, 0.0, 10.0, 10.0))


def test_an_inventory_of_bytes_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "trees.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match=r"trees\.csv: not a table"):
        load_place(str(path), (0.0, 0.0, 10.0, 10.0))


def test_too_many_trees_are_refused_at_their_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MAX_TREES", 2)
    path = written(tmp_path / "trees.csv", "x_m,y_m,dbh_m\n" + "1,2,0.3\n" * 3)
    with pytest.raises(ValueError, match="line 4: more than 2 trees"):
        load_place(path, (0.0, 0.0, 10.0, 10.0))


@pytest.mark.parametrize(
    ("place", "crop", "reason"),
    [
        ("delt", (0.0, 0.0, 1.0, 1.0), "did you mean 'delft'"),
        ("missing.csv", (0.0, 0.0, 1.0, 1.0), "no such file"),
        ("longleaf", (5.0, 5.0, 5.0, 9.0), "highest corner"),
        ("longleaf", (900.0, 900.0, 950.0, 950.0), "nothing there"),
    ],
)
def test_names_and_crops_are_checked(place: str, crop: tuple, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        load_place(place, crop)


def test_a_file_changed_on_disk_is_read_again(tmp_path: Path) -> None:
    crop = (0.0, 0.0, 10.0, 10.0)
    path = written(tmp_path / "trees.csv", "x_m,y_m,dbh_m\n1,2,0.3\n")
    assert len(load_place(path, crop).cylinders.radii) == 1
    written(tmp_path / "trees.csv", "x_m,y_m,dbh_m\n1,2,0.3\n4,4,0.3\n")
    assert len(load_place(path, crop).cylinders.radii) == 2


# --- Polygons.


def test_triangles_cover_a_polygon_with_holes_exactly() -> None:
    """The area of the outside less that of the holes, and a normal like the outer ring's."""
    outside = np.array([(0, 0, 0), (10, 0, 0), (10, 10, 10), (5, 5, 5), (0, 10, 10)], dtype=float)
    holes = [
        np.array([(1, 1, 1), (2, 1, 1), (2, 3, 3), (1, 3, 3)], dtype=float),
        np.array([(7, 2, 2), (8, 2, 2), (8, 4, 4)], dtype=float)[::-1],
    ]
    rings = [outside, *holes]
    triangles = triangulate(rings)
    points = np.concatenate(rings)
    slope = math.sqrt(2)
    assert area(points, triangles) == pytest.approx(slope * (75 - 2 - 1))
    a, b, c = points[np.array(triangles)].transpose(1, 0, 2)
    assert (np.cross(b - a, c - a) @ [0, -1, 1] > 0).all()


@pytest.mark.parametrize("corners", [4, 9, 40])
def test_triangles_cover_a_star(corners: int) -> None:
    angle = np.linspace(0, 2 * np.pi, 2 * corners, endpoint=False)
    radius = np.where(np.arange(2 * corners) % 2, 1.0, 3.0)
    star = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0 * angle])
    x, y = star[:, 0], star[:, 1]
    shoelace = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert area(star, triangulate([star])) == pytest.approx(shoelace)


def test_a_crossed_outline_and_a_line_are_refused() -> None:
    star = np.array(
        [(math.cos(k * 0.8 * math.pi), math.sin(k * 0.8 * math.pi), 0) for k in range(5)]
    )
    tie = np.array([(0, 0, 0), (3, 2, 0), (3, 0, 0), (0, 1, 0)], dtype=float)
    for crossed in (star, tie):
        with pytest.raises(ValueError, match="crosses itself"):
            triangulate([crossed])
    with pytest.raises(ValueError, match="without area"):
        triangulate([np.array([(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3)], dtype=float)])
