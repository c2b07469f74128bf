"""Costs add over a pilot's networks, what is timed takes turns, and the digest tells weights apart."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

import agents
import models
from models import Card, NetworkConfig, new_network, save_checkpoint
from scenarios.compute import compute_of, network_cost, weights_digest

CARD = Card("Small", "A test.", "none", "0", "none", "0.1")
STEERING = {"navigation+avoidance": 9.0, "mission": 1.3}


def specialists() -> list[models.MultiTaskNet]:
    return [new_network(NetworkConfig(heads=(head,)), seed=0) for head in models.HEADS]


def written(folder: Path, dtype: torch.dtype = torch.float32) -> dict[str, agents.Pilot]:
    """A small pilot of one network, loaded, by its name."""
    save_checkpoint(folder, new_network(NetworkConfig(width=0.5), seed=0), CARD, dtype)
    return {str(folder): agents.load_pilot(str(folder))}


def test_costs_add_over_networks_and_sharing_saves() -> None:
    one, three = network_cost([new_network(NetworkConfig(), seed=0)]), network_cost(specialists())
    assert (one.networks, three.networks) == (1, 3)
    assert one.parameters is not None
    assert three.parameters is not None
    assert one.macs_per_second is not None
    assert three.macs_per_second is not None
    assert three.parameters == sum(models.parameters(network) for network in specialists())
    assert one.parameters <= 0.45 * three.parameters
    assert one.macs_per_second <= 0.6 * three.macs_per_second


def test_fewer_steps_asked_cost_less() -> None:
    for cost in network_cost([new_network(NetworkConfig(), seed=0)]), network_cost(specialists()):
        assert cost.macs_per_second_of(models.FULL_RATE_HZ) == cost.macs_per_second
        asked = cost.macs_per_second_of(STEERING)
        assert asked is not None
        assert cost.macs_per_second is not None
        assert 9 / 15 < asked / cost.macs_per_second < 11 / 15


def test_a_frame_is_one_call_of_every_network_and_pilots_take_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, head in enumerate(models.HEADS):
        network = new_network(NetworkConfig(heads=(head,), width=0.25), seed)
        save_checkpoint(tmp_path / "three" / head, network, CARD)
    pilots = written(tmp_path / "one") | {
        str(tmp_path / "three"): agents.load_pilot(str(tmp_path / "three")),
        "random": agents.load_pilot("random"),
    }
    asked: list[tuple[str, ...]] = []

    def infer(network: models.MultiTaskNet, frame: object) -> None:
        asked.append(network.config.heads)

    def one_round(works: Sequence[Callable[[], object]]) -> list[models.Latency]:
        for work in works:
            work()
        return [models.Latency(1.0 + index, 2.0) for index in range(len(works))]

    monkeypatch.setattr(models.MultiTaskNet, "infer", infer)
    monkeypatch.setattr(models, "latencies_of", one_round)
    costs = compute_of(pilots)
    assert list(costs) == list(pilots)
    assert [cost.latency_p50_ms for cost in costs.values()] == [1.0, 2.0, 0.0]
    whole, *each = asked
    assert whole == models.HEADS
    assert sorted(each) == sorted((head,) for head in models.HEADS)


def test_latencies_are_measured(tmp_path: Path) -> None:
    (cost,) = compute_of(written(tmp_path)).values()
    assert cost.latency_p50_ms is not None
    assert cost.latency_p99_ms is not None
    assert 0 < cost.latency_p50_ms <= cost.latency_p99_ms


def test_files_tell_their_size_and_precision(tmp_path: Path) -> None:
    """Numbers of half as many bits make files half as large, but for the header."""
    sizes = {}
    for bits, dtype in ((32, torch.float32), (16, torch.float16), (8, torch.int8)):
        folder = tmp_path / str(bits)
        (cost,) = compute_of(written(folder, dtype)).values()
        assert cost.weights_bits == bits
        assert cost.weights_bytes == sum(f.stat().st_size for f in folder.rglob("*.safetensors"))
        sizes[bits] = float(cost.weights_bytes or 0)
    # The header names the tensors; of eight bits there are scales and 16-bit vectors beside them.
    header, half = 6_000, (sizes[32] - sizes[16])
    assert sizes[32] == pytest.approx(2 * half, abs=header)
    assert sizes[8] == pytest.approx(half / 2, rel=0.25, abs=header)


def test_no_network_costs_nothing() -> None:
    (nothing,) = compute_of({"random": agents.load_pilot("random")}).values()
    assert (nothing.networks, nothing.parameters, nothing.macs_per_second) == (0, 0, 0.0)
    assert nothing.weights_bytes is None


def test_digest_follows_the_weights() -> None:
    config = NetworkConfig()
    one, same, other = (new_network(config, seed) for seed in (0, 0, 1))
    assert weights_digest([one]) == weights_digest([same])
    assert (
        len({weights_digest(nets) for nets in ([one], [other], [one, other], [other, one], [])})
        == 5
    )
