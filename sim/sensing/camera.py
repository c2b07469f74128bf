"""The body-fixed RGB-D camera: Embree casts the rays, one compiled pass colours, measures and spoils them."""

import math
from dataclasses import dataclass

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from jaxtyping import Float, Int, UInt8
from numpy.lib.stride_tricks import as_strided

from sim.scenario import Camera as CameraConfig
from sim.sensing.culling import covering_boxes, mark_pixels
from sim.sensing.exposure import aim, pool, resolve, spoil, spread
from sim.sensing.grain import normal_table
from sim.sensing.mover_rays import SeenMovers, draw_movers
from sim.sensing.nearest_ray import take_nearest
from sim.sensing.pinhole import body_from_camera, focal_length_px
from sim.types import DEPTH_FAR, DEPTH_NEAR, Quat, Vec3
from sim.world.geometry import World
from sim.world.meshing import concatenate, decal_triangles, world_triangles

_SUN = np.array([0.35, 0.25, 0.9]) / np.linalg.norm([0.35, 0.25, 0.9])
_AMBIENT = 0.7
"""Brightness of a face turned away from the sun."""
_NORMALS = normal_table()


@dataclass(frozen=True)
class Frames:
    """What the camera sees, free of noise."""

    rgb: UInt8[np.ndarray, "h w 3"]
    depth: Float[np.ndarray, "h w"]
    """m along the optical axis, 0 where the ray meets nothing."""
    classes: UInt8[np.ndarray, "h w"]
    """Semantic values."""


class CameraScene:
    """A world made ready for ray casting; the ground plane is intersected in closed form."""

    def __init__(self, world: World) -> None:
        """Build the Embree scene and a table of the faces' planes, colours and classes."""
        triangles = concatenate([world_triangles(world), decal_triangles(world)])
        corners = triangles.corners()
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(normals, axis=1)
        keep = length > 1e-10
        normals = normals[keep] / length[keep, None]
        corners = corners[keep]
        shade = _AMBIENT + (1 - _AMBIENT) * np.clip(normals @ _SUN, 0, 1)
        colors = np.clip(255 * triangles.colors[keep] * shade[:, None], 0, 255)
        self.colors: UInt8[np.ndarray, "f 3"] = np.rint(colors).astype(np.uint8)
        self.classes: UInt8[np.ndarray, " f"] = triangles.semantic[keep]
        # A face's plane is n . x = d; with it the depth of a hit is exact, whatever Embree rounds.
        self.planes: Float[np.ndarray, "f 4"] = np.concatenate(
            [normals, np.einsum("fi,fi->f", normals, corners[:, 0])[:, None]], axis=1
        )
        self.movers: SeenMovers | None = None
        """What moves, where it is when the next image is taken; whoever owns the scene sets it."""
        self.ground_color = 255 * np.array(world.ground_color)
        self.sky_color = np.rint(255 * np.array(world.sky_color)).astype(np.uint8)
        faces = np.ascontiguousarray(triangles.faces[keep])
        self.boxes: Float[np.ndarray, "k 6"] = covering_boxes(triangles.vertices, faces)
        self._embree: EmbreeScene | None = None
        if len(faces):
            self._embree = EmbreeScene()
            self._mesh = TriangleMesh(self._embree, triangles.vertices.astype(np.float32), faces)

    def cast(
        self,
        origins: Float[np.ndarray, "n 3"],
        directions: Float[np.ndarray, "n 3"],
        reach: Float[np.ndarray, " n"] | None = None,
    ) -> Int[np.ndarray, " n"]:
        """The face each ray meets first, within its reach in lengths of its direction if given; -1 for none.

        All in single precision and contiguous: Embree's wrapper takes nothing else.
        """
        if self._embree is None:
            return np.full(len(origins), -1, dtype=np.int32)
        return self._embree.run(origins, directions, reach)


