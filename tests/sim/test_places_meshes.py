"""Mesh files through trimesh: every format the same, scale and axes, scenes, what is broken in them."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh

from sim.world.geometry import Semantic
from sim.world.importers import load_place
from sim.world.mesh_file import MeshPlace, read_meshes
from sim.world.place_options import PlaceOptions
from tests.place_files import written

ALL = (-50.0, -50.0, 150.0, 150.0)


def house() -> trimesh.Trimesh:
    box = trimesh.creation.box((4, 6, 3))
    box.apply_translation((102, 53, 1.5))
    box.visual.face_colors = [200, 50, 25, 255]  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
    return box


def read(path: Path, **options: object) -> MeshPlace:
    return read_meshes(path, PlaceOptions.model_validate(options))


@pytest.mark.parametrize("suffix", ["obj", "stl", "ply", "glb"])
def test_every_format_gives_the_same_solid(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"house.{suffix}"
    house().export(path)
    (mesh,) = read(path, up="z", semantic="building").meshes
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [4, 6, 3], atol=1e-5)
    np.testing.assert_allclose(mesh.vertices.min(axis=0), 0.0, atol=1e-5)
    assert (mesh.solid, mesh.semantic, len(mesh.faces)) == (True, Semantic.BUILDING, 12)
    if suffix in ("ply", "glb"):
        np.testing.assert_allclose(mesh.colors, np.tile([200, 50, 25], (12, 1)) / 255, atol=0.01)


def test_axes_and_scale(tmp_path: Path) -> None:
    """Whatever axis is up in the file, volume and orientation stay: turning is no mirroring."""
    house().export(tmp_path / "house.ply")
    for up, size in {"z": (4, 6, 3), "y": (4, 3, 6), "x": (3, 6, 4), "-z": (4, 6, 3), "-y": (4, 3, 6), "-x": (3, 6, 4)}.items():  # fmt: skip
        (mesh,) = read(tmp_path / "house.ply", up=up, scale=0.5).meshes
        np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), np.array(size) / 2, atol=1e-6)
        a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
        assert np.einsum("fi,fi->", a, np.cross(b, c)) / 6 == pytest.approx(72 / 8)


def test_glb_is_y_up_unless_told_otherwise(tmp_path: Path) -> None:
    house().export(tmp_path / "house.glb")
    (mesh,) = read(tmp_path / "house.glb").meshes
    np.testing.assert_allclose(np.ptp(mesh.vertices, axis=0), [4, 3, 6], atol=1e-5)


def test_parts_of_a_scene_stand_where_it_puts_them(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    box = trimesh.creation.box((2, 2, 2))
    for x in (0.0, 10.0, 20.0):
        scene.add_geometry(box, geom_name="box", transform=trimesh.transformations.translation_matrix((x, 0, 1)))  # fmt: skip
    scene.export(tmp_path / "row.glb")
    place = read(tmp_path / "row.glb", up="z")
    lows = sorted(mesh.vertices[:, 0].min() for mesh in place.meshes)
    np.testing.assert_allclose(lows, [0, 10, 20], atol=1e-5)
    near, _ = place.cut(np.array([-1.0, -1.0]), np.array([5.0, 5.0]))
    assert len(near) == 1
    np.testing.assert_allclose(near[0].vertices[:, 0].min(), 1.0, atol=1e-5)


def test_open_surfaces_are_cut_and_their_floor_is_paint(tmp_path: Path) -> None:
    floor = trimesh.Trimesh([[0, 0, 0], [40, 0, 0], [40, 40, 0], [0, 40, 0]], [[0, 1, 2], [0, 2, 3]])  # fmt: skip
    wall = trimesh.Trimesh([[5, 5, 0], [9, 5, 0], [9, 5, 4]], [[0, 1, 2]])
    trimesh.util.concatenate([floor, wall]).export(tmp_path / "scan.ply")
    place = load_place(str(tmp_path / "scan.ply"), (0.0, 0.0, 20.0, 20.0))
    (mesh,) = place.meshes
    assert (len(mesh.faces), mesh.solid) == (1, False)
    assert place.decals[0].vertices[:, 2].max() < 0.3
    assert any("open surfaces" in note for note in place.notes)


def test_a_floor_within_a_closed_mesh_is_ground_and_what_stands_on_it_is_not(
    tmp_path: Path,
) -> None:
    floor = trimesh.creation.box((20, 10, 0.2))
    pillar = trimesh.creation.box((1, 1, 4))
    pillar.apply_translation((3, 0, 2.1))
    trimesh.util.concatenate([floor, pillar]).export(tmp_path / "hall.stl")
    for below, painted, standing in ((0.3, 12, 12), (0.1, 0, 24)):
        place = read(tmp_path / "hall.stl", ground_below_m=below)
        meshes, decals = place.cut(np.array([-50.0, -50.0]), np.array([50.0, 50.0]))
        assert sum(len(decal.faces) for decal in decals) == painted
        assert [(len(mesh.faces), mesh.solid) for mesh in meshes] == [(standing, True)]
        assert place.notes == ()


def test_faces_of_nothing_and_of_no_numbers_are_left_out(tmp_path: Path) -> None:
    text = "v 0 0 0\nv 4 0 0\nv 4 4 4\nv nan 0 1\nf 1 2 3\nf 1 1 2\nf 1 2 4\n"
    place = read(tmp_path / Path(written(tmp_path / "a.obj", text)).name)
    assert sum(len(mesh.faces) for mesh in place.meshes) == 1
    assert "2 faces left out" in place.notes[0]


def glb(tree: object, binary: bytes = b"") -> bytes:
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary:
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


PLY = "ply\nformat ascii 1.0\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\nelement face {}\nproperty list uchar int vertex_indices\nend_header\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.ply", PLY.format(10**9, 1), "1000000000 vertex: at most"),
        ("a.ply", PLY.format(3, 10**6), "elements announced, but only"),
        ("a.ply", b"\x00" * 200, "not a PLY file"),
        ("a.stl", b"\0" * 80 + struct.pack("<I", 10**9) + b"\0" * 50, "1000000000 faces: at most"),
        ("a.stl", b"\0" * 80 + struct.pack("<I", 1000) + b"\0" * 50, "the file ends before"),
        ("a.obj", b"\x7fELF\0\0", "not an OBJ file"),
        ("a.obj", "v 1 2 3\n", "no faces with an area|cannot be read"),
        ("a.obj", b"", "empty: 0 bytes"),
        ("a.stl", b"", "empty: 0 bytes"),
        ("a.ply", b" \n", "empty: nothing in it but blanks"),
        ("a.obj", "v 1 2 3\nv 0 0\nf 1 2 3\n", "line 2: 'v 0 0': a vertex of fewer than three numbers"),
        ("a.obj", "v a b c\n", "line 1: 'v a b c': a vertex of words"),
        ("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 0 1 2\n", "line 4: .*: a face of vertex 0: they count from 1"),
        ("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "not a readable OBJ file: damaged or cut off, or names vertices that do not exist"),
        ("a.obj", "v inf 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "no faces with an area; 1 faces left out: .* corners that are no numbers"),
        ("a.stl", b"{}", "not an STL file: 2 bytes"),
        ("a.ply", PLY.format("9 3", 1), "not a PLY file: 'element vertex 9 3', not a name and a number"),
        ("a.glb", glb({})[:-4], "cut off: .* bytes announced"),
        ("a.glb", glb({"accessors": [{"count": 1, "type": "VEC3", "componentType": 1}]}), r"accessors\.0\.componentType: 1: choose 5120, "),
        ("a.glb", glb({"bufferViews": [{"byteLength": 10**9}]}, b"1234"), r"bufferViews\.0: .* byteLength 1000000000: the file holds 12 bytes"),
        ("a.glb", glb({"scene": 1, "scenes": [{}]}), "scene: 1, but there are 1 scenes"),
        ("a.glb", glb({"nodes": [{"mesh": 0}]}), r"nodes\.0\.mesh: 0, but there are 0 meshes"),
        ("a.glb", b"PK\x03\x04" + b"\0" * 100, "not a GLB file"),
        ("a.glb", glb({"asset": {}, "buffers": [{"uri": "../../etc/passwd", "byteLength": 9}]}), r"buffers\.0\.uri = '\.\./\.\./etc/passwd': data must be inside"),
        ("a.glb", glb({"accessors": [{"count": 10**9, "type": "VEC3", "componentType": 5126}]}), "3000000000 numbers in accessors"),
        ("a.glb", glb({"nodes": [{"children": [1]}, {"children": [0]}]}), "a ring"),
        ("a.glb", glb({"nodes": [{"children": 5}]}), "children: 5: no list"),
        ("a.glb", glb({"nodes": [{"children": [2]}, {"children": [2]}, {}]}), "another's child already"),
        ("a.glb", glb({"extensionsRequired": ["KHR_draco_mesh_compression"]}), "needs .*draco"),
        ("a.glb", glb([]), "its JSON is a list"),
        ("a.glb", glb({"accessors": 3}), "accessors: not a list of tables"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_before_memory_is_taken(
    tmp_path: Path, name: str, content: object, reason: str
) -> None:
    written(tmp_path / name, content)
    with pytest.raises(ValueError, match=rf"{name}: .*({reason})"):
        read(tmp_path / name)
