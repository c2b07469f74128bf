"""What a network costs: parameters, multiply-adds (MACs) a call and a second, latency at batch 1."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from models.config import NetworkConfig
from models.multitask import MultiTaskNet

FULL_RATE_HZ = {"navigation+avoidance": 14.0, "navigation+avoidance+mission": 1.0}
"""Control steps a second by the heads that are asked in them, of a pilot that steers all the time and plans once a second.

In flight, scripted metres ask nobody, and events ask the mission head more often.
"""


@dataclass(frozen=True)
class Macs:
    """Multiply-adds of one call, by part."""

    trunk: int
    heads: dict[str, int]


@dataclass(frozen=True)
class Latency:
    """Time of one call at batch 1 on one thread, ms."""

    p50_ms: float
    p99_ms: float


def parameters(module: nn.Module) -> int:
    """Trainable numbers."""
    return sum(parameter.numel() for parameter in module.parameters())


def counted_macs(net: MultiTaskNet) -> Macs:
    """Multiply-adds of convolutions and matrix products as torch counts them; other operations count as zero."""
    batch = example_batch(net.config)
    batch = {name: value.to(net.trunk.ego_scale.device) for name, value in batch.items()}
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        net(batch)
    counts = counter.get_flop_counts()
    prefix = type(net).__name__
    heads = {name: sum(counts[f"{prefix}.heads.{name}"].values()) // 2 for name in net.config.heads}
    return Macs(sum(counts[f"{prefix}.trunk"].values()) // 2, heads)


def macs_per_second(
    networks: Sequence[Macs], asked_hz: Mapping[str, float] = FULL_RATE_HZ
) -> float:
    """Multiply-adds a second of the networks that together fly one drone, by heads asked, full rate unless told otherwise.

    `asked_hz` is as `FULL_RATE_HZ`. In a step, the trunk of a network runs once if any of its heads is asked.
    """
    total = 0.0
    for names, rate in asked_hz.items():
        asked = names.split("+")
        for macs in networks:
            heads = [count for name, count in macs.heads.items() if name in asked]
            total += rate * (macs.trunk + sum(heads)) if heads else 0.0
    return total


def graph_macs(networks: Sequence[Macs]) -> int:
    """Multiply-adds of one run of the graph that is exported of these networks: all of them, whoever is asked."""
    return sum(macs.trunk + sum(macs.heads.values()) for macs in networks)


def graph_macs_per_second(run: int, asked_hz: Mapping[str, float] = FULL_RATE_HZ) -> float:
    """As `macs_per_second` of a graph that takes `run` a run: one for the mission, another to steer to where it says."""
    steering, planning = {"navigation", "avoidance"}, {"mission"}
    runs = 0.0
    for names, rate in asked_hz.items():
        asked = set(names.split("+"))
        runs += rate * (bool(asked & steering) + bool(asked & planning))
    return run * runs


def latencies_of(works: Sequence[Callable[[], object]], calls: int = 300) -> list[Latency]:
    """Percentiles of the time of each, called by turns so that what disturbs the machine disturbs all alike.

    A tenth as many rounds go before to warm up.
    """
    warming = calls // 10
    times = np.empty((warming + calls, len(works)))
    for row in times:
        for column, work in enumerate(works):
            start = time.perf_counter()
            work()
            row[column] = time.perf_counter() - start
    return [
        Latency(float(p50), float(p99))
        for p50, p99 in np.percentile(times[warming:] * 1e3, [50, 99], axis=0).T
    ]


@contextlib.contextmanager
def single_thread() -> Iterator[None]:
    """One torch thread inside: at batch 1 more threads only wait for each other, and sums keep their order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def example_batch(config: NetworkConfig, size: int = 1, seed: int = 0) -> dict[str, Tensor]:
    """Random inputs with the right shapes and types, all site tokens present."""
    generator = torch.Generator().manual_seed(seed)

    def pixels(*shape: int) -> Tensor:
        return torch.randint(0, 256, (size, *shape), dtype=torch.uint8, generator=generator)

    def normal(*shape: int) -> Tensor:
        return torch.randn((size, *shape), generator=generator)

    return {
        "image": pixels(*config.image_shape),
        "history": pixels(*config.history_shape),
        "ego": normal(len(config.ego_scale)),
        "goal": normal(len(config.goal_scale)),
        "sites": normal(config.site_tokens, len(config.site_scale))
        * torch.tensor(config.site_scale, dtype=torch.float32),
        "sites_mask": torch.ones(size, config.site_tokens, dtype=torch.int8),
    }
