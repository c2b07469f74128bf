"""From a CityJSON object's polygons to a mesh that stands in the way, or to paint on the ground."""

import zlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sim.world.city_surfaces import Surfaces
from sim.world.cityjson import CityObject, Fault
from sim.world.closed import missing_area
from sim.world.geometry import Decal, Mesh, Semantic
from sim.world.place_options import PlaceOptions
from sim.world.relief import DRAPE, Relief
from sim.world.triangulate import triangulate, triangulate_any

_BASE_RELIEF = 0.5
"""What lies less above the lowest point of an object is taken for ground that was not level, m."""
LOWEST_OBSTACLE = 0.3  # m
_WALL_TOP = 2.5  # m; see places/ATTRIBUTION.md
_LARGEST_HOLE = 0.05
"""m2 that surveys leave open by rounding; inside a solid with more, near and far would be told wrongly."""

LEVEL_WITH_GROUND = ("kademuur", "stuw")  # quay walls and weirs, in the Dutch mapping's terms
PAINT: dict[str, tuple[tuple[float, float, float], float]] = {
    # Colour, and height above the ground, m: where paints overlap, the higher one shows.
    "LandUse": ((0.56, 0.52, 0.44), 0.003),
    "PlantCover": ((0.33, 0.45, 0.22), 0.005),
    "WaterBody": ((0.20, 0.34, 0.44), 0.007),
    "Waterway": ((0.20, 0.34, 0.44), 0.007),
    "Road": ((0.45, 0.44, 0.44), 0.009),
    "Railway": ((0.40, 0.36, 0.33), 0.009),
    "TransportSquare": ((0.50, 0.48, 0.46), 0.009),
}
_WALL_COLORS = (
    (0.62, 0.38, 0.29),
    (0.70, 0.50, 0.38),
    (0.76, 0.70, 0.60),
    (0.55, 0.45, 0.40),
    (0.80, 0.78, 0.74),
)
_ROOF_COLOR = (0.42, 0.30, 0.27)
_STONE = (0.58, 0.57, 0.55)
_LEAVES = (0.27, 0.41, 0.20)
_GREEN = ("SolitaryVegetationObject", "PlantCover")
_GARDEN_WALL = "muur"


@dataclass(frozen=True)
class Thing:
    """One object that is shown: x and y as in the file, z too."""

    item: CityObject
    surfaces: tuple[Surfaces, ...]
    low: Float[np.ndarray, "3"]
    high: Float[np.ndarray, "3"]
    base: float
    """Lowest z of the whole the object is a part of, m."""

    def reaches(self, low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]) -> bool:
        """Whether it lies in a rectangle, in part at least."""
        return bool((self.high[:2] >= low).all() and (self.low[:2] <= high).all())


Troubles = Counter[str]
"""How often something was amiss, by what it was."""


class ShapeBuilder:
    """Makes the shapes of one cut, all on the same ground; counts what it had to repair."""

    def __init__(self, options: PlaceOptions, relief: Relief | None) -> None:
        """`relief` is the terrain under the cut, in the file's coordinates; None where the file has none."""
        self._options = options
        self._terrain = relief
        self._relief = relief if options.ground == "relief" else None
        self._datum = 0.0 if self._relief is None else float(self._relief.heights.min())
        self._troubles = Troubles()

    def mesh(self, thing: Thing) -> Mesh | None:
        """An obstacle with its base on the ground; None where nothing of it stands up."""
        vertices, faces = self._triangles(thing)
        if not len(faces):
            return None
        if self._relief is None:
            vertices[:, 2] -= self._base(thing)
            vertices[vertices[:, 2] < _BASE_RELIEF, 2] = 0.0
        else:
            vertices[:, 2] -= self._datum
        if bgt_type(thing.item) == _GARDEN_WALL:
            vertices[:, 2] = np.minimum(vertices[:, 2], vertices[:, 2].min() + _WALL_TOP)
        if np.ptp(vertices[:, 2]) < LOWEST_OBSTACLE and vertices[:, 2].max() < LOWEST_OBSTACLE:
            return None
        solid = all(shape.solid for shape in thing.surfaces)
        closed = not solid or self._closed(vertices, faces, thing.item.where)
        normals = _normals(vertices, faces)
        faces = faces[np.linalg.norm(normals, axis=1) > 1e-9]
        return Mesh(
            vertices=vertices,
            faces=faces,
            semantic=_semantic(thing.item.kind),
            colors=_mesh_colors(_normals(vertices, faces), thing.item),
            solid=closed,
        )

    def decal(self, thing: Thing) -> Decal:
        """A surface pressed onto the ground, seen from above."""
        color, height = PAINT[thing.item.kind]
        vertices, faces = self._triangles(thing)
        if self._relief is None:
            vertices[:, 2] = height
        else:
            vertices[:, 2] = self._relief.at(vertices[:, :2]) - self._datum + DRAPE + height
        up = np.cross(*_edges(vertices, faces))[:, 2]
        faces = np.where(up[:, None] < 0, faces[:, ::-1], faces)[np.abs(up) > 1e-6]
        return Decal(
            vertices=vertices,
            faces=faces,
            semantic=np.full(len(faces), Semantic.GROUND, dtype=np.int64),
            colors=np.tile(np.array(color), (len(faces), 1)),
        )

    def relief_shown(self, shift: Float[np.ndarray, "3"]) -> Relief | None:
        """The ground, moved, its lowest point at z = 0; None where it is taken for flat."""
        if self._relief is None:
            return None
        return self._relief.moved(shift - [0.0, 0.0, self._datum])

    def notes(self) -> tuple[str, ...]:
        """What was repaired or left out."""
        found = [f"{count} {trouble}" for trouble, count in sorted(self._troubles.items())]
        if self._terrain is not None and self._relief is None:
            found.append("terrain taken off: the ground is flat, heights are over the terrain")
        return tuple(found)

    def _triangles(self, thing: Thing) -> tuple[Float[np.ndarray, "v 3"], Int[np.ndarray, "f 3"]]:
        strict = self._options.strict
        return triangles(thing.surfaces, self._troubles, thing.item.where, strict=strict)

    def _base(self, thing: Thing) -> float:
        """What becomes z = 0: the lowest point of the whole it is part of, or the terrain under one that hangs above it."""
        if self._terrain is None:
            return thing.base
        corners = np.concatenate([shape.used()[:, :2] for shape in thing.surfaces])
        ground = float(self._terrain.at(corners).min())
        return thing.base if thing.base <= ground + _BASE_RELIEF else ground

    def _closed(
        self, vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"], where: str
    ) -> bool:
        """Whether a solid encloses what it says; one with holes is a shell, whose inside nobody can tell."""
        hole = missing_area(vertices - [*vertices[:, :2].min(axis=0), 0.0], faces)
        if hole <= _LARGEST_HOLE:
            return True
        if self._options.strict:
            raise Fault(
                f"{where}.geometry: a solid whose surfaces leave a hole of {hole:.2f} m2:"
                f" close it above the ground, turn its faces outwards, or give it as a MultiSurface"
            )
        self._troubles["solids with holes or faces turned inwards, taken for shells"] += 1
        return False


