"""Checkpoints come back bit for bit, and damaged ones say what is wrong."""

from pathlib import Path

import pytest
import torch

from models import (
    WEIGHTS,
    Card,
    NetworkConfig,
    checkpoint,
    load_checkpoint,
    new_network,
    save_checkpoint,
    weights_hash,
)

CONFIG = NetworkConfig(heads=("navigation", "mission"), width=0.25)
CARD = Card(
    "Small", "A test.", "none", "0", "| task | success |\n|---|---|\n| forest | 1/1 |", "0.1"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "small", new_network(CONFIG, 0), CARD)
    return tmp_path / "small"


def test_round_trip_is_exact(folder: Path) -> None:
    net, loaded = new_network(CONFIG, 0), load_checkpoint(folder)
    assert loaded.config == CONFIG
    assert not loaded.training
    assert all(
        torch.equal(loaded.state_dict()[name], value) for name, value in net.state_dict().items()
    )
    assert weights_hash(loaded) == weights_hash(net)
    assert weights_hash(new_network(CONFIG, 1)) != weights_hash(net)


def test_weights_are_there_only_with_all_that_belongs_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at any file: a folder that has weights can be loaded."""
    written: list[Path] = []

    def killed(path: Path, content: bytes) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        path.write_bytes(content)

    monkeypatch.setattr(checkpoint, "replace_file", killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(tmp_path / "cut", new_network(CONFIG, 0), CARD)
    assert not (tmp_path / "cut" / WEIGHTS).exists()


def test_half_precision_rounds_once(tmp_path: Path) -> None:
    net = new_network(CONFIG, 0)
    digest = save_checkpoint(tmp_path / "a", net, CARD, dtype=torch.float16)
    loaded = load_checkpoint(tmp_path / "a")
    for name, value in net.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, rtol=2**-11, atol=2**-24)
    assert (
        digest
        == weights_hash(loaded)
        == save_checkpoint(tmp_path / "b", loaded, CARD, dtype=torch.float16)
    )


def test_eight_bits_round_by_half_a_step_of_their_channel(tmp_path: Path) -> None:
    net = new_network(CONFIG, 0)
    digest = save_checkpoint(tmp_path / "a", net, CARD, dtype=torch.int8)
    loaded = load_checkpoint(tmp_path / "a")
    for name, value in net.state_dict().items():
        error = (loaded.state_dict()[name] - value).abs()
        if value.dim() < 2:
            assert (error <= 2**-11 * value.abs() + 2**-24).all()
        else:
            largest = value.abs().flatten(1).amax(1, keepdim=True)
            assert (error.flatten(1) <= 0.5001 * largest / 127).all()
            assert (error > 0).any()
    # What is loaded lies on the grid: written again, it is the same.
    assert digest == weights_hash(loaded)
    again = save_checkpoint(tmp_path / "b", loaded, CARD, dtype=torch.int8)
    assert again == digest
    sizes = [(tmp_path / name / "weights.safetensors").stat().st_size for name in "ab"]
    save_checkpoint(tmp_path / "whole", net, CARD)
    assert sizes[0] == sizes[1] < 0.4 * (tmp_path / "whole" / "weights.safetensors").stat().st_size


def test_a_channel_of_zeros_stays_zero(tmp_path: Path) -> None:
    net = new_network(CONFIG, 0)
    torch.nn.init.zeros_(net.get_parameter("heads.navigation.logits.weight"))
    save_checkpoint(tmp_path, net, CARD, dtype=torch.int8)
    assert not load_checkpoint(tmp_path).state_dict()["heads.navigation.logits.weight"].any()


def test_other_types_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"dtype = torch\.int16: choose torch\.float32"):
        save_checkpoint(tmp_path, new_network(CONFIG, 0), CARD, dtype=torch.int16)


def test_shipped_network_stays_small(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, new_network(NetworkConfig(), 0), CARD, dtype=torch.float16)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1_000_000


def test_files_are_plain(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "weights.safetensors",
        "config.json",
        "card.md",
    }
    assert "## Results\n\n| task | success |" in (folder / "card.md").read_text()
    assert NetworkConfig.from_json((folder / "config.json").read_text()) == CONFIG


@pytest.mark.parametrize("keep", [0, 5, 100, 5000, -1])
def test_truncated_weights_are_named(folder: Path, keep: int) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"weights\.safetensors: truncated"):
        load_checkpoint(folder)


def test_flipped_bit_is_found(folder: Path) -> None:
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"weights\.safetensors: .*hash"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", ["weights.safetensors", "config.json"])
def test_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ValueError, match=name):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"width": 0.25', '"width": 0.5', "does not fit config.json: .* is .*, not"),
        ('"mission"', '"avoidance"', "does not fit config.json: missing .*avoidance"),
        (
            '"width": 0.25',
            '"wide": 0.25',
            r"config\.json: .*missing fields \['width'\], unknown fields \['wide'\]",
        ),
        ('"width": 0.25', '"width": "big"', r"config\.json: not a network configuration"),
        ("50.0", "40.0", "hash"),
        ("{", "", r"config\.json: not a network configuration"),
    ],
)
def test_foreign_configuration_is_named(folder: Path, old: str, new: str, message: str) -> None:
    path = folder / "config.json"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("heads", ()),
        ("heads", ("landing",)),
        ("width", 0.0),
        ("candidates", 0),
        ("image_shape", (4, 50, 64)),
        ("history_shape", (3, 6, 8)),
        ("negative_slope", 1.0),
        ("pixel_scale", 0.0),
    ],
)
def test_impossible_configuration_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        NetworkConfig(**{field: value})  # pyright: ignore[reportArgumentType]
