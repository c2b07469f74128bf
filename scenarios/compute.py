"""What a pilot's networks cost and which they are: the compute columns of every comparison."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import agents
import models
from agents.network_onnx import exported_networks, onnx_frame
from agents.policy import PolicyPilot


@dataclass(frozen=True)
class Compute:
    """Cost of the networks a pilot flies with; None where it is not known, 0 networks where it has none."""

    networks: int | None
    parameters: int | None
    macs_per_second: float | None
    """Multiply-adds at full rate: steering at each of 15 control steps a second, the mission once a second."""
    latency_p50_ms: float | None
    """Of one frame through every network, batch 1, one thread, nothing flying; all pilots' frames by turns."""
    latency_p99_ms: float | None
    macs: tuple[models.Macs, ...] = ()
    """Of one call of each network, by part; none for graphs."""
    graph_macs: int | None = None
    """Of one run of an exported graph."""
    weights_bytes: int | None = None
    """Of the files that hold the weights."""
    weights_bits: int | None = None
    """Of most numbers in them; in flight all are of 32."""

    def macs_per_second_of(self, asked_hz: Mapping[str, float]) -> float | None:
        """Multiply-adds a second of a flight in which so many control steps a second asked these skills."""
        if self.graph_macs is not None:
            return models.graph_macs_per_second(self.graph_macs, asked_hz)
        return models.macs_per_second(self.macs, asked_hz) if self.macs else None


Frame = Callable[[], object]
"""One frame through all networks of a pilot."""


def compute_of(pilots: Mapping[str, agents.Pilot]) -> dict[str, Compute]:
    """What is known of every pilot's cost, timed in one loop: of our networks everything, of a policy from elsewhere what it says."""
    counted = {name: _counted(name, pilot) for name, pilot in pilots.items()}
    frames = {name: frame for name, (_, frame) in counted.items() if frame is not None}
    with models.single_thread():
        found = models.latencies_of(list(frames.values()))
    times = dict(zip(frames, found, strict=True))
    return {
        name: _timed(cost, times[name]) if name in times else cost
        for name, (cost, _) in counted.items()
    }


def load_networks(pilot: str) -> list[models.MultiTaskNet]:
    """The networks of a pilot, each once."""
    return [models.load_checkpoint(folder) for folder in agents.pilot_networks(pilot)]


def network_cost(networks: Sequence[models.MultiTaskNet]) -> Compute:
    """Of the networks that together fly one drone, but for their files and what only a clock tells."""
    macs = tuple(models.counted_macs(network) for network in networks)
    return Compute(
        networks=len(networks),
        parameters=sum(models.parameters(network) for network in networks),
        macs_per_second=models.macs_per_second(macs),
        latency_p50_ms=None,
        latency_p99_ms=None,
        macs=macs,
    )


def pilot_digest(name: str) -> str:
    """Which weights and rule, or which policy's files these are, in one short word; `none` for pilots that are our code."""
    files = agents.pilot_files(name)
    if files:
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    rule = agents.pilot_rule(name)
    if rule is None:
        return "none"
    said = f"{weights_digest(load_networks(name))} {sorted(asdict(rule).items())}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def weights_digest(networks: Sequence[models.MultiTaskNet]) -> str:
    """Which weights these are, in one short word; `none` without networks."""
    hashes = [models.weights_hash(network) for network in networks]
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()[:16] if hashes else "none"


# --- Private.


def _counted(name: str, pilot: agents.Pilot) -> tuple[Compute, Frame | None]:
    """What can be said without a clock, and what is to be timed."""
    if isinstance(pilot, PolicyPilot):
        parameters = getattr(pilot.policy, "parameters", None)
        known = parameters if isinstance(parameters, int) else None
        return Compute(None, known, None, None, None), None
    files = agents.pilot_files(name)
    if files:
        return _graph_cost(files[0]), onnx_frame(files[0])
    networks = load_networks(name)
    if not networks:
        return Compute(0, 0, 0.0, 0.0, 0.0), None
    stored = [models.stored_weights(folder) for folder in agents.pilot_networks(name)]
    cost = replace(
        network_cost(networks),
        weights_bytes=sum(each.file_bytes for each in stored),
        weights_bits=max(each.bits for each in stored),
    )
    return cost, _frame(networks)


def _frame(networks: Sequence[models.MultiTaskNet]) -> Frame:
    """Percentiles do not add, three slow calls in one frame are rare: so one call for all."""
    batches = [models.example_batch(network.config) for network in networks]
    frames = [{name: value[0].numpy() for name, value in batch.items()} for batch in batches]

    def once() -> None:
        for network, frame in zip(networks, frames, strict=True):
            network.infer(frame)

    return once


def _graph_cost(path: Path) -> Compute:
    """What an exported graph says of its networks."""
    told = exported_networks(path)
    assert told is not None, "else it would be a policy's"
    return Compute(
        networks=told.networks,
        parameters=told.parameters,
        macs_per_second=told.macs_per_second,
        latency_p50_ms=None,
        latency_p99_ms=None,
        graph_macs=told.macs_per_run,
        weights_bytes=path.stat().st_size,
        weights_bits=32,
    )


def _timed(cost: Compute, latency: models.Latency) -> Compute:
    return replace(cost, latency_p50_ms=latency.p50_ms, latency_p99_ms=latency.p99_ms)
