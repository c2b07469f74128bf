"""Numbers that recipes are written in: intervals that seeds draw from, densities, extents, and how much of a thing fits."""

from typing import Annotated

from pydantic import AfterValidator, Field

from sim.fields import Finite, NonNegative, Positive, Whole
from sim.scenario import MAX_WIND


def ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    """The bounds themselves; ValueError unless they run upwards."""
    if bounds[0] > bounds[1]:
        raise ValueError(f"{list(bounds)}: the first number must not exceed the second")
    return bounds


Interval = Annotated[tuple[NonNegative, NonNegative], AfterValidator(ordered)]
"""Drawn uniformly between the two numbers."""
_WindSpeed = Annotated[Finite, Field(ge=0, le=MAX_WIND)]
WindInterval = Annotated[tuple[_WindSpeed, _WindSpeed], AfterValidator(ordered)]
"""m/s."""
PositiveInterval = Annotated[tuple[Positive, Positive], AfterValidator(ordered)]
AngleInterval = Annotated[tuple[Finite, Finite], AfterValidator(ordered)]
"""rad."""
_Count = Annotated[Whole, Field(ge=0, le=100)]
CountInterval = Annotated[tuple[_Count, _Count], AfterValidator(ordered)]
"""Whole numbers, both ends included."""
MAX_DENSITY = 1.0
"""Trunks or clutter per m2; beyond it no hull fits between."""
Density = Annotated[Finite, Field(ge=0, le=MAX_DENSITY)]
Extent = Annotated[Finite, Field(gt=0, le=1000)]
"""m; a kilometre is more than one battery flies, and fields of it still fit into memory."""
_Size = Annotated[Finite, Field(ge=1, le=100)]
SizeInterval = Annotated[tuple[_Size, _Size], AfterValidator(ordered)]
"""m, of what is repeated over a world: nothing smaller than a metre, so that their number stays small."""
_MAX_OBSTACLES = 10_000
"""Far more than Bullet takes: only keeps a mistyped density from filling the memory."""


def check_count(density_per_m2: float, length_m: float, width_m: float) -> None:
    """ValueError where a density over an area is more obstacles than anything here takes."""
    expected = density_per_m2 * length_m * width_m
    if expected > _MAX_OBSTACLES:
        raise ValueError(
            f"{density_per_m2} per m2 on {length_m} x {width_m} m are {expected:.0f} obstacles: at most {_MAX_OBSTACLES}"
        )
