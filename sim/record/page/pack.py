"""Arrays as text inside a page: quantised, differenced, deflated, base64; `arrays.js` reads the same words."""

import base64
import json
import zlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Num
from numpy.typing import ArrayLike

_LEVEL = 9
_ALIGNMENT = 4
"""Bytes; typed arrays of a browser start at multiples of their own size."""
_TYPES = ("uint8", "int8", "uint16", "int16", "int32", "uint32", "float32")


@dataclass(frozen=True)
class Column:
    """An array as it travels: `values` are whole numbers of `scale`, or float32 as they are."""

    values: Num[np.ndarray, "..."]
    scale: float
    differenced: bool
    """Along the first axis, wrapping round, so that summing up again is exact."""


def quantised(
    values: Num[np.ndarray, "..."], dtype: str, scale: float, *, differenced: bool = False
) -> Column:
    """Rounded to multiples of `scale`: off by half of it at most, and cut off where the type ends."""
    limits = np.iinfo(dtype)
    whole = np.clip(np.rint(np.asarray(values, np.float64) / scale), limits.min, limits.max)
    whole = np.nan_to_num(whole).astype(dtype)
    if differenced and len(whole):
        # Differences wrap round in the same type, and summing them wraps back.
        whole = np.concatenate([whole[:1], whole[1:] - whole[:-1]]).astype(dtype)
    return Column(whole, scale, differenced)


def exact(values: ArrayLike, dtype: str) -> Column:
    """As they are, in a type that holds them."""
    return Column(np.asarray(values).astype(dtype), 1.0, False)


def pack(columns: dict[str, Column]) -> str:
    """All columns as one text."""
    index, parts, offset = {}, [], 0
    for name, column in columns.items():
        if column.values.dtype.name not in _TYPES:
            raise ValueError(f"column {name!r}: {column.values.dtype} is none of {_TYPES}")
        data = np.ascontiguousarray(column.values).tobytes()
        padding = -len(data) % _ALIGNMENT
        index[name] = {
            "type": column.values.dtype.name,
            "shape": list(column.values.shape),
            "scale": column.scale,
            "differenced": column.differenced,
            "offset": offset,
        }
        parts.append(data + bytes(padding))
        offset += len(data) + padding
    head = json.dumps(index).encode()
    head += b" " * (-len(head) % _ALIGNMENT)
    size = len(head).to_bytes(4, "little")
    return deflated(size + head + b"".join(parts))


def unpack(text: str) -> dict[str, Num[np.ndarray, "..."]]:
    """The columns' values, scaled again."""
    data = zlib.decompress(base64.b64decode(text))
    start = 4 + int.from_bytes(data[:4], "little")
    index, columns = json.loads(data[4:start]), {}
    for name, entry in index.items():
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(data, entry["type"], count, start + entry["offset"])
        values = values.reshape(entry["shape"])
        if entry["differenced"]:
            values = np.cumsum(values, axis=0, dtype=values.dtype)
        columns[name] = values if entry["scale"] == 1.0 else values * entry["scale"]
    return columns


def deflated(data: bytes) -> str:
    """Bytes as a browser's `DecompressionStream("deflate")` takes them, in base64."""
    return base64.b64encode(zlib.compress(data, _LEVEL)).decode("ascii")
