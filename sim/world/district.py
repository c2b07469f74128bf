"""A CityJSON file as a place: what stands in the way, what lies on the ground as paint, and terrain; cut, then shaped."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sim.world.city_families import families_of
from sim.world.city_shapes import (
    LEVEL_WITH_GROUND,
    LOWEST_OBSTACLE,
    PAINT,
    ShapeBuilder,
    Thing,
    Troubles,
    bgt_type,
    triangles,
)
from sim.world.city_surfaces import FOOTPRINT, SurfaceReader, Surfaces
from sim.world.cityjson import CityObject, Fault, read_city
from sim.world.geometry import Decal, Mesh
from sim.world.place_file import brief
from sim.world.place_options import NO_OPTIONS, PlaceOptions
from sim.world.relief import Relief, relief_of

_STANDS = (
    "Building", "Bridge", "GenericCityObject", "OtherConstruction", "CityFurniture",
    "SolitaryVegetationObject",
)  # fmt: skip
"""First words of the object types that stand in the way: BuildingPart is a Building, too."""
_TERRAIN = "TINRelief"


@dataclass(frozen=True)
class Cut:
    """What lies in a rectangle of a district, whose lowest corner is the origin."""

    meshes: tuple[Mesh, ...]
    decals: tuple[Decal, ...]
    relief: Relief | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class District:
    """A whole file; shapes are made of what is cut out of it."""

    origin: Float[np.ndarray, "2"]  # m, in the file's coordinates
    low: Float[np.ndarray, "2"]  # m, corners, in the file's coordinates
    high: Float[np.ndarray, "2"]
    options: PlaceOptions
    standing: tuple[Thing, ...]
    painted: tuple[Thing, ...]
    terrain: tuple[Thing, ...]
    notes: tuple[str, ...]

    def cut(self, low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]) -> Cut:
        """Everything in a rectangle, m from the origin."""
        shift = -self.origin
        builder = ShapeBuilder(self.options, _ground(self.terrain, low - shift, high - shift))
        near = [thing for thing in self.standing if thing.reaches(low - shift, high - shift)]
        meshes = [builder.mesh(thing) for thing in near]
        paint = [thing for thing in self.painted if thing.reaches(low - shift, high - shift)]
        # In two steps, as it has always been: one would round otherwise.
        steps = (np.array([*shift, 0.0]), np.array([*-low, 0.0]))
        decals = [_cropped(builder.decal(thing), steps[0], low, high) for thing in paint]
        return Cut(
            tuple(mesh.moved(steps[0]).moved(steps[1]) for mesh in meshes if mesh is not None),
            tuple(decal.moved(steps[1]) for decal in decals if len(decal.faces)),
            builder.relief_shown(steps[0] + steps[1]),
            builder.notes(),
        )


def read_district(path: Path, options: PlaceOptions = NO_OPTIONS) -> District:
    """Read a file; anything wrong with it is a ValueError that names the file, the place in it and the reason."""
    try:
        return _read(path, options)
    except Fault as fault:
        raise ValueError(f"{path}: {brief(fault)}") from fault


# --- Private.


def _read(path: Path, options: PlaceOptions) -> District:
    city = read_city(path, options)
    reader = SurfaceReader(city.templates, options.lod, options.strict)
    families = families_of(city.objects)
    found: dict[str, list[Thing]] = {"standing": [], "painted": [], "terrain": []}
    skipped, none = Counter[str](), Counter[str]()
    for item in city.objects:
        surfaces = tuple(shape for shape in reader.read(item) if shape.polygons)
        purpose = _purpose(item, surfaces)
        if purpose is None:
            skipped[item.kind] += 1
        elif not surfaces:
            none[item.kind] += bool(item.content.get("geometry"))
        else:
            found[purpose].append(_thing(item, surfaces))
    standing = tuple(thing for thing in _based(found["standing"], families) if _stands(thing))
    painted, terrain = tuple(found["painted"]), tuple(found["terrain"])
    everything = (*standing, *painted, *terrain)
    if not everything:
        levels = ", ".join(f"{level:g}" for level in sorted(reader.levels))
        asked = f" at level of detail {options.lod} or below; there are {levels or 'none'}"
        raise Fault(f"CityObjects: nothing that we can build{asked if options.lod else ''}")
    if options.ground == "relief" and not terrain:
        raise Fault('place_options.ground = "relief": the file has no TINRelief; choose "flat"')
    low = np.min([thing.low for thing in everything], axis=0)[:2]
    high = np.max([thing.high for thing in everything], axis=0)[:2]
    origin = low if options.origin_m is None else np.array(options.origin_m[:2])
    notes = [
        f"{count} {kind} left out: not a kind that is shown"
        for kind, count in sorted(skipped.items())
    ]
    notes += [
        f"{count} {kind} left out: no surfaces of the wanted level of detail"
        for kind, count in sorted(none.items())
        if count
    ]
    if reader.lines:
        notes.append(
            f"{reader.lines} surfaces with rings of fewer than three corners, which were left out"
        )
    return District(origin, low, high, options, standing, painted, terrain, tuple(notes))


def _purpose(item: CityObject, surfaces: tuple[Surfaces, ...]) -> str | None:
    """Which of the lists an object belongs to; None: it is not shown."""
    if item.kind == _TERRAIN:
        return "terrain"
    if item.kind in PAINT:
        stands = item.kind == "PlantCover" and any(shape.solid for shape in surfaces)
        return "standing" if stands else "painted"
    return "standing" if item.kind.startswith(_STANDS) else None


def _thing(item: CityObject, surfaces: tuple[Surfaces, ...]) -> Thing:
    corners = np.concatenate([shape.used() for shape in surfaces])
    low, high = corners.min(axis=0), corners.max(axis=0)
    return Thing(item, surfaces, low, high, float(low[2]))


def _based(things: list[Thing], families: dict[str, str]) -> list[Thing]:
    """Every thing with the lowest height of its family; outlines, which have no shape, do not count and do not stay."""
    shapes = [thing for thing in things if any(_is_shape(s) for s in thing.surfaces)]
    lowest: dict[str, float] = {}
    for thing in shapes:
        family = families[thing.item.name]
        lowest[family] = min(lowest.get(family, np.inf), thing.base)
    return [replace(thing, base=lowest[families[thing.item.name]]) for thing in shapes]


def _is_shape(surfaces: Surfaces) -> bool:
    return surfaces.level >= FOOTPRINT or surfaces.solid or not surfaces.stated


def _stands(thing: Thing) -> bool:
    height = float(thing.high[2]) - thing.base
    return height >= LOWEST_OBSTACLE and bgt_type(thing.item) not in LEVEL_WITH_GROUND


def _ground(
    terrain: tuple[Thing, ...], low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]
) -> Relief | None:
    """The terrain of a rectangle in the file's coordinates; None where the file has none there."""
    parts = [
        triangles(thing.surfaces, Troubles(), thing.item.where, strict=False)
        for thing in terrain
        if thing.reaches(low, high)
    ]
    if not parts:
        return None
    offsets = np.cumsum([0, *(len(vertices) for vertices, _ in parts)])
    vertices = np.concatenate([vertices for vertices, _ in parts])
    faces = np.concatenate(
        [faces + offset for (_, faces), offset in zip(parts, offsets[:-1], strict=True)]
    )
    return relief_of(vertices, faces, low, high)


def _cropped(
    decal: Decal,
    shift: Float[np.ndarray, "3"],
    low: Float[np.ndarray, "2"],
    high: Float[np.ndarray, "2"],
) -> Decal:
    """The decal moved, without the triangles outside the rectangle."""
    decal = decal.moved(shift)
    corners = decal.vertices[decal.faces][..., :2]
    near = ((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high)).all(axis=1)
    return Decal(decal.vertices, decal.faces[near], decal.semantic[near], decal.colors[near])
