"""Laws of the network: what each input may and may not change, and that every head can learn."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models import (
    HEADS,
    NetworkConfig,
    backward,
    example_batch,
    head_losses,
    new_network,
    single_thread,
)
from models.trunk import nearest_of_blocks
from tests.models.helpers import labelled_batch

SUBSETS = [subset for size in (1, 2, 3) for subset in itertools.combinations(HEADS, size)]


@pytest.mark.parametrize("heads", SUBSETS)
@pytest.mark.parametrize("width", [0.25, 1.0])
def test_each_named_head_answers_and_no_other(heads: tuple[str, ...], width: float) -> None:
    config = NetworkConfig(heads=heads, width=width)
    outputs = new_network(config, 0)(example_batch(config, 3))
    sizes = {"navigation": 102, "avoidance": 102, "mission": 14, "status": 2}
    expected = set(heads) | ({"status"} if "mission" in heads else set())
    assert {name: tuple(value.shape) for name, value in outputs.items()} == {
        name: (3, sizes[name]) for name in expected
    }
    assert all(value.isfinite().all() for value in outputs.values())


def test_asking_for_some_heads_changes_nothing_in_their_answer() -> None:
    config = NetworkConfig()
    net, batch = new_network(config, 0), example_batch(config, 2)
    everything = net(batch)
    for head in HEADS:
        assert torch.equal(net(batch, (head,))[head], everything[head])
    with pytest.raises(ValueError, match="landing"):
        net(batch, ("landing",))


def test_seed_alone_decides_the_weights() -> None:
    config = NetworkConfig(width=0.25)
    torch.manual_seed(5)
    first = new_network(config, 0).state_dict()
    torch.manual_seed(6)
    before = torch.get_rng_state()
    again, other = new_network(config, 0).state_dict(), new_network(config, 1).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["trunk.stem.weight"], other["trunk.stem.weight"])


def test_a_batch_is_its_frames_one_by_one() -> None:
    config = NetworkConfig()
    net, batch = new_network(config, 0).double(), _double(example_batch(config, 4))
    together = net(batch)
    for frame in range(4):
        alone = net({name: value[frame : frame + 1] for name, value in batch.items()})
        for name in together:
            torch.testing.assert_close(alone[name][0], together[name][frame])


def test_infer_equals_forward() -> None:
    config = NetworkConfig()
    net, batch = new_network(config, 0), example_batch(config)
    observation = {name: value[0].numpy() for name, value in batch.items()}
    observation["sites"] = observation["sites"].reshape(-1)
    with single_thread():
        inferred, again, forward = net.infer(observation), net.infer(observation), net(batch)
    for name, logits in forward.items():
        np.testing.assert_array_equal(inferred[name], again[name])
        np.testing.assert_allclose(inferred[name], logits[0].detach().numpy(), rtol=1e-4, atol=1e-5)


def test_depth_pooling_keeps_the_nearest() -> None:
    code = torch.randint(
        0, 256, (3, 1, 48, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    assert torch.equal(nearest_of_blocks(code).float(), F.max_pool2d(code.float(), 2))


def test_goal_reaches_only_the_heads_that_steer_and_sites_only_the_mission_head() -> None:
    config = NetworkConfig()
    net, batch = new_network(config, 0), example_batch(config)
    before = net(batch)
    goal = net(batch | {"goal": batch["goal"] + 1})
    sites = net(batch | {"sites": batch["sites"] + 1})
    assert {name for name in before if not torch.equal(before[name], goal[name])} == {
        "navigation",
        "avoidance",
    }
    assert {name for name in before if not torch.equal(before[name], sites[name])} == {
        "mission",
        "status",
    }


def test_absent_sites_say_nothing() -> None:
    config = NetworkConfig()
    net, batch = new_network(config, 0), example_batch(config, 2)
    batch["sites_mask"][:, 7:] = 0
    sites = batch["sites"].clone().requires_grad_()
    outputs = net(batch | {"sites": sites})
    present = [*range(7), 12, 13]
    (outputs["mission"][:, present].square().sum() + outputs["status"].square().sum()).backward()
    assert sites.grad is not None
    assert (sites.grad[:, 7:] == 0).all()
    assert (sites.grad[:, :7].abs().sum((0, 2)) > 0).all()


def test_without_any_site_the_mission_head_stays_finite() -> None:
    config = NetworkConfig()
    net, batch = new_network(config, 0), example_batch(config)
    batch |= {
        "sites": torch.zeros_like(batch["sites"]),
        "sites_mask": torch.zeros_like(batch["sites_mask"]),
    }
    outputs = net(batch)
    (outputs["mission"].sum() + outputs["status"].sum()).backward()
    assert outputs["mission"].isfinite().all()
    assert all(p.grad.isfinite().all() for p in net.parameters() if p.grad is not None)


def test_order_of_sites_carries_no_meaning() -> None:
    config = NetworkConfig()
    net, batch = new_network(config, 0).double(), _double(example_batch(config, 2))
    order = torch.tensor(
        [0, *(1 + torch.randperm(11, generator=torch.Generator().manual_seed(3))).tolist()]
    )
    shuffled = net(
        batch | {"sites": batch["sites"][:, order], "sites_mask": batch["sites_mask"][:, order]}
    )
    straight = net(batch)
    torch.testing.assert_close(shuffled["mission"][:, :12], straight["mission"][:, order])
    torch.testing.assert_close(shuffled["mission"][:, 12:], straight["mission"][:, 12:])
    torch.testing.assert_close(shuffled["status"], straight["status"])


@pytest.mark.parametrize("head", HEADS)
def test_every_head_moves_the_trunk(head: str) -> None:
    config = NetworkConfig()
    net, batch = new_network(config, 0), labelled_batch(config, 4)
    head_losses(net(batch), batch)[head].backward()
    for name, parameter in net.trunk.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    for other in set(HEADS) - {head}:
        assert all(parameter.grad is None for parameter in net.heads[other].parameters())


def test_one_batch_can_be_overfitted() -> None:
    config = NetworkConfig(width=0.5)
    net, batch = new_network(config, 0), labelled_batch(config, 8)
    target = batch["target_navigation"]
    floor = -(target * target.log()).sum(1).mean().item()
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(150):
        losses = head_losses(net(batch), batch)
        optimizer.zero_grad()
        backward(losses)
        optimizer.step()
    final = head_losses(net(batch), batch)
    assert final["navigation"] < floor + 0.05
    assert final["avoidance"] < 0.05
    assert final["mission"] < 0.05


def _double(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        name: value.double() if value.is_floating_point() else value
        for name, value in batch.items()
    }


@pytest.mark.parametrize(("slope", "learns"), [(0.1, True), (0.0, False)])
def test_a_channel_that_never_fires_still_learns_but_where_nothing_leaks(
    slope: float, learns: bool
) -> None:
    config = NetworkConfig(width=0.25, negative_slope=slope)
    net, batch = new_network(config, 0), labelled_batch(config, 8)
    bias = net.trunk.stem.bias
    assert bias is not None
    with torch.no_grad():
        bias[0] = -1000.0
    backward(head_losses(net(batch), batch))
    gradient = net.trunk.stem.weight.grad
    assert gradient is not None
    assert bool(gradient[0].any()) is learns
    assert gradient[1:].any()


def test_pixels_enter_relative_to_their_mean_in_units_of_their_scale() -> None:
    batch = example_batch(NetworkConfig(width=0.25), 2)
    stretched = {
        name: (value // 2 * 2 if name in ("image", "history") else value)
        for name, value in batch.items()
    }
    halved = {
        name: (value // 2 if name in ("image", "history") else value)
        for name, value in batch.items()
    }
    whole, half = (
        new_network(NetworkConfig(width=0.25, pixel_mean=mean, pixel_scale=scale), 0)
        for mean, scale in ((0.0, 64.0), (0.0, 32.0))
    )
    torch.testing.assert_close(whole(stretched), half(halved))
    moved = new_network(NetworkConfig(width=0.25, pixel_mean=128.0, pixel_scale=32.0), 0)
    assert not torch.allclose(moved(halved)["navigation"], half(halved)["navigation"])
