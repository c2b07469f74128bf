"""A network on disk: a folder with weights (safetensors), configuration (JSON) and a card (Markdown)."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from models.config import NetworkConfig
from models.multitask import MultiTaskNet
from models.storage import packed, replace_file, unpacked

WEIGHTS, CONFIG, CARD = "weights.safetensors", "config.json", "card.md"


@dataclass(frozen=True)
class Card:
    """What somebody who finds the file wants to know; every field is Markdown text."""

    title: str
    summary: str
    data: str
    seeds: str
    results: str
    code_version: str

    def to_markdown(self) -> str:
        """The card as it is written."""
        sections = {
            "Data": self.data,
            "Seeds": self.seeds,
            "Results": self.results,
            "Code version": self.code_version,
        }
        body = "".join(f"\n## {name}\n\n{text.strip()}\n" for name, text in sections.items())
        return f"# {self.title}\n\n{self.summary.strip()}\n{body}"


def save_checkpoint(
    folder: Path, net: MultiTaskNet, card: Card | str, dtype: torch.dtype = torch.float32
) -> str:
    """Write the folder and return the hash of the weights as they will load.

    `card` may be Markdown that was written before; for `dtype` see `models.storage.packed`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored = packed({name: tensor.cpu() for name, tensor in net.state_dict().items()}, dtype)
    digest = _hash(net.config, unpacked(stored))
    replace_file(folder / CONFIG, net.config.to_json().encode())
    text = card if isinstance(card, str) else card.to_markdown()
    replace_file(folder / CARD, text.encode())
    # Last: where there are weights, a training is finished, whenever it was killed.
    replace_file(folder / WEIGHTS, save(stored, metadata={"weights_hash": digest}))
    return digest


def load_checkpoint(folder: Path) -> MultiTaskNet:
    """The network in evaluation mode, 32-bit, on the CPU; a damaged, missing or foreign file raises ValueError with its name."""
    config_path, weights_path = folder / CONFIG, folder / WEIGHTS
    stated = _read(config_path)
    try:
        config = NetworkConfig.from_json(stated.decode())
    except (ValueError, TypeError) as error:
        raise ValueError(f"{config_path}: not a network configuration: {error}") from error
    content = _read(weights_path)
    try:
        stored = load(content)
    except SafetensorError as error:
        raise ValueError(f"{weights_path}: truncated or not safetensors: {error}") from error
    net = MultiTaskNet(config)
    weights = unpacked(stored)
    _check_shapes(weights_path, net.state_dict(), weights)
    if _stated_hash(content) != _hash(config, weights):
        raise ValueError(
            f"{weights_path}: the content does not match the hash it was saved with, or {config_path} changed"
        )
    net.load_state_dict(weights)
    return net.eval()


@dataclass(frozen=True)
class Stored:
    """Weights as they lie on the disk."""

    file_bytes: int
    bits: int
    """Of most of the numbers; what lies in fewer than 32 is widened when it is loaded."""


def stored_weights(folder: Path) -> Stored:
    """How large a checkpoint's file of weights is, and in what precision."""
    content = _read(folder / WEIGHTS)
    bits: Counter[int] = Counter()
    for name, entry in _header(content).items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            count = math.prod(entry["shape"])
            bits[8 * (end - first) // max(count, 1)] += count
    return Stored(len(content), bits.most_common(1)[0][0])


def weights_hash(net: MultiTaskNet) -> str:
    """SHA-256 over configuration, names, shapes and 32-bit values: the same before saving and after loading."""
    return _hash(net.config, net.state_dict())


def _hash(config: NetworkConfig, tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256(config.to_json().encode())
    for name in sorted(tensors):
        value = tensors[name].detach().to("cpu", torch.float32).contiguous()
        digest.update(f"{name}{tuple(value.shape)}".encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()


def _stated_hash(content: bytes) -> str | None:
    """The hash in the file's metadata."""
    return _header(content).get("__metadata__", {}).get("weights_hash")


def _header(content: bytes) -> dict[str, Any]:
    """What safetensors says of its tensors; the header's length stands before it as 8 little-endian bytes."""
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])


def _check_shapes(path: Path, expected: Mapping[str, Tensor], stored: Mapping[str, Tensor]) -> None:
    missing, unknown = (
        sorted(expected.keys() - stored.keys()),
        sorted(stored.keys() - expected.keys()),
    )
    if missing or unknown:
        raise ValueError(f"{path}: does not fit {CONFIG}: missing {missing}, unknown {unknown}")
    for name, tensor in expected.items():
        if stored[name].shape != tensor.shape:
            raise ValueError(
                f"{path}: does not fit {CONFIG}: {name} is {tuple(stored[name].shape)}, not {tuple(tensor.shape)}"
            )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from error
