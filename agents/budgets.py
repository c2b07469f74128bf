"""How much a training run may spend: named budgets, any part of which can be set apart."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What data and networks cost."""

    frames: int
    """Labelled frames to collect over all rounds."""
    rounds: int
    """DAgger rounds; the first is flown by the teacher alone."""
    learner_steps: int
    """Gradient steps per round of the networks that fly the next one; they go on from the last round's."""
    steps: int
    """Gradient steps of each final network, which starts from scratch."""


BUDGETS = {
    "quick": Budget(frames=36_000, rounds=3, learner_steps=700, steps=4_000),
    "full": Budget(frames=600_000, rounds=4, learner_steps=1_500, steps=24_000),
}
"""`quick`: a network that flies, in a quarter of an hour on two cores. `full`: what the shipped networks had."""
