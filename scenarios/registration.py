"""The Gymnasium environments: ids, and the factory behind them."""

from pathlib import Path
from typing import TYPE_CHECKING

import gymnasium
import numpy as np

from scenarios.seeds import SEED_SETS
from sim.names import unknown

if TYPE_CHECKING:
    from scenarios.sources import FamilyMix
    from sim.env import TridentEnv
    from sim.plan_env import PlanEnv

# Real places stay out of the defaults: environments draw training worlds, and what is learned is tested there.
_DEFAULTS = {
    "Trident/Navigate-v0": ("make_env", "navigate", "forest-navigation"),
    "Trident/Avoid-v0": ("make_env", "avoid", "forest-avoidance"),
    "Trident/Mission-v0": ("make_env", "mission", "blocks-mission"),
    "Trident/Plan-v0": ("make_plan_env", "mission", "blocks-mission"),
}
"""Factory, the kind of task it takes, and the scenario unless another is asked for."""
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "scenario": ((str,), "a library name or the path of a TOML file, as text"),
    "split": ((str,), f"one of {', '.join(SEED_SETS)}"),
    "worlds": (
        (int, np.integer, type(None)),
        "a whole number, or None for all worlds of the split",
    ),
    "action": ((str,), "one of velocity, body_rate, rotor"),
    "state_only": ((bool, np.bool_), "True or False"),
    "pilot": ((str,), "classical, teacher, a shipped network or the path of a checkpoint, as text"),
    "dump_to": ((str, Path, type(None)), "a folder, or None for the user's cache"),
    "task": ((str, type(None)), "navigate, avoid or mission, or None for any"),
}
"""What each argument of an environment may be, and that in words."""


def register_environments() -> None:
    """Make the ids known to Gymnasium; calling it twice is no error."""
    for name, (factory, task, scenario) in _DEFAULTS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point=f"scenarios.registration:{factory}",
                kwargs={"scenario": scenario, "task": task},
            )


def make_env(
    scenario: str,
    split: str = "training",
    worlds: int | None = None,
    render_mode: str | None = None,
    action: str = "velocity",
    state_only: bool = False,
    dump_to: str | Path | None = None,
    task: str | None = None,
) -> "TridentEnv":
    """An environment that draws its worlds from one family.

    Args:
        scenario: A library name or a TOML file.
        split: Which world seeds `reset` draws from: training, choice, acceptance or test.
        worlds: How many of the split's worlds, the first ones; all by default. Up to 16 stay built between flights.
        render_mode: None or "rgb_array".
        action: What actions mean: velocity, body_rate or rotor, see `TridentEnv`.
        state_only: No camera: nothing is rendered, and the observation has no images.
        dump_to: Folder for the last seconds of a flight that diverges; the user's cache by default.
        task: The kind the scenario's task must be of: navigate, avoid or mission; None takes any.
    """
    from sim.env import TridentEnv

    _check_kinds(
        scenario=scenario, split=split, worlds=worlds, action=action, state_only=state_only,
        dump_to=dump_to, task=task,
    )  # fmt: skip
    _check_task(scenario, task)
    return TridentEnv(
        *_worlds(scenario, split, worlds),
        render_mode,
        action=action,
        state_only=bool(state_only),
        dump_to=dump_to,
    )


def make_plan_env(
    scenario: str,
    split: str = "training",
    worlds: int | None = None,
    render_mode: str | None = None,
    pilot: str = "classical",
    dump_to: str | Path | None = None,
    task: str = "mission",
) -> "PlanEnv":
    """An environment whose actions are mission choices, flown by a pilot; arguments as in `make_env`.

    Args:
        scenario: A library name or a TOML file, of missions.
        split: Which world seeds `reset` draws from.
        worlds: How many of them, the first ones.
        render_mode: None or "rgb_array".
        pilot: Whose navigation and avoidance fly: classical, teacher, a shipped network or a checkpoint folder.
        dump_to: Folder for the last seconds of a flight that diverges.
        task: The kind the scenario's task must be of; plans are for missions only.
    """
    from agents import load_courier
    from sim.plan_env import PlanEnv

    _check_kinds(
        scenario=scenario, split=split, worlds=worlds, pilot=pilot, dump_to=dump_to, task=task
    )
    _check_task(scenario, task)
    return PlanEnv(
        *_worlds(scenario, split, worlds), load_courier(pilot), render_mode, dump_to=dump_to
    )


def _check_kinds(**given: object) -> None:
    """Raise ValueError naming an argument whose value is of another kind than `_KINDS` says."""
    for name, value in given.items():
        kinds, allowed = _KINDS[name]
        # To Python a bool is an int.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ValueError(f"{name} = {value!r}: must be {allowed}")


def _check_task(scenario: str, task: str | None) -> None:
    """Raise ValueError where a scenario's task is not of the kind an environment is for."""
    from scenarios.catalog import load, task_kind

    kind = task_kind(load(scenario))
    if task not in (None, kind):
        fitting = [
            f"scenarios:{name}" for name, (_, taken, _) in _DEFAULTS.items() if taken == kind
        ]
        raise ValueError(
            f"scenario = {scenario!r}: its task is of kind {kind!r}, and this environment's of kind {task!r}; "
            f"make {' or '.join(fitting)}"
        )


def _worlds(scenario: str, split: str, worlds: int | None) -> "tuple[FamilyMix, range]":
    from scenarios.sources import FamilyMix

    if split not in SEED_SETS:
        raise ValueError(unknown("split", split, SEED_SETS))
    seeds = SEED_SETS[split]
    if worlds is not None and not 1 <= worlds <= len(seeds):
        raise ValueError(f"worlds = {worlds}: {split} has 1 to {len(seeds)}")
    return FamilyMix((scenario,)), seeds if worlds is None else seeds[:worlds]
