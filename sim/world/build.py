"""A world's specification becomes geometry: the place it is cut from, what stands in it, panels and pads."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sim.fields import Point
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.world.geometry import Boxes, Cylinders, Decal, Limbs, Mesh, Semantic, Spheres, World
from sim.world.importers import load_place
from sim.world.relief import DRAPE, Relief
from sim.world_spec import BoxSpec, CylinderSpec, LimbSpec, PanelSpec, SphereSpec, WorldSpec

PANEL_THICKNESS = 0.1  # m
_COVER_SHARE = 1.2
"""Side of the tarpaulin that hides a blocked panel, of the panel's."""
_COVER_GAP = 0.15  # m, from the panel's face to the cover's centre
_DECAL_GAP = 0.01  # m, in front of the face; keeps the pattern clear of the box behind it
PAD_SIZE = 2.0
"""Side of a landing pad, m."""
_PAD_LIFT = 0.02  # m, above the ground paint of places

_CELL_COLORS = {"b": (0.08, 0.20, 0.62), "w": (0.92, 0.92, 0.92), "o": (0.98, 0.45, 0.05)}
_PANEL_COLOR = (0.35, 0.36, 0.38)
_COVER_COLOR = (0.55, 0.55, 0.52)
_PAD_RED, _PAD_WHITE = (0.82, 0.10, 0.10), (0.95, 0.95, 0.95)
_PAD_CELLS = 5
_EARTH = (0.46, 0.45, 0.32)


def world_of(scenario: Scenario) -> World:
    """The world a scenario is flown in, with the pad of its mission."""
    task = scenario.task
    return build_world(scenario.world, (task.home_m,) if isinstance(task, MissionTask) else ())


def build_world(spec: WorldSpec, pads: Sequence[Point] = ()) -> World:
    """The world of a specification; `pads` are pad centres on the ground, m."""
    place = load_place(spec.place, spec.crop_m, spec.place_options)
    panels = _panel_boxes(spec.panels)
    return World(
        bounds=np.array([spec.low_m, spec.high_m], dtype=np.float64),
        boxes=_join_boxes(_boxes(spec.boxes), panels),
        cylinders=_join_cylinders(_cylinders(spec.cylinders), place.cylinders),
        spheres=_spheres(spec.spheres),
        limbs=_limbs(spec.limbs),
        meshes=(*place.meshes, *_relief_meshes(place.relief)),
        decals=(
            *place.decals,
            *(_panel_decal(panel) for panel in spec.panels),
            *(_pad_decal(pad, place.relief) for pad in pads),
        ),
        relief=place.relief,
    )


def _table(rows: list[tuple[float, ...]], width: int) -> Float[np.ndarray, "n w"]:
    return np.array(rows, dtype=np.float64).reshape(-1, width)


def _semantics(specs: Sequence[BoxSpec | CylinderSpec | SphereSpec | LimbSpec]) -> np.ndarray:
    return np.array([Semantic[spec.semantic.upper()] for spec in specs], dtype=np.int64)


def _boxes(specs: Sequence[BoxSpec]) -> Boxes:
    return Boxes(
        centers=_table([spec.center_m for spec in specs], 3),
        half_sizes=0.5 * _table([spec.size_m for spec in specs], 3),
        yaws=np.array([spec.yaw_rad for spec in specs], dtype=np.float64),
        semantic=_semantics(specs),
        colors=_table([spec.color for spec in specs], 3),
    )


def _cylinders(specs: Sequence[CylinderSpec]) -> Cylinders:
    return Cylinders(
        bases=_table([spec.base_m for spec in specs], 3),
        radii=np.array([spec.radius_m for spec in specs], dtype=np.float64),
        heights=np.array([spec.height_m for spec in specs], dtype=np.float64),
        semantic=_semantics(specs),
        colors=_table([spec.color for spec in specs], 3),
    )


def _spheres(specs: Sequence[SphereSpec]) -> Spheres:
    return Spheres(
        centers=_table([spec.center_m for spec in specs], 3),
        radii=np.array([spec.radius_m for spec in specs], dtype=np.float64),
        semantic=_semantics(specs),
        colors=_table([spec.color for spec in specs], 3),
    )


def _limbs(specs: Sequence[LimbSpec]) -> Limbs:
    return Limbs(
        starts=_table([spec.start_m for spec in specs], 3),
        ends=_table([spec.end_m for spec in specs], 3),
        start_radii=np.array([spec.start_radius_m for spec in specs], dtype=np.float64),
        end_radii=np.array([spec.end_radius_m for spec in specs], dtype=np.float64),
        semantic=_semantics(specs),
        colors=_table([spec.color for spec in specs], 3),
    )


def _join_boxes(first: Boxes, second: Boxes) -> Boxes:
    return Boxes(
        centers=np.concatenate([first.centers, second.centers]),
        half_sizes=np.concatenate([first.half_sizes, second.half_sizes]),
        yaws=np.concatenate([first.yaws, second.yaws]),
        semantic=np.concatenate([first.semantic, second.semantic]),
        colors=np.concatenate([first.colors, second.colors]),
    )


