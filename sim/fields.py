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
Color = tuple[Fraction, Fraction, Fraction]
Class = Literal["trunk", "building", "obstacle"]


class Model(BaseModel):
    """Immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
