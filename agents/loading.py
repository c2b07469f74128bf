"""Pilots by name or checkpoint path."""

from collections.abc import Callable
from pathlib import Path

from agents.classical import ClassicalBrain
from agents.composite import CompositeBrain
from agents.courier import Courier
from agents.lattice_pilot import LatticePilot
from agents.pilot import Brain, MissionSkill, Pilot
from agents.planners import NearestPlanner, ObservablePlanner, RatioPlanner
from agents.random_pilot import RandomPilot
from agents.teacher import TeacherBrain
from agents.variants import SEPARATOR, split_name, vary
from sim.names import unknown

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "weights"
SHIPPED_NETWORKS = ("shared", "specialists")
SKILLS = ("navigation", "avoidance", "mission")


class PilotError(ValueError):
    """A pilot that cannot be had."""


def _planned(name: str, planner: Callable[[], MissionSkill]) -> dict[str, Callable[[], Pilot]]:
    """A mission planner flown by the classical skills and, for what planning alone is worth, by the teacher's."""

    def flown(name: str, flier: Brain, *, detours: bool) -> Pilot:
        return LatticePilot(name, CompositeBrain(flier, flier, planner()), detours=detours)

    privileged = f"teacher-{name}"
    return {
        name: lambda: flown(name, ClassicalBrain(), detours=True),
        privileged: lambda: flown(privileged, TeacherBrain(), detours=False),
    }


_WITHOUT_NETWORK: dict[str, Callable[[], Pilot]] = {
    "classical": lambda: LatticePilot("classical", ClassicalBrain()),
    "teacher": lambda: LatticePilot("teacher", TeacherBrain(), detours=False, masking=False),
    "random": RandomPilot,
    **_planned("observable", ObservablePlanner),
    **_planned("nearest", NearestPlanner),
    **_planned("best-ratio", RatioPlanner),
}


_ALL_SEEING = ("teacher",)
"""Pilots whose mission skill knows the truth, images or not."""


def pilot_names() -> tuple[str, ...]:
    """Names `load_pilot` takes, besides paths to checkpoint folders."""
    return (*SHIPPED_NETWORKS, *_WITHOUT_NETWORK)


def load_pilot(name_or_path: str) -> Pilot:
    """A pilot by name, or flown by the checkpoint(s) in a folder.

    A folder holds one network with all three heads, or three folders navigation, avoidance, mission. Behind either may
    stand variants: `+blind`, the image withheld from the mission skill alone; `+unmasked`, no mission mask.
    """
    base, variants = split_name(name_or_path)
    if variants:
        pilot = load_pilot(base)
        if not isinstance(pilot, LatticePilot) or ("blind" in variants and base in _ALL_SEEING):
            wrong = " and ".join(f"{SEPARATOR}{variant}" for variant in variants)
            raise PilotError(
                f"pilot {base!r} has no variant {wrong}: it plans without images or not at all"
            )
        return vary(pilot, variants)
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

    from agents.network import NetworkBrain
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
    name_or_path, _ = split_name(name_or_path)
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
