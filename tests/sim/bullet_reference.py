"""What tests ask Bullet itself, as a reference: open clients, nearest points, and its own renderer's image."""

import numpy as np
import pybullet
from jaxtyping import Float, Int

from sim.world.bullet import BulletWorld, Contact
from sim.world.meshing import Triangles


def open_clients() -> int:
    """How many Bullet clients this process holds."""
    return sum(bool(pybullet.isConnected(client)) for client in range(1024))


def closest(world: BulletWorld, distance: float) -> list[Contact]:
    """The nearest points of each obstacle within `distance` m of the hull, as it stands now."""
    client, hull, found = world._client, world._hull, []
    for body in range(pybullet.getNumBodies(physicsClientId=client)):
        other = pybullet.getBodyUniqueId(body, physicsClientId=client)
        if other != hull:
            found += pybullet.getClosestPoints(hull, other, distance, physicsClientId=client)
    return sorted((world._contact(point) for point in found), key=lambda contact: contact.distance)


def render_reference(
    triangles: Triangles,
    T_world_camera: Float[np.ndarray, "4 4"],
    *,
    width_px: int,
    height_px: int,
    fov_deg: float,
    far: float,
) -> tuple[Float[np.ndarray, "h w"], Int[np.ndarray, "h w"]]:
    """Depth along the optical axis (m, 0 where nothing is nearer than `far`) and class by Bullet's TinyRenderer.

    The camera is optical: x right, y down, z forward; `fov_deg` is horizontal. No ground is drawn.
    """
    near = 0.05
    client = pybullet.connect(pybullet.DIRECT)
    try:
        classes = _add_visuals(triangles, client)
        # OpenGL's camera looks along -z with y up; its matrices are written column by column.
        view = np.diag([1.0, -1.0, -1.0, 1.0]) @ np.linalg.inv(T_world_camera)
        cot = 1.0 / np.tan(np.radians(fov_deg) / 2)
        projection = np.zeros((4, 4))
        projection[0, 0], projection[1, 1] = cot, cot * width_px / height_px
        projection[2, 2:] = -(far + near) / (far - near), -2 * far * near / (far - near)
        projection[3, 2] = -1.0
        image = pybullet.getCameraImage(
            width_px,
            height_px,
            view.T.reshape(-1).tolist(),
            projection.T.reshape(-1).tolist(),
            renderer=pybullet.ER_TINY_RENDERER,
            physicsClientId=client,
        )
    finally:
        pybullet.disconnect(client)
    buffer = np.reshape(image[3], (height_px, width_px)).astype(np.float64)
    bodies = np.reshape(image[4], (height_px, width_px))
    hit = bodies >= 0
    depth = np.where(hit, far * near / (far - (far - near) * buffer), 0.0)
    return depth, np.where(hit, np.array([*classes, 0])[bodies], 0)


def _add_visuals(triangles: Triangles, client: int) -> list[int]:
    """One visible body per class, so that the segmentation image tells classes; returns them by body."""
    classes = np.unique(triangles.semantic).tolist()
    for semantic in classes:
        chosen = triangles.corners()[triangles.semantic == semantic].reshape(-1, 3)
        shape = pybullet.createVisualShape(
            pybullet.GEOM_MESH,
            vertices=chosen.tolist(),
            indices=list(range(len(chosen))),
            normals=np.tile([0.0, 0.0, 1.0], (len(chosen), 1)).tolist(),
            uvs=np.zeros((len(chosen), 2)).tolist(),
            physicsClientId=client,
        )
        pybullet.createMultiBody(0.0, baseVisualShapeIndex=shape, physicsClientId=client)
    return classes
