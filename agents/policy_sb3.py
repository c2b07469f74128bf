"""A policy from a Stable-Baselines3 zip, of any of its algorithms, trained on Trident's observation."""

from pathlib import Path
from typing import Any

from gymnasium import spaces

from agents.pilot import Briefing
from agents.policy import PolicyError, check_entries
from sim.observation import observation_space
from sim.types import Observation


class Sb3Policy:
    """The policy alone, without the algorithm that trained it, answering deterministically."""

    def __init__(self, path: Path, action: str) -> None:
        """`action` is the level the environment was made with: the zip does not say."""
        try:
            from stable_baselines3.common.save_util import load_from_zip_file
        except ImportError as error:
            raise PolicyError(f"pilot {path}: needs `pip install trident-sim[sb3]`") from error
        import torch

        torch.set_num_threads(1)
        data, weights, _ = load_from_zip_file(path, device="cpu")
        if data is None or "policy_class" not in data or "policy" not in weights:
            raise PolicyError(f"pilot {path}: is no zip that Stable-Baselines3 has saved")
        self.observation = _entries(path, data["observation_space"])
        self.action = action
        _check_action(path, data["action_space"])
        self._policy = data["policy_class"](
            data["observation_space"], data["action_space"], _no_learning, **_arguments(data)
        )
        self._policy.load_state_dict(weights["policy"])
        self._policy.set_training_mode(False)
        self.parameters = sum(p.numel() for p in self._policy.parameters())

    def reset(self, briefing: Briefing) -> None:
        """Nothing is remembered."""

    def act(self, observation: Observation) -> Any:
        """The most likely action."""
        return self._policy.predict(observation, deterministic=True)[0]


def _no_learning(progress: float) -> float:
    """The learning rate the constructor asks for."""
    return 0.0


def _arguments(data: dict[str, Any]) -> dict[str, Any]:
    """What the algorithm would hand to its policy; on-policy ones keep `use_sde` to themselves until then."""
    exploration = {"use_sde": data.get("use_sde", False)} if "gae_lambda" in data else {}
    return {**exploration, **data.get("policy_kwargs", {})}


def _entries(path: Path, space: spaces.Space) -> tuple[str, ...]:
    """The entries it was trained on; they must be Trident's own."""
    if not isinstance(space, spaces.Dict):
        raise PolicyError(
            f"pilot {path}: was trained on {type(space).__name__}, not on Trident's dictionary; "
            "where a wrapper made the observation, give a class that does the same (module:Class)"
        )
    check_entries(str(path), tuple(space.spaces))
    ours = observation_space().spaces
    for name, entry in space.spaces.items():
        if entry.shape != ours[name].shape:
            raise PolicyError(
                f"pilot {path}: {name} has shape {entry.shape}, the observation's {ours[name].shape}"
            )
    return tuple(space.spaces)


def _check_action(path: Path, space: spaces.Space) -> None:
    if not isinstance(space, spaces.Box) or space.shape != (4,):
        raise PolicyError(f"pilot {path}: its action is {space}: Trident's is a Box of 4")
