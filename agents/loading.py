"""Pilots by name or checkpoint path."""

from collections.abc import Callable
from pathlib import Path

from agents.classical import ClassicalBrain
from agents.courier import Courier
from agents.lattice_pilot import LatticePilot
from agents.pilot import Pilot
from agents.random_pilot import RandomPilot
from agents.teacher import TeacherBrain
from sim.names import unknown

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "weights"
SHIPPED_NETWORKS = ("shared", "specialists")
SKILLS = ("navigation", "avoidance", "mission")


class PilotError(ValueError):
    """A pilot that cannot be had."""


_WITHOUT_NETWORK: dict[str, Callable[[], Pilot]] = {
    "classical": lambda: LatticePilot("classical", ClassicalBrain(), detours=False),
    "teacher": lambda: LatticePilot("teacher", TeacherBrain(), detours=False),
    "random": RandomPilot,
}


def pilot_names() -> tuple[str, ...]:
    """Names `load_pilot` takes, besides paths to checkpoint folders."""
    return (*SHIPPED_NETWORKS, *_WITHOUT_NETWORK)


def load_pilot(name_or_path: str) -> Pilot:
    """A pilot by name, or flown by the checkpoint(s) in a folder.

    A folder holds one network with all three heads, or three folders navigation, avoidance, mission.
    """
    if name_or_path in _WITHOUT_NETWORK:
        return _WITHOUT_NETWORK[name_or_path]()
    return network_pilot(_checkpoint_folder(name_or_path), name_or_path)


def load_courier(name_or_path: str) -> Courier:
    """What flies mission choices with a pilot's navigation and avoidance; see `load_pilot` for the names."""
    pilot = load_pilot(name_or_path)
    if not isinstance(pilot, LatticePilot):
        raise PilotError(f"pilot {name_or_path!r} has no missions: choose another than random")
    return Courier(pilot)


def network_pilot(folder: Path, name: str) -> LatticePilot:
    """A pilot flown by one shared network or by three specialists, whichever the folder holds."""
    # Torch takes a second to import; pilots without a network do without it.
    import torch

    from agents.network import CompositeBrain, NetworkBrain
    from models import load_checkpoint

    torch.set_num_threads(1)
    folders = _skill_folders(folder)
    networks = {path: load_checkpoint(path) for path in folders.values()}
    for skill, path in folders.items():
        if skill not in networks[path].config.heads:
            raise PilotError(
                f"pilot {name}: its network {path} lacks {skill}; give a folder with all three skills"
            )
    brains = {path: NetworkBrain(network) for path, network in networks.items()}
    return LatticePilot(name, CompositeBrain(*(brains[folders[skill]] for skill in SKILLS)))


def pilot_networks(name_or_path: str) -> tuple[Path, ...]:
    """The checkpoint folders a pilot flies with; none for pilots without a network."""
    if name_or_path in _WITHOUT_NETWORK:
        return ()
    folders = _skill_folders(_checkpoint_folder(name_or_path))
    return tuple(dict.fromkeys(folders.values()))


# --- Private.


def _skill_folders(folder: Path) -> dict[str, Path]:
    """The checkpoint that supplies each skill: one of three specialists, or the shared network."""
    own = {skill: folder / skill for skill in SKILLS}
    return own if all(path.is_dir() for path in own.values()) else dict.fromkeys(SKILLS, folder)


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