class Camera:
    """A pinhole camera fixed to the body at its centre of mass; memory for one image is kept between calls."""

    def __init__(self, config: CameraConfig) -> None:
        """Rays and memory are made once."""
        self.config = config
        self.width, self.height = config.width_px, config.height_px
        self.focal_px = focal_length_px(self.width, config.fov_deg)
        self.R_body_camera = body_from_camera(config.tilt_rad)
        self._view = np.zeros((4, 3))
        # With n x n rays a pixel, a finer image is cast, and reduced.
        self._side = math.isqrt(config.rays_per_pixel)
        self._cast_size = (self._side * self.height, self._side * self.width)
        self._cast_images = _images(self._cast_size)
        self._images = self._cast_images if self._side == 1 else _images((self.height, self.width))
        self._mask = np.zeros(self._cast_size, dtype=np.uint8)
        # One more than there are pixels: what is written last may be none that is cast.
        most = self._mask.size + 1
        self._rays = np.zeros((most, 3), dtype=np.float32)
        self._reach = np.zeros(most, dtype=np.float32)
        self._pixels = np.zeros(most, dtype=np.int32)
        # One origin, read once a ray: a view with steps of 0 along the rays, so that none is copied.
        self._eye = np.zeros(3, dtype=np.float32)
        self._eyes = as_strided(self._eye, (most, 3), (0, 4))
        self._rows = np.zeros((6, self.width), dtype=np.float32)

    def render(self, scene: CameraScene, position_world: Vec3, quat_xyzw: Quat) -> Frames:
        """The noise-free images from a body pose."""
        self._shoot(scene, position_world, quat_xyzw)
        rgb, depth, classes = self._images
        return Frames(rgb.transpose(1, 2, 0).copy(), depth.copy(), classes.copy())

    def expose(
        self,
        scene: CameraScene,
        position_world: Vec3,
        quat_xyzw: Quat,
        rng: np.random.Generator,
        image: UInt8[np.ndarray, "4 h w"],
    ) -> None:
        """Write the noisy observation from a body pose into `image`: red, green, blue, depth code."""
        self._shoot(scene, position_world, quat_xyzw)
        config = self.config
        # One draw a frame whatever the noise's scale, so that a noise level changes no other draw.
        key = np.uint64(rng.bit_generator.random_raw())
        disparity = config.disparity_std_px / (self.focal_px * config.baseline_m)
        spoil(
            *self._images[:2], key, _NORMALS, disparity, config.dropout, config.color_std,
            self._rows, image,
        )  # fmt: skip

    def skip(self, rng: np.random.Generator) -> None:
        """Take no image, and draw what `expose` draws: later images are the same."""
        rng.bit_generator.random_raw()

    def _shoot(self, scene: CameraScene, position_world: Vec3, quat_xyzw: Quat) -> None:
        aim(
            position_world, quat_xyzw, self.R_body_camera,
            self._side * self.focal_px, *self._cast_size, self._view,
        )  # fmt: skip
        mark_pixels(self._view, scene.boxes, self._mask)
        count = spread(self._view, self._mask, self._rays, self._reach, self._pixels)
        self._eye[:] = position_world
        hits = scene.cast(self._eyes[:count], self._rays[:count], self._reach[:count])
        resolve(
            hits, self._pixels, self._view, scene.planes, scene.colors, scene.classes,
            scene.ground_color, scene.sky_color, *self._cast_images,
        )  # fmt: skip
        if scene.movers is not None:
            draw_movers(scene.movers, _SUN, _AMBIENT, self._view, *self._cast_images)
        if self._side > 1:
            take_nearest(*self._cast_images, *self._images)


def _images(
    size: tuple[int, int],
) -> tuple[UInt8[np.ndarray, "3 h w"], Float[np.ndarray, "h w"], UInt8[np.ndarray, "h w"]]:
    """Memory for colour, depth and class."""
    return (
        np.zeros((3, *size), dtype=np.uint8),
        np.zeros(size, dtype=np.float32),
        np.zeros(size, dtype=np.uint8),
    )


def max_pool_code(
    code: UInt8[np.ndarray, "h w"], shape: tuple[int, int]
) -> UInt8[np.ndarray, "p q"]:
    """The nearest return in each block: the code falls with distance, so the largest wins."""
    rows, columns = shape
    height, width = code.shape
    if height % rows or width % columns:
        raise ValueError(f"cannot pool {code.shape} to {shape}: not a multiple")
    pooled = np.empty(shape, dtype=np.uint8)
    pool(code, pooled)
    return pooled


def depth_code(depth: Float[np.ndarray, "*s"]) -> UInt8[np.ndarray, "*s"]:
    """round(255 sqrt(0.3 / z)) for z in 0.3-20 m (nearer counts as 0.3), 0 for no return."""
    seen = (depth > 0) & (depth <= DEPTH_FAR)
    clipped = np.maximum(np.where(seen, depth, 1.0), DEPTH_NEAR)
    return np.where(seen, np.rint(255 * np.sqrt(DEPTH_NEAR / clipped)), 0).astype(np.uint8)


def decode_depth(code: UInt8[np.ndarray, "*s"]) -> Float[np.ndarray, "*s"]:
    """Metres of a depth code, inf where nothing returned."""
    return _METRES[code]


def _metres() -> Float[np.ndarray, "256"]:
    """Depth by code."""
    with np.errstate(divide="ignore"):
        return DEPTH_NEAR * (255.0 / np.arange(256, dtype=np.float64)) ** 2


_METRES = _metres()
