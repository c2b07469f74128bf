"""The arms of the comparison: which networks supply the three heads of one pilot, and how wide they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from models import HEADS, MultiTaskNet, NetworkConfig, counted_macs, macs_per_second
from sim.names import unknown

ARMS = ("shared", "specialists", "small-specialists", "wide-shared")
"""Named arms; beside them stands every partition, as `partial:NA+M`."""
PARTIAL = "partial:"
_LETTERS = {head[0].upper(): head for head in HEADS}
_WIDTH_STEPS = 200
"""Widths are looked for in hundredths, up to twice the full width."""


@dataclass(frozen=True)
class Arm:
    """One arm: its networks in the order of their first heads."""

    name: str
    networks: tuple[NetworkConfig, ...]

    @property
    def folder(self) -> str:
        """Its name as a folder's."""
        return self.name.replace(":", "-")

    def folder_of(self, network: NetworkConfig) -> str:
        """Where a network lies in the arm's folder: beside its card if it is the only one, else by its heads."""
        return "" if len(self.networks) == 1 else "+".join(network.heads)


def arm_named(name: str) -> Arm:
    """An arm by name.

    `shared` is one network with three heads, `specialists` are three with one each, all at full width.
    `small-specialists` are three whose multiply-adds a second together equal those of `shared`, `wide-shared` is one
    that costs as much as `specialists`; sizes come in steps of four, so equal means within 5 %. `partial:NA+M` shares a trunk within each group of heads.
    """
    if name == "shared":
        return Arm(name, (NetworkConfig(),))
    if name == "specialists":
        return Arm(name, _specialists(1.0))
    if name == "small-specialists":
        target = _cost(arm_named("shared").networks)
        return Arm(name, _specialists(_width_costing(target, tuple((head,) for head in HEADS))))
    if name == "wide-shared":
        target = _cost(arm_named("specialists").networks)
        return Arm(name, (NetworkConfig(width=_width_costing(target, (HEADS,))),))
    if name.startswith(PARTIAL):
        groups = _groups(name)
        return Arm(name, tuple(NetworkConfig(heads=group) for group in groups))
    raise ValueError(unknown("arm", name, ARMS, or_else=f"or {PARTIAL}NA+M and the like"))


# --- Private.


def _specialists(width: float) -> tuple[NetworkConfig, ...]:
    return tuple(NetworkConfig(heads=(head,), width=width) for head in HEADS)


def _groups(name: str) -> tuple[tuple[str, ...], ...]:
    """The heads of each network in `partial:NA+M`, every head once."""
    letters = name.removeprefix(PARTIAL)
    if sorted(letters.replace("+", "")) != sorted(_LETTERS) or not all(letters.split("+")):
        raise ValueError(
            f"arm {name!r}: after {PARTIAL} stand groups joined by +, with each of {', '.join(_LETTERS)} once: NA+M"
        )
    groups = [
        tuple(head for letter, head in _LETTERS.items() if letter in g) for g in letters.split("+")
    ]
    return tuple(sorted(groups, key=lambda group: HEADS.index(group[0])))


def _cost(networks: Sequence[NetworkConfig]) -> float:
    """Multiply-adds a second of the networks that together fly one drone."""
    return macs_per_second([counted_macs(MultiTaskNet(network)) for network in networks])


@cache
def _width_costing(target: float, groups: tuple[tuple[str, ...], ...]) -> float:
    """The width at which networks with these heads cost most nearly `target` multiply-adds a second."""

    def cost(step: int) -> float:
        return _cost([NetworkConfig(heads=heads, width=step / 100) for heads in groups])

    low, high = 1, _WIDTH_STEPS
    while low < high:  # The narrowest that costs at least as much; cost never falls with width.
        middle = (low + high) // 2
        low, high = (middle + 1, high) if cost(middle) < target else (low, middle)
    return min((max(low - 1, 1), low), key=lambda step: abs(cost(step) - target)) / 100
