"""A world as triangles: what Bullet collides with and what the camera sees are made here, once."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int, UInt8

from sim.world.geometry import Boxes, Cylinders, Decal, Limbs, Mesh, Spheres, World
from sim.world.limb_mesh import (
    THICK_SIDES,
    THIN_SIDES,
    circumradius,
    is_thin,
    limb_vertices,
    prism_faces,
)

CYLINDER_SIDES = 16
CYLINDER_CIRCUMRADIUS = circumradius(CYLINDER_SIDES)


@dataclass(frozen=True)
class Triangles:
    """A triangle soup; faces wind counter-clockwise seen from outside."""

    vertices: Float[np.ndarray, "v 3"]  # m, world
    faces: Int[np.ndarray, "f 3"]
    colors: Float[np.ndarray, "f 3"]  # RGB in [0, 1]
    semantic: UInt8[np.ndarray, " f"]  # Semantic values

    def corners(self) -> Float[np.ndarray, "f 3 3"]:
        """The three corners of every face, m."""
        return self.vertices[self.faces]


def world_triangles(world: World) -> Triangles:
    """Everything a hull can touch and the camera sees, the ground plane excepted."""
    parts = [
        _placed(_box_template(), _box_vertices(world.boxes), world.boxes),
        _placed(prism_faces(CYLINDER_SIDES), _cylinder_vertices(world.cylinders), world.cylinders),
        _placed(_sphere_template()[1], _sphere_vertices(world.spheres), world.spheres),
        *_limb_parts(world.limbs),
        *(_from_mesh(mesh) for mesh in world.meshes),
    ]
    return concatenate(parts)


def angular_triangles(world: World) -> Triangles:
    """The same without balls, for who has those exactly round."""
    nothing = np.zeros(0)
    no_balls = Spheres(np.zeros((0, 3)), nothing, nothing.astype(np.int64), np.zeros((0, 3)))
    return world_triangles(replace(world, spheres=no_balls))


def decal_triangles(world: World) -> Triangles:
    """Everything only the camera sees: pads, panel patterns, ground paint."""
    return concatenate([_from_decal(decal) for decal in world.decals])


def concatenate(parts: list[Triangles]) -> Triangles:
    """Several soups as one."""
    offsets = np.cumsum([0, *(len(part.vertices) for part in parts)])
    return Triangles(
        vertices=np.concatenate([np.zeros((0, 3)), *(part.vertices for part in parts)]),
        faces=np.concatenate(
            [
                np.zeros((0, 3), dtype=np.int64),
                *(part.faces + offset for part, offset in zip(parts, offsets[:-1], strict=True)),
            ]
        ).astype(np.int32),
        colors=np.concatenate([np.zeros((0, 3)), *(part.colors for part in parts)]),
        semantic=np.concatenate(
            [np.zeros(0, dtype=np.uint8), *(part.semantic for part in parts)]
        ).astype(np.uint8),
    )


def _placed(
    faces: Int[np.ndarray, "f 3"],
    vertices: Float[np.ndarray, "n v 3"],
    primitives: Boxes | Cylinders | Spheres | Limbs,
) -> Triangles:
    """One template's faces, repeated for n placed copies of its vertices."""
    count, per_copy = vertices.shape[:2]
    offsets = per_copy * np.arange(count)
    return Triangles(
        vertices=vertices.reshape(-1, 3),
        faces=(faces[None] + offsets[:, None, None]).reshape(-1, 3),
        colors=np.repeat(primitives.colors, len(faces), axis=0),
        semantic=np.repeat(primitives.semantic, len(faces)).astype(np.uint8),
    )


def _limb_parts(limbs: Limbs) -> list[Triangles]:
    thin = is_thin(limbs)
    return [
        _placed(prism_faces(sides), limb_vertices(some, sides), some)
        for sides, some in ((THICK_SIDES, limbs.chosen(~thin)), (THIN_SIDES, limbs.chosen(thin)))
        if len(some.semantic)
    ]


