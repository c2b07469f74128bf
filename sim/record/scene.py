"""Moving obstacles in logs and drawings: Foxglove's scene message, and outlines seen from above."""

import numpy as np
from foxglove_schemas_protobuf.SceneEntity_pb2 import SceneEntity
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from google.protobuf.timestamp_pb2 import Timestamp
from jaxtyping import Float

from sim.world.movers import Movers
from sim.world.primitives import BOX, CYLINDER

_CIRCLE = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
_CORNERS = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])


def scene_update(movers: Movers, tick: int, stamp: Timestamp) -> SceneUpdate:
    """All movers after a number of physics ticks; each keeps its name, so that viewers replace it."""
    update = SceneUpdate()
    rows = movers.table_at(tick)
    for index, (row, color) in enumerate(zip(rows, movers.colors / 255.0, strict=True)):
        entity = update.entities.add(timestamp=stamp, frame_id="world", id=f"mover {index}")
        _add_shape(entity, row, color)
    return update


def _add_shape(entity: SceneEntity, row: Float[np.ndarray, "9"], color: np.ndarray) -> None:
    kind, half = row[0], row[4:7].tolist()
    if kind == BOX:
        shape, size = entity.cubes.add(), half
        half_yaw = 0.5 * float(np.arctan2(row[8], row[7]))
    else:
        is_column = kind == CYLINDER
        shape = (
            entity.cylinders.add(bottom_scale=1.0, top_scale=1.0)
            if is_column
            else entity.spheres.add()
        )
        size = (half[0], half[0], half[1] if is_column else half[0])
        half_yaw = 0.0
    shape.size.x, shape.size.y, shape.size.z = (2.0 * side for side in size)
    position, orientation = shape.pose.position, shape.pose.orientation
    position.x, position.y, position.z = row[1:4].tolist()
    orientation.z, orientation.w = float(np.sin(half_yaw)), float(np.cos(half_yaw))
    shape.color.r, shape.color.g, shape.color.b = color.tolist()
    shape.color.a = 1.0


def outlines(movers: Movers, tick: int) -> list[Float[np.ndarray, "k 2"]]:
    """Polygons of all movers from above after a number of physics ticks, m, world."""
    return [row[1:3] + _outline(row) for row in movers.table_at(tick)]


def _outline(row: Float[np.ndarray, "9"]) -> Float[np.ndarray, "k 2"]:
    if row[0] == BOX:
        x, y = (_CORNERS * row[4:6]).T
        return np.column_stack([row[7] * x - row[8] * y, row[8] * x + row[7] * y])
    return row[4] * np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE)])
