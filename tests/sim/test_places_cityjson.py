"""CityJSON as others write it: levels of detail, parts, templates, terrain, sequences, degrees, repairs."""

import json
from pathlib import Path

import numpy as np
import pytest

from sim.world.importers import load_place, survey
from sim.world.place_options import PlaceOptions
from tests.place_files import bag, city, cube, with_slope, written

ALL = (-50.0, -50.0, 150.0, 150.0)


def heights(place: str, **options: object) -> list[float]:
    loaded = load_place(place, ALL, PlaceOptions.model_validate(options))
    return [round(float(mesh.vertices[:, 2].max()), 3) for mesh in loaded.meshes]


@pytest.mark.parametrize(("lod", "height"), [("", 8.0), ("1.2", 6.0), ("1.3", 7.0), ("2", 7.0)])
def test_the_level_of_detail_is_the_highest_not_above_the_one_wanted(
    tmp_path: Path, lod: str, height: float
) -> None:
    path = written(tmp_path / "bag.city.json", bag())
    assert heights(path, lod=lod) == pytest.approx([height] * 9)


def test_a_level_that_nothing_has_lists_those_there_are(tmp_path: Path) -> None:
    path = written(tmp_path / "bag.city.json", bag())
    with pytest.raises(
        ValueError, match=r"level of detail 1 or below; there are 0, 1\.2, 1\.3, 2\.2"
    ):
        heights(path, lod="1")


def test_large_coordinates_lose_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "bag.city.json", bag())
    ground = survey(path)
    np.testing.assert_allclose([ground.low, ground.high], [[0, 0], [52, 52]], atol=1e-6)


def test_parts_keep_their_heights_relative_to_each_other(tmp_path: Path) -> None:
    """A tower on a plinth stays on it; alone, it would have been lowered to the ground."""
    low, base = cube(0, 0, 5, 10, 0)
    high, tower = cube(2, 2, 15, 6, 8)
    parts = {
        name: {"type": "BuildingPart", "parents": ["whole"], "geometry": [{"type": "Solid", "lod": "2", "boundaries": [shell]}]}
        for name, shell in (("plinth", base), ("tower", tower))
    }  # fmt: skip
    objects = {"whole": {"type": "Building", "children": ["plinth", "tower"]}, **parts}
    place = load_place(written(tmp_path / "a.json", city(objects, low + high)), ALL)
    spans = [(m.vertices[:, 2].min(), m.vertices[:, 2].max()) for m in place.meshes]
    np.testing.assert_allclose(spans, [(0, 10), (10, 16)], atol=1e-9)


def test_parents_in_a_ring_are_refused(tmp_path: Path) -> None:
    document = bag(1)
    first, second = document["CityObjects"]
    document["CityObjects"][first]["parents"] = [second]
    with pytest.raises(ValueError, match=r"parents: a ring"):
        load_place(written(tmp_path / "a.json", document), ALL)


def test_templates_stand_where_their_matrix_and_point_put_them(tmp_path: Path) -> None:
    corners, shell = cube(0, 0, 0, 1, 0)
    double = [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 6, 0], [0, 0, 0, 1]]
    matrix = [float(x) for row in double for x in row]
    instance = {"type": "GeometryInstance", "template": 0, "boundaries": [1], "transformationMatrix": matrix}  # fmt: skip
    objects = {"post": {"type": "CityFurniture", "geometry": [instance]}}
    templates = {"templates": [{"type": "Solid", "lod": "2", "boundaries": [shell]}], "vertices-templates": corners}  # fmt: skip
    document = city(objects, [[0, 0, 0], [7, 9, 3]], **{"geometry-templates": templates})
    place = load_place(written(tmp_path / "a.json", document), ALL, PlaceOptions(origin_m=(85000, 447000, 0)))  # fmt: skip
    (mesh,) = place.meshes
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    np.testing.assert_allclose([low, high], [[57, 59, 0], [59, 61, 6]], atol=1e-6)
    instance["template"] = 4
    with pytest.raises(ValueError, match=r"post\.geometry\.template: 4, but there are 1"):
        load_place(written(tmp_path / "a.json", document), ALL)


@pytest.mark.parametrize(
    ("kind", "wrap"), [("MultiSolid", 1), ("CompositeSolid", 1), ("CompositeSurface", -1)]
)
def test_every_kind_of_geometry_with_surfaces_is_read(tmp_path: Path, kind: str, wrap: int) -> None:
    corners, shell = cube(0, 0, 0, 4, 0)
    boundaries = [[shell]] if wrap == 1 else shell
    objects = {"a": {"type": "Bridge", "geometry": [{"type": kind, "lod": "2", "boundaries": boundaries}]}}  # fmt: skip
    place = load_place(written(tmp_path / "a.json", city(objects, corners)), ALL)
    assert len(place.meshes[0].faces) == 12


