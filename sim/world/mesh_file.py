"""Mesh files (OBJ, STL, GLB, PLY), read by trimesh: every part where its scene puts it, in metres, z up."""

import io
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sim.world.bodies import bodies_of
from sim.world.geometry import Decal, Mesh, Semantic
from sim.world.mesh_checks import check_announced
from sim.world.mesh_counts import MAX_FACES
from sim.world.place_file import brief, read_bounded
from sim.world.place_options import NO_OPTIONS, PlaceOptions

MAX_BYTES = 128 * 1024 * 1024
_FARTHEST = 1e7  # m
_GRAY = (0.60, 0.58, 0.55)
_PAINT_LIFT = 0.004
"""m above z = 0 of faces that are ground."""
_SLIVER = 1e-12
"""m2; twice the area below which a face is none."""
_TURNS = {
    "z": np.eye(3),
    "-z": np.diag([1.0, -1.0, -1.0]),
    "y": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "-y": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "x": np.array([[0, 0, -1], [0, 1.0, 0], [1, 0, 0]]),
    "-x": np.array([[0, 0, 1], [0, 1.0, 0], [-1, 0, 0]]),
}
"""Rotations that turn the named axis of the file to z."""


@dataclass(frozen=True)
class MeshPlace:
    """A whole file, its lowest corner (or the origin asked for) at the origin."""

    meshes: tuple[Mesh, ...]
    size: Float[np.ndarray, "2"]  # m
    ground_below: float  # m
    notes: tuple[str, ...]

    def cut(
        self, low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]
    ) -> tuple[tuple[Mesh, ...], tuple[Decal, ...]]:
        """What lies in a rectangle: closed parts whole, of open ones (a scan may be one piece) the faces that reach into it."""
        meshes, decals = [], []
        for mesh in self.meshes:
            corners = mesh.vertices[mesh.faces]
            near = (
                (corners[..., :2].max(axis=1) >= low) & (corners[..., :2].min(axis=1) <= high)
            ).all(axis=1)  # fmt: skip
            if not near.any():
                continue
            if mesh.solid:
                meshes.append(mesh)
                continue
            level = (corners[..., 2] < self.ground_below).all(axis=1)
            meshes += _part(mesh, near & ~level)
            decals += [_painted(part) for part in _part(mesh, near & level)]
        shift = np.array([*-low, 0.0])
        return tuple(m.moved(shift) for m in meshes), tuple(d.moved(shift) for d in decals)


def read_meshes(path: Path, options: PlaceOptions = NO_OPTIONS) -> MeshPlace:
    """Read a file; anything wrong with it is a ValueError that names the file and the reason."""
    content = read_bounded(path, MAX_BYTES, "reduce the mesh first")
    suffix = path.suffix.lower()
    try:
        check_announced(content, suffix)
        parts = _parts(content, suffix)
        return _place(parts, suffix, options)
    except ValueError as error:
        raise ValueError(f"{path}: {brief(error)}") from error


# --- Private.


@dataclass(frozen=True)
class _Part:
    """One mesh of the file where the scene puts it, in the file's units and axes."""

    vertices: Float[np.ndarray, "v 3"]
    faces: Int[np.ndarray, "f 3"]
    colors: Float[np.ndarray, "f 3"] | None
    closed: bool


class _Refused(ValueError):
    """Said by us, in the midst of the library's reading."""


class _NoOtherFiles:
    """What trimesh asks for files that a file names: there are none, wherever the name points."""

    def get(self, name: str) -> bytes:
        raise _Refused(f"names another file, {str(name)[:60]!r}, which is not read")

    def namespaced(self, namespace: str) -> "_NoOtherFiles":
        return self

    def keys(self) -> tuple[str, ...]:
        return ()


def _parts(content: bytes, suffix: str) -> list[_Part]:
    import trimesh  # Takes a third of a second: imported where it is needed.

    logging.getLogger("trimesh").setLevel(logging.CRITICAL)  # What it says goes into the error.
    resolver: Any = _NoOtherFiles()
    try:
        with np.errstate(all="ignore"):
            scene = trimesh.load_scene(
                io.BytesIO(content),
                file_type=suffix[1:],
                resolver=resolver,
                process=False,
                skip_materials=True,
            )
            found = [_part_of(scene, node) for node in sorted(scene.graph.nodes_geometry)]
    except MemoryError as error:
        raise ValueError("does not fit into memory") from error
    except _Refused:
        raise
    # A parser of foreign bytes may fail in any way; whatever it is, the file is to blame.
    except Exception as error:
        missing = ", or names vertices that do not exist" if isinstance(error, IndexError) else ""
        raise ValueError(
            f"not a readable {suffix[1:].upper()} file: damaged or cut off{missing}"
        ) from error
    return [part for part in found if part is not None]


def _part_of(scene: Any, node: str) -> _Part | None:
    import trimesh

    transform, name = scene.graph[node]
    mesh = scene.geometry[name]
    if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
        return None
    vertices = np.asarray(mesh.vertices, dtype=np.float64)
    faces = np.asarray(mesh.faces, dtype=np.int64)
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise _Refused(f"faces of vertices that do not exist; there are {len(vertices)}")
    placed = vertices @ transform[:3, :3].T + transform[:3, 3]
    if np.linalg.det(transform[:3, :3]) < 0:
        faces = faces[:, ::-1]
    welded = trimesh.Trimesh(placed, faces, process=False)
    welded.merge_vertices(merge_tex=True, merge_norm=True)
    return _Part(placed, faces, _colors(mesh, len(faces)), bool(welded.is_watertight))


