"""The network: one trunk call, then every head that the configuration names."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from models.config import NetworkConfig
from models.heads import AvoidanceHead, MissionHead, NavigationHead
from models.trunk import Trunk

HEAD_CLASSES = {"navigation": NavigationHead, "avoidance": AvoidanceHead, "mission": MissionHead}
INPUTS = ("image", "history", "ego", "goal", "sites", "sites_mask")


class MultiTaskNet(nn.Module):
    """One trunk and one to three heads; with a single head it is a specialist."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(config)
        self.heads = nn.ModuleDict({name: HEAD_CLASSES[name](config) for name in config.heads})

    def forward(
        self, batch: Mapping[str, Tensor], heads: tuple[str, ...] | None = None
    ) -> dict[str, Tensor]:
        """Logits by head, `heads` or all: navigation (b, k), avoidance (b, k), mission (b, c) and status (b, 2)."""
        wanted = self.config.heads if heads is None else self._check(heads)
        embedding = self.trunk(batch["image"], batch["history"], batch["ego"])
        outputs: dict[str, Tensor] = {}
        for name in wanted:
            if name == "mission":
                sites = batch["sites"].view(len(embedding), self.config.site_tokens, -1)
                mission = self.heads[name](embedding, batch["ego"], sites, batch["sites_mask"])
                outputs["mission"], outputs["status"] = mission
            else:
                outputs[name] = self.heads[name](embedding, batch["goal"])
        return outputs

    @torch.inference_mode()
    def infer(self, observation: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """`forward` on one unbatched observation; run it under `single_thread` for speed and repeatable bits."""
        device, dtype = self.trunk.ego_scale.device, self.trunk.ego_scale.dtype
        batch = {}
        for name in INPUTS:
            value = torch.from_numpy(observation[name])[None]
            batch[name] = value.to(device, dtype if value.is_floating_point() else None)
        return {name: logits[0].cpu().numpy() for name, logits in self(batch).items()}

    def _check(self, heads: tuple[str, ...]) -> tuple[str, ...]:
        absent = [head for head in heads if head not in self.heads]
        if absent:
            raise ValueError(f"heads {absent}: this network has {', '.join(self.config.heads)}")
        return heads


def new_network(config: NetworkConfig, seed: int) -> MultiTaskNet:
    """A network with weights drawn from `seed` alone; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MultiTaskNet(config)
