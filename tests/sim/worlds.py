"""Small worlds for the tests of everything that is made from one."""

import numpy as np

from sim.scenario import Camera as CameraConfig
from sim.types import Body
from sim.world.build import build_world
from sim.world.bullet import BulletWorld
from sim.world.geometry import Boxes, Cylinders, Mesh, Semantic, Spheres, World
from sim.world.meshing import world_triangles
from sim.world_spec import BoxSpec, CylinderSpec, LimbSpec, PanelSpec, SphereSpec, WorldSpec

LOW, HIGH = (0.0, 0.0, 0.0), (40.0, 40.0, 6.0)
HULL_RADIUS, HULL_HEIGHT = 0.25, 0.12


def box(center: tuple, size: tuple, yaw: float = 0.0) -> BoxSpec:
    return BoxSpec(
        center_m=center, size_m=size, yaw_rad=yaw, semantic="building", color=(0.6, 0.5, 0.4)
    )


def cylinder(x: float, y: float, radius: float, height: float = 8.0) -> CylinderSpec:
    return CylinderSpec(
        base_m=(x, y, 0.0),
        radius_m=radius,
        height_m=height,
        semantic="trunk",
        color=(0.4, 0.3, 0.2),
    )


def sphere(center: tuple, radius: float) -> SphereSpec:
    return SphereSpec(center_m=center, radius_m=radius, semantic="obstacle", color=(0.2, 0.5, 0.6))


def limb(start: tuple, end: tuple, first: float, last: float) -> LimbSpec:
    return LimbSpec(
        start_m=start,
        end_m=end,
        start_radius_m=first,
        end_radius_m=last,
        semantic="trunk",
        color=(0.4, 0.3, 0.2),
    )


def panel(center: tuple, yaw: float, cells: str, covered: bool = False) -> PanelSpec:
    return PanelSpec(center_m=center, yaw_rad=yaw, cells=cells, covered=covered)


def spec(**parts: tuple) -> WorldSpec:
    return WorldSpec(low_m=LOW, high_m=HIGH, place="", crop_m=(0.0, 0.0, 0.0, 0.0), **parts)  # pyright: ignore[reportArgumentType]


def random_spec(rng: np.random.Generator) -> WorldSpec:
    """A dozen of everything, free of the corner at the origin."""

    def point(z: float) -> tuple[float, float, float]:
        x, y = rng.uniform(5, 40, 2)
        return float(x), float(y), z

    return spec(
        cylinders=tuple(cylinder(*point(0)[:2], float(rng.uniform(0.1, 0.5))) for _ in range(12)),
        boxes=tuple(
            box(point(1.5), tuple(rng.uniform(0.5, 4, 3).tolist()), float(rng.uniform(-3, 3)))
            for _ in range(12)
        ),
        spheres=tuple(
            sphere(point(float(rng.uniform(0, 3))), float(rng.uniform(0.3, 1.5))) for _ in range(12)
        ),
        limbs=tuple(
            limb(
                foot := point(0.0),
                (*(foot[:2] + rng.uniform(-1.5, 1.5, 2)).tolist(), float(rng.uniform(2, 6))),
                *sorted(rng.uniform(0.02, 0.4, 2).tolist(), reverse=True),
            )
            for _ in range(12)
        ),
    )


def no_boxes() -> Boxes:
    none = np.zeros((0, 3))
    return Boxes(none, none, np.zeros(0), np.zeros(0, dtype=int), none)


def no_cylinders() -> Cylinders:
    none = np.zeros((0, 3))
    return Cylinders(none, np.zeros(0), np.zeros(0), np.zeros(0, dtype=int), none)


def no_spheres() -> Spheres:
    none = np.zeros((0, 3))
    return Spheres(none, np.zeros(0), np.zeros(0, dtype=int), none)


def meshed(world: World) -> World:
    """The same world with each box turned into a solid mesh, everything else left out."""
    only = World(world.bounds, world.boxes, no_cylinders(), no_spheres())
    soup = world_triangles(only)
    meshes = tuple(
        Mesh(soup.vertices, faces, Semantic.BUILDING, soup.colors[:12])
        for faces in soup.faces.reshape(-1, 12, 3)
    )
    return World(world.bounds, no_boxes(), no_cylinders(), no_spheres(), meshes)


def bullet(world: World) -> BulletWorld:
    return BulletWorld(
        world_triangles(world),
        mass=1.0,
        inertia=(5.9e-3, 6.0e-3, 9.8e-3),
        hull_radius=HULL_RADIUS,
        hull_height=HULL_HEIGHT,
        timestep=1 / 240,
    )


def body_at(position: tuple, quat_xyzw: tuple = (0.0, 0.0, 0.0, 1.0)) -> Body:
    body = np.zeros(13)
    body[0:3], body[3:7] = position, quat_xyzw
    return body


def camera_config(**changes: float) -> CameraConfig:
    base = CameraConfig(
        width_px=64,
        height_px=48,
        fov_deg=90.0,
        tilt_rad=0.0,
        delay_ticks=0,
        disparity_std_px=0.0,
        baseline_m=0.1,
        dropout=0.0,
        color_std=0.0,
    )
    return base.model_copy(update=changes)


def empty_world() -> World:
    return build_world(spec())
