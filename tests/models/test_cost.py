"""Costs counted two ways, and the budgets the design sets."""

import time
from itertools import count

import pytest
import torch

from models import (
    HEADS,
    Macs,
    NetworkConfig,
    counted_macs,
    graph_macs,
    graph_macs_per_second,
    latencies_of,
    macs_per_second,
    new_network,
    parameters,
    single_thread,
)
from models.heads import FEED_FORWARD, HIDDEN, LAYERS, STATUS_HIDDEN, TOKEN
from models.trunk import CHANNELS, EMBEDDING


def hand_macs(config: NetworkConfig) -> Macs:
    """Multiply-adds from the layer sizes alone."""
    half, quarter, eighth, sixteenth = (config.scaled(size) for size in CHANNELS)
    embedding, hidden, token = (config.scaled(size) for size in (EMBEDDING, HIDDEN, TOKEN))
    feed_forward, status = config.scaled(FEED_FORWARD), config.scaled(STATUS_HIDDEN)
    pixels, past = config.image_shape[1] * config.image_shape[2], config.history_shape[0]
    trunk = (
        pixels // 4 * 9 * 3 * half
        + pixels // 16 * 9 * (half + 1) * quarter
        + pixels // 64 * 9 * (quarter + 1 + past) * eighth
        + pixels // 256 * 9 * eighth * sixteenth
        + (pixels // 256 * sixteenth + len(config.ego_scale)) * embedding
    )
    candidate = (embedding + len(config.goal_scale)) * hidden + hidden * config.candidates
    features, tokens = len(config.site_scale) + 2, config.site_tokens + 1
    layer = tokens * (4 * token**2 + 2 * token * feed_forward) + 2 * tokens**2 * token
    mission = (
        (embedding + len(config.ego_scale)) * token
        + config.site_tokens * features * token
        + LAYERS * layer
        + token**2 + config.site_tokens * token**2 + config.site_tokens * token + 2 * token
        + (embedding + features) * status + 2 * status
    )  # fmt: skip
    heads = {"navigation": candidate, "avoidance": candidate, "mission": mission}
    return Macs(trunk, {name: heads[name] for name in config.heads})


@pytest.mark.parametrize("width", [0.25, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("heads", [HEADS, ("mission",), ("avoidance", "navigation")])
def test_counter_agrees_with_the_hand(width: float, heads: tuple[str, ...]) -> None:
    config = NetworkConfig(heads=heads, width=width)
    assert counted_macs(new_network(config, 0)) == hand_macs(config)


def test_multiply_add_budgets() -> None:
    macs = hand_macs(NetworkConfig())
    assert macs.trunk + sum(macs.heads.values()) <= 2_500_000
    assert macs.heads["navigation"] + macs.heads["avoidance"] <= 0.2 * macs.trunk


def test_sharing_saves_parameters() -> None:
    shared = parameters(new_network(NetworkConfig(), 0))
    specialists = sum(parameters(new_network(NetworkConfig(heads=(head,)), 0)) for head in HEADS)
    assert shared <= 0.45 * specialists


def test_macs_per_second_by_hand() -> None:
    shared = Macs(100, {"navigation": 10, "avoidance": 20, "mission": 30})
    assert macs_per_second([shared]) == 15 * (100 + 10 + 20) + 30
    specialists = [Macs(100, {name: macs}) for name, macs in shared.heads.items()]
    assert macs_per_second(specialists) == 15 * (110 + 120) + 130


def test_a_trunk_runs_once_a_step_in_which_any_of_its_heads_is_asked() -> None:
    """Of one network with two heads, and one with the third."""
    nets = [Macs(100, {"navigation": 10, "mission": 30}), Macs(1000, {"avoidance": 20})]
    asked = {
        "avoidance": 2.0,
        "mission": 3.0,
        "navigation+mission": 5.0,
        "navigation+avoidance": 7.0,
    }
    by_hand = 2 * 1020 + 3 * 130 + 5 * 140 + 7 * (110 + 1020)
    assert macs_per_second(nets, asked) == by_hand
    assert macs_per_second(nets, {}) == 0.0


def test_a_graph_runs_all_of_it_for_the_mission_and_again_to_steer() -> None:
    run = graph_macs([Macs(100, {"navigation": 10, "mission": 30}), Macs(1000, {"avoidance": 20})])
    assert run == 1160
    assert graph_macs_per_second(run) == 16 * run
    asked = {"avoidance": 2.0, "mission": 3.0, "navigation+avoidance+mission": 5.0}
    assert graph_macs_per_second(run, asked) == (2 + 3 + 2 * 5) * run


def test_threads_are_restored() -> None:
    threads = torch.get_num_threads()
    with single_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == threads


def test_latency_is_of_the_calls_after_those_that_warm_up() -> None:
    """Four slow calls to warm up, then one in ten is slow: seen in the last percentile only."""
    calls = count()

    def call() -> None:
        index = next(calls)
        time.sleep(0.02 if index < 4 or index % 10 == 0 else 0.001)

    (measured,) = latencies_of([call], calls=40)
    assert next(calls) == 44
    assert 1.0 <= measured.p50_ms < 15.0
    assert measured.p99_ms >= 20.0


def test_what_is_timed_together_takes_turns() -> None:
    """So that a machine that is slow for a while is slow for all."""
    called: list[str] = []

    def slow() -> None:
        called.append("slow")
        time.sleep(0.005)

    found = latencies_of([lambda: called.append("quick"), slow], calls=20)
    assert called == 22 * ["quick", "slow"]
    assert found[0].p50_ms < 4.0 < 5.0 <= found[1].p50_ms
    assert latencies_of([]) == []
