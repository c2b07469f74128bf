"""A world as data: ground, primitives, panels and meshes, each with a semantic class and a colour."""

from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float, Int

from sim.world.relief import Relief


class Semantic(IntEnum):
    """What a surface is; the values are the segmentation image's pixel values."""

    SKY = 0
    GROUND = 1
    TRUNK = 2
    BUILDING = 3
    PANEL = 4
    PAD = 5
    OBSTACLE = 6
    COVER = 7


@dataclass(frozen=True)
class Boxes:
    """Upright boxes, turned about z."""

    centers: Float[np.ndarray, "n 3"]  # m, world
    half_sizes: Float[np.ndarray, "n 3"]  # m, box frame
    yaws: Float[np.ndarray, " n"]  # rad, box to world
    semantic: Int[np.ndarray, " n"]  # Semantic values
    colors: Float[np.ndarray, "n 3"]  # RGB in [0, 1]


@dataclass(frozen=True)
class Cylinders:
    """Vertical cylinders standing on their base."""

    bases: Float[np.ndarray, "n 3"]  # m, world, centre of the lower disc
    radii: Float[np.ndarray, " n"]  # m
    heights: Float[np.ndarray, " n"]  # m
    semantic: Int[np.ndarray, " n"]
    colors: Float[np.ndarray, "n 3"]


@dataclass(frozen=True)
class Spheres:
    """Spheres."""

    centers: Float[np.ndarray, "n 3"]  # m, world
    radii: Float[np.ndarray, " n"]  # m
    semantic: Int[np.ndarray, " n"]
    colors: Float[np.ndarray, "n 3"]


@dataclass(frozen=True)
class Limbs:
    """Truncated cones in any direction: tapering trunks, branches."""

    starts: Float[np.ndarray, "n 3"]  # m, world, centre of the first disc
    ends: Float[np.ndarray, "n 3"]  # m, world, centre of the last disc
    start_radii: Float[np.ndarray, " n"]  # m
    end_radii: Float[np.ndarray, " n"]  # m
    semantic: Int[np.ndarray, " n"]
    colors: Float[np.ndarray, "n 3"]

    def chosen(self, mask: Bool[np.ndarray, " n"]) -> "Limbs":
        """Some of them."""
        return Limbs(
            self.starts[mask],
            self.ends[mask],
            self.start_radii[mask],
            self.end_radii[mask],
            self.semantic[mask],
            self.colors[mask],
        )


def no_limbs() -> Limbs:
    """None of them, which most worlds have."""
    points, numbers = np.zeros((0, 3)), np.zeros(0)
    return Limbs(points, points, numbers, numbers, np.zeros(0, dtype=np.int64), points)


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh in world coordinates; `solid` meshes are treated as filled up to their surface."""

    vertices: Float[np.ndarray, "v 3"]  # m, world
    faces: Int[np.ndarray, "f 3"]
    semantic: int
    colors: Float[np.ndarray, "f 3"]  # RGB in [0, 1], one a face
    solid: bool = True

    def moved(self, shift: Float[np.ndarray, "3"]) -> "Mesh":
        """The same mesh elsewhere."""
        return replace(self, vertices=self.vertices + shift)


@dataclass(frozen=True)
class Decal:
    """Coloured triangles that the camera sees but nothing can hit: pads, panel patterns, ground paint."""

    vertices: Float[np.ndarray, "v 3"]
    faces: Int[np.ndarray, "f 3"]
    semantic: Int[np.ndarray, " f"]
    colors: Float[np.ndarray, "f 3"]

    def moved(self, shift: Float[np.ndarray, "3"]) -> "Decal":
        """The same triangles elsewhere."""
        return replace(self, vertices=self.vertices + shift)


GROUND_COLOR = (0.42, 0.47, 0.33)
"""Red, green and blue, 0 to 1, of grass: the ground of generated worlds."""


@dataclass(frozen=True)
class World:
    """Everything that stands still. The ground is the plane z = 0, or the relief above it, which is one of the meshes, too."""

    bounds: Float[np.ndarray, "2 3"]  # m, lowest and highest corner of where flying is allowed
    boxes: Boxes
    cylinders: Cylinders
    spheres: Spheres
    meshes: tuple[Mesh, ...] = ()
    decals: tuple[Decal, ...] = ()
    ground_color: tuple[float, float, float] = GROUND_COLOR
    sky_color: tuple[float, float, float] = field(default=(0.62, 0.75, 0.90))
    limbs: Limbs = field(default_factory=no_limbs)
    relief: Relief | None = None
