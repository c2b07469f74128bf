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
from sim.problems import problems
from sim.scenario import FORMAT, Scenario
from sim.world.place_file import read_bounded

_FOLDER = Path(__file__).parent / "library"
_FORMATS: dict[str, type[BaseModel]] = {"family/1": Family, FORMAT: Scenario}
_MAX_BYTES = 20_000_000
_SENSELESS = " (one of [odometry] and [sensors] is required, and neither is given)"
"""Told beside a key that is unknown: it may have been meant as one of them."""
_PUBLISHED_KINDS = {"line": "navigate", "edges": "navigate"}
"""What flights drawn by the published recipes are."""
_Model = TypeVar("_Model", bound=BaseModel)


class ScenarioError(ValueError):
    """A scenario that cannot be had."""


_FILES = "name a file: TOML, or to fly a place or a plan CityJSON, CSV, OBJ, STL, GLB, PLY or .plan"
_OR_ELSE = "or a TOML file; `fly` also takes CityJSON, CSV, OBJ, STL, GLB, PLY and .plan files"


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
        if Path(name_or_path).is_dir():
            raise ScenarioError(f"scenario {name_or_path!r}: is a folder; {_FILES}")
        raise ScenarioError(unknown("scenario", name_or_path, names(), or_else=_OR_ELSE))
    path = Path(name_or_path) if is_file else _FOLDER / f"{name_or_path}.toml"
    content = parse(read_text(path), str(path))
    return NamedFamily(name=path.stem, family=content) if isinstance(content, Family) else content


def task_kind(loaded: NamedFamily | Scenario) -> str:
    """Of what its flights are to do: navigate, avoid or mission."""
    kind = (loaded.family if isinstance(loaded, NamedFamily) else loaded).task.kind
    return _PUBLISHED_KINDS.get(kind, kind)


def resolve(loaded: NamedFamily | Scenario, seed: int | None) -> Scenario:
    """The flight of a seed. A scenario is already one; a seed then only changes its noise and gusts."""
    if seed is not None and seed < 0:
        raise ScenarioError(f"world seed {seed}: must be 0 or more")
    seed = None if seed is None else int(seed)  # NumPy's whole numbers are no ints to a scenario.
    if isinstance(loaded, NamedFamily):
        return _drawn(loaded, 0 if seed is None else seed)
    scenario = (
        loaded if seed is None else Scenario.model_validate({**loaded.model_dump(), "seed": seed})
    )
    try:
        check_flyable(scenario)
    except ValueError as error:
        raise ScenarioError(f"scenario {scenario.name}: {error}") from error
    return scenario


def read_text(path: Path) -> str:
    """The text of a scenario's file; a ScenarioError for what cannot be read or is too large."""
    try:
        return read_bounded(path, _MAX_BYTES, "a scenario is smaller").decode("utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"scenario {path}: not UTF-8 text") from error
    except ValueError as error:
        hint = "" if path.exists() else did_you_mean(path.stem, names())
        raise ScenarioError(f"scenario {error}{hint}") from error


def tables_of(text: str, where: str) -> dict[str, Any]:
    """TOML's tables; `where` names the text in errors."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # Numbers of thousands of digits are ValueErrors.
        raise ScenarioError(f"{where}: not TOML: {error}") from error


def parse(text: str, where: str) -> Family | Scenario:
    """A family or a scenario from TOML text; `where` names it in errors."""
    table = _completed(tables_of(text, where), where, ())
    kind = table.get("format")
    if isinstance(kind, str) and kind.startswith("mission/"):
        raise ScenarioError(f"{where}: a mission needs a place: fly PLACE --mission {where}")
    if not isinstance(kind, str) or kind not in _FORMATS:
        given = "missing" if kind is None else f"unknown format {kind!r}"
        raise ScenarioError(
            f"{where}: format: {given}; write format = {' or '.join(map(repr, _FORMATS))}"
        )
    senses = "" if {"odometry", "sensors"} & table.keys() else _SENSELESS
    model = validated(table, _FORMATS[kind], where, senses)
    assert isinstance(model, Family | Scenario)
    return model


def validated(table: dict[str, Any], model: type[_Model], where: str, hint: str = "") -> _Model:
    """A model made of a table; `where` names it in errors, which `hint` ends."""
    with in_words(model, where, hint):
        return model.model_validate(table)


@contextmanager
def in_words(model: type[BaseModel], where: str, hint: str = "") -> Iterator[None]:
    """Inside, what pydantic refuses becomes one line."""
    try:
        yield
    except ValidationError as error:
        raise ScenarioError(f"{where}: {problems(error, model)}{hint}") from error


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
        raise ScenarioError(f"{named.name}, seed {seed}: {problems(error, Scenario)}") from error
    except ValueError as error:
        raise ScenarioError(f"{named.name}, seed {seed}: {error}") from error
    return scenario


def _completed(table: dict[str, Any], where: str, seen: tuple[str, ...]) -> dict[str, Any]:
    """A table that says `like = "NAME"`, filled up from that library entry."""
    if "like" not in table:
        return table
    base = table["like"]
    if base not in names():
        raise ScenarioError(f"{where}: like: {unknown('scenario', str(base), names())}")
    if base in seen:
        raise ScenarioError(f"{where}: like = {base!r}: leads back to itself")
    path = _FOLDER / f"{base}.toml"
    model = _completed(tomllib.loads(read_text(path)), str(path), (*seen, base))
    return _merged(model, {key: value for key, value in table.items() if key != "like"})


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The changes over the base, table by table; lists and values are replaced whole."""
    both = {key for key in changes if isinstance(changes[key], dict) and key in base}
    nested = {key: _merged(base[key], changes[key]) for key in both if isinstance(base[key], dict)}
    return {**base, **changes, **nested}