def _from_mesh(mesh: Mesh) -> Triangles:
    semantic = np.full(len(mesh.faces), mesh.semantic, dtype=np.uint8)
    return Triangles(mesh.vertices, mesh.faces, mesh.colors, semantic)


def _from_decal(decal: Decal) -> Triangles:
    return Triangles(decal.vertices, decal.faces, decal.colors, decal.semantic.astype(np.uint8))


# --- Templates of unit primitives.


def _box_template() -> Int[np.ndarray, "12 3"]:
    """Faces of the corners in the order of `_BOX_CORNERS`."""
    quads = np.array(
        [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
    )
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


# Corner i has its x, y, z bits set where the corner lies on the high side.
_BOX_CORNERS = np.array([[i & 1, i >> 1 & 1, i >> 2 & 1] for i in range(8)]) * 2.0 - 1.0


def _box_vertices(boxes: Boxes) -> Float[np.ndarray, "n 8 3"]:
    local = _BOX_CORNERS[None] * boxes.half_sizes[:, None]
    cos, sin = np.cos(boxes.yaws)[:, None], np.sin(boxes.yaws)[:, None]
    x, y = local[..., 0], local[..., 1]
    turned = np.stack([cos * x - sin * y, sin * x + cos * y, local[..., 2]], axis=-1)
    return turned + boxes.centers[:, None]


def _cylinder_vertices(cylinders: Cylinders) -> Float[np.ndarray, "n v 3"]:
    angles = 2 * np.pi * np.arange(CYLINDER_SIDES) / CYLINDER_SIDES
    ring = CYLINDER_CIRCUMRADIUS * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=-1)
    lower = cylinders.bases[:, None] + cylinders.radii[:, None, None] * ring
    lift = np.zeros((len(cylinders.heights), 1, 3))
    lift[:, 0, 2] = cylinders.heights
    return np.concatenate([lower, lower + lift], axis=1)


@lru_cache(maxsize=1)
def _sphere_template() -> tuple[Float[np.ndarray, "v 3"], Int[np.ndarray, "f 3"]]:
    """An icosahedron divided twice, scaled to the volume of the unit sphere."""
    golden = (1 + 5**0.5) / 2
    vertices = np.array(
        [
            (-1, golden, 0), (1, golden, 0), (-1, -golden, 0), (1, -golden, 0),
            (0, -1, golden), (0, 1, golden), (0, -1, -golden), (0, 1, -golden),
            (golden, 0, -1), (golden, 0, 1), (-golden, 0, -1), (-golden, 0, 1),
        ]
    )  # fmt: skip
    faces = np.array(
        [
            (0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4),
            (11, 10, 2), (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8),
            (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1),
        ]
    )  # fmt: skip
    for _ in range(2):
        vertices, faces = _divide(vertices, faces)
    vertices = vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
    a, b, c = vertices[faces].transpose(1, 0, 2)
    volume = float(np.einsum("fi,fi->", a, np.cross(b, c))) / 6
    return vertices * (4 * np.pi / 3 / volume) ** (1 / 3), faces


def _divide(
    vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]
) -> tuple[Float[np.ndarray, "w 3"], Int[np.ndarray, "g 3"]]:
    """Every triangle into four, new corners pushed to the unit sphere."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    unique, inverse = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True)
    unit = vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
    middle = unit[unique].mean(axis=1)
    ab, bc, ca = (len(vertices) + inverse.reshape(-1)).reshape(3, -1)
    a, b, c = faces.T
    divided = np.concatenate(
        [
            np.stack(corners, axis=1)
            for corners in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
        ]
    )
    return np.concatenate([unit, middle / np.linalg.norm(middle, axis=1, keepdims=True)]), divided


def _sphere_vertices(spheres: Spheres) -> Float[np.ndarray, "n v 3"]:
    template = _sphere_template()[0]
    return spheres.centers[:, None] + spheres.radii[:, None, None] * template[None]


SPHERE_CIRCUMRADIUS = float(np.linalg.norm(_sphere_template()[0][0]))
"""Corner distance of the divided icosahedron that stands for a ball of radius 1."""
