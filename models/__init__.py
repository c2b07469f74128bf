"""The networks: one shared trunk, three heads, their losses, checkpoints and costs."""

from models.balancing import FrozenNormalization, UncertaintyWeights
from models.checkpoint import (
    CARD,
    WEIGHTS,
    Card,
    Stored,
    load_checkpoint,
    save_checkpoint,
    stored_weights,
    weights_hash,
)
from models.config import HEADS, NetworkConfig
from models.cost import (
    FULL_RATE_HZ,
    Latency,
    Macs,
    counted_macs,
    example_batch,
    graph_macs,
    graph_macs_per_second,
    latencies_of,
    macs_per_second,
    parameters,
    single_thread,
)
from models.export import export_onnx
from models.gradients import agreement, backward, backward_projected
from models.losses import head_losses
from models.multitask import MultiTaskNet, new_network

__all__ = [
    "CARD",
    "FULL_RATE_HZ",
    "HEADS",
    "WEIGHTS",
    "Card",
    "FrozenNormalization",
    "Latency",
    "Macs",
    "MultiTaskNet",
    "NetworkConfig",
    "Stored",
    "UncertaintyWeights",
    "agreement",
    "backward",
    "backward_projected",
    "counted_macs",
    "example_batch",
    "export_onnx",
    "graph_macs",
    "graph_macs_per_second",
    "head_losses",
    "latencies_of",
    "load_checkpoint",
    "macs_per_second",
    "new_network",
    "parameters",
    "save_checkpoint",
    "single_thread",
    "stored_weights",
    "weights_hash",
]
