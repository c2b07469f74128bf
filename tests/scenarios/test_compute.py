"""Costs add over a pilot's networks, and the digest tells weights apart."""

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
