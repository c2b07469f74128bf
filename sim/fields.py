"""The numbers and names that scenario files are made of, and the model every part of one derives from."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# Strict, because to Python True is 1 and "3" may be read as 3; whole numbers for floats are fine, as TOML writes them.
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Positive = Annotated[Finite, Field(gt=0)]
NonNegative = Annotated[Finite, Field(ge=0)]
Fraction = Annotated[Finite, Field(ge=0, le=1)]
Point = tuple[Finite, Finite, Finite]
MAX_EXTENT = 1100.0
"""m; fields of a world this large still fit into memory."""
Length = Annotated[Finite, Field(gt=0, le=MAX_EXTENT)]
"""m, of a solid; nothing is larger than the largest world."""
_Coordinate = Annotated[Finite, Field(ge=-10_000, le=10_000)]
Spot = tuple[_Coordinate, _Coordinate, _Coordinate]
"""m, world; in single precision, as the camera has it, a millimetre at most is lost."""
Name = Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]{0,99}$")]
"""Becomes part of file names: no slashes, no dot in front, at most 100 characters."""
Color = tuple[Fraction, Fraction, Fraction]
Class = Literal["trunk", "building", "obstacle"]


class Model(BaseModel):
    """Immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def is_none(value: object) -> bool:
    """For `exclude_if`: TOML knows no null, so what is None is not written."""
    return value is None