def _join_cylinders(first: Cylinders, second: Cylinders) -> Cylinders:
    return Cylinders(
        bases=np.concatenate([first.bases, second.bases]),
        radii=np.concatenate([first.radii, second.radii]),
        heights=np.concatenate([first.heights, second.heights]),
        semantic=np.concatenate([first.semantic, second.semantic]),
        colors=np.concatenate([first.colors, second.colors]),
    )


# --- Panels and pads.


def _facing(yaw: float) -> Float[np.ndarray, "3"]:
    return np.array([np.cos(yaw), np.sin(yaw), 0.0])


def _panel_boxes(panels: Sequence[PanelSpec]) -> Boxes:
    """The panels' bodies, and a cover in front of each that is blocked."""
    rows: list[tuple[np.ndarray, float, float, float, Semantic, tuple[float, float, float]]] = []
    for panel in panels:
        center, yaw, half = np.array(panel.center_m), panel.yaw_rad, PANEL_THICKNESS / 2
        side = panel.side_m
        rows.append((center, half, side / 2, yaw, Semantic.PANEL, _PANEL_COLOR))
        if panel.covered:
            hidden = center + (half + _COVER_GAP) * _facing(yaw)
            cover = _COVER_SHARE * side / 2
            rows.append((hidden, half, cover, yaw, Semantic.COVER, _COVER_COLOR))
    return Boxes(
        centers=np.array([row[0] for row in rows]).reshape(-1, 3),
        half_sizes=_table([(row[1], row[2], row[2]) for row in rows], 3),
        yaws=np.array([row[3] for row in rows], dtype=np.float64),
        semantic=np.array([row[4] for row in rows], dtype=np.int64),
        colors=_table([row[5] for row in rows], 3),
    )


def _grid_decal(
    origin: Float[np.ndarray, "3"],
    along: Float[np.ndarray, "3"],
    down: Float[np.ndarray, "3"],
    colors: Float[np.ndarray, "n n 3"],
    semantic: Semantic,
) -> Decal:
    """Coloured cells, n x n; `origin` is the top left corner, `along` and `down` span the whole square."""
    n = len(colors)
    column, row = np.meshgrid(np.arange(n), np.arange(n))
    corners = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])  # row, column; counter-clockwise below
    at_row = (row.reshape(-1, 1) + corners[::-1, 0]) / n
    at_column = (column.reshape(-1, 1) + corners[::-1, 1]) / n
    vertices = origin + at_column[..., None] * along + at_row[..., None] * down
    first = 4 * np.arange(n * n)[:, None, None]
    faces = (first + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    return Decal(
        vertices=vertices.reshape(-1, 3),
        faces=faces,
        semantic=np.full(len(faces), semantic, dtype=np.int64),
        colors=np.repeat(colors.reshape(-1, 3), 2, axis=0),
    )


def _panel_decal(panel: PanelSpec) -> Decal:
    """The pattern on the face; rows from the top, columns from the left of somebody who looks at it."""
    facing = _facing(panel.yaw_rad)
    right, up = np.array([-facing[1], facing[0], 0.0]), np.array([0.0, 0.0, 1.0])
    middle = np.array(panel.center_m) + (PANEL_THICKNESS / 2 + _DECAL_GAP) * facing
    colors = np.array([_CELL_COLORS[cell] for cell in panel.cells]).reshape(4, 4, 3)
    return _grid_decal(
        middle + panel.side_m / 2 * (up - right),
        panel.side_m * right,
        -panel.side_m * up,
        colors,
        Semantic.PANEL,
    )


def _relief_meshes(relief: Relief | None) -> tuple[Mesh, ...]:
    """The ground as something to see and to touch."""
    if relief is None:
        return ()
    colors = np.tile(np.array(_EARTH), (len(relief.faces), 1))
    return (Mesh(relief.vertices, relief.faces, Semantic.GROUND, colors, solid=False),)


def _pad_decal(center: Point, relief: Relief | None) -> Decal:
    """Red and white squares inside each other."""
    ring = np.minimum(np.arange(_PAD_CELLS), np.arange(_PAD_CELLS)[::-1])
    white = np.minimum(ring[:, None], ring[None]) == 1
    colors = np.where(white[..., None], _PAD_WHITE, _PAD_RED)
    lift = _PAD_LIFT
    if relief is not None:  # Level, above the highest of its corners.
        around = PAD_SIZE / 2 * np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)])
        lift += DRAPE + float(relief.at(np.array(center[:2]) + around).max())
    corner = np.array([center[0] - PAD_SIZE / 2, center[1] + PAD_SIZE / 2, lift])
    return _grid_decal(
        corner,
        np.array([PAD_SIZE, 0.0, 0.0]),
        np.array([0.0, -PAD_SIZE, 0.0]),
        colors,
        Semantic.PAD,
    )
