"""Tree inventories of other people: headers, units, degrees, separators, gaps."""

from pathlib import Path

import numpy as np
import pytest

from sim.world.importers import load_place, survey
from sim.world.local_plane import from_local_plane, metres_per_degree, to_local_plane
from sim.world.place_options import PlaceOptions
from sim.world.tree_heights import chave_height
from sim.world.trees import Inventory, read_inventory
from tests.place_files import census, written


def inventory(path: Path, text: str, **options: object) -> Inventory:
    written(path / "trees.csv", text)
    return read_inventory(path / "trees.csv", PlaceOptions.model_validate(options))


@pytest.mark.parametrize(
    ("text", "diameter", "height"),
    [
        ("Easting,Northing,DBH (cm),Height (m)\n5,6,30,12\n9,9,30,12\n", 0.3, 12.0),
        ("x,y,dbh_in,ht_ft\n5,6,10,30\n9,9,10,30\n", 0.254, 9.144),
        ("HAUTEUR (m);CIRCONFERENCE (cm);X;Y\n7,5;314,159265;5,0;6,0\n7,5;314,159265;9,0;9,0\n", 1.0, 7.5),
        ("y\tx\tStammumfang (cm)\tBaumhöhe [m]\n6\t5\t62,8318531\t8\n9\t9\t62,8318531\t8\n", 0.2, 8.0),
        ("x_m|y_m|trunk diameter mm|height\n5|6|250|9\n9|9|250|9\n", 0.25, 9.0),
    ],
)  # fmt: skip
def test_headers_units_separators_and_decimal_commas(
    tmp_path: Path, text: str, diameter: float, height: float
) -> None:
    trees = inventory(tmp_path, text)
    assert trees.diameters == pytest.approx([diameter] * 2)
    assert trees.heights == pytest.approx([height] * 2)
    assert np.ptp(trees.positions, axis=0) == pytest.approx([4, 3])


def test_degrees_become_metres(tmp_path: Path) -> None:
    """A thousandth of a degree at the equator: 111.3 m east, 110.6 m north."""
    text = "lat,lon,dbh_cm\n0.0005,10.0,30\n-0.0005,10.001,30\n"
    trees = inventory(tmp_path, text)
    np.testing.assert_allclose(np.ptp(trees.positions, axis=0), [111.32, 110.57], atol=0.01)
    assert trees.geodetic_origin == pytest.approx((-0.0005, 10.0), abs=1e-9)


def test_the_local_plane_has_the_radii_of_the_ellipsoid_and_an_inverse() -> None:
    """Known lengths of a degree (WGS 84): 110.574 km of latitude at the equator, 111.694 km at the poles."""
    assert metres_per_degree(0.0) == pytest.approx((110_574.3, 111_319.5), abs=0.5)
    assert metres_per_degree(90.0)[0] == pytest.approx(111_693.9, abs=0.5)
    spot = to_local_plane(np.array([47.01]), np.array([-179.99]), 47.0, 179.99)[0]
    assert 0 < spot[0] < 2000  # The shorter way across the date line.
    assert from_local_plane(spot, 47.0, 179.99)[0] == pytest.approx(47.01)


def test_a_census_in_degrees_and_inches(tmp_path: Path) -> None:
    trees = inventory(tmp_path, census())
    assert len(trees.diameters) < 300
    assert trees.diameters.max() == pytest.approx(29 * 0.0254)
    assert any("rows left out: without a trunk diameter" in note for note in trees.notes)
    assert any("taken for in" in note for note in trees.notes)


@pytest.mark.parametrize("point", ['"48.8501, 2.3502"', '"POINT (2.3502 48.8501)"', '"(48.8501, 2.3502)"'])  # fmt: skip
def test_points_in_one_column(tmp_path: Path, point: str) -> None:
    trees = inventory(tmp_path, f'geo_point_2d,dbh\n{point},40\n"48.8500, 2.3500",40\n' if "P" not in point else f'the_geom,dbh\n{point},40\n"POINT (2.35 48.85)",40\n')  # fmt: skip
    np.testing.assert_allclose(np.ptp(trees.positions, axis=0), [14.67, 11.12], atol=0.05)


