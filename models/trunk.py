"""The shared trunk: one look at image, depth history and ego state, one embedding for every head."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from models.config import NetworkConfig

CHANNELS = (12, 20, 40, 72)
"""Feature maps at 1/2, 1/4, 1/8 and 1/16 of the image, at width 1."""
EMBEDDING = 256


class Trunk(nn.Module):
    """Image, history and ego to one embedding; it sees no goal, so it serves every task."""

    ego_scale: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = (config.scaled(size) for size in CHANNELS)
        past = config.history_shape[0]
        _, height, width = config.image_shape
        self.embedding_size = config.scaled(EMBEDDING)
        self.pixel_mean, self.pixel_scale = config.pixel_mean, config.pixel_scale
        self.rectify = nn.LeakyReLU(config.negative_slope)
        self.stem = nn.Conv2d(3, half, 3, stride=2, padding=1)
        self.quarter = nn.Conv2d(half + 1, quarter, 3, stride=2, padding=1)
        self.eighth = nn.Conv2d(quarter + 1 + past, eighth, 3, stride=2, padding=1)
        self.sixteenth = nn.Conv2d(eighth, sixteenth, 3, stride=2, padding=1)
        flat = sixteenth * (height // 16) * (width // 16)
        self.embed = nn.Linear(flat + len(config.ego_scale), self.embedding_size)
        # Keeps the embedding's magnitude the same for all heads, whichever of them dominates the gradient.
        self.norm = nn.LayerNorm(self.embedding_size)
        self.register_buffer(
            "ego_scale", torch.tensor(config.ego_scale, dtype=torch.float32), persistent=False
        )
        for conv in (self.stem, self.quarter, self.eighth, self.sixteenth):
            nn.init.kaiming_normal_(conv.weight, a=config.negative_slope)
            # Training runs 5-25 % faster with weights in this layout; torch's stubs do not know the argument.
            conv.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def forward(
        self,
        image: UInt8[Tensor, "b 4 h w"],
        history: UInt8[Tensor, "b p hq wq"],
        ego: Float[Tensor, "b e"],
    ) -> Float[Tensor, "b d"]:
        """Embedding of a batch of frames; inputs are raw, scaled here."""
        dtype = self.ego_scale.dtype
        depth_half = nearest_of_blocks(image[:, 3:])
        depth_quarter = nearest_of_blocks(depth_half)
        # Scaling and shifting by filter and bias instead of the pixels saves two passes over the largest array of the network.
        color = image[:, :3].to(dtype, memory_format=torch.channels_last)
        assert self.stem.bias is not None  # Torch's stubs allow for convolutions without.
        filters = self.stem.weight / self.pixel_scale
        bias = self.stem.bias - self.pixel_mean * filters.sum((1, 2, 3))
        x = self.rectify(F.conv2d(color, filters, bias, stride=2, padding=1))
        x = self.rectify(self.quarter(torch.cat((x, self._scaled(depth_half)), 1)))
        past_depth = self._scaled(torch.cat((depth_quarter, history), 1))
        x = self.rectify(self.eighth(torch.cat((x, past_depth), 1)))
        x = self.rectify(self.sixteenth(x))
        return self.rectify(
            self.norm(self.embed(torch.cat((x.flatten(1), ego / self.ego_scale), 1)))
        )

    def _scaled(self, code: UInt8[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return (code.to(self.ego_scale.dtype) - self.pixel_mean) / self.pixel_scale


def nearest_of_blocks(code: UInt8[Tensor, "b c h w"]) -> UInt8[Tensor, "b c h//2 w//2"]:
    """2 x 2 max-pooling; a larger depth code is nearer, so the nearest obstacle stays.

    Two maxima over bytes are over twenty times faster than `max_pool2d`, and inputs need no gradient.
    """
    rows = torch.maximum(code[:, :, 0::2], code[:, :, 1::2])
    return torch.maximum(rows[..., 0::2], rows[..., 1::2])
