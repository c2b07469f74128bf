"""Real places: a tree inventory, a CityJSON district or a mesh file becomes cylinders, meshes, ground paint and relief."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sim.names import unknown
from sim.world.cityjson import Fault
from sim.world.district import District, read_district
from sim.world.geometry import Cylinders, Decal, Mesh
from sim.world.mesh_file import MeshPlace, read_meshes
from sim.world.place_file import brief
from sim.world.place_options import (
    CITY_SUFFIXES,
    NO_OPTIONS,
    SUFFIXES,
    TREE_SUFFIXES,
    PlaceOptions,
    check_options,
)
from sim.world.relief import Relief
from sim.world.tree_heights import longleaf_height
from sim.world.trees import Inventory, read_inventory

__all__ = [
    "PLACES",
    "Crop",
    "Place",
    "Survey",
    "find_place",
    "load_place",
    "longleaf_height",
    "survey",
]

PLACES = {"delft": "delft.city.json", "longleaf": "longleaf_trees.csv"}
"""Shipped places; their origin and terms are in places/ATTRIBUTION.md."""
_FOLDER = Path(__file__).parent / "places"

Crop = tuple[float, float, float, float]
_Stamp = tuple[int, int]
"""Tells versions of a file apart."""


@dataclass(frozen=True)
class Place:
    """The part of a place that was asked for, its lowest corner at the origin."""

    cylinders: Cylinders
    meshes: tuple[Mesh, ...]
    decals: tuple[Decal, ...]
    relief: Relief | None = None
    notes: tuple[str, ...] = ()
    """What was left out, repaired or assumed; for the user to read."""


@dataclass(frozen=True)
class Survey:
    """A whole place, before it is cut."""

    low: Float[np.ndarray, "2"]  # m, lowest corner; the origin unless `origin_m` says otherwise
    high: Float[np.ndarray, "2"]  # m
    centers: Float[np.ndarray, "n 2"]  # m, of what stands in the way
    geodetic_origin: tuple[float, float] | None  # latitude, longitude, degrees
    notes: tuple[str, ...]


def load_place(place: str, crop: Crop, options: PlaceOptions | None = None) -> Place:
    """Load a shipped place or a file (see `SUFFIXES`), cut to x, y low and x, y high, m.

    What stands across the cut stays whole. An empty name is an empty place. Places are kept in memory.
    """
    if not place:
        return Place(_no_cylinders(), (), ())
    path, stamp = _path_of(place)
    return _load(path, crop, options or NO_OPTIONS, stamp)


def survey(place: str, options: PlaceOptions | None = None) -> Survey:
    """Where a place lies and where in it things stand."""
    path, stamp = _path_of(place)
    return _survey(path, options or NO_OPTIONS, stamp)


def find_place(place: str) -> None:
    """ValueError where there is no such place; nothing is read."""
    if place:
        _path_of(place)


# --- Private.


def _path_of(place: str) -> tuple[Path, _Stamp]:
    path = _FOLDER / PLACES[place] if place in PLACES else Path(place)
    if path.suffix.lower() not in SUFFIXES:
        or_else = f"or a file ({', '.join(SUFFIXES)})"
        raise ValueError(unknown("place", place, PLACES, or_else=or_else))
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"place {place!r}: no such file ({reason})") from error
    return path, (status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16)
def _load(path: Path, crop: Crop, options: PlaceOptions, stamp: _Stamp) -> Place:
    low, high = np.array(crop[:2]), np.array(crop[2:])
    if not (high > low).all():
        raise ValueError(
            f"crop_m = {crop}: the highest corner must lie above the lowest in x and y"
        )
    place = _cut(_read(path, options, stamp), path, low, high)
    if not len(place.cylinders.radii) and not place.meshes and not place.decals:
        raise ValueError(f"crop_m = {crop}: {path.name} has nothing there")
    return place


@lru_cache(maxsize=4)
def _read(path: Path, options: PlaceOptions, stamp: _Stamp) -> District | Inventory | MeshPlace:
    del stamp
    check_options(path, options)
    if path.suffix.lower() in TREE_SUFFIXES:
        return read_inventory(path, options)
    if path.suffix.lower() in CITY_SUFFIXES:
        return read_district(path, options)
    return read_meshes(path, options)


def _cut(
    source: District | Inventory | MeshPlace,
    path: Path,
    low: Float[np.ndarray, "2"],
    high: Float[np.ndarray, "2"],
) -> Place:
    if isinstance(source, Inventory):
        return Place(source.cut(low, high), (), (), notes=source.notes)
    if isinstance(source, MeshPlace):
        meshes, decals = source.cut(low, high)
        return Place(_no_cylinders(), meshes, decals, notes=source.notes)
    try:
        cut = source.cut(low, high)
    except Fault as fault:
        raise ValueError(f"{path}: {brief(fault)}") from fault
    notes = (*source.notes, *cut.notes)
    return Place(_no_cylinders(), cut.meshes, cut.decals, cut.relief, notes)


@lru_cache(maxsize=4)
def _survey(path: Path, options: PlaceOptions, stamp: _Stamp) -> Survey:
    source = _read(path, options, stamp)
    geodetic = None
    if isinstance(source, Inventory):
        centers, geodetic = source.positions, source.geodetic_origin
        low, high = centers.min(axis=0), centers.max(axis=0)
    elif isinstance(source, District):
        centers = np.array([(t.low[:2] + t.high[:2]) / 2 - source.origin for t in source.standing])
        low, high = source.low - source.origin, source.high - source.origin
    else:
        spans = [(m.vertices.min(axis=0), m.vertices.max(axis=0)) for m in source.meshes]
        centers = np.array([(a + b)[:2] / 2 for a, b in spans])
        low = np.min([a for a, _ in spans], axis=0)[:2]
        high = np.max([b for _, b in spans], axis=0)[:2]
    return Survey(low, high, centers.reshape(-1, 2), geodetic, source.notes)


def _no_cylinders() -> Cylinders:
    return Cylinders(
        np.zeros((0, 3)), np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros((0, 3))
    )
