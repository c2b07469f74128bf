"""Losses against hand calculation, and what masks promise."""

import math

import pytest
import torch

from models import (
    FrozenNormalization,
    NetworkConfig,
    backward,
    head_losses,
    new_network,
)
from models.losses import avoidance_loss, choice_loss, navigation_loss, status_loss
from tests.models.helpers import labelled_batch

YES = torch.ones(1, dtype=torch.bool)
FIRST_STEPS = 200
"""Over which losses are averaged, as docs/training.md says."""
MASKS = ("mask_navigation", "mask_survival", "mask_mission", "mask_status")


def test_navigation_by_hand() -> None:
    logits = torch.tensor([[math.log(1), math.log(3)]])
    loss = navigation_loss(logits, torch.tensor([[0.5, 0.5]]), YES)
    assert loss.item() == pytest.approx(-0.5 * math.log(0.25) - 0.5 * math.log(0.75))


def test_navigation_is_least_at_the_teacher_distribution() -> None:
    target = torch.softmax(torch.randn(4, 9, generator=torch.Generator().manual_seed(0)), 1)
    logits = target.log().requires_grad_()
    navigation_loss(logits, target, torch.ones(4, dtype=torch.bool)).backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, torch.zeros_like(logits), atol=1e-7, rtol=0)


def test_avoidance_by_hand() -> None:
    logits = torch.tensor([[math.log(3), math.log(3)]])
    loss = avoidance_loss(logits, torch.tensor([[1.0, 0.0]]), YES)
    assert loss.item() == pytest.approx((-math.log(0.75) - math.log(0.25)) / 2)


def test_choice_by_hand() -> None:
    logits = torch.tensor([[1.0, 2.0, 3.0, 6.0]]).log()
    best = torch.tensor([[True, False, True, False]])
    allowed = torch.tensor([[True, True, True, False]])
    assert choice_loss(logits, best, allowed, YES).item() == pytest.approx(-math.log(4 / 6))


def test_choice_costs_nothing_when_every_allowed_choice_is_best() -> None:
    sets = torch.tensor([[True, False, True]])
    assert choice_loss(torch.randn(1, 3), sets, sets, YES).item() == pytest.approx(0, abs=1e-6)


def test_status_counts_only_what_is_in_view() -> None:
    logits = torch.tensor([[math.log(3), 50.0], [7.0, -7.0]])
    mask = torch.tensor([[True, False], [False, False]])
    assert status_loss(logits, torch.zeros(2, 2), mask).item() == pytest.approx(-math.log(0.25))


def test_losses_agree_with_finite_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 6, dtype=torch.float64, generator=generator, requires_grad=True)
    target = torch.rand(3, 6, dtype=torch.float64, generator=generator)
    best, mask = target > target.median(1, keepdim=True).values, torch.tensor([True, False, True])
    for loss in (
        lambda x: navigation_loss(x, target, mask),
        lambda x: avoidance_loss(x, target, mask),
        lambda x: choice_loss(x, best, best | (target < 0.3), mask),
    ):
        assert torch.autograd.gradcheck(loss, (logits,))


def test_a_frame_without_label_gives_exactly_zero_gradient() -> None:
    config = NetworkConfig(width=0.25)
    net, batch = new_network(config, 0), labelled_batch(config, 3)
    for mask in MASKS:
        batch[mask][1] = False
    batch["target_mission"][1] = False
    batch["allowed_mission"][1] = False
    outputs = net(batch)
    for logits in outputs.values():
        logits.retain_grad()
    losses = head_losses(outputs, batch)
    backward(losses)
    for name, logits in outputs.items():
        assert logits.grad is not None
        assert (logits.grad[1] == 0).all(), name
        assert (logits.grad[0] != 0).any(), name


def test_a_batch_without_any_label_gives_zero_loss_and_gradient() -> None:
    config = NetworkConfig(width=0.25)
    net, batch = new_network(config, 0), labelled_batch(config, 2)
    batch |= {
        name: torch.zeros_like(batch[name])
        for name in (*MASKS, "target_mission", "allowed_mission")
    }
    losses = head_losses(net(batch), batch)
    backward(losses)
    assert [loss.item() for loss in losses.values()] == [0, 0, 0]
    assert all((p.grad == 0).all() for p in net.parameters() if p.grad is not None)


def test_duplicated_frames_leave_the_mean_alone() -> None:
    config = NetworkConfig(width=0.25)
    net, batch = new_network(config, 0).double(), labelled_batch(config, 3)
    batch = {
        name: value.double() if value.is_floating_point() else value
        for name, value in batch.items()
    }
    twice = {name: torch.cat((value, value)) for name, value in batch.items()}
    once, doubled = head_losses(net(batch), batch), head_losses(net(twice), twice)
    for head in once:
        torch.testing.assert_close(once[head], doubled[head])


def test_a_normalisation_is_of_the_losses_it_was_made_for() -> None:
    losses = {"navigation": torch.tensor(2.0), "mission": torch.tensor(3.0)}
    with pytest.raises(ValueError, match="avoidance"):
        FrozenNormalization(("navigation", "avoidance"))(losses)


def test_normalisation_makes_constant_losses_equal_then_freezes() -> None:
    balancer = FrozenNormalization(("navigation", "mission"))
    for _ in range(FIRST_STEPS):
        scaled = balancer({"navigation": torch.tensor(8.0), "mission": torch.tensor(0.25)})
        assert [loss.item() for loss in scaled.values()] == pytest.approx([1, 1], rel=1e-4)
    for _ in range(3):
        scaled = balancer({"navigation": torch.tensor(4.0), "mission": torch.tensor(0.25)})
        assert [loss.item() for loss in scaled.values()] == pytest.approx([0.5, 1], rel=1e-4)


def test_normalisation_resumes_from_its_state() -> None:
    first, second = (FrozenNormalization(("navigation",)) for _ in range(2))
    for value in (1.0, 3.0):
        first({"navigation": torch.tensor(value)})
    second.load_state_dict(first.state_dict())
    for value in (5.0, 7.0, 9.0):
        losses = {"navigation": torch.tensor(value)}
        assert first(losses)["navigation"].item() == second(losses)["navigation"].item()
