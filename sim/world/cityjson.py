"""CityJSON 1.x and 2.x: buildings, bridges and walls as meshes on flat ground, the rest as ground paint."""

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sim.world.closed import missing_area
from sim.world.geometry import Decal, Mesh, Semantic
from sim.world.triangulate import triangulate

MAX_BYTES = 64 * 1024 * 1024
"""Files above are refused: parsed, they take some twenty times their size."""
_BASE_RELIEF = 0.5
"""What lies less above the lowest point of an object is taken for ground that was not level, m."""
_LOWEST_OBSTACLE = 0.3  # m
_WALL_TOP = 2.5  # m; see places/ATTRIBUTION.md

_SOLID = ("Building", "Bridge", "GenericCityObject", "OtherConstruction")
"""First words of the object types that stand in the way: BuildingPart is a Building, too."""
_LEVEL_WITH_GROUND = ("kademuur", "stuw")  # quay walls and weirs, in the Dutch mapping's terms
_PAINT: dict[str, tuple[tuple[float, float, float], float]] = {
    # Colour, and height above the ground, m: where paints overlap, the higher one shows.
    "LandUse": ((0.56, 0.52, 0.44), 0.003),
    "PlantCover": ((0.33, 0.45, 0.22), 0.005),
    "WaterBody": ((0.20, 0.34, 0.44), 0.007),
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


@dataclass(frozen=True)
class District:
    """A whole file, its lowest corner at the origin."""

    size: Float[np.ndarray, "2"]  # m
    meshes: tuple[Mesh, ...]
    decals: tuple[Decal, ...]


def read_district(path: Path) -> District:
    """Read a file; anything wrong with it is a ValueError that names the file, the place in it and the reason."""
    try:
        return _District(path).read()
    except _Fault as fault:
        raise ValueError(f"{path}: {fault}") from fault


class _Fault(ValueError):
    """What is wrong, without the file's name."""


class _District:
    """One file being read: its vertices, and where in it we are."""

    def __init__(self, path: Path) -> None:
        document = _parse(path)
        self._objects = _expect(document.get("CityObjects"), dict, "CityObjects")
        self._vertices = _vertices(document)

    def read(self) -> District:
        meshes, decals = [], []
        for name, city_object in self._objects.items():
            where = f"CityObjects.{name}"
            kind = _expect(_expect(city_object, dict, where).get("type"), str, f"{where}.type")
            if kind.startswith(_SOLID):
                mesh = self._mesh(city_object, where, name)
                meshes += [mesh] if mesh is not None else []
            elif kind in _PAINT:
                decals.append(self._decal(city_object, where, kind))
        corners = [part.vertices[part.faces.reshape(-1), :2] for part in (*meshes, *decals)]
        if not corners or not sum(len(part) for part in corners):
            raise _Fault("CityObjects: nothing that we can build")
        everything = np.concatenate(corners)
        low = everything.min(axis=0)
        shift = np.array([-low[0], -low[1], 0.0])
        return District(
            size=everything.max(axis=0) - low,
            meshes=tuple(
                Mesh(mesh.vertices + shift, mesh.faces, mesh.semantic, mesh.colors, mesh.solid)
                for mesh in meshes
            ),
            decals=tuple(
                Decal(decal.vertices + shift, decal.faces, decal.semantic, decal.colors)
                for decal in decals
            ),
        )

    def _mesh(self, city_object: dict[str, Any], where: str, name: str) -> Mesh | None:
        """An obstacle with its base on the ground; None where it is no obstacle."""
        attributes = city_object.get("attributes") or {}
        if attributes.get("bgt_type") in _LEVEL_WITH_GROUND:
            return None
        vertices, faces = self._triangles(city_object, where)
        if not len(faces):
            return None
        vertices[:, 2] -= vertices[:, 2].min()
        vertices[vertices[:, 2] < _BASE_RELIEF, 2] = 0.0
        is_building = city_object["type"].startswith("Building")
        if city_object["type"].startswith("GenericCityObject"):
            vertices[:, 2] = np.minimum(vertices[:, 2], _WALL_TOP)
        if vertices[:, 2].max() < _LOWEST_OBSTACLE:
            return None
        finest = _finest(city_object, where)
        if finest is not None and finest["type"] in _SOLID_GEOMETRY:
            _check_closed(vertices, faces, where)
        normals = _normals(vertices, faces)
        faces = faces[np.linalg.norm(normals, axis=1) > 1e-9]
        return Mesh(
            vertices=vertices,
            faces=faces,
            semantic=Semantic.BUILDING if is_building else Semantic.OBSTACLE,
            colors=_mesh_colors(_normals(vertices, faces), name, is_building),
        )

    def _decal(self, city_object: dict[str, Any], where: str, kind: str) -> Decal:
        """A surface pressed flat onto the ground, seen from above."""
        color, height = _PAINT[kind]
        vertices, faces = self._triangles(city_object, where)
        vertices[:, 2] = height
        up = _normals(vertices, faces)[:, 2]
        faces = np.where(up[:, None] < 0, faces[:, ::-1], faces)[np.abs(up) > 1e-6]
        return Decal(
            vertices=vertices,
            faces=faces,
            semantic=np.full(len(faces), Semantic.GROUND, dtype=np.int64),
            colors=np.tile(np.array(color), (len(faces), 1)),
        )

    def _triangles(
        self, city_object: dict[str, Any], where: str
    ) -> tuple[Float[np.ndarray, "v 3"], Int[np.ndarray, "f 3"]]:
        """The object's finest geometry as triangles over its own vertices."""
        faces: list[tuple[int, int, int]] = []
        for index, polygon in enumerate(_polygons(city_object, where)):
            spot = f"{where}.geometry: surface {index}"
            rings = [self._ring(ring, spot) for ring in polygon]
            corners = [i for ring in rings for i in ring]
            try:
                local = triangulate([self._vertices[ring] for ring in rings])
            except ValueError as error:
                raise _Fault(f"{spot}: {error}") from error
            faces += [(corners[a], corners[b], corners[c]) for a, b, c in local]
        used, compact = np.unique(np.array(faces, dtype=np.int64).reshape(-1), return_inverse=True)
        return self._vertices[used].copy(), compact.reshape(-1, 3)

    def _ring(self, ring: object, where: str) -> list[int]:
        indices = _expect(ring, list, where)
        for index in indices:
            if not isinstance(index, int) or not 0 <= index < len(self._vertices):
                raise _Fault(f"{where}: vertex {index!r}, but there are {len(self._vertices)}")
        if len(indices) < 3:
            raise _Fault(f"{where}: a ring of {len(indices)} vertices")
        return indices


def _parse(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise _Fault(f"{size} bytes, more than {MAX_BYTES}: cut the district out first")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _Fault(f"not JSON: {error}") from error
    document = _expect(document, dict, "the file")
    if document.get("type") != "CityJSON":
        raise _Fault(f"type: {document.get('type')!r}, not 'CityJSON'")
    version = document.get("version")
    if not isinstance(version, str) or not version.startswith(("1.", "2.")):
        raise _Fault(f"version: {version!r}, not 1.x or 2.x")
    return document


def _expect(value: Any, kind: type, where: str) -> Any:
    if not isinstance(value, kind):
        raise _Fault(f"{where}: {type(value).__name__}, not {kind.__name__}")
    return value


def _vertices(document: dict[str, Any]) -> Float[np.ndarray, "v 3"]:
    """Metres; whole numbers are scaled by the file's transform (its translation, too, which leaves 1e5 m exact)."""
    raw = _expect(document.get("vertices"), list, "vertices")
    try:
        vertices = np.array(raw, dtype=np.float64).reshape(-1, 3)
    except (TypeError, ValueError) as error:
        raise _Fault(f"vertices: {error}") from error
    transform = document.get("transform", {"scale": [1, 1, 1], "translate": [0, 0, 0]})
    try:
        scale, translate = (
            np.array(transform[key], dtype=np.float64).reshape(3) for key in ("scale", "translate")
        )
    except (TypeError, ValueError, KeyError) as error:
        raise _Fault(f"transform: {error!r}") from error
    vertices = vertices * scale + translate
    if not np.isfinite(vertices).all():
        raise _Fault(f"vertices.{int(np.argmin(np.isfinite(vertices).all(axis=1)))}: not finite")
    return vertices


def _polygons(city_object: dict[str, Any], where: str) -> Iterator[list[Any]]:
    """Every surface of the finest geometry, as a list of rings."""
    best = _finest(city_object, where)
    if best is None:
        return
    boundaries = _expect(best.get("boundaries"), list, f"{where}.geometry.boundaries")
    for _ in range(_NESTING[best["type"]]):
        boundaries = [
            inner
            for outer in boundaries
            for inner in _expect(outer, list, f"{where}.geometry.boundaries")
        ]
    for polygon in boundaries:
        yield _expect(polygon, list, f"{where}.geometry.boundaries")


def _finest(city_object: dict[str, Any], where: str) -> dict[str, Any] | None:
    """The geometry with the highest level of detail, of those that have surfaces."""
    geometries = _expect(city_object.get("geometry", []), list, f"{where}.geometry")
    readable = [
        geometry
        for geometry in geometries
        if _expect(geometry, dict, f"{where}.geometry").get("type") in _NESTING
    ]
    return max(readable, key=lambda geometry: _level_of_detail(geometry, where), default=None)


def _check_closed(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"], where: str
) -> None:
    hole = missing_area(vertices - [*vertices[:, :2].min(axis=0), 0.0], faces)
    if hole > _LARGEST_HOLE:
        raise _Fault(
            f"{where}.geometry: a solid whose surfaces leave a hole of {hole:.2f} m2:"
            f" close it above the ground, turn its faces outwards, or give it as a MultiSurface"
        )


_SOLID_GEOMETRY = ("Solid", "MultiSolid", "CompositeSolid")
_LARGEST_HOLE = 0.05
"""m2 that surveys leave open by rounding; inside a solid with more, near and far would be told wrongly."""
_NESTING = {
    "MultiSurface": 0,
    "CompositeSurface": 0,
    "Solid": 1,
    "MultiSolid": 2,
    "CompositeSolid": 2,
}
"""How many lists lie around the surfaces of each kind of geometry; other kinds have no surfaces."""


def _level_of_detail(geometry: dict[str, Any], where: str) -> float:
    try:
        level = float(geometry.get("lod", 0))
    except (TypeError, ValueError) as error:
        raise _Fault(f"{where}.geometry.lod: {geometry.get('lod')!r}") from error
    return level if math.isfinite(level) else 0.0


def _normals(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> Float[np.ndarray, "f 3"]:
    a, b, c = vertices[faces].transpose(1, 0, 2)
    return np.cross(b - a, c - a)


def _mesh_colors(
    normals: Float[np.ndarray, "f 3"], name: str, is_building: bool
) -> Float[np.ndarray, "f 3"]:
    """Brick by the object's name, so that neighbours differ and a building keeps its colour; one roof colour."""
    if not is_building:
        return np.tile(np.array(_STONE), (len(normals), 1))
    brick = _WALL_COLORS[zlib.crc32(name.encode()) % len(_WALL_COLORS)]
    is_roof = normals[:, 2] > 0.5 * np.linalg.norm(normals, axis=1)
    return np.where(is_roof[:, None], _ROOF_COLOR, brick)
