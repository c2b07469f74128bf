"""Gradients of several losses on one trunk: closed forms in two dimensions."""

import pytest
import torch
from torch import Tensor, nn

from models import agreement, backward, backward_projected


class Plane(nn.Module):
    """A trunk of two numbers, and a head of one for each loss."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.ParameterDict({"point": nn.Parameter(torch.zeros(2))})
        self.heads = nn.ParameterDict({n: nn.Parameter(torch.ones(())) for n in ("a", "b", "c")})

    def losses(self, **directions: tuple[float, float]) -> dict[str, Tensor]:
        """Linear losses whose gradients on the trunk are the directions."""
        point = self.trunk["point"]
        return {
            name: self.heads[name] * (point @ torch.tensor(direction)) + self.heads[name]
            for name, direction in directions.items()
        }


def projected(seed: int = 0, **directions: tuple[float, float]) -> tuple[Plane, list[float]]:
    net = Plane()
    backward_projected(net.losses(**directions), net, torch.Generator().manual_seed(seed))
    gradient = net.trunk["point"].grad
    assert gradient is not None
    return net, gradient.tolist()


def test_gradients_that_agree_are_summed_as_they_are() -> None:
    net, gradient = projected(a=(1.0, 0.0), b=(1.0, 2.0))
    assert gradient == pytest.approx([2.0, 2.0])
    plain = Plane()
    backward(plain.losses(a=(1.0, 0.0), b=(1.0, 2.0)))
    assert plain.trunk["point"].grad.tolist() == pytest.approx(gradient)
    for name in ("a", "b"):
        assert net.heads[name].grad.item() == plain.heads[name].grad.item() == 1.0


def test_of_two_that_conflict_each_loses_its_part_along_the_other() -> None:
    """a = (1, 0), b = (-1, 1): a becomes (1/2, 1/2), b becomes (0, 1)."""
    _, gradient = projected(a=(1.0, 0.0), b=(-1.0, 1.0))
    assert gradient == pytest.approx([0.5, 1.5])


def test_opposite_gradients_cancel() -> None:
    _, gradient = projected(a=(0.0, 2.0), b=(0.0, -1.0))
    assert gradient == pytest.approx([0.0, 0.0])


def test_the_order_is_drawn_from_the_generator_alone() -> None:
    conflict = {"a": (1.0, 0.2), "b": (-1.0, 0.5), "c": (-0.4, -1.0)}
    found = [projected(seed, **conflict)[1] for seed in (1, 1, 2, 3, 4, 5)]
    assert found[0] == found[1]
    assert any(other != found[0] for other in found[2:])


def test_agreement_is_cosine_and_ratio_of_norms() -> None:
    net = Plane()
    losses = net.losses(a=(3.0, 0.0), b=(0.0, 1.0), c=(-1.0, 0.0))
    found = agreement(losses, net)
    assert found["cosine_a_b"] == pytest.approx(0.0)
    assert found["cosine_a_c"] == pytest.approx(-1.0)
    assert found["norm_ratio"] == pytest.approx(3.0)
    # Looking changes nothing, and the gradients can still be taken.
    assert net.trunk["point"].grad is None
    backward(losses)


def test_one_loss_agrees_with_nobody() -> None:
    net = Plane()
    assert agreement(net.losses(a=(1.0, 0.0)), net) == {}
