"""A labelled batch for any configuration."""

import torch
from torch import Tensor

from models import NetworkConfig, example_batch


def labelled_batch(config: NetworkConfig, size: int, seed: int = 0) -> dict[str, Tensor]:
    """Random inputs and labels, every mask open."""
    batch = example_batch(config, size, seed)
    generator = torch.Generator().manual_seed(seed + 1)

    def draw(*shape: int) -> Tensor:
        return torch.rand((size, *shape), generator=generator)

    choices = config.site_tokens + 2  # Every token, inspect and land.
    best = draw(choices) < 0.2
    best[torch.arange(size), torch.randint(0, choices, (size,), generator=generator)] = True
    return batch | {
        "target_navigation": torch.softmax(5 * draw(config.candidates), 1),
        "mask_navigation": torch.ones(size, dtype=torch.bool),
        "target_survival": draw(config.candidates).round(),
        "mask_survival": torch.ones(size, dtype=torch.bool),
        "target_mission": best,
        "allowed_mission": torch.ones(size, choices, dtype=torch.bool),
        "mask_mission": torch.ones(size, dtype=torch.bool),
        "target_status": draw(2).round(),
        "mask_status": torch.ones(size, 2, dtype=torch.bool),
    }
