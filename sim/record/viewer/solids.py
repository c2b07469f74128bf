"""The world as entities: one mesh for each class of solid and of paint, the ground, and the limits of flight."""

import numpy as np
import rerun as rr
from jaxtyping import Float

from sim.record.viewer.stage import Stage
from sim.safety import outline
from sim.safety_spec import Area
from sim.scenario import Scenario
from sim.world.geometry import Semantic, World
from sim.world.meshing import Triangles, decal_triangles, world_triangles

CLASS_COLORS: dict[Semantic, tuple[int, int, int]] = {
    Semantic.SKY: (70, 110, 160),
    Semantic.GROUND: (110, 120, 85),
    Semantic.TRUNK: (70, 150, 80),
    Semantic.BUILDING: (170, 150, 140),
    Semantic.PANEL: (60, 110, 220),
    Semantic.PAD: (210, 60, 60),
    Semantic.OBSTACLE: (170, 90, 180),
    Semantic.COVER: (220, 200, 90),
}
"""Of the segmentation image, RGB."""
_FENCE, _FORBIDDEN, _LIMIT = (110, 200, 120), (230, 80, 80), (90, 90, 100)
_GROUND_BORDER = 10.0
"""m of ground that is drawn beyond the limits of flight."""
_LEAST_AREA = 1e-12
"""m4, of a triangle's doubled area squared; what is smaller has no normal."""


def send_world(stage: Stage, scenario: Scenario, world: World) -> None:
    """Everything that stands still."""
    stage.fixed("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, _annotations())
    _send_by_class(stage, "world/solid", world_triangles(world))
    _send_by_class(stage, "world/paint", decal_triangles(world))
    if world.relief is None:
        stage.fixed("world/ground", _ground(world))
    low, high = world.bounds
    top = np.array([*high[:2], scenario.limits.altitude_max_m])
    floor = np.array([*low[:2], max(low[2], 0.0)])
    limits = rr.Boxes3D(mins=floor, sizes=top - floor, colors=_LIMIT)
    stage.fixed("world/limits", limits)
    _send_fences(stage, scenario)


def _annotations() -> rr.AnnotationContext:
    return rr.AnnotationContext(
        [(int(kind), kind.name.lower(), color) for kind, color in CLASS_COLORS.items()]
    )


def _send_by_class(stage: Stage, name: str, triangles: Triangles) -> None:
    corners = triangles.corners()
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    squared = np.einsum("fi,fi->f", normals, normals)
    for kind in Semantic:
        here = (triangles.semantic == kind) & (squared > _LEAST_AREA)
        if here.any():
            unit = normals[here] / np.sqrt(squared[here])[:, None]
            mesh = _mesh(corners[here], unit, triangles.colors[here])
            stage.fixed(f"{name}/{kind.name.lower()}", mesh)


def _mesh(
    corners: Float[np.ndarray, "f 3 3"],
    normals: Float[np.ndarray, "f 3"],
    colors: Float[np.ndarray, "f 3"],
) -> rr.Mesh3D:
    """Flat faces: each has three corners of its own, with its normal and its colour."""
    return rr.Mesh3D(
        vertex_positions=corners.reshape(-1, 3).astype(np.float32),
        triangle_indices=np.arange(3 * len(corners), dtype=np.uint32).reshape(-1, 3),
        vertex_normals=np.repeat(normals, 3, axis=0).astype(np.float32),
        vertex_colors=np.repeat(np.rint(255 * colors), 3, axis=0).astype(np.uint8),
    )


def _ground(world: World) -> rr.Mesh3D:
    (west, south), (east, north) = (
        world.bounds[0, :2] - _GROUND_BORDER,
        world.bounds[1, :2] + _GROUND_BORDER,
    )
    corners = np.array([(west, south, 0), (east, south, 0), (east, north, 0), (west, north, 0)])
    up = np.array([[0.0, 0.0, 1.0]] * 2)
    return _mesh(corners[[[0, 1, 2], [0, 2, 3]]], up, np.array([world.ground_color] * 2))


def _send_fences(stage: Stage, scenario: Scenario) -> None:
    safety = scenario.safety
    if safety is None:
        return
    for name, areas, color in (
        ("geofence", safety.geofence, _FENCE),
        ("no_fly", safety.no_fly, _FORBIDDEN),
    ):
        strips = [strip for area in areas for strip in _prism(area)]
        if strips:
            stage.fixed(f"world/fences/{name}", rr.LineStrips3D(strips, colors=color))
    if safety.rally_m:
        points = np.array(safety.rally_m, dtype=float)
        points = np.pad(points, ((0, 0), (0, 3 - points.shape[1])))
        labels = [f"rally {index}" for index in range(len(points))]
        rally = rr.Points3D(points, radii=0.4, colors=_FENCE, labels=labels)
        stage.fixed("world/fences/rally", rally)


def _prism(area: Area) -> list[Float[np.ndarray, "k 3"]]:
    """Both rims of an area, and an upright edge at every corner."""
    ring = outline(area)
    closed = np.vstack([ring, ring[:1]])
    heights = area.low_m, area.high_m
    rims = [np.column_stack([closed, np.full(len(closed), height)]) for height in heights]
    return [*rims, *(np.array([[x, y, heights[0]], [x, y, heights[1]]]) for x, y in ring)]
