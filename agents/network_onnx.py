"""A brain whose networks are one ONNX graph that `trident export` wrote."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from agents.fusion import FusionRule
from agents.onnx_session import open_session
from agents.pilot import Plan
from agents.policy import PolicyError
from agents.rule_file import rule_of
from models import NetworkConfig, example_batch
from sim.flight import Flight
from sim.types import HISTORY_SHAPE, MAX_TOKENS, SITE_FIELDS, Observation

_KEY = "trident_networks"
"""Of the file's metadata, by which our graphs are told from policies of others."""


@dataclass(frozen=True)
class ExportedNetworks:
    """What an exported graph says of itself."""

    pilot: str
    """Which pilot's networks they are."""
    weights: str
    """Digest of the weights, as `compare` writes it."""
    networks: int
    parameters: int
    macs_per_second: float
    """At full rate, of a graph that answers everything in every run."""
    rule: dict[str, float]
    """What the pilot fuses its skills by: the fields of `agents.fusion.FusionRule`."""
    macs_per_run: int | None = None
    """None in files of earlier versions."""

    @property
    def fusion_rule(self) -> FusionRule:
        """The rule as the pilot takes it; ValueError where a number makes no sense."""
        return rule_of(self.rule)

    def metadata(self) -> dict[str, str]:
        """As it is written into the file."""
        return {_KEY: json.dumps(asdict(self))}


def exported_networks(path: Path) -> ExportedNetworks | None:
    """What a file says of itself; None for a graph that is not ours. PolicyError where it cannot be read."""
    told = open_session(path).get_modelmeta().custom_metadata_map.get(_KEY)
    try:
        if told is None:
            return None
        networks = ExportedNetworks(**json.loads(told))
        rule_of(networks.rule)
        return networks
    except (TypeError, ValueError) as error:
        raise PolicyError(f"pilot {path}: its metadata {_KEY} is damaged: {error}") from error


def onnx_frame(path: Path) -> Callable[[], object]:
    """One frame through an exported graph, to be timed."""
    session = open_session(path)
    frame = {name: value.numpy() for name, value in example_batch(NetworkConfig()).items()}
    return lambda: session.run(None, frame)


class OnnxBrain:
    """All three skills from one run of the graph for each observation, goal included."""

    def __init__(self, path: Path) -> None:
        """Raises PolicyError where the file is missing or no graph."""
        self._session = open_session(path)
        self._asked: tuple[np.ndarray, ...] = ()
        self._answers: list[np.ndarray] = []

    def reset(self, flight: Flight) -> None:
        self._asked, self._answers = (), []

    def plan(self, observation: Observation) -> Plan:
        _, _, mission, status = self._run(observation)
        return Plan(mission[0], status[0])

    def navigate(self, observation: Observation) -> Float[np.ndarray, " k"]:
        return self._run(observation)[0][0]

    def survive(self, observation: Observation) -> Float[np.ndarray, " k"]:
        return self._run(observation)[1][0]

    def _run(self, observation: Observation) -> list[np.ndarray]:
        """The graph's outputs; asked again with the very same arrays, as the skills of one step are, it knows."""
        asked = tuple(observation[name] for name in ("image", "goal", "sites"))
        if len(self._asked) != len(asked) or any(
            new is not old for new, old in zip(asked, self._asked, strict=True)
        ):
            shaped = {
                **observation,
                "history": observation["history"].reshape(HISTORY_SHAPE),
                "sites": observation["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS)),
            }
            self._answers = self._session.run(
                None, {entry.name: shaped[entry.name][None] for entry in self._session.get_inputs()}
            )
            self._asked = asked
        return self._answers
