"""How the heads' losses become comparable: a frozen normalisation, then equal, given or learned weights."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

_STEPS = 200
"""Calls in training mode after which the averages no longer move."""
_DECAY = 0.98
"""Of the averages, a call."""


class FrozenNormalization(nn.Module):
    """Divides each loss by its own average over the first steps, then multiplies it by a given weight.

    The average is exponential and bias-corrected (Adam's rule), and then frozen: a scale that kept following the loss
    would cancel the progress it measures. Its buffers resume with a state dict.
    """

    average: Tensor
    seen: Tensor

    def __init__(self, heads: tuple[str, ...], weights: Mapping[str, float] | None = None) -> None:
        """`weights` by head, 1 for those not named."""
        super().__init__()
        self.heads = heads
        self.given = {head: (weights or {}).get(head, 1.0) for head in heads}
        self.register_buffer("average", torch.zeros(len(heads)))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def forward(self, losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The losses as they are to be summed; in training mode the first ones also move the averages."""
        if losses.keys() != set(self.heads):
            raise ValueError(
                f"losses for {sorted(losses)} but normalisation for {sorted(self.heads)}"
            )
        if self.training and self.seen < _STEPS:
            now = torch.stack([losses[head].detach() for head in self.heads]).to(self.average)
            self.average.lerp_(now, 1 - _DECAY)
            self.seen += 1
        weights = self.weights()
        return {head: weights[head] * loss for head, loss in losses.items()}

    def weights(self) -> dict[str, Tensor]:
        """Given weight / average loss by head; the average counts as 1 before the first step and where it is 0."""
        scale = self.average / (1 - _DECAY ** self.seen.clamp(min=1))
        weight = torch.where(scale > 0, 1 / scale, torch.ones_like(scale))
        return {head: self.given[head] * weight[i] for i, head in enumerate(self.heads)}


class UncertaintyWeights(nn.Module):
    """Homoscedastic uncertainty (Kendall et al. 2018) on normalised losses: exp(-s) L + s with one learned s a head.

    `s` starts at 0, which is equal weights; it belongs to the optimiser.
    """

    def __init__(self, heads: tuple[str, ...]) -> None:
        super().__init__()
        self.normalization = FrozenNormalization(heads)
        self.log_variance = nn.Parameter(torch.zeros(len(heads)))

    def forward(self, losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The losses as they are to be summed, each with the price of its uncertainty."""
        normalised = self.normalization(losses)
        log_variance = dict(zip(self.normalization.heads, self.log_variance, strict=True))
        return {
            head: torch.exp(-log_variance[head]) * loss + log_variance[head]
            for head, loss in normalised.items()
        }
