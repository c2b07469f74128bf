"""The three heads; each reads the trunk's embedding and its own task inputs."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Integer
from torch import Tensor, nn

from models.config import NetworkConfig
from models.trunk import EMBEDDING

HIDDEN = 128
TOKEN = 48
FEED_FORWARD = 64
STATUS_HIDDEN = 64
LAYERS = 2
ATTENTION_HEADS = 4
MASKED = -1e4
"""Added to attention scores of absent tokens: their weight underflows to exactly 0, and a row without any token stays finite."""


NEAR = 20.0
"""Brings scaled distances (50 m is 1) to a logarithm between 0 and about 4."""


class CandidateHead(nn.Module):
    """One logit per lattice candidate, from embedding and goal."""

    goal_scale: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        inputs = config.scaled(EMBEDDING) + len(config.goal_scale)
        self.hidden = nn.Linear(inputs, config.scaled(HIDDEN))
        self.rectify = nn.LeakyReLU(config.negative_slope)
        self.logits = nn.Linear(config.scaled(HIDDEN), config.candidates)
        self.register_buffer(
            "goal_scale", torch.tensor(config.goal_scale, dtype=torch.float32), persistent=False
        )

    def forward(
        self, embedding: Float[Tensor, "b d"], goal: Float[Tensor, "b g"]
    ) -> Float[Tensor, "b k"]:
        """Logits; nothing is normalised yet."""
        hidden = self.hidden(torch.cat((embedding, goal / self.goal_scale), 1))
        return self.logits(self.rectify(hidden))


class NavigationHead(CandidateHead):
    """Logits of a distribution over candidates: which one makes progress along the free way to the goal."""


class AvoidanceHead(CandidateHead):
    """One logit per candidate: does it survive the next two seconds."""


class MissionHead(nn.Module):
    """Attention over the site tokens and the drone itself; where to go next, and what the site in view shows."""

    ego_scale: Tensor
    site_scale: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        size, features = config.scaled(TOKEN), len(config.site_scale)
        self.drone = nn.Linear(config.scaled(EMBEDDING) + len(config.ego_scale), size)
        # Two distances are spelled out because a linear layer cannot make them from coordinates.
        self.site = nn.Linear(features + 2, size)
        self.layers = nn.ModuleList(
            AttentionLayer(size, config.scaled(FEED_FORWARD), config.negative_slope)
            for _ in range(LAYERS)
        )
        self.norm = nn.LayerNorm(size)
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size)
        self.other_choices = nn.Linear(size, 2)
        self.status = nn.Sequential(
            nn.Linear(config.scaled(EMBEDDING) + features + 2, config.scaled(STATUS_HIDDEN)),
            nn.LeakyReLU(config.negative_slope),
            nn.Linear(config.scaled(STATUS_HIDDEN), 2),
        )
        self.register_buffer(
            "ego_scale", torch.tensor(config.ego_scale, dtype=torch.float32), persistent=False
        )
        self.register_buffer(
            "site_scale", torch.tensor(config.site_scale, dtype=torch.float32), persistent=False
        )

    def forward(
        self,
        embedding: Float[Tensor, "b d"],
        ego: Float[Tensor, "b e"],
        sites: Float[Tensor, "b n f"],
        mask: Integer[Tensor, "b n"],
    ) -> tuple[Float[Tensor, "b c"], Float[Tensor, "b 2"]]:
        """Logits over tokens, inspect, land (absent tokens are the caller's to mask); logits of (faulty, blocked)."""
        present = mask != 0
        distances = pairwise_distances(sites[..., :3] / self.site_scale[:3])
        tokens = self._describe(sites, distances)
        near = nearest_site(tokens, distances[:, :-1, -1], present)
        status = self.status(torch.cat((embedding, near), 1))
        drone = self.drone(torch.cat((embedding, ego / self.ego_scale), 1))
        x = torch.cat((self.site(tokens), drone[:, None]), 1)
        attendable = F.pad(present, (0, 1), value=True)[:, None, None, :]
        blocked = torch.zeros_like(attendable, dtype=x.dtype).masked_fill(~attendable, MASKED)
        for layer in self.layers:
            x = layer(x, distances, blocked)
        x = self.norm(x)
        site, drone = x[:, :-1], x[:, -1]
        pointer = (self.key(site) @ self.query(drone)[..., None])[..., 0] / site.shape[-1] ** 0.5
        return torch.cat((pointer, self.other_choices(drone)), 1), status

    def _describe(
        self, sites: Float[Tensor, "b n f"], distances: Float[Tensor, "b m m"]
    ) -> Float[Tensor, "b n g"]:
        """Scaled features, then the distance from home (token 0) and a logarithm that resolves the nearest metres."""
        from_home, away = distances[:, :-1, :1], distances[:, :-1, -1:]
        return torch.cat((sites / self.site_scale, from_home, torch.log1p(NEAR * away)), -1)


class AttentionLayer(nn.Module):
    """Pre-norm self-attention whose scores fall with distance at a learned rate per attention head, then a small MLP."""

    def __init__(self, size: int, feed_forward: int, negative_slope: float) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(size)
        self.qkv = nn.Linear(size, 3 * size)
        self.out = nn.Linear(size, size)
        self.distance_rate = nn.Parameter(torch.linspace(0.0, 3.0, ATTENTION_HEADS))
        self.norm_mlp = nn.LayerNorm(size)
        self.mlp = nn.Sequential(
            nn.Linear(size, feed_forward),
            nn.LeakyReLU(negative_slope),
            nn.Linear(feed_forward, size),
        )

    def forward(
        self,
        x: Float[Tensor, "b n d"],
        distances: Float[Tensor, "b n n"],
        blocked: Float[Tensor, "b 1 1 n"],
    ) -> Float[Tensor, "b n d"]:
        """Tokens after one round; `distances` in scaled units, `blocked` 0 or `MASKED`."""
        batch, count, size = x.shape
        heads = self.qkv(self.norm_attention(x)).view(batch, count, 3, ATTENTION_HEADS, -1)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) / (size / ATTENTION_HEADS) ** 0.5
        scores = scores - self.distance_rate[:, None, None] * distances[:, None] + blocked
        # A softmax whose division comes last: on rows this short, attention trains in 60 % of the built-in one's time.
        weights = torch.exp(scores - scores.detach().amax(-1, keepdim=True))
        mixed = weights @ value / weights.sum(-1, keepdim=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, count, size))
        return x + self.mlp(self.norm_mlp(x))


def pairwise_distances(positions: Float[Tensor, "b n 3"]) -> Float[Tensor, "b m m"]:
    """Distances between all tokens and the drone, which is the origin and comes last."""
    points = F.pad(positions, (0, 0, 0, 1))
    return torch.linalg.vector_norm(points[:, :, None] - points[:, None], dim=-1)


def nearest_site(
    tokens: Float[Tensor, "b n g"], away: Float[Tensor, "b n"], present: Bool[Tensor, "b n"]
) -> Float[Tensor, "b g"]:
    """The token of the site nearest to the drone, home excluded; zeros where there is none."""
    candidates = present[:, 1:]
    index = 1 + away[:, 1:].masked_fill(~candidates, torch.inf).argmin(1)
    rows = torch.arange(len(index), device=index.device)
    return tokens[rows, index] * candidates.any(1, keepdim=True)