def _colors(mesh: Any, count: int) -> Float[np.ndarray, "f 3"] | None:
    """RGB of every face where the file gives faces or vertices colours; textures are not looked at."""
    visual = mesh.visual
    if getattr(visual, "kind", None) not in ("face", "vertex"):
        return None
    colors = np.asarray(visual.face_colors, dtype=np.float64)
    return colors[:, :3] / 255.0 if colors.shape[0] == count else None


def _place(parts: list[_Part], suffix: str, options: PlaceOptions) -> MeshPlace:
    up = options.up if options.up != "auto" else ("y" if suffix == ".glb" else "z")
    turn = options.scale * _TURNS[up]
    notes, whole = [], []
    dropped = 0
    for part in parts:
        with np.errstate(all="ignore"):  # What is no number afterwards is left out.
            vertices = part.vertices @ turn.T
        kept = _usable(vertices, part.faces)
        dropped += int((~kept).sum())
        if kept.any():
            colors = None if part.colors is None else part.colors[kept]
            whole.append(
                _Part(vertices, part.faces[kept], colors, part.closed and bool(kept.all()))
            )
    left_out = f"{dropped} faces left out: without area, or with corners that are no numbers"
    if not whole:
        raise ValueError(f"no faces with an area{f'; {left_out}' if dropped else ' in it'}")
    if dropped:
        notes.append(left_out)
    total = sum(len(part.faces) for part in whole)
    if total > MAX_FACES:
        raise ValueError(f"{total} faces: at most {MAX_FACES}: reduce the mesh first")
    corners = np.concatenate([part.vertices[part.faces].reshape(-1, 3) for part in whole])
    low, high = corners.min(axis=0), corners.max(axis=0)
    if np.abs([low, high]).max() > _FARTHEST:
        raise ValueError(f"reaches from {low.tolist()} to {high.tolist()} m: is the scale right?")
    if options.origin_m is not None:
        low = np.array(options.origin_m)
    open_parts = sum(not part.closed for part in whole)
    if open_parts:
        notes.append(
            f"{open_parts} of {len(whole)} meshes are open surfaces: nothing knows an inside of them"
        )
    semantic = Semantic[options.semantic.upper()]
    color = _GRAY if options.color is None else options.color
    level = low[2] + options.ground_below_m
    meshes = tuple(
        _mesh(piece, low, semantic, color) for part in whole for piece in _floor_apart(part, level)
    )
    return MeshPlace(meshes, (high - low)[:2], options.ground_below_m, tuple(notes))


def _floor_apart(part: _Part, level: float) -> list[_Part]:
    """A closed part with the bodies in it that lie wholly below a height, m, taken out as a surface: they are ground."""
    if not part.closed or part.vertices[part.faces][..., 2].min() >= level:
        return [part]
    bodies = bodies_of(part.vertices, part.faces)
    tops = np.full(int(bodies.max()) + 1, -np.inf)
    np.maximum.at(tops, bodies, part.vertices[part.faces][..., 2].max(axis=1))
    low = (tops < level)[bodies]
    return [
        replace(
            part,
            faces=part.faces[chosen],
            colors=None if part.colors is None else part.colors[chosen],
            closed=closed,
        )
        for chosen, closed in ((~low, True), (low, False))
        if chosen.any()
    ]


def _usable(vertices: Float[np.ndarray, "v 3"], faces: Int[np.ndarray, "f 3"]) -> np.ndarray:
    with np.errstate(all="ignore"):
        a, b, c = vertices[faces].transpose(1, 0, 2)
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return np.isfinite(vertices[faces]).all(axis=(1, 2)) & (area > _SLIVER)


def _mesh(
    part: _Part, low: Float[np.ndarray, "3"], semantic: Semantic, color: tuple[float, float, float]
) -> Mesh:
    used, compact = np.unique(part.faces.reshape(-1), return_inverse=True)
    given = part.colors
    colors = np.tile(np.array(color), (len(part.faces), 1)) if given is None else given
    return Mesh(
        part.vertices[used] - low, compact.reshape(-1, 3), int(semantic), colors, solid=part.closed
    )


def _part(mesh: Mesh, kept: np.ndarray) -> list[Mesh]:
    """A mesh's chosen faces over their own vertices; none where none are chosen."""
    if not kept.any():
        return []
    used, compact = np.unique(mesh.faces[kept].reshape(-1), return_inverse=True)
    return [
        Mesh(
            mesh.vertices[used],
            compact.reshape(-1, 3),
            mesh.semantic,
            mesh.colors[kept],
            mesh.solid,
        )
    ]


def _painted(mesh: Mesh) -> Decal:
    vertices = mesh.vertices.copy()
    vertices[:, 2] = _PAINT_LIFT + 0.02 * np.clip(vertices[:, 2], 0.0, 1.0)
    a, b, c = vertices[mesh.faces].transpose(1, 0, 2)
    up = np.cross(b - a, c - a)[:, 2]
    faces = np.where(up[:, None] < 0, mesh.faces[:, ::-1], mesh.faces)
    semantic = np.full(len(faces), Semantic.GROUND, dtype=np.int64)
    return Decal(vertices, faces, semantic, mesh.colors)
