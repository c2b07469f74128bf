"""A world for a page: primitives as rows, meshes and paint as triangles, no more of them than a page can carry."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from sim.record.page.pack import Column, exact, quantised
from sim.world.geometry import Decal, Mesh, Semantic, World

VERTEX_SCALE = 1e-3  # m
MAX_FACES = 250_000
"""About 3 MB of a page; more are left out furthest from the flight first."""


@dataclass(frozen=True)
class Soup:
    """Triangles with a colour each."""

    vertices: Float[np.ndarray, "v 3"]  # m, world
    faces: Int[np.ndarray, "f 3"]
    colors: Float[np.ndarray, "f 3"]  # RGB in [0, 1]

    def nearest(self, way: Float[np.ndarray, "n 3"], count: int) -> "Soup":
        """So many of its triangles, those whose middles lie nearest to a way."""
        if len(self.faces) <= count:
            return self
        middles = self.vertices[self.faces].mean(axis=1)
        distances, _ = cKDTree(way).query(middles)
        kept = np.sort(np.argsort(distances, kind="stable")[:count])
        used, faces = np.unique(self.faces[kept], return_inverse=True)
        return Soup(self.vertices[used], faces.reshape(-1, 3), self.colors[kept])


def solid_columns(world: World, way: Float[np.ndarray, "n 3"]) -> tuple[dict[str, Column], int]:
    """All that stands still, and how many triangles had to be left out."""
    ground = _joined([m for m in world.meshes if m.semantic == Semantic.GROUND])
    meshes = _joined([m for m in world.meshes if m.semantic != Semantic.GROUND])
    paint = _joined(world.decals)
    total = sum(len(soup.faces) for soup in (ground, meshes, paint))
    columns = _primitive_columns(world)
    kept, left = 0, MAX_FACES
    for name, soup in (("ground", ground), ("paint", paint), ("mesh", meshes)):
        shown = soup.nearest(way, left)
        kept, left = kept + len(shown.faces), left - len(shown.faces)
        columns |= _soup_columns(name, shown)
    return columns, total - kept


def _primitive_columns(world: World) -> dict[str, Column]:
    boxes, cylinders, spheres, limbs = world.boxes, world.cylinders, world.spheres, world.limbs
    rows = {
        "box": [boxes.centers, boxes.half_sizes, boxes.yaws[:, None]],
        "cylinder": [cylinders.bases, cylinders.radii[:, None], cylinders.heights[:, None]],
        "sphere": [spheres.centers, spheres.radii[:, None]],
        "limb": [limbs.starts, limbs.ends, limbs.start_radii[:, None], limbs.end_radii[:, None]],
    }
    colors = {
        "box": boxes.colors,
        "cylinder": cylinders.colors,
        "sphere": spheres.colors,
        "limb": limbs.colors,
    }
    columns = {name: exact(np.hstack(parts), "float32") for name, parts in rows.items()}
    return columns | {f"{name}_color": _color_column(rgb) for name, rgb in colors.items()}


def _color_column(rgb: Float[np.ndarray, "n 3"]) -> Column:
    """As bytes."""
    return exact(np.clip(np.rint(255.0 * rgb), 0, 255), "uint8")


def _soup_columns(name: str, soup: Soup) -> dict[str, Column]:
    return {
        f"{name}_vertices": quantised(soup.vertices, "int32", VERTEX_SCALE, differenced=True),
        f"{name}_faces": quantised(soup.faces, "int32", 1.0, differenced=True),
        f"{name}_color": _color_column(soup.colors),
    }


def _joined(parts: list[Mesh] | tuple[Decal, ...]) -> Soup:
    offsets = np.cumsum([0, *(len(part.vertices) for part in parts)])
    faces = [part.faces + offset for part, offset in zip(parts, offsets[:-1], strict=True)]
    return Soup(
        np.concatenate([np.zeros((0, 3)), *(part.vertices for part in parts)]),
        np.concatenate([np.zeros((0, 3), dtype=np.int64), *faces]).astype(np.int64),
        np.concatenate([np.zeros((0, 3)), *(part.colors for part in parts)]),
    )
