"""CityJSON 1.0 to 2.0 and CityJSONSeq: the document, its vertices in metres, and its objects; shapes come later."""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from sim.world.local_plane import to_local_plane
from sim.world.place_file import read_bounded
from sim.world.place_options import LENGTHS_M, PlaceOptions

MAX_BYTES = 64 * 1024 * 1024
"""Files above are refused: parsed, they take some twenty times their size."""
_FARTHEST: Final = 1e9
"""m; coordinates beyond are no place on Earth, and would lose the millimetres."""
_GEOGRAPHIC = {4326, 4979, 4258, 4937, 4269, 6319, 6668, 6697, 7843, 7844, 4167, 4959}
"""EPSG codes of common systems in degrees (WGS 84, ETRS89, NAD83, JGD2011, GDA2020, NZGD2000; flat and with height)."""


class Fault(ValueError):
    """What is wrong with a file, and where in it, without the file's name."""


@dataclass(frozen=True)
class CityObject:
    """One entry of CityObjects, its vertices beside it."""

    name: str
    kind: str
    content: dict[str, Any]
    vertices: Float[np.ndarray, "v 3"]  # m

    @property
    def where(self) -> str:
        return f"CityObjects.{self.name}"


@dataclass(frozen=True)
class Templates:
    """Geometries that objects stand copies of."""

    geometries: list[Any]
    vertices: Float[np.ndarray, "v 3"]  # m


@dataclass(frozen=True)
class City:
    """A whole file."""

    objects: tuple[CityObject, ...]
    templates: Templates


def read_city(path: Path, options: PlaceOptions) -> City:
    """Parse a file; a Fault says what is wrong, a ValueError that it cannot be read at all."""
    content = read_bounded(path, MAX_BYTES, "cut the district out first")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Fault(f"not JSON: {error}") from error
    lines = text.splitlines() if path.suffix.lower() == ".jsonl" else [text]
    documents = [
        (number, _parse(line, f"line {number}: " if len(lines) > 1 else ""))
        for number, line in enumerate(lines, 1)
        if line.strip() or len(lines) == 1
    ]
    if not documents:
        raise Fault("empty")
    head = documents[0][1]
    _check_head(head)
    parts = [("", head), *((f"line {number}: ", document) for number, document in documents[1:])]
    objects = [item for where, part in parts for item in _objects(part, head, where)]
    templates = _templates(head)
    return _in_metres(City(tuple(objects), templates), head, options)


def expect(value: Any, kind: type, where: str) -> Any:
    """The value, if it is of a kind."""
    if not isinstance(value, kind):
        raise Fault(f"{where}: {type(value).__name__}, not {kind.__name__}")
    return value


def listed(table: dict[str, Any], key: str) -> Any:
    """What a key that may be missing or null holds, an empty list without it."""
    value = table.get(key)
    return [] if value is None else value


# --- Private: documents.


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:  # Numbers of thousands of digits are ValueErrors.
        raise Fault(f"{where}not JSON: {error}") from error
    return expect(document, dict, f"{where}the file")


def _check_head(head: dict[str, Any]) -> None:
    if head.get("type") != "CityJSON":
        raise Fault(f"type: {head.get('type')!r}, not 'CityJSON'")
    version = head.get("version")
    if not isinstance(version, str) or not version.startswith(("1.", "2.")):
        raise Fault(f"version: {version!r}, not 1.x or 2.x")


def _objects(part: dict[str, Any], head: dict[str, Any], where: str) -> list[CityObject]:
    if part is not head and part.get("type") != "CityJSONFeature":
        raise Fault(f"{where}type: {part.get('type')!r}, not 'CityJSONFeature'")
    contents = expect(part.get("CityObjects"), dict, f"{where}CityObjects")
    vertices = _vertices(part.get("vertices"), f"{where}vertices")
    vertices = _transformed(vertices, head, f"{where}vertices")
    found = []
    for name, content in contents.items():
        spot = f"CityObjects.{name}"
        kind = expect(expect(content, dict, spot).get("type"), str, f"{spot}.type")
        found.append(CityObject(name, kind, content, vertices))
    return found


