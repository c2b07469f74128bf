"""Pydantic's errors in our words: what a key may have meant is looked for in the table it stands in."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.problems import problems


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Round(Strict):
    kind: Literal["round"]
    radius: float


class Square(Strict):
    kind: Literal["square"]
    side: float


class Table(Strict):
    shapes: tuple[Annotated[Round | Square, Field(discriminator="kind")], ...] = ()
    colour: Literal["red", "green"] = "red"
    radios: int = 0
    point: tuple[float, float] = (0.0, 0.0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"shapes": [{"kind": "round", "radius": 1.0, "zzz": 1}]}, "shapes.0.zzz: unknown key"),
        ({"shapes": [{"kind": "square", "sid": 1}]}, "shapes.0.side: missing; shapes.0.sid: unknown key; did you mean 'side'?"),
        ({"shapes": [{"kind": "squar"}]}, "shapes.0: unknown kind 'squar': choose round, square; did you mean 'square'?"),
        ({"shapes": [{"side": 1}]}, "shapes.0.kind: missing; choose round, square"),
        ({"colour": "gren"}, "colour: unknown colour 'gren': choose red, green; did you mean 'green'?"),
        ({"colour": 3}, "colour: must be 'red' or 'green' (got 3)"),
        ({"radius": 3}, "radius: unknown key; did you mean 'radios'?"),
        ({"point": [1.0]}, "point.1: missing (entries count from 0)"),
        ({"radios": list(range(100))}, "radios: must be a valid integer"),
    ],
)  # fmt: skip
def test_a_problem_names_place_value_and_choices(table: dict, message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Table.model_validate(table)
    assert problems(raised.value, Table) == message
