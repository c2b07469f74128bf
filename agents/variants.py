"""Variants of a pilot, written behind its name: `shared+blind` is the shared network with its mission head blinded."""

from collections.abc import Callable

from agents.composite import BlindMission, CompositeBrain
from agents.lattice_pilot import LatticePilot

SEPARATOR = "+"


def _blind(pilot: LatticePilot, name: str) -> LatticePilot:
    """The image withheld from the mission skill alone."""
    brain = CompositeBrain(pilot.brain, pilot.brain, BlindMission(pilot.brain))
    return pilot.variant(name, brain=brain)


def _unmasked(pilot: LatticePilot, name: str) -> LatticePilot:
    """Mission choices that the reserve forbids are left to the pilot."""
    return pilot.variant(name, masking=False)


VARIANTS: dict[str, Callable[[LatticePilot, str], LatticePilot]] = {
    "blind": _blind,
    "unmasked": _unmasked,
}


def split_name(name: str) -> tuple[str, tuple[str, ...]]:
    """A pilot's own name or path, and the variants behind it; only known variants count as such."""
    base, variants = name, list[str]()
    while SEPARATOR in base and base.rsplit(SEPARATOR, 1)[1] in VARIANTS:
        base, last = base.rsplit(SEPARATOR, 1)
        variants.insert(0, last)
    return base, tuple(variants)


def vary(pilot: LatticePilot, variants: tuple[str, ...]) -> LatticePilot:
    """The pilot with its variants, in order."""
    for variant in variants:
        pilot = VARIANTS[variant](pilot, f"{pilot.name}{SEPARATOR}{variant}")
    return pilot
