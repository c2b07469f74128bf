"""Where labels go on a map so that none lies over another: the same places for the same marks, whatever draws them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Real

_GAP = 2.0
"""Between a mark and its label, in the map's unit."""
_SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1))
"""Where a label is tried, by preference: below its mark (y counts downwards), above, beside, at the corners."""
_FURTHER = (0.0, 9.0)
"""How much further out each side is tried, nearer ones first."""


Number = float | int


@dataclass(frozen=True)
class Box:
    """An upright rectangle, y downwards."""

    left: Number
    top: Number
    right: Number
    bottom: Number

    @classmethod
    def around(cls, x: Number, y: Number, width: Number, height: Number) -> "Box":
        """By its middle and its size."""
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def meets(self, other: "Box") -> bool:
        """Whether the two share an area."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, other: "Box") -> bool:
        """Whether the other lies inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


@dataclass(frozen=True)
class Label:
    """What is to be written beside a mark."""

    mark: Box
    width: Number
    height: Number


@dataclass(frozen=True)
class SiteLabels:
    """How one site is drawn; None where there is no room."""

    whole: bool
    """As a disc that holds its number; else as a dot with the number beside it."""
    number: Box | None
    prize: Box | None


def place_labels(
    labels: Sequence[Label],
    taken: Iterable[Box],
    area: Box,
    trail: Real[np.ndarray, "n 2"],
) -> list[Box | None]:
    """A box for each label, in order: free of `taken` and of each other, inside `area`, over as little of the trail as can be."""
    occupied, placed = list(taken), []
    for label in labels:
        free = [
            box
            for box in _candidates(label)
            if area.holds(box) and not any(box.meets(other) for other in occupied)
        ]
        best = min(free, key=lambda box: _covered(box, trail), default=None)
        placed.append(best)
        if best is not None:
            occupied.append(best)
    return placed


def label_sites(
    discs: Sequence[Box],
    sizes: Sequence[tuple[tuple[Number, Number], tuple[Number, Number]]],
    taken: Sequence[Box],
    area: Box,
    trail: Real[np.ndarray, "n 2"],
) -> list[SiteLabels]:
    """Numbers and prizes of sites; `sizes` are those of each number and each prize as they will be written.

    Where discs would cover each other, or a mark in `taken`, the later ones shrink to dots; numbers come before prizes.
    """
    marks: list[Box] = []
    whole: list[bool] = []
    for disc in discs:
        free = not any(disc.meets(other) for other in (*taken, *marks))
        whole.append(free)
        marks.append(disc if free else Box.around(*disc.middle, DOT, DOT))
    numbered = [index for index, is_whole in enumerate(whole) if not is_whole]
    wanted = [Label(marks[index], *sizes[index][0]) for index in numbered]
    wanted += [Label(mark, *prize) for mark, (_, prize) in zip(marks, sizes, strict=True)]
    boxes = place_labels(wanted, [*taken, *marks], area, trail)
    numbers = dict(zip(numbered, boxes, strict=False))
    prizes = boxes[len(numbered) :]
    return [
        SiteLabels(
            whole[index], numbers.get(index), prize if whole[index] or numbers[index] else None
        )
        for index, prize in enumerate(prizes)
    ]


DOT = 8.0
"""Width of a site that has no room for its disc."""


# --- Private.


def _candidates(label: Label) -> Iterable[Box]:
    x, y = label.mark.middle
    out_x = (label.mark.right - label.mark.left + label.width) / 2 + _GAP
    out_y = (label.mark.bottom - label.mark.top + label.height) / 2 + _GAP
    for further in _FURTHER:
        for right, down in _SIDES:
            # At a corner the label may begin under its mark: it lies clear of it in y.
            along = 0.6 if right and down else 1.0
            yield Box.around(
                x + right * along * (out_x + further),
                y + down * (out_y + further),
                label.width,
                label.height,
            )


def _covered(box: Box, trail: Real[np.ndarray, "n 2"]) -> int:
    x, y = trail[:, 0], trail[:, 1]
    inside = (box.left <= x) & (x <= box.right) & (box.top <= y) & (y <= box.bottom)
    return int(inside.sum())
