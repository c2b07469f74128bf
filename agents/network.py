"""Brains made of networks: one shared, or one specialist a skill; the code is the same."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from agents.pilot import Plan
from models import MultiTaskNet
from sim.flight import Flight
from sim.types import HISTORY_SHAPE, MAX_TOKENS, SITE_FIELDS, Observation


class NetworkBrain:
    """The skills one network has; its trunk runs once a frame, however many skills are asked."""

    def __init__(self, network: MultiTaskNet) -> None:
        self.network = network.eval()
        self._seen: np.ndarray | None = None
        self._embedding: torch.Tensor | None = None

    def reset(self, flight: Flight) -> None:
        self._seen = self._embedding = None

    @torch.inference_mode()
    def plan(self, observation: Observation) -> Plan:
        embedding = self._embed(observation)
        sites = _batched(observation["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS)))
        mask = _batched(observation["sites_mask"])
        head: Any = self.network.heads["mission"]
        logits, status = head(embedding, _batched(observation["ego"]), sites, mask)
        return Plan(logits[0].numpy(), torch.sigmoid(status[0]).numpy())

    @torch.inference_mode()
    def navigate(self, observation: Observation) -> Float[np.ndarray, " k"]:
        logits = self.network.heads["navigation"](
            self._embed(observation), _batched(observation["goal"])
        )
        return torch.log_softmax(logits[0], 0).numpy()

    @torch.inference_mode()
    def survive(self, observation: Observation) -> Float[np.ndarray, " k"]:
        logits = self.network.heads["avoidance"](
            self._embed(observation), _batched(observation["goal"])
        )
        return torch.sigmoid(logits[0]).numpy()

    def _embed(self, observation: Observation) -> torch.Tensor:
        """The trunk's embedding of this frame, computed once."""
        embedding = self._embedding
        if embedding is None or observation["image"] is not self._seen:
            history = _batched(observation["history"].reshape(HISTORY_SHAPE))
            embedding = self.network.trunk(
                _batched(observation["image"]), history, _batched(observation["ego"])
            )
            self._embedding, self._seen = embedding, observation["image"]
        return embedding


def _batched(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))[None]
