"""What a mesh file announces, looked at before anybody makes room for it: a few bytes can ask for gigabytes."""

import json
import re
import struct
from typing import Any

MAX_FACES = 2_000_000
_MAX_NODES = 100_000
_GLB_HEAD, _CHUNK_HEAD = struct.Struct("<4sII"), struct.Struct("<II")
_JSON_CHUNK = 0x4E4F534A
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


def check_announced(content: bytes, suffix: str) -> None:
    """Raise ValueError for counts that are absurd, and for references out of the file."""
    checks = {".ply": _check_ply, ".stl": _check_stl, ".glb": _check_glb, ".obj": _check_obj}
    checks[suffix](content)


def _check_count(count: int, what: str, most: int = 3 * MAX_FACES) -> None:
    if not 0 <= count <= most:
        raise ValueError(f"{count} {what}: at most {most}")


def _check_ply(content: bytes) -> None:
    if not content.startswith(b"ply"):
        raise ValueError("not a PLY file: it does not begin with 'ply'")
    end = content.find(b"end_header")
    if end < 0 or end > 100_000:
        raise ValueError("not a PLY file: no end of the header")
    total = 0
    for name, count in re.findall(rb"^element\s+(\S+)\s+(\d{1,20})", content[:end], re.MULTILINE):
        _check_count(int(count), name.decode("ascii", "replace"))
        total += int(count)
    # Even an empty list of a binary file takes a byte.
    if total > len(content) - end:
        raise ValueError(f"{total} elements announced, but only {len(content) - end} bytes follow")


def _check_stl(content: bytes) -> None:
    if len(content) >= 84 and content[:5].lower() != b"solid":
        (count,) = struct.unpack_from("<I", content, 80)
        _check_count(count, "faces", MAX_FACES)
        if 84 + 50 * count > len(content):
            raise ValueError(f"{count} faces announced, but the file ends before")


def _check_obj(content: bytes) -> None:
    if b"\0" in content[:4096]:
        raise ValueError("not an OBJ file: bytes that are no text")
    _check_count(content.count(b"\nf "), "faces", MAX_FACES)
    _check_count(content.count(b"\nv "), "vertices")


def _check_glb(content: bytes) -> None:
    if len(content) < _GLB_HEAD.size + _CHUNK_HEAD.size or content[:4] != b"glTF":
        raise ValueError("not a GLB file: it does not begin with 'glTF'")
    length, kind = _CHUNK_HEAD.unpack_from(content, _GLB_HEAD.size)
    begin = _GLB_HEAD.size + _CHUNK_HEAD.size
    if kind != _JSON_CHUNK or begin + length > len(content):
        raise ValueError("not a GLB file: its first chunk is no JSON, or is cut off")
    try:
        tree = json.loads(content[begin : begin + length])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a GLB file: {error}") from error
    if not isinstance(tree, dict):
        raise ValueError(f"not a GLB file: its JSON is a {type(tree).__name__}")
    required = tree.get("extensionsRequired") or []
    if required:
        raise ValueError(f"needs {required!r}: export it without compression and extensions")
    _check_references(tree)
    _check_accessors(tree)
    _check_nodes(tree)


def _tables(tree: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = tree.get(key) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{key}: not a list of tables")
    return entries


def _check_references(tree: dict[str, Any]) -> None:
    for index, buffer in enumerate(_tables(tree, "buffers")):
        if "uri" in buffer:
            shown = str(buffer["uri"])[:60]
            raise ValueError(
                f"buffers.{index}.uri = {shown!r}: data must be inside the file: export it as GLB"
            )


def _check_accessors(tree: dict[str, Any]) -> None:
    total = 0
    for index, accessor in enumerate(_tables(tree, "accessors")):
        count = accessor.get("count")
        if type(count) is not int or count < 0:
            raise ValueError(f"accessors.{index}.count: {count!r}")
        kind = accessor.get("type")
        total += count * (_COMPONENTS.get(kind, 16) if isinstance(kind, str) else 16)
        _check_count(total, "numbers in accessors", 40 * MAX_FACES)


def _check_nodes(tree: dict[str, Any]) -> None:
    """Nodes form a forest: each has at most one parent, and following parents ends."""
    nodes = _tables(tree, "nodes")
    _check_count(len(nodes), "nodes", _MAX_NODES)
    parent: dict[int, int] = {}
    for index, node in enumerate(nodes):
        for child in node.get("children") or []:
            if type(child) is not int or not 0 <= child < len(nodes) or child in parent:
                raise ValueError(
                    f"nodes.{index}.children: {child!r}: unknown, or another's child already"
                )
            parent[child] = index
    settled: set[int] = set()
    for index in range(len(nodes)):
        chain, here = [index], index
        while here in parent and here not in settled:
            here = parent[here]
            if here == index:
                raise ValueError(f"nodes.{index}.children: a ring")
            chain.append(here)
            if len(chain) > len(nodes):
                raise ValueError(f"nodes.{index}.children: a ring")
        settled.update(chain)
