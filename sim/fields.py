"""The numbers and names that scenario files are made of, and the model every part of one derives from."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_serializer

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Point = tuple[Finite, Finite, Finite]
Color = tuple[Fraction, Fraction, Fraction]
Class = Literal["trunk", "building", "obstacle"]


class Model(BaseModel):
    """Immutable, and unknown keys are errors; what is None is left out of files, since TOML knows no null."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_serializer(mode="wrap")
    def _without_none(self, handler: Callable[..., Any]) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}
