"""Pilots by name or checkpoint path."""

from collections.abc import Callable
from pathlib import Path

from agents.arm_names import seed_folder
from agents.classical import ClassicalBrain
from agents.composite import CompositeBrain
from agents.courier import Courier
from agents.fusion import LEARNED, FusionRule
from agents.lattice_pilot import LatticePilot
from agents.pilot import Brain, MissionSkill, Pilot
from agents.planners import NearestPlanner, ObservablePlanner, RatioPlanner
from agents.policy import PolicyError
from agents.policy_files import (
    check_trusted,
    is_exported,
    is_policy,
    load_policy,
    policy_files,
)
from agents.random_pilot import RandomPilot
from agents.rule_file import read_rule
from agents.teacher import TeacherBrain
from agents.variants import SEPARATOR, split_name, vary
from agents.way_names import HEAD, RULE, SKILLS, TEACHER, WAYS, WayError, split_way
from sim.names import unknown

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "weights"
_OR_ELSE = "or a checkpoint folder, module:Class, an ONNX file or a Stable-Baselines3 zip"
SHIPPED_NETWORKS = ("shared", "specialists")


class PilotError(ValueError):
    """A pilot that cannot be had."""


def _planned(name: str, planner: Callable[[], MissionSkill]) -> dict[str, Callable[[], Pilot]]:
    """A mission planner flown by the classical skills and, for what planning alone is worth, by the teacher's."""

    def flown(name: str, flier: Brain) -> Pilot:
        return LatticePilot(name, CompositeBrain(flier, flier, planner()), detours=False)

    privileged = f"teacher-{name}"
    return {
        name: lambda: flown(name, ClassicalBrain()),
        privileged: lambda: flown(privileged, TeacherBrain()),
    }


