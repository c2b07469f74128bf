"""The world seen from above: every solid as polygons in x-y, for maps of any kind."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sim.record.roofed import seen_from_above
from sim.scenario import Scenario
from sim.task_spec import MissionTask, NavigateTask
from sim.world.build import world_of
from sim.world.geometry import Boxes, Decal, Limbs, Semantic, World

_CIRCLE = np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False)
_CORNERS = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=float)
_FLAT = 0.05
"""m of height over which a painted triangle may extend and still count as paint on the ground."""


@dataclass(frozen=True)
class Footprints:
    """Polygons by what they are, in the order in which a map should paint them."""

    low: Float[np.ndarray, "2"]  # m, corner of the flyable area
    high: Float[np.ndarray, "2"]
    paint: Float[np.ndarray, "t 3 2"]  # triangles of ground paint
    paint_colors: Float[np.ndarray, "t 3"]  # RGB in [0, 1]
    solids: dict[Semantic, list[Float[np.ndarray, "k 2"]]]  # two points are a wall
    roofs: Float[np.ndarray, "r 2 2"]  # outlines of what is above the flight's places


def footprints(scenario: Scenario) -> Footprints:
    """Outlines of a scenario's world; walls, which have no area from above, come out as lines."""
    world = world_of(scenario)
    solids, roofs = _solids(world, _stays(scenario))
    paint = [_paint(decal) for decal in world.decals]
    return Footprints(
        low=world.bounds[0, :2],
        high=world.bounds[1, :2],
        paint=np.concatenate([np.empty((0, 3, 2)), *(triangles for triangles, _ in paint)]),
        paint_colors=np.concatenate([np.empty((0, 3)), *(colors for _, colors in paint)]),
        solids=solids,
        roofs=roofs,
    )


def task_places(scenario: Scenario) -> Float[np.ndarray, "n 2"]:
    """Where a flight may have business: its sites, its goal, or the end of its course."""
    task, start = scenario.task, np.array(scenario.start.position_m[:2])
    if isinstance(task, MissionTask):
        return np.array([task.home_m[:2], *(site.position_m[:2] for site in task.sites)])
    if isinstance(task, NavigateTask):
        return np.array([task.goal_m[:2]])
    return (start + task.distance_m * task.direction[:2])[None]


def _stays(scenario: Scenario) -> Float[np.ndarray, "n 3"]:
    """Where a flight is certain to be, should it do its task: a roof over one of them has room below it."""
    task, start = scenario.task, scenario.start.position_m
    if isinstance(task, MissionTask):
        return np.array([start, *(site.position_m for site in task.sites)])
    return np.array([start, task.goal_m] if isinstance(task, NavigateTask) else [start])


def _solids(
    world: World, stays: Float[np.ndarray, "n 3"]
) -> tuple[dict[Semantic, list[np.ndarray]], Float[np.ndarray, "r 2 2"]]:
    polygons: dict[Semantic, list[np.ndarray]] = {semantic: [] for semantic in Semantic}
    roofs = [np.empty((0, 2, 2))]
    for mesh in world.meshes:
        if mesh.semantic == Semantic.GROUND:
            continue
        drawn = seen_from_above(mesh, stays)
        polygons[Semantic(mesh.semantic)] += [*drawn.covered, *drawn.walls]
        roofs.append(drawn.roofs)
    for round_things, centers in (
        (world.cylinders, world.cylinders.bases),
        (world.spheres, world.spheres.centers),
    ):
        for center, radius, kind in zip(
            centers, round_things.radii, round_things.semantic, strict=True
        ):
            polygons[Semantic(kind)].append(
                center[:2] + radius * np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE)])
            )
    for outline, kind in zip(_limb_outlines(world.limbs), world.limbs.semantic, strict=True):
        polygons[Semantic(kind)].append(outline)
    for outline, kind in zip(_box_outlines(world.boxes), world.boxes.semantic, strict=True):
        polygons[Semantic(kind)].append(outline)
    return polygons, np.concatenate(roofs)


def _box_outlines(boxes: Boxes) -> Float[np.ndarray, "n 4 2"]:
    corners = _CORNERS * boxes.half_sizes[:, None, :2]
    cosine, sine = np.cos(boxes.yaws)[:, None], np.sin(boxes.yaws)[:, None]
    turned = np.stack(
        [
            cosine * corners[..., 0] - sine * corners[..., 1],
            sine * corners[..., 0] + cosine * corners[..., 1],
        ],
        axis=-1,
    )
    return boxes.centers[:, None, :2] + turned


def _limb_outlines(limbs: Limbs) -> Float[np.ndarray, "n k 2"]:
    """The hull of both discs' circles: in every direction the point that lies furthest out."""
    around = np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE)])
    first, last = (
        centers[:, None, :2] + radii[:, None, None] * around
        for centers, radii in (
            (limbs.starts, limbs.start_radii),
            (limbs.ends, limbs.end_radii),
        )
    )
    further = ((last - first) * around).sum(axis=-1, keepdims=True) > 0.0
    return np.where(further, last, first)


def _paint(decal: Decal) -> tuple[np.ndarray, np.ndarray]:
    """The decal's triangles that lie flat."""
    triangles: Float[np.ndarray, "t 3 3"] = decal.vertices[decal.faces]
    flat: Int[np.ndarray, " f"] = np.flatnonzero(np.ptp(triangles[..., 2], axis=1) < _FLAT)
    return triangles[flat][..., :2], decal.colors[flat]
