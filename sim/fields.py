"""The numbers and names that scenario files are made of, and the model every part of one derives from."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Point = tuple[Finite, Finite, Finite]
MAX_EXTENT = 1100.0
"""m; fields of a world this large still fit into memory."""
Length = Annotated[float, Field(gt=0, le=MAX_EXTENT, allow_inf_nan=False)]
"""m, of a solid; nothing is larger than the largest world."""
_Coordinate = Annotated[float, Field(ge=-10_000, le=10_000, allow_inf_nan=False)]
Spot = tuple[_Coordinate, _Coordinate, _Coordinate]
"""m, world; in single precision, as the camera has it, a millimetre at most is lost."""
Name = Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]{0,99}$")]
"""Becomes part of file names: no slashes, no dot in front, at most 100 characters."""
Color = tuple[Fraction, Fraction, Fraction]
Class = Literal["trunk", "building", "obstacle"]


class Model(BaseModel):
    """Immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
