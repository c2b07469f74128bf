"""What a network costs: parameters, multiply-adds (MACs) a call and a second, latency at batch 1."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from models.config import NetworkConfig
from models.multitask import MultiTaskNet

CALL_RATES_HZ = {"navigation": 15.0, "avoidance": 15.0, "mission": 1.0}
"""How often a pilot asks each head; a shared trunk runs at the fastest of its heads' rates."""


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


def macs_per_second(networks: Sequence[Macs]) -> float:
    """Multiply-adds a second of the networks that together fly one drone, each head at its own rate."""
    total = 0.0
    for macs in networks:
        total += macs.trunk * max(CALL_RATES_HZ[name] for name in macs.heads)
        total += sum(count * CALL_RATES_HZ[name] for name, count in macs.heads.items())
    return total


def latency_of(call: Callable[[], object], calls: int = 300) -> Latency:
    """Percentiles of a call's time, after a tenth as many calls to warm up."""
    for _ in range(calls // 10):
        call()
    times = np.empty(calls)
    for index in range(calls):
        start = time.perf_counter()
        call()
        times[index] = time.perf_counter() - start
    p50, p99 = np.percentile(times * 1e3, [50, 99])
    return Latency(float(p50), float(p99))


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
