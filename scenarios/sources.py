"""Sources of scenarios: world seed in, scenario out."""

from dataclasses import dataclass

from scenarios.catalog import load, resolve
from sim.scenario import Scenario

TRAINING_FAMILIES = (
    "tier1-navigation",
    "tier3-mission",
    "tier2-avoidance",
    "town-navigation",
    "forest-navigation",
    "blocks-mission",
    "tier3-avoidance",
    "tier3-navigation",
    "spheres-navigation",
    "clutter-avoidance",
    "tier2-mission",
    "tier4-avoidance",
    "maze-navigation",
    "town-mission",
    "tier1-mission",
    "tier1-avoidance",
    "tier2-navigation",
    "forest-mission",
    "town-avoidance",
    "maze-avoidance",
    "blocks-navigation",
    "tier4-mission",
    "tier3-avoidance",
    "town-navigation",
    "tier4-navigation",
    "blocks-avoidance",
    "clutter-navigation",
    "clutter-mission",
    "swarm-navigation",
    "blocks-mission",
    "tier3-navigation",
    "tier3-mission",
    "blocks-navigation",
    "town-mission",
    "tier2-navigation",
    "blocks-mission",
    "town-navigation",
)
"""What training draws from, in turn: every family but those held out and those that others published; no real place.

Families in which networks were weakest stand more than once. A mission gives three to five times the frames of another flight. Their number shares no factor with that of the pilots
that fly a round in turn, nor with `agents.dataset.HELD_OUT_EVERY`: every pilot flies every family, and all validate.
"""
CHOICE_FAMILIES = {
    "navigation": "tier1-navigation",
    "avoidance": "tier2-avoidance",
    "mission": "tier1-mission",
}
"""What a network's heads fly while it trains, to see how it comes on."""


@dataclass(frozen=True)
class FamilyMix:
    """Families taken in turn, seed by seed; picklable, so that other processes can draw from it."""

    families: tuple[str, ...]

    def __call__(self, seed: int) -> Scenario:
        """The scenario of a world seed."""
        return resolve(load(self.families[seed % len(self.families)]), seed)


def choice_scenario(head: str, seed: int) -> Scenario:
    """The scenario that a head is looked at on, by world seed."""
    return resolve(load(CHOICE_FAMILIES[head]), seed)
