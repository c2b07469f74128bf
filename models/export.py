"""A pilot's networks as one ONNX graph: what the drone perceives in, what every skill answers out."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from models.config import HEADS
from models.cost import example_batch
from models.multitask import INPUTS, MultiTaskNet
from models.storage import replace_file

OUTPUTS = ("navigation", "survival", "mission", "status")
_OPSET = 18


class SkillGraph(nn.Module):
    """All skills of the networks that together fly one drone; a trunk that several heads share is computed once."""

    def __init__(self, networks: Sequence[MultiTaskNet]) -> None:
        """Of several networks with a head, the first supplies it; ValueError where none has it."""
        super().__init__()
        missing = [head for head in HEADS if not any(head in net.heads for net in networks)]
        if missing:
            raise ValueError(
                f"networks without {', '.join(missing)}: all of {', '.join(HEADS)} are needed"
            )
        self.networks = nn.ModuleList(networks)
        self._supplier = {
            head: next(i for i, net in enumerate(networks) if head in net.heads) for head in HEADS
        }

    def forward(
        self,
        image: Tensor,
        history: Tensor,
        ego: Float[Tensor, "b e"],
        goal: Float[Tensor, "b g"],
        sites: Float[Tensor, "b n f"],
        sites_mask: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """By `OUTPUTS`: log-probabilities and survival probabilities of the candidates, mission logits, p(faulty, blocked)."""
        batch = dict(zip(INPUTS, (image, history, ego, goal, sites, sites_mask), strict=True))
        answers: dict[str, Tensor] = {}
        for index, network in enumerate(self.networks):
            heads = tuple(head for head in HEADS if self._supplier[head] == index)
            if heads:
                answers |= network(batch, heads)
        return (
            torch.log_softmax(answers["navigation"], 1),
            torch.sigmoid(answers["avoidance"]),
            answers["mission"],
            torch.sigmoid(answers["status"]),
        )


def export_onnx(networks: Sequence[MultiTaskNet], path: Path, metadata: Mapping[str, str]) -> None:
    """Write the graph, weights included, for a batch of one; `metadata` goes into the file as it is.

    Inputs are `INPUTS` with the shapes of the observation entries (sites as tokens x features), outputs `OUTPUTS`.
    """
    import onnx

    graph = SkillGraph(networks).eval()
    batch = example_batch(networks[0].config)
    with _silent():
        program = torch.onnx.export(
            graph,
            tuple(batch[name] for name in INPUTS),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            opset_version=_OPSET,
            dynamo=True,
        )
    assert program is not None
    model = program.model_proto
    onnx.helper.set_model_props(model, dict(metadata))
    replace_file(path, model.SerializeToString())


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """The exporter tells of its progress on standard output, and of operators that nobody here uses."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
