"""Real places: a tree inventory or a CityJSON district becomes cylinders, meshes and ground paint."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sim.names import unknown
from sim.world.cityjson import District, read_district
from sim.world.geometry import Cylinders, Decal, Mesh, Semantic

PLACES = {"delft": "delft.city.json", "longleaf": "longleaf_trees.csv"}
"""Shipped places; their origin and terms are in places/ATTRIBUTION.md."""
_FOLDER = Path(__file__).parent / "places"

MAX_TREES = 200_000
_INCH, _FOOT = 0.0254, 0.3048  # m
# Curtis-Arney height of longleaf pine: Forest Vegetation Simulator, Southern variant, section 4.1.
_P2, _P3, _P4 = 98.56082813, 3.89930709, -0.86730393
_SAPLING_IN, _SPROUT_IN, _SPROUT_FT = 3.0, 0.5, 4.51

Crop = tuple[float, float, float, float]


@dataclass(frozen=True)
class Place:
    """The part of a place that was asked for, its lowest corner at the origin."""

    cylinders: Cylinders
    meshes: tuple[Mesh, ...]
    decals: tuple[Decal, ...]


def load_place(place: str, crop: Crop) -> Place:
    """Load a shipped place or a file (.csv tree inventory, .json CityJSON), cut to x, y low and x, y high, m.

    What stands across the cut stays whole. An empty name is an empty place. Places are kept in memory.
    """
    if not place:
        return Place(_no_cylinders(), (), ())
    path = _path_of(place)
    stamp = path.stat()
    return _load(path, crop, (stamp.st_mtime_ns, stamp.st_size))


def longleaf_height(diameter: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Height of longleaf pines, m, from their diameter at breast height, m."""
    inches = np.asarray(diameter, dtype=np.float64) / _INCH
    grown = 4.5 + _P2 * np.exp(-_P3 * np.maximum(inches, _SAPLING_IN) ** _P4)
    share = np.clip((inches - _SPROUT_IN) / (_SAPLING_IN - _SPROUT_IN), 0.0, 1.0)
    return _FOOT * (_SPROUT_FT + share * (grown - _SPROUT_FT))


def _path_of(place: str) -> Path:
    if place in PLACES:
        return _FOLDER / PLACES[place]
    path = Path(place)
    if path.suffix.lower() not in (".csv", ".json"):
        raise ValueError(unknown("place", place, PLACES, or_else="or a .csv or .json file"))
    if not path.is_file():
        raise ValueError(f"place {place!r}: no such file")
    return path


@lru_cache(maxsize=16)
def _load(path: Path, crop: Crop, stamp: tuple[int, int]) -> Place:
    """`stamp` tells versions of a file apart."""
    low, high = np.array(crop[:2]), np.array(crop[2:])
    if not (high > low).all():
        raise ValueError(
            f"crop_m = {crop}: the highest corner must lie above the lowest in x and y"
        )
    if path.suffix.lower() == ".csv":
        place = _crop_trees(_read_trees(path, stamp), low, high)
    else:
        place = _crop_district(_read_district(path, stamp), low, high)
    if not len(place.cylinders.radii) and not place.meshes and not place.decals:
        raise ValueError(f"crop_m = {crop}: {path.name} has nothing there")
    return place


# --- Tree inventories.


@lru_cache(maxsize=4)
def _read_trees(path: Path, stamp: tuple[int, int]) -> Float[np.ndarray, "n 3"]:
    """Columns x, y, diameter, m; the plot's corner is the file's own origin."""
    del stamp
    rows: list[tuple[float, float, float]] = []
    with path.open(newline="", encoding="utf-8") as file:
        try:
            reader = csv.DictReader(file)
            missing = {"x_m", "y_m", "dbh_m"} - set(reader.fieldnames or ())
            if missing:
                raise ValueError(f"{path}: line 1: no column {', '.join(sorted(missing))}")
            for row in reader:
                rows.append(_tree(row, f"{path}: line {reader.line_num}"))
                if len(rows) > MAX_TREES:
                    raise ValueError(f"{path}: line {reader.line_num}: more than {MAX_TREES} trees")
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{path}: not a table: {error}") from error
    if not rows:
        raise ValueError(f"{path}: no trees")
    return np.array(rows)


def _tree(row: dict[str, str], where: str) -> tuple[float, float, float]:
    values = []
    for column in ("x_m", "y_m", "dbh_m"):
        try:
            values.append(float(row[column]))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{where}: {column} = {row[column]!r} is no number") from error
    x, y, diameter = values
    if not np.isfinite(values).all() or diameter <= 0:
        raise ValueError(
            f"{where}: x, y, diameter = {values}: must be finite, the diameter above 0"
        )
    return x, y, diameter


def _crop_trees(trees: Float[np.ndarray, "n 3"], low: np.ndarray, high: np.ndarray) -> Place:
    """Trees whose trunk stands in the crop; barks differ a little in tone, by their position in the file."""
    inside = ((trees[:, :2] >= low) & (trees[:, :2] <= high)).all(axis=1)
    tone = 0.85 + 0.3 * ((np.arange(len(trees)) * 0.618034) % 1.0)[inside]
    trees = trees[inside]
    cylinders = Cylinders(
        bases=np.column_stack([trees[:, :2] - low, np.zeros(len(trees))]),
        radii=trees[:, 2] / 2,
        heights=longleaf_height(trees[:, 2]),
        semantic=np.full(len(trees), Semantic.TRUNK, dtype=np.int64),
        colors=tone[:, None] * np.array([0.42, 0.30, 0.22]),
    )
    return Place(cylinders, (), ())


def _no_cylinders() -> Cylinders:
    return Cylinders(
        np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros((0, 3))
    )


# --- Districts.


@lru_cache(maxsize=4)
def _read_district(path: Path, stamp: tuple[int, int]) -> District:
    del stamp
    return read_district(path)


def _crop_district(district: District, low: np.ndarray, high: np.ndarray) -> Place:
    shift = np.array([-low[0], -low[1], 0.0])
    meshes = [
        Mesh(mesh.vertices + shift, mesh.faces, mesh.semantic, mesh.colors, mesh.solid)
        for mesh in district.meshes
        if (mesh.vertices[:, :2].max(axis=0) >= low).all()
        and (mesh.vertices[:, :2].min(axis=0) <= high).all()
    ]
    decals = []
    for decal in district.decals:
        corners = decal.vertices[decal.faces][..., :2]
        near = ((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high)).all(axis=1)
        if near.any():
            decals.append(
                Decal(
                    decal.vertices + shift,
                    decal.faces[near],
                    decal.semantic[near],
                    decal.colors[near],
                )
            )
    return Place(_no_cylinders(), tuple(meshes), tuple(decals))
