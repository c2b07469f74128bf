"""Costs add over a pilot's networks, and the digest tells weights apart."""

from collections.abc import Callable

import pytest

import models
from scenarios.compute import measure_compute, weights_digest


def test_costs_add_over_networks_and_sharing_saves() -> None:
    shared = models.new_network(models.NetworkConfig(), seed=0)
    specialists = [
        models.new_network(models.NetworkConfig(heads=(head,)), seed=0) for head in models.HEADS
    ]
    one, three = measure_compute([shared]), measure_compute(specialists)
    assert three.networks == 3
    assert one.parameters is not None
    assert three.parameters is not None
    assert one.macs_per_second is not None
    assert three.macs_per_second is not None
    assert one.latency_p50_ms is not None
    assert one.latency_p99_ms is not None
    assert three.parameters == sum(models.parameters(network) for network in specialists)
    assert one.parameters <= 0.45 * three.parameters
    assert one.macs_per_second <= 0.6 * three.macs_per_second
    assert 0 < one.latency_p50_ms <= one.latency_p99_ms


def test_a_sample_of_latency_is_one_frame_through_every_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    networks = [
        models.new_network(models.NetworkConfig(heads=(head,)), seed=0) for head in models.HEADS
    ]
    asked: list[object] = []
    for network in networks:
        monkeypatch.setattr(network, "infer", lambda frame, own=network: asked.append(own))

    def one_sample(call: Callable[[], object]) -> models.Latency:
        call()
        return models.Latency(1.0, 2.0)

    monkeypatch.setattr(models, "latency_of", one_sample)
    cost = measure_compute(networks)
    assert asked == networks
    assert (cost.latency_p50_ms, cost.latency_p99_ms) == (1.0, 2.0)


def test_no_network_costs_nothing() -> None:
    nothing = measure_compute([])
    assert (nothing.parameters, nothing.macs_per_second, nothing.latency_p50_ms) == (0, 0, 0)


def test_digest_follows_the_weights() -> None:
    config = models.NetworkConfig()
    one, same, other = (models.new_network(config, seed) for seed in (0, 0, 1))
    assert weights_digest([one]) == weights_digest([same])
    assert (
        len({weights_digest(nets) for nets in ([one], [other], [one, other], [other, one], [])})
        == 5
    )
