"""The surfaces of a CityJSON object: which geometry of several is taken, copies of templates placed, rings checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sim.world.cityjson import CityObject, Fault, Templates, expect, level_of_detail, listed

_NESTING = {
    "MultiSurface": 0,
    "CompositeSurface": 0,
    "Solid": 1,
    "MultiSolid": 2,
    "CompositeSolid": 2,
}
"""How many lists lie around the surfaces of each kind of geometry; other kinds have no surfaces."""
SOLIDS = ("Solid", "MultiSolid", "CompositeSolid")
FOOTPRINT = 1.0
"""Levels of detail below are outlines on the ground or at the eaves, not shapes."""
_MAX_TEMPLATE_CORNERS = 20_000_000
"""Corners that all copies of templates may have together: a small file could ask for any number."""


@dataclass(frozen=True)
class Surfaces:
    """Polygons with holes, as rings of vertex numbers."""

    vertices: Float[np.ndarray, "v 3"]  # m, of which the polygons use some
    polygons: list[list[list[int]]]
    solid: bool  # the file says that they enclose something
    level: float
    stated: bool
    """Whether the file says the level of detail."""

    def used(self) -> Float[np.ndarray, "u 3"]:
        """The corners of all rings, m."""
        corners = {index for polygon in self.polygons for ring in polygon for index in ring}
        return self.vertices[list(corners)]


class SurfaceReader:
    """Takes geometries out of a file's objects; counts the copies it makes of templates."""

    def __init__(self, templates: Templates, lod: str, strict: bool) -> None:
        """`lod` is the level wanted, empty for the highest; `strict` refuses rings that are lines or points."""
        self._templates = templates
        self._strict = strict
        self._most = np.inf if not lod else _wanted(lod)
        self._copied = 0
        self.levels: set[float] = set()
        """All levels of detail seen so far."""
        self.lines = 0
        """Rings of fewer than three corners that were left out."""

    def read(self, item: CityObject) -> list[Surfaces]:
        """The geometries of the highest level of detail that is not above the one wanted; none if there is none."""
        where = item.where
        geometries = expect(listed(item.content, "geometry"), list, f"{where}.geometry")
        readable = [
            (level, geometry, source)
            for geometry in geometries
            for level, source in self._resolve(expect(geometry, dict, f"{where}.geometry"), where)
        ]
        self.levels |= {level for level, _, _ in readable}
        levels = [level for level, _, _ in readable if level <= self._most]
        if not levels:
            return []
        best = [entry for entry in readable if entry[0] == max(levels)]
        # Of several at one level the first counts, as one shape may be given as a solid and as surfaces;
        # copies of templates are all of them, for an object may consist of many.
        copies = [entry for entry in best if entry[1] is not entry[2]]
        return [self._surfaces(item, *entry) for entry in (copies or best[:1])]

    def _resolve(self, geometry: dict[str, Any], where: str) -> Iterator[tuple[float, dict]]:
        """Level and source of a geometry that has surfaces: itself, or the template it is a copy of."""
        if geometry.get("type") == "GeometryInstance":
            index = geometry.get("template")
            known = self._templates.geometries
            if not isinstance(index, int) or not 0 <= index < len(known):
                raise Fault(
                    f"{where}.geometry.template: {index!r}, but there are {len(known)} templates"
                )
            source = expect(known[index], dict, f"geometry-templates.templates.{index}")
        else:
            source = geometry
        kind = source.get("type")
        if isinstance(kind, str) and kind in _NESTING:
            yield level_of_detail(source, where), source

    def _surfaces(
        self, item: CityObject, level: float, geometry: dict[str, Any], source: dict[str, Any]
    ) -> Surfaces:
        where = item.where
        vertices = item.vertices
        if geometry is not source:
            vertices = self._placed(item, geometry)
        polygons = self._polygons(source, len(vertices), where)
        if geometry is not source:
            self._copied += sum(len(ring) for polygon in polygons for ring in polygon)
            if self._copied > _MAX_TEMPLATE_CORNERS:
                raise Fault(f"{where}.geometry: copies of templates with too many corners")
        return Surfaces(vertices, polygons, source["type"] in SOLIDS, level, "lod" in source)

    def _polygons(self, source: dict[str, Any], count: int, where: str) -> list[list[list[int]]]:
        """Every surface as a list of checked rings; lines and points are dropped, and counted."""
        spot = f"{where}.geometry.boundaries"
        boundaries = expect(source.get("boundaries"), list, spot)
        for _ in range(_NESTING[source["type"]]):
            boundaries = [inner for outer in boundaries for inner in expect(outer, list, spot)]
        found = []
        for index, polygon in enumerate(boundaries):
            name = f"{where}.geometry: surface {index}"
            rings = [_ring(ring, count, name) for ring in expect(polygon, list, spot)]
            whole = [ring for ring in rings if len(set(ring)) >= 3]
            if len(whole) < len(rings):
                if self._strict:
                    short = next(ring for ring in rings if len(set(ring)) < 3)
                    raise Fault(f"{name}: a ring of {len(set(short))} vertices")
                self.lines += 1
            if rings and whole and whole[0] is rings[0]:
                found.append(whole)
        return found

    def _placed(self, item: CityObject, geometry: dict[str, Any]) -> Float[np.ndarray, "v 3"]:
        """The template's vertices where this copy stands: turned by its matrix, moved to its one boundary vertex."""
        where = f"{item.where}.geometry"
        self._copied += len(self._templates.vertices)
        boundaries = expect(geometry.get("boundaries"), list, f"{where}.boundaries")
        if len(boundaries) != 1:
            raise Fault(f"{where}.boundaries: {len(boundaries)} points: a copy stands at one")
        anchor = item.vertices[_vertex(boundaries[0], len(item.vertices), where)]
        raw = geometry.get("transformationMatrix", np.eye(4).ravel())
        try:
            matrix = np.array(raw, dtype=np.float64).reshape(4, 4)
        except (TypeError, ValueError, OverflowError) as error:
            raise Fault(f"{where}.transformationMatrix: {str(raw)[:60]}: not 16 numbers") from error
        if not np.isfinite(matrix).all() or np.abs(matrix).max() > 1e6:
            raise Fault(f"{where}.transformationMatrix: numbers that are no turn, scale or shift")
        return self._templates.vertices @ matrix[:3, :3].T + matrix[:3, 3] + anchor


def _wanted(lod: str) -> float:
    try:
        level = float(lod)
    except ValueError:
        level = np.nan
    if not np.isfinite(level) or level < 0:
        raise Fault(f'place_options.lod = {lod!r}: no level of detail; they are like "1" or "2.2"')
    return level


def _ring(ring: object, count: int, where: str) -> list[int]:
    indices = expect(ring, list, where)
    for index in indices:
        _vertex(index, count, where)
    return indices


def _vertex(index: object, count: int, where: str) -> int:
    if type(index) is not int or not 0 <= index < count:
        raise Fault(f"{where}: vertex {index!r}, but there are {count}")
    return index