_WITHOUT_NETWORK: dict[str, Callable[[], Pilot]] = {
    "classical": lambda: LatticePilot("classical", ClassicalBrain(), detours=False),
    "teacher": lambda: LatticePilot(
        "teacher", TeacherBrain(), detours=False, masking=False, knows_course=True
    ),
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


def load_pilot(name_or_path: str, trust: bool = False) -> Pilot:
    """A pilot by name, flown by the checkpoint(s) in a folder, or by a policy from elsewhere.

    A folder holds one network with all three heads, or folders that are named by the heads of their networks:
    navigation, avoidance, mission, or navigation+avoidance and mission; `ARM#3` is the folder `ARM/seed-3`. Behind any
    may stand variants: `+blind`, the image withheld from the mission skill alone; `+unmasked`, no mission mask. A policy
    is `module:Class`, `file.py:Class`, an ONNX file or a Stable-Baselines3 zip; loading one runs code, so it needs
    `trust`; an ONNX file that `trident export` wrote is flown as the pilot it was exported from. What follows an `@` is the
    way of flying (`agents.way_names`), or the action level of another's ONNX file or of a zip.
    """
    base, way = split_way(name_or_path)
    try:
        if is_policy(base):
            check_trusted(base, trust)
            if not is_exported(base):
                return load_policy(base, way)
            pilot = _exported_pilot(Path(base))
        else:
            pilot = _own_pilot(base)
        return _in_a_way(pilot, name_or_path, way) if way else pilot
    except (PolicyError, WayError) as error:
        raise PilotError(str(error)) from error


def flyable_ways(name: str, pilot: Pilot) -> tuple[str, ...]:
    """The ways of `agents.way_names` a pilot can be flown in: all, if it has heads to take apart that are not the teacher's."""
    if not isinstance(pilot, LatticePilot) or isinstance(pilot.brain, TeacherBrain):
        return ("all",)
    return ("all",) if split_way(name)[1] else WAYS


def load_courier(name_or_path: str) -> Courier:
    """What flies mission choices with a pilot's navigation and avoidance; see `load_pilot` for the names."""
    pilot = load_pilot(name_or_path)
    if not isinstance(pilot, LatticePilot):
        raise PilotError(f"pilot {name_or_path!r} has no missions: choose another than random")
    return Courier(pilot)


def network_pilot(folder: Path, name: str) -> LatticePilot:
    """A pilot flown by one shared network, or by several with a part of the heads each, whichever the folder holds."""
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
    return LatticePilot(
        name, CompositeBrain(*(brains[folders[skill]] for skill in SKILLS)), _rule(folder)
    )


def pilot_networks(name_or_path: str) -> tuple[Path, ...]:
    """The checkpoint folders a pilot flies with; none for pilots without a network."""
    folder = pilot_folder(name_or_path)
    if folder is None:
        return ()
    folders = _skill_folders(folder)
    return tuple(dict.fromkeys(folders[skill] for skill in SKILLS))


def pilot_folder(name_or_path: str) -> Path | None:
    """Where a pilot's checkpoints and its rule lie; None for pilots without a network and for policies from files."""
    base, _ = split_name(split_way(name_or_path)[0])
    if base in _WITHOUT_NETWORK or is_policy(base):
        return None
    return _checkpoint_folder(base)


def pilot_rule(name_or_path: str) -> FusionRule | None:
    """The rule that a pilot's networks are fused by, before any way of flying; None for pilots without a network."""
    folder = pilot_folder(name_or_path)
    return None if folder is None else _rule(folder)


def pilot_files(name: str) -> tuple[Path, ...]:
    """The files that a policy from elsewhere comes from; none for our own pilots."""
    base, _ = split_way(name)
    return policy_files(base) if is_policy(base) else ()


# --- Private.


def _own_pilot(name: str) -> Pilot:
    base, variants = split_name(name)
    if variants:
        pilot = _own_pilot(base)
        if not isinstance(pilot, LatticePilot) or ("blind" in variants and base in _ALL_SEEING):
            wrong = " and ".join(f"{SEPARATOR}{variant}" for variant in variants)
            raise PilotError(
                f"pilot {base!r} has no variant {wrong}: it plans without images or not at all"
            )
        return vary(pilot, variants)
    if name in _WITHOUT_NETWORK:
        return _WITHOUT_NETWORK[name]()
    return network_pilot(_checkpoint_folder(name), name)


def _exported_pilot(path: Path) -> LatticePilot:
    from agents.network_onnx import OnnxBrain, exported_networks

    told = exported_networks(path)
    assert told is not None, "else it would be a policy's"
    return LatticePilot(str(path), OnnxBrain(path), told.fusion_rule)


def _in_a_way(pilot: Pilot, name: str, way: str) -> Pilot:
    if way != HEAD and not way.startswith((TEACHER, RULE)):
        raise WayError(
            f"pilot {name!r}: @{way}: choose @{HEAD}, @{TEACHER}{','.join(SKILLS)} or @{RULE}2,1.5,0.6,0.5"
        )
    # Composed of brains as networks are: imports torch.
    from agents.ways_of_flying import in_a_way

    return in_a_way(pilot, name, way)


def _rule(folder: Path) -> FusionRule:
    """What was fitted for the networks in a pilot's folder, or what suits most."""
    return read_rule(folder) or LEARNED


def _skill_folders(folder: Path) -> dict[str, Path]:
    """The checkpoint that supplies each skill: a folder named by its skills, joined by +, or the shared network."""
    own = {skill: path for path in _by_skills(folder) for skill in path.name.split("+")}
    return own if own.keys() == set(SKILLS) else dict.fromkeys(SKILLS, folder)


def _by_skills(folder: Path) -> list[Path]:
    """The folders in a folder that are named by skills."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_dir() and set(path.name.split("+")) <= set(SKILLS)
    ]


def _checkpoint_folder(name_or_path: str) -> Path:
    """Where the weights of a network pilot lie; what is not there is named."""
    if name_or_path in SHIPPED_NETWORKS:
        folder = SHIPPED / name_or_path
        if not folder.is_dir():
            raise PilotError(f"pilot {name_or_path!r}: its weights are missing: no folder {folder}")
        return folder
    seeded = seed_folder(name_or_path)
    folder = Path(name_or_path) if seeded is None else _arm_folder(seeded)
    if not name_or_path or not folder.is_dir():
        raise PilotError(unknown("pilot", name_or_path, pilot_names(), or_else=_OR_ELSE))
    _check_holds_networks(folder)
    return folder


def _arm_folder(seeded: Path) -> Path:
    """`c/seed-3` where it lies, or among the shipped weights."""
    shipped = SHIPPED / seeded
    return shipped if shipped.is_dir() and not seeded.is_dir() else seeded


def _check_holds_networks(folder: Path) -> None:
    """Raise PilotError where a folder is no checkpoint; one that is damaged is for the reader to tell."""
    # Torch comes with it, which flies what lies in such a folder anyway.
    from models.checkpoint import CONFIG, WEIGHTS

    found = {skill for path in _by_skills(folder) for skill in path.name.split("+")}
    missing = [skill for skill in SKILLS if skill not in found]
    if missing and not any((folder / name).exists() for name in (CONFIG, WEIGHTS)):
        raise PilotError(
            f"pilot {str(folder)!r}: no checkpoint in this folder: looked for {CONFIG} and {WEIGHTS}, or for folders "
            f"{', '.join(SKILLS)}, of which {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        )
