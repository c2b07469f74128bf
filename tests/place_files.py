"""Small place files as users have them, written by tests: cities, tree tables, meshes, plans."""

import json
from pathlib import Path
from typing import Any

import numpy as np

Document = dict[str, Any]


def cube(x: float, y: float, z: float, side: float, first: int) -> tuple[list, list]:
    """Eight corners, m, and the shell of a cube whose vertices are numbered from `first`."""
    corners = [[x + side * i, y + side * j, z + side * k] for k in (0, 1) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]  # fmt: skip
    rings = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    return corners, [[[first + i for i in ring]] for ring in rings]


def city(objects: Document, vertices: list, **more: Any) -> Document:
    """A CityJSON 2.0 document in metres, far from its origin."""
    transform = {"scale": [0.001] * 3, "translate": [85000.0, 447000.0, 2.0]}
    whole = (1000 * np.array(vertices).reshape(-1, 3)).round().astype(int).tolist()
    head = {"type": "CityJSON", "version": "2.0", "transform": transform}
    return {**head, "CityObjects": objects, "vertices": whole, **more}


def bag(houses: int = 9, spacing: float = 22.0) -> Document:
    """Like a tile of the 3D BAG: outlines of level 0, parts of levels 1.2, 1.3 and 2.2, each on ground of its own."""
    vertices: list = []
    objects: Document = {}
    side = round(houses**0.5)
    for index in range(houses):
        x, y, z = spacing * (index % side), spacing * (index // side), 0.3 * (index % 3)
        name = f"NL.IMBAG.Pand.{index:04d}"
        outline = list(range(len(vertices), len(vertices) + 4))
        vertices += [[x, y, z], [x + 8, y, z], [x + 8, y + 8, z], [x, y + 8, z]]
        geometries = []
        for level, height in (("1.2", 6.0), ("1.3", 7.0), ("2.2", 8.0)):
            corners, shell = cube(x, y, z, 8.0, len(vertices))
            vertices += [[a, b, z + (c > z) * height] for a, b, c in corners]
            geometries.append({"type": "Solid", "lod": level, "boundaries": [shell]})
        ground = {"type": "MultiSurface", "lod": "0", "boundaries": [[outline]]}
        objects[name] = {"type": "Building", "children": [f"{name}-0"], "geometry": [ground]}
        objects[f"{name}-0"] = {"type": "BuildingPart", "parents": [name], "geometry": geometries}
    return city(objects, vertices)


def with_slope(document: Document, rise: float = 0.05) -> Document:
    """The same with a terrain that rises to the east by so many m a metre, from x = -30 to 90."""
    first = len(document["vertices"])
    spots = [(x, y) for x in (-30, 30, 90) for y in (-30, 30, 90)]
    vertices = [*document["vertices"], *([1000 * x, 1000 * y, round(1000 * rise * x)] for x, y in spots)]  # fmt: skip
    triangles = [
        [[first + 3 * i + j, first + 3 * (i + di) + j + dj, first + 3 * (i + 1) + j + 1]]
        for i in (0, 1)
        for j in (0, 1)
        for di, dj in ((1, 0), (0, 1))
    ]
    surface = {"type": "CompositeSurface", "lod": "1", "boundaries": triangles}
    terrain = {"type": "TINRelief", "geometry": [surface]}
    objects = {**document["CityObjects"], "terrain": terrain}
    return {**document, "vertices": vertices, "CityObjects": objects}


def census(rows: int = 300, seed: int = 1) -> str:
    """Like New York's tree census: degrees, diameters in inches, quoted commas, stumps without a trunk."""
    rng = np.random.default_rng(seed)
    lines = ["tree_id,tree_dbh,status,spc_common,latitude,longitude"]
    for index in range(rows):
        place = f"{40.72 + rng.uniform(0, 0.001):.7f},{-73.84 + rng.uniform(0, 0.0012):.7f}"
        lines.append(f'{index},{int(rng.integers(0, 30))},Alive,"maple, red",{place}')
    return "\n".join(lines) + "\n"


def plan(items: list[Document] | None = None, **more: Any) -> Document:
    """A QGroundControl plan: up, two waypoints, home."""
    if items is None:
        items = [item(22, 0, 0, 3), item(16, 12, 0, 3), item(16, 12, 12, 3), item(20)]
    mission = {"plannedHomePosition": [47.0, 8.0, 400.0], "hoverSpeed": 4.0, "items": items}
    return {"fileType": "Plan", "version": 1, "mission": mission, **more}


def item(command: int, east: float = 0.0, north: float = 0.0, height: float = 0.0, *first: float | None, frame: int = 3) -> Document:  # fmt: skip
    """A simple item some metres from the home of `plan`."""
    before = [*first, *([0, 0, 0, None][len(first) :])]
    where = [47.0 + north / 111_167.0, 8.0 + east / 76_056.0, height]
    return {"type": "SimpleItem", "command": command, "frame": frame, "params": [*before, *where]}


def written(path: Path, content: object) -> str:
    """The path, once the content is there: bytes and text as they are, anything else as JSON."""
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)
