"""Pilots by name or checkpoint path."""

from pathlib import Path
from typing import TYPE_CHECKING

from agents.classical import ClassicalBrain
from agents.lattice_pilot import LatticePilot
from agents.pilot import Pilot
from agents.random_pilot import RandomPilot
from agents.teacher import TeacherBrain
from sim.names import unknown

if TYPE_CHECKING:
    from models import MultiTaskNet

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "weights"
SHIPPED_NETWORKS = ("shared", "specialists")
SPECIALISTS = ("navigation", "avoidance", "mission")


class PilotError(ValueError):
    """A pilot that cannot be had."""


def pilot_names() -> tuple[str, ...]:
    """Names `load_pilot` takes, besides paths to checkpoint folders."""
    return (*SHIPPED_NETWORKS, "classical", "teacher", "random")


def load_pilot(name_or_path: str) -> Pilot:
    """A pilot by name, or flown by the checkpoint(s) in a folder.

    A folder holds one network with all three heads, or three folders navigation, avoidance, mission.
    """
    if name_or_path == "classical":
        return LatticePilot("classical", ClassicalBrain())
    if name_or_path == "teacher":
        return LatticePilot("teacher", TeacherBrain(), detours=False)
    if name_or_path == "random":
        return RandomPilot()
    return network_pilot(_checkpoint_folder(name_or_path), name_or_path)


def network_pilot(folder: Path, name: str) -> LatticePilot:
    """A pilot flown by one shared network or by three specialists, whichever the folder holds."""
    # Torch takes a second to import; pilots without a network do without it.
    import torch

    from agents.network import CompositeBrain, NetworkBrain
    from models import load_checkpoint

    torch.set_num_threads(1)
    if all((folder / head).is_dir() for head in SPECIALISTS):
        networks = {head: load_checkpoint(folder / head) for head in SPECIALISTS}
        for head, network in networks.items():
            _require(network, (head,), f"{name}: its {head} network")
        return LatticePilot(name, CompositeBrain(*map(NetworkBrain, networks.values())))
    network = load_checkpoint(folder)
    _require(network, SPECIALISTS, f"{name}: its network")
    return LatticePilot(name, NetworkBrain(network))


def pilot_networks(name_or_path: str) -> dict[str, Path]:
    """The checkpoint folders a pilot flies with, by skill; empty for pilots without a network."""
    if name_or_path in ("classical", "teacher", "random"):
        return {}
    folder = _checkpoint_folder(name_or_path)
    if all((folder / head).is_dir() for head in SPECIALISTS):
        return {head: folder / head for head in SPECIALISTS}
    return {"shared": folder}


def _checkpoint_folder(name_or_path: str) -> Path:
    """Where the weights of a network pilot lie; what is not there is named."""
    if name_or_path in SHIPPED_NETWORKS:
        folder = SHIPPED / name_or_path
        if not folder.is_dir():
            raise PilotError(f"pilot {name_or_path!r}: its weights are missing: no folder {folder}")
        return folder
    if not name_or_path or not Path(name_or_path).is_dir():
        raise PilotError(
            unknown("pilot", name_or_path, pilot_names(), or_else="or a checkpoint folder")
        )
    return Path(name_or_path)


def _require(network: "MultiTaskNet", heads: tuple[str, ...], whose: str) -> None:
    missing = [head for head in heads if head not in network.config.heads]
    if missing:
        raise PilotError(
            f"pilot {whose} lacks {', '.join(missing)}; give a folder with all three skills"
        )
