"""Gradients of several losses on one trunk: how they agree, and how they become one."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

Gradient = Sequence[Tensor]


def backward(losses: Mapping[str, Tensor]) -> None:
    """The gradient of the sum of the losses."""
    torch.stack(list(losses.values())).sum().backward()


def backward_projected(
    losses: Mapping[str, Tensor], net: nn.Module, generator: torch.Generator
) -> None:
    """PCGrad (Yu et al. 2020, algorithm 1) on the trunk: of two gradients that conflict, each loses its part along the other.

    Heads belong to one loss each and get its gradient as it is. The others are projected on in an order drawn from
    `generator`.
    """
    trunk, others = _trunk_and_others(net)
    parts = {name: _gradient(loss, trunk) for name, loss in losses.items()}
    projected = []
    for name, gradient in parts.items():
        rest = [other for other in parts if other != name]
        order = torch.randperm(len(rest), generator=generator).tolist()
        projected.append(_without_conflicts(gradient, [parts[rest[index]] for index in order]))
    total = torch.stack(list(losses.values())).sum()
    for parameter, gradient in zip(others, _gradient(total, others), strict=True):
        parameter.grad = gradient
    for index, parameter in enumerate(trunk):
        parameter.grad = torch.stack([gradient[index] for gradient in projected]).sum(0)


def agreement(losses: Mapping[str, Tensor], net: nn.Module) -> dict[str, float]:
    """How the losses pull at the trunk: cosine between each two gradients, and the largest over the least norm.

    Keys are `cosine_navigation_avoidance` and the like, and `norm_ratio`; nothing for a single loss. Leaves every
    gradient of the network as it was, and the graph for another pass.
    """
    trunk, _ = _trunk_and_others(net)
    parts = {name: _gradient(loss, trunk) for name, loss in losses.items()}
    norms = {name: _dot(part, part) ** 0.5 for name, part in parts.items()}
    names = list(parts)
    if len(names) < 2 or min(norms.values()) == 0.0:
        return {}
    cosines = {
        f"cosine_{a}_{b}": _dot(parts[a], parts[b]) / (norms[a] * norms[b])
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    }
    return {**cosines, "norm_ratio": max(norms.values()) / min(norms.values())}


# --- Private.


def _trunk_and_others(net: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    named = list(net.named_parameters())
    trunk = [parameter for name, parameter in named if name.startswith("trunk.")]
    return trunk, [parameter for name, parameter in named if not name.startswith("trunk.")]


def _gradient(loss: Tensor, parameters: Sequence[Tensor]) -> list[Tensor]:
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return [
        torch.zeros_like(parameter) if gradient is None else gradient
        for parameter, gradient in zip(parameters, found, strict=True)
    ]


def _dot(first: Gradient, second: Gradient) -> float:
    return float(sum((a * b).sum() for a, b in zip(first, second, strict=True)))


def _without_conflicts(gradient: Gradient, others: Sequence[Gradient]) -> list[Tensor]:
    result = list(gradient)
    for other in others:
        along, size = _dot(result, other), _dot(other, other)
        if along < 0.0 < size:
            result = [a - along / size * b for a, b in zip(result, other, strict=True)]
    return result