def _vertices(raw: Any, where: str) -> Float[np.ndarray, "v 3"]:
    entries = expect(raw, list, where)
    try:
        vertices = np.array(entries, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        vertices = np.zeros(0)
    if entries and vertices.shape != (len(entries), 3):
        index = next((i for i, entry in enumerate(entries) if not _is_point(entry)), 0)
        raise Fault(f"{where}.{index}: {str(entries[index])[:60]}: not three numbers")
    return vertices.reshape(-1, 3)


def _is_point(entry: Any) -> bool:
    return isinstance(entry, list) and len(entry) == 3 and all(_is_number(x) for x in entry)


def _is_number(value: Any) -> bool:
    """Too large to be any coordinate's, whole numbers are none."""
    return type(value) is float or (type(value) is int and abs(value) < 10**300)


def _transformed(
    vertices: Float[np.ndarray, "v 3"], head: dict[str, Any], where: str
) -> Float[np.ndarray, "v 3"]:
    """Whole numbers are scaled by the file's transform (its translation, too, which leaves 1e5 m exact)."""
    transform = head.get("transform", {"scale": [1, 1, 1], "translate": [0, 0, 0]})
    transform = expect(transform, dict, "transform")
    for key in ("scale", "translate"):
        if not _is_point(transform.get(key)):
            raise Fault(f"transform.{key}: {str(transform.get(key))[:60]}: not three numbers")
    scale, translate = (
        np.array(transform[key], dtype=np.float64) for key in ("scale", "translate")
    )
    if not (scale > 0).all():
        raise Fault(f"transform.scale: {transform['scale']}: must be above 0, all three of it")
    with np.errstate(over="ignore", invalid="ignore"):
        vertices = vertices * scale + translate
    return _checked(vertices, where)


def _checked(vertices: Float[np.ndarray, "v 3"], where: str) -> Float[np.ndarray, "v 3"]:
    finite = np.isfinite(vertices).all(axis=1)
    if not finite.all():
        raise Fault(f"{where}.{int(np.argmin(finite))}: not finite")
    near = (np.abs(vertices) <= _FARTHEST).all(axis=1)
    if not near.all():
        index = int(np.argmin(near))
        raise Fault(f"{where}.{index}: {vertices[index].tolist()}: farther than {_FARTHEST:g} m")
    return vertices


def _templates(head: dict[str, Any]) -> Templates:
    where = "geometry-templates"
    content = expect(head.get(where, {}), dict, where)
    geometries = expect(content.get("templates", []), list, f"{where}.templates")
    spot = f"{where}.vertices-templates"
    vertices = _checked(_vertices(content.get("vertices-templates", []), spot), spot)
    return Templates(geometries, vertices)


# --- Private: units.


def _in_metres(city: City, head: dict[str, Any], options: PlaceOptions) -> City:
    """The file in metres on a plane; nothing is changed where it is so already."""
    if options.coordinates == "auto":
        _check_metric(city, head)
    factor = options.scale * (LENGTHS_M["ft"] if options.coordinates == "ft" else 1.0)
    shapes = {id(item.vertices): item.vertices for item in city.objects}
    if options.coordinates in ("lat_lon", "lon_lat") and any(map(len, shapes.values())):
        shapes = _projected(shapes, options.coordinates == "lat_lon")
    if factor != 1.0:
        _check_reach(shapes, options.scale, factor)
        shapes = {key: factor * vertices for key, vertices in shapes.items()}
        city = City(
            city.objects, Templates(city.templates.geometries, factor * city.templates.vertices)
        )
    objects = (
        CityObject(item.name, item.kind, item.content, shapes[id(item.vertices)])
        for item in city.objects
    )
    return City(tuple(objects), city.templates)


def _check_reach(shapes: dict[int, Float[np.ndarray, "v 3"]], scale: float, factor: float) -> None:
    reach = factor * max((float(np.abs(v).max()) for v in shapes.values() if len(v)), default=0.0)
    if reach > _FARTHEST:
        raise Fault(
            f"place_options.scale = {scale:g}: vertices {reach:.3g} m from the origin: at most {_FARTHEST:g} m"
        )


def _check_metric(city: City, head: dict[str, Any]) -> None:
    """Refuse degrees: read as metres, a district would be a few micrometres wide."""
    metadata = head.get("metadata")
    name = metadata.get("referenceSystem") if isinstance(metadata, dict) else None
    code = re.search(r"(\d{4,6})\D*$", name) if isinstance(name, str) else None
    names_degrees = code is not None and int(code.group(1)) in _GEOGRAPHIC
    used = [item.vertices for item in city.objects if len(item.vertices)]
    if not used:
        return
    low = np.min([vertices.min(axis=0) for vertices in used], axis=0)
    high = np.max([vertices.max(axis=0) for vertices in used], axis=0)
    like_degrees = (np.abs([*low[:2], *high[:2]]) <= 180).all() and (high - low)[:2].max() < 0.5
    if names_degrees or (like_degrees and (high - low)[2] > 2 * (high - low)[:2].max()):
        raise Fault(
            f"vertices: degrees, as it seems (x from {low[0]:g} to {high[0]:g}, y from {low[1]:g} to {high[1]:g}"
            f"{f', referenceSystem {name}' if name else ''}), not metres: "
            'say place_options.coordinates = "lat_lon" or "lon_lat", whichever comes first, or "m"'
        )


def _projected(
    shapes: dict[int, Float[np.ndarray, "v 3"]], latitude_first: bool
) -> dict[int, Float[np.ndarray, "v 3"]]:
    """Every array of vertices on one plane that touches the Earth in the middle of them all."""
    everything = np.concatenate([vertices[:, :2] for vertices in shapes.values()])
    if latitude_first:
        everything = everything[:, ::-1]
    low, high = everything.min(axis=0), everything.max(axis=0)
    if abs(low[1]) > 90 or abs(high[1]) > 90 or max(abs(low[0]), abs(high[0])) > 360:
        order = "lat_lon" if latitude_first else "lon_lat"
        raise Fault(
            f"vertices: longitudes {low[0]:g} to {high[0]:g} and latitudes {low[1]:g} to {high[1]:g} are no degrees: "
            f"place_options.coordinates = {order!r}"
        )
    middle = (low + high) / 2
    found = {}
    for key, vertices in shapes.items():
        degrees = vertices[:, [1, 0]] if latitude_first else vertices[:, :2]
        found[key] = np.column_stack(
            [to_local_plane(degrees[:, 1], degrees[:, 0], middle[1], middle[0]), vertices[:, 2]]
        )
    return found


def level_of_detail(geometry: dict[str, Any], where: str) -> float:
    """The number of a geometry's `lod`, 0 where it has none."""
    try:
        level = float(geometry.get("lod", 0))
    except (TypeError, ValueError, OverflowError) as error:
        raise Fault(f"{where}.geometry.lod: {geometry.get('lod')!r}") from error
    return level if math.isfinite(level) else 0.0
