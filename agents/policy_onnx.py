"""A policy that is an ONNX graph: inputs are the observation's entries by name, the first output is the action."""

from pathlib import Path
from typing import Any

import numpy as np

from agents.onnx_session import open_session
from agents.pilot import Briefing
from agents.policy import PolicyError, check_entries
from sim.observation import observation_space
from sim.types import Observation

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


class OnnxPolicy:
    """A graph without memory, run on one thread; every input may have a leading batch dimension."""

    def __init__(self, path: Path, action: str) -> None:
        """`action` is the level of its output, unless the graph's metadata say `action` themselves."""
        self._session = open_session(path)
        self._inputs = {entry.name: entry for entry in self._session.get_inputs()}
        self.observation = tuple(self._inputs)
        self.action = self._session.get_modelmeta().custom_metadata_map.get("action", action)
        check_entries(str(path), self.observation)
        self._shapes = {name: _shape(path, entry) for name, entry in self._inputs.items()}
        self._types = {name: _type(path, entry) for name, entry in self._inputs.items()}

    def reset(self, briefing: Briefing) -> None:
        """Nothing is remembered."""

    def act(self, observation: Observation) -> Any:
        """The first output, whatever batch dimensions it has."""
        fed = {
            name: value.reshape(self._shapes[name]).astype(self._types[name], copy=False)
            for name, value in observation.items()
        }
        return self._session.run(None, fed)[0]


def _shape(path: Path, entry: Any) -> tuple[int, ...]:
    """The shape an input is fed in: free dimensions are a batch of one, and the rest must hold the entry."""
    size = int(np.prod(observation_space().spaces[entry.name].shape or ()))
    shape = tuple(n if isinstance(n, int) else 1 for n in entry.shape)
    if int(np.prod(shape)) != size:
        raise PolicyError(
            f"pilot {path}: input {entry.name} has shape {entry.shape}, the observation's has {size} numbers"
        )
    return shape


def _type(path: Path, entry: Any) -> Any:
    if entry.type not in _TYPES:
        raise PolicyError(
            f"pilot {path}: input {entry.name} is {entry.type}: choose {', '.join(_TYPES)}"
        )
    return _TYPES[entry.type]
