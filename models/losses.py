"""One loss per head, in a dict keyed by head; frames without a label count for nothing."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def navigation_loss(
    logits: Float[Tensor, "b k"], target: Float[Tensor, "b k"], mask: Bool[Tensor, " b"]
) -> Float[Tensor, ""]:
    """Cross-entropy to the teacher's distribution over candidates, nats."""
    return masked_mean(-(target * torch.log_softmax(logits, 1)).sum(1), mask)


def avoidance_loss(
    logits: Float[Tensor, "b k"], target: Float[Tensor, "b k"], mask: Bool[Tensor, " b"]
) -> Float[Tensor, ""]:
    """Binary cross-entropy of each candidate's survival, averaged over candidates."""
    return masked_mean(
        F.binary_cross_entropy_with_logits(logits, target, reduction="none").mean(1), mask
    )


def choice_loss(
    logits: Float[Tensor, "b c"],
    best: Bool[Tensor, "b c"],
    allowed: Bool[Tensor, "b c"],
    mask: Bool[Tensor, " b"],
) -> Float[Tensor, ""]:
    """-log of the probability that falls on the set of best choices, among the allowed ones."""
    # Frames without a label get full sets, whose loss is 0 with a finite gradient; an empty set would give NaN.
    unlabelled = ~mask[:, None]
    log_p = torch.log_softmax(logits.masked_fill(~(allowed | unlabelled), -torch.inf), 1)
    return masked_mean(
        -log_p.masked_fill(~(best & allowed | unlabelled), -torch.inf).logsumexp(1), mask
    )


def status_loss(
    logits: Float[Tensor, "b 2"], target: Float[Tensor, "b 2"], mask: Bool[Tensor, "b 2"]
) -> Float[Tensor, ""]:
    """Binary cross-entropy of (faulty, blocked) for the site in view."""
    return masked_mean(F.binary_cross_entropy_with_logits(logits, target, reduction="none"), mask)


def head_losses(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The loss of every head in `outputs`; mission is choice plus status.

    The batch holds target_navigation (b, k) distribution, target_survival (b, k) in [0, 1], target_mission (b, c)
    best set, allowed_mission (b, c), target_status (b, 2) in [0, 1], and masks: mask_navigation, mask_survival,
    mask_mission (b,), mask_status (b, 2).
    """
    losses = {}
    if "navigation" in outputs:
        logits = outputs["navigation"]
        losses["navigation"] = navigation_loss(
            logits, batch["target_navigation"].to(logits.dtype), batch["mask_navigation"].bool()
        )
    if "avoidance" in outputs:
        logits = outputs["avoidance"]
        losses["avoidance"] = avoidance_loss(
            logits, batch["target_survival"].to(logits.dtype), batch["mask_survival"].bool()
        )
    if "mission" in outputs:
        best, allowed = batch["target_mission"].bool(), batch["allowed_mission"].bool()
        choice = choice_loss(outputs["mission"], best, allowed, batch["mask_mission"].bool())
        logits = outputs["status"]
        status = status_loss(
            logits, batch["target_status"].to(logits.dtype), batch["mask_status"].bool()
        )
        losses["mission"] = choice + status
    return losses


def masked_mean(values: Float[Tensor, "*s"], mask: Bool[Tensor, "*s"]) -> Float[Tensor, ""]:
    """Mean over the entries of the mask, 0 if it has none; what it leaves out gets exactly zero gradient."""
    return values.masked_fill(~mask, 0).sum() / mask.sum().clamp(min=1)
