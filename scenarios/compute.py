"""What a pilot's networks cost and which they are: the compute columns of every comparison."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import agents
import models
from agents.network_onnx import exported_networks, onnx_latency
from agents.policy import PolicyPilot


@dataclass(frozen=True)
class Compute:
    """Cost of the networks a pilot flies with; None where it is not known, 0 networks where it has none."""

    networks: int | None
    parameters: int | None
    macs_per_second: float | None  # at true call rates
    latency_p50_ms: (
        float | None
    )  # one frame through every network, batch 1, one thread, nothing else flying
    latency_p99_ms: float | None


def pilot_compute(name: str, pilot: agents.Pilot) -> Compute:
    """What is known of a pilot's cost: everything of our networks, of a policy from elsewhere what it says."""
    if isinstance(pilot, PolicyPilot):
        parameters = getattr(pilot.policy, "parameters", None)
        return Compute(None, parameters if isinstance(parameters, int) else None, None, None, None)
    files = agents.pilot_files(name)
    if files:
        return _exported_compute(files[0])
    return measure_compute(load_networks(name))


def load_networks(pilot: str) -> list[models.MultiTaskNet]:
    """The networks of a pilot, each once."""
    return [models.load_checkpoint(folder) for folder in agents.pilot_networks(pilot)]


def measure_compute(networks: Sequence[models.MultiTaskNet]) -> Compute:
    """Count and time the networks that together fly one drone, one after the other as in flight."""
    if not networks:
        return Compute(0, 0, 0.0, 0.0, 0.0)
    latency = _latency(networks)
    return Compute(
        networks=len(networks),
        parameters=sum(models.parameters(network) for network in networks),
        macs_per_second=models.macs_per_second(
            [models.counted_macs(network) for network in networks]
        ),
        latency_p50_ms=latency.p50_ms,
        latency_p99_ms=latency.p99_ms,
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


def _latency(networks: Sequence[models.MultiTaskNet]) -> models.Latency:
    """Of one frame through all of them: percentiles do not add, three slow calls in one frame are rare."""
    batches = [models.example_batch(network.config) for network in networks]
    frames = [{name: value[0].numpy() for name, value in batch.items()} for batch in batches]

    def once() -> None:
        for network, frame in zip(networks, frames, strict=True):
            network.infer(frame)

    with models.single_thread():
        return models.latency_of(once)


def _exported_compute(path: Path) -> Compute:
    """What an exported graph says of its networks, and how long it takes for one frame."""
    told = exported_networks(path)
    assert told is not None, "else it would be a policy's"
    latency = onnx_latency(path)
    return Compute(
        told.networks, told.parameters, told.macs_per_second, latency.p50_ms, latency.p99_ms
    )
