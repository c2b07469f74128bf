"""What is wrong with a file, in words: pydantic's errors as lines that name field, value and choices."""

import re
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sim.names import did_you_mean, unknown

_MOST = 5
"""Problems told at once."""
_LONG = 80
"""Characters beyond which a table or list is not repeated."""


def problems(error: ValidationError, model: type[BaseModel]) -> str:
    """The problems that kept a table from becoming a `model`, on one line."""
    return "; ".join(_problem(dict(detail), model) for detail in error.errors()[:_MOST])


def _problem(detail: dict[str, Any], model: type[BaseModel]) -> str:
    loc, kind, value = detail["loc"], detail["type"], detail["input"]
    place = _written(model, loc)
    if kind == "extra_forbidden":
        return f"{place}: unknown key{did_you_mean(str(loc[-1]), _keys(model, loc[:-1]))}"
    if kind == "missing":
        return f"{place}: missing{' (entries count from 0)' if isinstance(loc[-1], int) else ''}"
    if kind == "literal_error" and isinstance(value, str):
        return f"{place}: {unknown(_named(loc), value, _quoted(detail['ctx']['expected']))}"
    if kind == "union_tag_invalid":
        tag, choices = detail["ctx"]["tag"], _quoted(detail["ctx"]["expected_tags"])
        return f"{place}: {unknown(_bare(detail), tag, choices)}"
    if kind == "union_tag_not_found":
        name = _bare(detail)
        choices = ", ".join(_tags(_at(model, loc), name))
        return f"{place}.{name}: missing; choose {choices}"
    if kind == "value_error":  # Raised by our own validators, which name the value.
        message = str(detail["ctx"]["error"])
        return f"{place}: {message}" if place else message
    shown = "" if _is_long(value) else f" (got {value!r})"
    words = detail["msg"].replace("Input should", "must", 1)
    return f"{place}: {words}{shown}" if place else words


def _named(loc: tuple[Any, ...]) -> str:
    """The last key of a place; entries of a list go by the list's."""
    return next((part for part in reversed(loc) if isinstance(part, str)), "entry")


def _is_long(value: object) -> bool:
    return isinstance(value, dict | list | tuple) and len(str(value)) > _LONG


def _quoted(choices: str) -> list[str]:
    """Pydantic lists its choices as 'a', 'b' or 'c'."""
    return re.findall(r"'([^']*)'", choices)


def _bare(detail: dict[str, Any]) -> str:
    """The name of the key that tells the members of a union apart."""
    return detail["ctx"]["discriminator"].strip("'")


# --- Which models may stand at a place of a table.


def _keys(model: type[BaseModel], loc: Iterable[Any]) -> list[str]:
    """What a table at a place may hold."""
    return sorted({name for each in _at(model, loc) for name in each.model_fields})


def _at(model: type[BaseModel], loc: Iterable[Any]) -> list[type[BaseModel]]:
    """The models of a place, which is keys, indices and, where a union decided, the tag it found."""
    here = [model]
    for part in loc:
        here = _next(here, part)
    return here


def _written(model: type[BaseModel], loc: Iterable[Any]) -> str:
    """A place as the file has it: without the tags of unions, which are values there and no keys."""
    here, parts = [model], []
    for part in loc:
        if not _is_tag(here, part):
            parts.append(str(part))
        here = _next(here, part)
    return ".".join(parts)


def _next(here: list[type[BaseModel]], part: int | str) -> list[type[BaseModel]]:
    if isinstance(part, int):
        return here
    if _is_tag(here, part):
        return [each for each in here if part in _literals(each.model_fields.get("kind"))]
    fields = [each.model_fields[part] for each in here if part in each.model_fields]
    return [found for field in fields for found in _models(field.annotation)]


def _is_tag(here: list[type[BaseModel]], part: int | str) -> bool:
    """Whether a part of a place is a union's tag: no key of any model there, but the kind of one."""
    return not any(part in each.model_fields for each in here) and any(
        part in _literals(each.model_fields.get("kind")) for each in here
    )


def _tags(models: Iterable[type[BaseModel]], name: str) -> list[str]:
    return [tag for each in models for tag in _literals(each.model_fields.get(name))]


def _literals(field: FieldInfo | None) -> tuple[str, ...]:
    annotation = None if field is None else field.annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models an annotation speaks of, inside unions, tuples and options too."""
    arguments = get_args(annotation)
    if arguments:
        return [found for each in arguments for found in _models(each)]
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return [annotation] if is_model else []
