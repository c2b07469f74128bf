"""How the heads' losses become one: equal weights after a frozen normalisation."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from models.losses import total_loss


class FrozenNormalization(nn.Module):
    """Divides each loss by its own average over the first steps, then sums equally.

    The average is exponential and bias-corrected (Adam's rule), and no longer moves after `steps`: a scale that
    kept following the loss would cancel the progress it measures. Its buffers resume with a state dict.
    """

    average: Tensor
    seen: Tensor

    def __init__(self, heads: tuple[str, ...], steps: int = 200, decay: float = 0.98) -> None:
        super().__init__()
        if steps < 1 or not 0 <= decay < 1:
            raise ValueError(
                f"steps = {steps}, decay = {decay}: steps must be positive, decay in [0, 1)"
            )
        self.heads, self.steps, self.decay = heads, steps, decay
        self.register_buffer("average", torch.zeros(len(heads)))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def forward(self, losses: Mapping[str, Tensor]) -> Float[Tensor, ""]:
        """The sum of the normalised losses; in training mode the first `steps` calls also move the averages."""
        if losses.keys() != set(self.heads):
            raise ValueError(
                f"losses for {sorted(losses)} but normalisation for {sorted(self.heads)}"
            )
        if self.training and self.seen < self.steps:
            now = torch.stack([losses[head].detach() for head in self.heads]).to(self.average)
            self.average.lerp_(now, 1 - self.decay)
            self.seen += 1
        return total_loss(losses, self.weights())

    def weights(self) -> dict[str, Tensor]:
        """1 / average loss by head; 1 before the first step and for a loss that has been 0 throughout."""
        scale = self.average / (1 - self.decay ** self.seen.clamp(min=1))
        weight = torch.where(scale > 0, 1 / scale, torch.ones_like(scale))
        return dict(zip(self.heads, weight, strict=True))
