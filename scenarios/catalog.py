"""Scenarios by name or file: TOML in and out, with errors that name the field, the value and the choices."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
from pydantic import BaseModel, ValidationError

from scenarios.family import Family
from scenarios.generate import check_buildable, check_flyable
from scenarios.generate import resolve as draw
from sim.names import did_you_mean, unknown
from sim.scenario import FORMAT, Scenario
from sim.world.place_file import read_bounded

_FOLDER = Path(__file__).parent / "library"
_FORMATS: dict[str, type[BaseModel]] = {"family/1": Family, FORMAT: Scenario}
_MAX_BYTES = 20_000_000
_Model = TypeVar("_Model", bound=BaseModel)


class ScenarioError(ValueError):
    """A scenario that cannot be had."""


class NamedFamily(BaseModel):
    """A family under the name its flights carry."""

    name: str
    family: Family


def names() -> tuple[str, ...]:
    """Names of the shipped families."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load(name_or_path: str) -> NamedFamily | Scenario:
    """A library entry by name, or a TOML file holding a family or a scenario."""
    is_file = name_or_path.endswith(".toml")
    if not is_file and name_or_path not in names():
        raise ScenarioError(unknown("scenario", name_or_path, names(), or_else="or a TOML file"))
    path = Path(name_or_path) if is_file else _FOLDER / f"{name_or_path}.toml"
    content = parse(_read(path), str(path))
    return NamedFamily(name=path.stem, family=content) if isinstance(content, Family) else content


def resolve(loaded: NamedFamily | Scenario, seed: int | None) -> Scenario:
    """The flight of a seed. A scenario is already one; a seed then only changes its noise and gusts."""
    if seed is not None and seed < 0:
        raise ScenarioError(f"world seed {seed}: must be 0 or more")
    if isinstance(loaded, NamedFamily):
        return _drawn(loaded, 0 if seed is None else seed)
    scenario = (
        loaded if seed is None else Scenario.model_validate({**loaded.model_dump(), "seed": seed})
    )
    try:
        check_buildable(scenario)
        check_flyable(scenario)
    except ValueError as error:
        raise ScenarioError(f"scenario {scenario.name}: {error}") from error
    return scenario


def read_table(path: Path) -> dict[str, Any]:
    """The TOML tables of a file."""
    return _table(_read(path), str(path))


def parse(text: str, where: str) -> Family | Scenario:
    """A family or a scenario from TOML text; `where` names it in errors."""
    table = _table(text, where)
    kind = table.get("format")
    if not isinstance(kind, str) or kind not in _FORMATS:
        raise ScenarioError(
            f"{where}: format = {kind!r}: choose {' or '.join(map(repr, _FORMATS))}"
        )
    model = validated(table, _FORMATS[kind], where)
    assert isinstance(model, Family | Scenario)
    return model


def validated(table: dict[str, Any], model: type[_Model], where: str) -> _Model:
    """A model made of a table; `where` names it in errors."""
    with in_words(model, where):
        return model.model_validate(table)


@contextmanager
def in_words(model: type[BaseModel], where: str) -> Iterator[None]:
    """Inside, what pydantic refuses becomes one line."""
    try:
        yield
    except ValidationError as error:
        raise ScenarioError(f"{where}: {_problems(error, model)}") from error


def dump(model: Family | Scenario) -> str:
    """The TOML text that `parse` reads back as an equal model."""
    return tomli_w.dumps(model.model_dump(mode="json"))


# --- Private.


def _drawn(named: NamedFamily, seed: int) -> Scenario:
    """A draw is flyable by construction; what a recipe makes that is no scenario is the recipe's fault."""
    try:
        scenario = draw(named.family, named.name, seed)
        check_buildable(scenario)
    except ValidationError as error:
        raise ScenarioError(f"{named.name}, seed {seed}: {_problems(error, Scenario)}") from error
    except ValueError as error:
        raise ScenarioError(f"{named.name}, seed {seed}: {error}") from error
    return scenario


def _table(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # Numbers of thousands of digits are ValueErrors.
        raise ScenarioError(f"{where}: not TOML: {error}") from error


def _read(path: Path) -> str:
    try:
        return read_bounded(path, _MAX_BYTES, "a scenario is smaller").decode("utf-8")
    except ValueError as error:
        raise ScenarioError(f"scenario {path}: {error}") from error


def _problems(error: ValidationError, model: type[BaseModel]) -> str:
    return "; ".join(_problem(dict(detail), model) for detail in error.errors()[:5])


def _problem(detail: dict[str, Any], model: type[BaseModel]) -> str:
    """One validation error in words."""
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{place}: unknown key{_hint(detail['loc'], model)}"
    if detail["type"] == "missing":
        return f"{place}: missing"
    if detail["type"] == "value_error":  # Raised by our own validators, which name the value.
        message = str(detail["ctx"]["error"])
        return f"{place}: {message}" if place else message
    value = detail["input"]
    shown = (
        ""
        if isinstance(value, dict | list | tuple) and len(str(value)) > 80
        else f" (got {value!r})"
    )
    return f"{place}: {detail['msg']}{shown}" if place else f"{detail['msg']}"


def _hint(loc: tuple[Any, ...], model: type[BaseModel]) -> str:
    """What a mistyped key may have meant: the names of the table it stands in."""
    known = {name for kind in _models_of(model) for name in kind.model_fields}
    return did_you_mean(str(loc[-1]), known)


def _models_of(model: type[BaseModel]) -> set[type[BaseModel]]:
    """A model and every model it is built from."""
    found, todo = set(), [model]
    while todo:
        current = todo.pop()
        if current in found:
            continue
        found.add(current)
        for info in current.model_fields.values():
            todo += [
                t
                for t in _types_in(info.annotation)
                if isinstance(t, type) and issubclass(t, BaseModel)
            ]
    return found


def _types_in(annotation: Any) -> list[Any]:
    arguments = getattr(annotation, "__args__", ())
    return [annotation] if not arguments else [t for a in arguments for t in _types_in(a)]