def triangles(
    surfaces: tuple[Surfaces, ...], troubles: Troubles, where: str, *, strict: bool
) -> tuple[Float[np.ndarray, "v 3"], Int[np.ndarray, "f 3"]]:
    """All surfaces as triangles over their own vertices, copied."""
    parts = [_triangles(shape, troubles, where, strict) for shape in surfaces]
    if len(parts) == 1:
        return parts[0]
    offsets = np.cumsum([0, *(len(vertices) for vertices, _ in parts)])
    return (
        np.concatenate([vertices for vertices, _ in parts]),
        np.concatenate([f + offset for (_, f), offset in zip(parts, offsets[:-1], strict=True)]),
    )


def bgt_type(item: CityObject) -> object:
    """What the Dutch mapping calls a thing; None elsewhere."""
    attributes = item.content.get("attributes")
    return attributes.get("bgt_type") if isinstance(attributes, dict) else None


def _triangles(
    shape: Surfaces, troubles: Troubles, where: str, strict: bool
) -> tuple[Float[np.ndarray, "v 3"], Int[np.ndarray, "f 3"]]:
    faces: list[tuple[int, int, int]] = []
    for index, rings in enumerate(shape.polygons):
        corners = [i for ring in rings for i in ring]
        points = [shape.vertices[ring] for ring in rings]
        if strict:
            try:
                local = triangulate(points)
            except ValueError as error:
                raise Fault(f"{where}.geometry: surface {index}: {error}") from error
        else:
            local = triangulate_any(points)
        if not local:
            troubles["surfaces without area, left out"] += 1
        faces += [(corners[a], corners[b], corners[c]) for a, b, c in local]
    used, compact = np.unique(np.array(faces, dtype=np.int64).reshape(-1), return_inverse=True)
    return shape.vertices[used].copy(), compact.reshape(-1, 3)


def _edges(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> tuple[Float[np.ndarray, "f 3"], Float[np.ndarray, "f 3"]]:
    a, b, c = vertices[faces].transpose(1, 0, 2)
    return b - a, c - a


def _normals(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> Float[np.ndarray, "f 3"]:
    return np.cross(*_edges(vertices, faces))


def _semantic(kind: str) -> Semantic:
    if kind.startswith("Building"):
        return Semantic.BUILDING
    return Semantic.TRUNK if kind == "SolitaryVegetationObject" else Semantic.OBSTACLE


def _mesh_colors(normals: Float[np.ndarray, "f 3"], item: CityObject) -> Float[np.ndarray, "f 3"]:
    """Brick by the object's name, so that neighbours differ and a building keeps its colour; one roof colour."""
    if item.kind in _GREEN:
        return np.tile(np.array(_LEAVES), (len(normals), 1))
    if not item.kind.startswith("Building"):
        return np.tile(np.array(_STONE), (len(normals), 1))
    brick = _WALL_COLORS[zlib.crc32(item.name.encode("utf-8", "replace")) % len(_WALL_COLORS)]
    is_roof = normals[:, 2] > 0.5 * np.linalg.norm(normals, axis=1)
    return np.where(is_roof[:, None], _ROOF_COLOR, brick)