def test_columns_units_and_gaps_as_the_user_says(tmp_path: Path) -> None:
    text = "a,b,c\n100,200,\n103,204,50\n"
    columns = {"x": "a", "y": "b", "diameter": "c"}
    trees = inventory(tmp_path, text, columns=columns, diameter_unit="mm", default_diameter_m=0.4, height_m=6.0)  # fmt: skip
    assert trees.diameters == pytest.approx([0.4, 0.05])
    assert trees.heights == pytest.approx([6.0, 6.0])
    with pytest.raises(
        ValueError, match=r"columns\.x = 'q': no such column; the file has 'a', 'b', 'c'"
    ):
        inventory(tmp_path, text, columns={**columns, "x": "q"})


def test_one_column_has_one_purpose(tmp_path: Path) -> None:
    text = "dbh,height,y\n1,2,3\n"
    with pytest.raises(
        ValueError, match=r"columns\.y = 'dbh': is columns\.x already; the file has"
    ):
        inventory(tmp_path, text, columns={"x": "dbh", "y": "dbh"})
    with pytest.raises(ValueError, match="no column for the trunk"):
        inventory(tmp_path, text, columns={"x": "dbh"})


def test_a_scale_that_reaches_beyond_the_earth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"reaches 3e\+09 m .*: is .* place_options\.scale = 1e\+09"
    ):
        inventory(tmp_path, "x,y,dbh\n1,2,3\n4,2,3\n", scale=1e9)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("species,age\noak,3\n", r"no column for the position .* the file has 'species', 'age'"),
        ("lat,lon,dbh\n95,2,30\n1,2,30\n", "latitude 95, longitude 2 are no degrees"),
        ("x,y,dbh_m\n1,2,30\n3,4,30\n", "2 trees thicker than 12 m: the unit is not m"),
        ("x,y,dbh\n1,2,-3\n", "line 2: dbh = -3: must be finite, the diameter above 0"),
        ("x,y,dbh\n1e999,2,3\n", "line 2: x = '1e999' is no finite number"),
        ("", "empty: no header and no rows"),
        (" \n\n", "empty: no header and no rows"),
        (
            "x,x,y,dbh\n1,2,3,30\n",
            "line 1: 2 columns called 'x'; the file has 'x', 'x', 'y', 'dbh'",
        ),
        ("x,y,dbh\n1,2,3\n1e300,2,3\n", r"line 3: x = 1e\+300: no coordinate is above 1e\+09"),
        ("x,y,dbh\n1,2,3\n1e8,2,3\n", r"reaches 1e\+08 m from its origin, more than 1e\+07"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"trees\.csv: .*{reason}"):
        inventory(tmp_path, text)


def test_an_option_of_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "trees.csv", census())
    with pytest.raises(
        ValueError, match=r"place_options\.lod: trees\.csv is a tree inventory file"
    ):
        load_place(path, (0.0, 0.0, 50.0, 50.0), PlaceOptions(lod="2"))
    assert survey(path).geodetic_origin is not None


def test_heights_after_chave_by_hand() -> None:
    """D = 30 cm: ln H = 0.893 + 0.760 x 3.4012 - 0.0340 x 11.568 = 3.0846, H = 21.86 m."""
    assert chave_height(np.array([0.3]))[0] == pytest.approx(21.86, abs=0.01)
    assert (np.diff(chave_height(np.linspace(0.02, 2.0, 100))) > 0).all()


@pytest.mark.parametrize("asked", ["m", "ft"])
def test_metres_that_no_column_was_found_for_are_asked_for_by_name(
    tmp_path: Path, asked: str
) -> None:
    """Where a table has both, degrees are what is looked for; metres have to be named, and then are taken."""
    text = "lat,lon,x,y,dbh_cm\n0.0005,10.0,5,6,30\n-0.0005,10.001,9,9,30\n"
    with pytest.raises(ValueError, match=rf"coordinates = '{asked}'.*latitude and longitude.*name"):
        inventory(tmp_path, text, coordinates=asked)
    trees = inventory(tmp_path, text, coordinates="m", columns={"x": "x", "y": "y"})
    assert np.ptp(trees.positions, axis=0) == pytest.approx([4, 3])
