"""What a mesh file announces, looked at before anybody makes room for it: a few bytes can ask for gigabytes."""

import re
import struct

from sim.world.glb_checks import check_glb
from sim.world.mesh_counts import MAX_FACES, check_count

_FLAT_VERTEX = re.compile(rb"^v(?:[ \t]+[^\s]+){0,2}[ \t]*\r?$", re.MULTILINE)
_WORD_VERTEX = re.compile(rb"^v[ \t](?!.*nan|.*inf)[^\r\n#]*[a-df-zA-DF-Z]", re.MULTILINE)
"""Lines of OBJ vertices with a letter that no number has."""
_FACE_OF_ZERO = re.compile(rb"^f[ \t](?:.*[ \t])?0+(?:[/ \t\r]|$)", re.MULTILINE)


def check_announced(content: bytes, suffix: str) -> None:
    """Raise ValueError for counts that are absurd, and for references out of the file."""
    if not content.strip():
        raise ValueError("empty: nothing in it but blanks" if content else "empty: 0 bytes")
    checks = {".ply": _check_ply, ".stl": _check_stl, ".glb": check_glb, ".obj": _check_obj}
    checks[suffix](content)


def _check_ply(content: bytes) -> None:
    if not content.startswith(b"ply"):
        raise ValueError("not a PLY file: it does not begin with 'ply'")
    end = content.find(b"end_header")
    if end < 0 or end > 100_000:
        raise ValueError("not a PLY file: no end of the header")
    for line in re.findall(rb"^element\b.*$", content[:end], re.MULTILINE):
        if not re.fullmatch(rb"element\s+\S+\s+\d+", line.strip()):
            shown = line.strip()[:60].decode("ascii", "replace")
            raise ValueError(f"not a PLY file: {shown!r}, not a name and a number")
    total = 0
    for name, count in re.findall(rb"^element\s+(\S+)\s+(\d{1,20})", content[:end], re.MULTILINE):
        check_count(int(count), name.decode("ascii", "replace"))
        total += int(count)
    # Even an empty list of a binary file takes a byte.
    if total > len(content) - end:
        raise ValueError(f"{total} elements announced, but only {len(content) - end} bytes follow")


def _check_stl(content: bytes) -> None:
    if content[:5].lower() != b"solid":
        if len(content) < 84:
            raise ValueError(
                f"not an STL file: {len(content)} bytes, which neither begin with 'solid' nor are a head of 84"
            )
        (count,) = struct.unpack_from("<I", content, 80)
        check_count(count, "faces", MAX_FACES)
        if 84 + 50 * count > len(content):
            raise ValueError(f"{count} faces announced, but the file ends before")


def _check_obj(content: bytes) -> None:
    if b"\0" in content[:4096]:
        raise ValueError("not an OBJ file: bytes that are no text")
    check_count(content.count(b"\nf "), "faces", MAX_FACES)
    check_count(content.count(b"\nv "), "vertices")
    for pattern, wrong in (
        (_FLAT_VERTEX, "a vertex of fewer than three numbers"),
        (_WORD_VERTEX, "a vertex of words"),
        (_FACE_OF_ZERO, "a face of vertex 0: they count from 1"),
    ):
        found = pattern.search(content)
        if found is not None:
            line = content.count(b"\n", 0, found.start()) + 1
            shown = found.group(0).strip()[:60].decode("utf-8", "replace")
            raise ValueError(f"line {line}: {shown!r}: {wrong}")
