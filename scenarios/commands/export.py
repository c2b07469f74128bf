"""`export`: a pilot's networks as an ONNX file to fly elsewhere, or as a checkpoint of 8-bit weights."""

from dataclasses import asdict
from pathlib import Path

import torch

import agents
import models
from agents.fusion import FusionRule
from agents.loading import SHIPPED_NETWORKS
from agents.network_onnx import ExportedNetworks
from agents.rule_file import write_rule
from scenarios.commands.console import InputError, say, user_input, writable_folder
from scenarios.compute import load_networks, pilot_digest


def export(pilot: str, *, onnx: Path | None, int8: Path | None) -> int:
    """Write what was asked for; what cannot be written is refused before anything is."""
    if onnx is None and int8 is None:
        raise InputError("nothing to write: give --onnx FILE, --int8 DIR, or both")
    with user_input():
        networks = load_networks(pilot)
        folders, rule = agents.pilot_networks(pilot), agents.pilot_rule(pilot)
    if not networks or rule is None:
        choices = ", ".join(SHIPPED_NETWORKS)
        raise InputError(
            f"pilot {pilot!r}: has no networks to export; choose {choices} or a checkpoint folder"
        )
    if onnx is not None:
        _check_file(onnx)
    if int8 is not None:
        _check_folder(int8)
    with user_input():
        if onnx is not None:
            _write_onnx(pilot, networks, rule, onnx)
        if int8 is not None:
            _write_int8(folders, networks, int8)
            write_rule(int8, rule)
    return 0


# --- Private.


def _check_file(path: Path) -> None:
    if path.suffix != ".onnx":
        raise InputError(
            f"onnx = {path}: ends in {path.suffix!r}; choose a name that ends in .onnx"
        )
    if path.is_dir():
        raise InputError(f"onnx = {path}: is a folder, not a file")
    writable_folder(path.parent)


def _check_folder(folder: Path) -> None:
    writable_folder(folder)
    if any(folder.iterdir()):
        raise InputError(f"int8 = {folder}: is not empty; name a new folder")


def _write_onnx(
    pilot: str, networks: list[models.MultiTaskNet], rule: FusionRule, path: Path
) -> None:
    run = models.graph_macs([*map(models.counted_macs, networks)])
    told = ExportedNetworks(
        pilot=pilot,
        weights=pilot_digest(pilot),
        networks=len(networks),
        parameters=sum(map(models.parameters, networks)),
        macs_per_second=models.graph_macs_per_second(run),
        rule=asdict(rule),
        macs_per_run=run,
    )
    try:
        models.export_onnx(networks, path, told.metadata())
    except ModuleNotFoundError as error:
        raise InputError(f"onnx = {path}: needs `pip install trident-sim[onnx]`") from error
    say(f"{path}: {path.stat().st_size / 1e6:.2f} MB; fly it with --pilot {path} --trust")


def _write_int8(
    folders: tuple[Path, ...], networks: list[models.MultiTaskNet], target: Path
) -> None:
    for folder, network in zip(folders, networks, strict=True):
        place = target if len(folders) == 1 else target / folder.name
        card = (folder / models.CARD).read_text()
        note = "Rounded to 8-bit weights, a scale for every output channel; what follows is told of the weights before.\n\n"
        models.save_checkpoint(place, network, note + card, dtype=torch.int8)
        size = (place / models.WEIGHTS).stat().st_size
        say(f"{place}: {size / 1e6:.2f} MB of 8-bit weights; fly them with --pilot {target}")
