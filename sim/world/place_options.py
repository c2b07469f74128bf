"""How a place's file is to be read: the `[world.place_options]` table, every key of which may be left out."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from sim.fields import Class, Finite, Flag, Model, NonNegative, Positive
from sim.names import did_you_mean

MESH_SUFFIXES = (".glb", ".obj", ".ply", ".stl")
CITY_SUFFIXES = (".json", ".jsonl")
TREE_SUFFIXES = (".csv", ".tsv")
SUFFIXES = (*TREE_SUFFIXES, *CITY_SUFFIXES, *MESH_SUFFIXES)
"""Kinds of files that places are read from."""

Length = Literal["auto", "mm", "cm", "m", "in", "ft"]
LENGTHS_M = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "in": 0.0254, "ft": 0.3048}
"""Metres in a unit."""


FARTHEST = 1e7
"""m; places that reach farther are none, whatever their file says."""
_Scale = Annotated[Finite, Field(ge=1e-9, le=1e9)]
_Origin = Annotated[Finite, Field(ge=-1e9, le=1e9)]


def _option(default: Any) -> Any:
    """A key that is written only where it says something, so that files stay short and digests stay."""
    return Field(default=default, exclude_if=lambda value: value == default)


class Columns(Model):
    """Names of an inventory's columns, as its header has them; empty ones are looked for."""

    x: str = _option("")
    y: str = _option("")
    latitude: str = _option("")
    longitude: str = _option("")
    diameter: str = _option("")
    """At breast height."""
    circumference: str = _option("")
    """Instead of the diameter: girth at breast height."""
    height: str = _option("")


class PlaceOptions(Model):
    """What a file does not say of itself, or says wrongly."""

    coordinates: Literal["auto", "m", "ft", "lat_lon", "lon_lat"] = _option("auto")
    """Of CityJSON and inventories: metres, feet, or degrees, projected about their middle onto a plane in metres."""
    scale: _Scale = _option(1.0)
    """Metres in a unit of a mesh file, whose unit nobody knows; of other kinds, a factor on all lengths but diameters."""
    up: Literal["auto", "x", "y", "z", "-x", "-y", "-z"] = _option("auto")
    """The axis of a mesh file that points up; auto is y for GLB, whose standard says so, and z for the others."""
    origin_m: tuple[_Origin, _Origin, _Origin] | None = _option(None)
    """The point of the file, m, that becomes the place's origin; by default its lowest corner (x and y of inventories and CityJSON)."""
    lod: str = _option("")
    """Level of detail of CityJSON objects, such as "1.2", or the highest below it; by default the highest there is."""
    ground: Literal["flat", "relief"] = _option("flat")
    """flat: every object is lowered onto z = 0. relief: a CityJSON file's TINRelief is the ground, everything keeps its height."""
    strict: Flag = _option(False)
    """Refuse CityJSON solids with holes and polygons that cannot be cut into triangles, instead of repairing or leaving them out."""
    semantic: Class = _option("obstacle")
    """Class of what a mesh file holds."""
    ground_below_m: NonNegative = _option(0.3)
    """Faces of a mesh file that lie wholly below this height are ground, seen but not hit."""
    color: tuple[Finite, Finite, Finite] | None = _option(None)
    """Of a mesh file that has no colours, RGB in [0, 1]."""
    columns: Columns = _option(Columns())
    diameter_unit: Length = _option("auto")
    height_unit: Length = _option("auto")
    default_diameter_m: Positive | None = _option(None)
    """For trees whose diameter is missing; without it they are left out."""
    height_model: Literal["longleaf", "chave2014"] = _option("longleaf")
    """Height of trees from their diameter, where the inventory has no height."""
    height_m: Positive | None = _option(None)
    """One height for all trees without one, instead of a model."""
    delimiter: Literal["auto", ",", ";", "|", "tab"] = _option("auto")
    decimal: Literal["auto", ".", ","] = _option("auto")

    def __hash__(self) -> int:
        """Places are kept by it."""
        return hash(self.model_dump_json())


NO_OPTIONS = PlaceOptions()

_ANY = {"scale", "origin_m"}
_CITY = {"coordinates", "lod", "ground", "strict", *_ANY}
_TREES = {
    "coordinates", "columns", "diameter_unit", "height_unit", "default_diameter_m", "height_model",
    "height_m", "delimiter", "decimal", *_ANY,
}  # fmt: skip
_MESH = {"up", "semantic", "ground_below_m", "color", *_ANY}
_OF_KIND = {
    **dict.fromkeys(CITY_SUFFIXES, ("CityJSON", _CITY)),
    **dict.fromkeys(TREE_SUFFIXES, ("tree inventory", _TREES)),
    **dict.fromkeys(MESH_SUFFIXES, ("mesh", _MESH)),
}


def check_options(path: Path, options: PlaceOptions) -> None:
    """Raise ValueError for an option that the file's kind has no use for."""
    kind, known = _OF_KIND[path.suffix.lower()]
    for name in options.model_dump():
        if name not in known:
            raise ValueError(
                f"place_options.{name}: {path.name} is a {kind} file, which knows "
                f"{', '.join(sorted(known))}{did_you_mean(name, known)}"
            )
