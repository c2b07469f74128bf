"""Sources of scenarios: world seed in, scenario out."""

from dataclasses import dataclass

import scenarios
from sim.scenario import Scenario

TRAINING_FAMILIES = (
    "forest-navigation",
    "blocks-navigation",
    "forest-avoidance",
    "blocks-avoidance",
    "forest-mission",
    "blocks-mission",
)
"""Generated worlds only: real places are kept for testing what was learned."""


@dataclass(frozen=True)
class FamilyMix:
    """Families taken in turn, seed by seed; picklable, so that other processes can draw from it."""

    families: tuple[str, ...]

    def __call__(self, seed: int) -> Scenario:
        """The scenario of a world seed."""
        return scenarios.resolve(scenarios.load(self.families[seed % len(self.families)]), seed)
