"""Weights as they are stored: 32 or 16-bit floats as they are, or 8-bit integers with a scale for every output channel."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

DTYPES = (torch.float32, torch.float16, torch.int8)
_SCALE = ".scale"
_LARGEST = 127


def packed(tensors: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """The tensors to store; ValueError for a type that is none of `DTYPES`.

    With `torch.int8`, weights w of two or more dimensions become round(w / s), s = max |w| / 127 over what makes one
    output channel (symmetric, per channel); vectors, which are few, stay 16-bit floats.
    """
    if dtype not in DTYPES:
        raise ValueError(f"dtype = {dtype}: choose {', '.join(map(str, DTYPES))}")
    if dtype != torch.int8:
        return {name: tensor.to(dtype).contiguous() for name, tensor in tensors.items()}
    stored: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dim() < 2:
            stored[name] = tensor.to(torch.float16).contiguous()
            continue
        largest = tensor.abs().flatten(1).amax(1)
        scale = torch.where(largest > 0, largest / _LARGEST, 1.0)
        stored[name] = torch.round(tensor / _along_first(scale, tensor)).to(torch.int8).contiguous()
        stored[name + _SCALE] = scale
    return stored


def unpacked(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """32-bit weights by name: what `packed` left of them."""
    return {
        name: tensor.float() * _along_first(stored[name + _SCALE], tensor)
        if name + _SCALE in stored
        else tensor.float()
        for name, tensor in stored.items()
        if not name.endswith(_SCALE)
    }


def replace_file(path: Path, content: bytes) -> None:
    """Write beside, then rename, so that a killed run leaves the old file or the new one."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    partial.replace(path)


def _along_first(scale: Tensor, tensor: Tensor) -> Tensor:
    """One number for each of the first dimension's entries, shaped to broadcast over the others."""
    return scale.reshape(-1, *[1] * (tensor.dim() - 1))
