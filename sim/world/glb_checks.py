"""What a GLB file announces in its JSON, looked at before it is read: counts, references, nodes that form a forest."""

import json
import struct
from typing import Any

from sim.world.mesh_counts import MAX_FACES, check_count

_MAX_NODES = 100_000
_GLB_HEAD, _CHUNK_HEAD = struct.Struct("<4sII"), struct.Struct("<II")
_JSON_CHUNK = 0x4E4F534A
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_NUMBERS = (5120, 5121, 5122, 5123, 5125, 5126)
"""Kinds of numbers in accessors: bytes, shorts, unsigned ints and floats."""


def check_glb(content: bytes) -> None:
    """Raise ValueError for counts that are absurd, for references to what is not there, and for those out of the file."""
    if len(content) < _GLB_HEAD.size + _CHUNK_HEAD.size or content[:4] != b"glTF":
        raise ValueError("not a GLB file: it does not begin with 'glTF'")
    _, _, announced = _GLB_HEAD.unpack_from(content)
    if announced > len(content):
        raise ValueError(f"cut off: {announced} bytes announced, {len(content)} are there")
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
    _check_views(tree, len(content) - begin - length)
    _check_accessors(tree)
    _check_nodes(tree)
    _check_indices(tree)


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


def _check_views(tree: dict[str, Any], rest: int) -> None:
    """`rest` is the bytes after the JSON, which hold all data."""
    for index, view in enumerate(_tables(tree, "bufferViews")):
        begin, length = view.get("byteOffset", 0), view.get("byteLength", -1)
        whole = isinstance(begin, int) and isinstance(length, int)
        if not whole or not 0 <= begin <= begin + length <= rest:
            raise ValueError(
                f"bufferViews.{index}: byteOffset {str(begin)[:20]} and byteLength {str(length)[:20]}: the file holds {rest} bytes of data"
            )


def _check_indices(tree: dict[str, Any]) -> None:
    """Scenes, meshes and accessors that are named exist."""
    if "scene" in tree:
        _check_index(tree, tree["scene"], "scenes", "scene")
    for index, node in enumerate(_tables(tree, "nodes")):
        if "mesh" in node:
            _check_index(tree, node["mesh"], "meshes", f"nodes.{index}.mesh")
    for index, accessor in enumerate(_tables(tree, "accessors")):
        if "bufferView" in accessor:
            spot = f"accessors.{index}.bufferView"
            _check_index(tree, accessor["bufferView"], "bufferViews", spot)


def _check_index(tree: dict[str, Any], value: Any, key: str, where: str) -> None:
    count = len(_tables(tree, key))
    if type(value) is not int or not 0 <= value < count:
        raise ValueError(f"{where}: {str(value)[:20]}, but there are {count} {key}")


def _check_accessors(tree: dict[str, Any]) -> None:
    total = 0
    for index, accessor in enumerate(_tables(tree, "accessors")):
        count = accessor.get("count")
        if type(count) is not int or count < 0:
            raise ValueError(f"accessors.{index}.count: {count!r}")
        number = accessor.get("componentType")
        if number not in _NUMBERS:
            choices = ", ".join(map(str, _NUMBERS))
            raise ValueError(
                f"accessors.{index}.componentType: {str(number)[:20]}: choose {choices}"
            )
        kind = accessor.get("type")
        total += count * (_COMPONENTS.get(kind, 16) if isinstance(kind, str) else 16)
        check_count(total, "numbers in accessors", 40 * MAX_FACES)


def _check_nodes(tree: dict[str, Any]) -> None:
    """Nodes form a forest: each has at most one parent, and following parents ends."""
    nodes = _tables(tree, "nodes")
    check_count(len(nodes), "nodes", _MAX_NODES)
    parent: dict[int, int] = {}
    for index, node in enumerate(nodes):
        children = node.get("children") or []
        if not isinstance(children, list):
            raise ValueError(f"nodes.{index}.children: {str(children)[:20]}: no list")
        for child in children:
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