def test_terrain_is_taken_off_or_is_the_ground(tmp_path: Path) -> None:
    """Flat: houses on the ground, which is level. Relief: the slope, houses at the height they have."""
    path = written(tmp_path / "slope.city.json", with_slope(bag()))
    flat = load_place(path, (0.0, 0.0, 100.0, 100.0))
    assert flat.relief is None
    assert all(mesh.vertices[:, 2].min() == 0.0 for mesh in flat.meshes)
    steep = load_place(path, (0.0, 0.0, 100.0, 100.0), PlaceOptions(ground="relief"))
    assert steep.relief is not None
    east = steep.relief.at(np.array([[10.0, 50.0], [90.0, 50.0]]))
    assert east[1] - east[0] == pytest.approx(0.05 * 80, abs=1e-6)
    assert steep.relief.height(90.0, 50.0) == pytest.approx(float(east[1]), abs=1e-12)
    # The lowest ground of the crop is z = 0; a house on z = 0 of the file stands 1.5 m above it.
    assert min(mesh.vertices[:, 2].min() for mesh in steep.meshes) == pytest.approx(1.5, abs=0.01)
    plain = written(tmp_path / "bag.city.json", bag())
    with pytest.raises(ValueError, match="no TINRelief"):
        load_place(plain, ALL, PlaceOptions(ground="relief"))


def test_a_sequence_of_features_is_the_same_city(tmp_path: Path) -> None:
    document = bag()
    head = {**document, "CityObjects": {}, "vertices": []}
    feature = {"type": "CityJSONFeature", "CityObjects": document["CityObjects"], "vertices": document["vertices"]}  # fmt: skip
    lines = f"{json.dumps(head)}\n{json.dumps(feature)}\n"
    assert heights(written(tmp_path / "bag.city.jsonl", lines)) == heights(
        written(tmp_path / "bag.city.json", document)
    )
    with pytest.raises(ValueError, match=r"line 2: type: 'CityJSON', not 'CityJSONFeature'"):
        load_place(
            written(tmp_path / "b.jsonl", f"{json.dumps(head)}\n{json.dumps(document)}\n"), ALL
        )


def test_degrees_are_refused_or_projected(tmp_path: Path) -> None:
    """A house of 8 m near Delft in degrees; a degree of latitude is 111 km there, one of longitude 68."""
    document = bag(1)
    document["transform"]["scale"] = [1e-3 / 68_500, 1e-3 / 111_260, 0.001]
    document["transform"]["translate"] = [4.36, 52.0, 0.0]
    path = written(tmp_path / "degrees.city.json", document)
    with pytest.raises(ValueError, match=r"degrees, as it seems .*place_options\.coordinates"):
        load_place(path, ALL)
    options = PlaceOptions(coordinates="lon_lat")
    (mesh,) = load_place(path, ALL, options).meshes
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [8, 8, 8], rtol=0.005)


def test_holes_crossings_and_slivers_are_repaired_and_told(tmp_path: Path) -> None:
    corners, shell = cube(0, 0, 0, 4, 0)
    broken = [*shell[:1], *shell[2:], [[0, 2, 1, 3]], [[0, 0, 0]], [[1, 1]]]
    objects = {"a": {"type": "Building", "geometry": [{"type": "Solid", "lod": "2", "boundaries": [broken]}]}}  # fmt: skip
    path = written(tmp_path / "a.json", city(objects, corners))
    place = load_place(path, ALL)
    assert not place.meshes[0].solid
    assert any("taken for shells" in note for note in place.notes)
    assert any("fewer than three corners" in note for note in place.notes)
    with pytest.raises(ValueError, match=r"a\.json: .*a ring of 1 vertices"):
        load_place(path, ALL, PlaceOptions(strict=True))


def test_kinds_that_are_not_shown_are_told(tmp_path: Path) -> None:
    document = bag(1)
    document["CityObjects"]["t"] = {"type": "Tunnel", "geometry": []}
    notes = load_place(written(tmp_path / "a.json", document), ALL).notes
    assert "1 Tunnel left out: not a kind that is shown" in notes


@pytest.mark.parametrize("coordinates", ["auto", "m", "lat_lon"])
def test_a_city_of_nothing_is_refused_by_name_whatever_its_coordinates(
    tmp_path: Path, coordinates: str
) -> None:
    path = written(tmp_path / "empty.json", city({}, []))
    with pytest.raises(ValueError, match=r"empty\.json: ") as refused:
        heights(path, coordinates=coordinates)
    assert "concatenate" not in str(refused.value)
