"""Sources of scenarios: world seed in, scenario out."""

from dataclasses import dataclass

from scenarios.catalog import load, resolve
from sim.scenario import Scenario

TRAINING_FAMILIES = (
    "blocks-mission",
    "forest-navigation",
    "forest-mission",
    "forest-avoidance",
    "blocks-navigation",
    "forest-navigation",
    "blocks-mission",
    "blocks-avoidance",
)
"""Generated worlds only: real places are kept for testing what was learned."""


@dataclass(frozen=True)
class FamilyMix:
    """Families taken in turn, seed by seed; picklable, so that other processes can draw from it."""

    families: tuple[str, ...]

    def __call__(self, seed: int) -> Scenario:
        """The scenario of a world seed."""
        return resolve(load(self.families[seed % len(self.families)]), seed)
