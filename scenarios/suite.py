"""A suite: which scenarios a comparison flies, and on which worlds."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scenarios.problems import problems
from scenarios.seeds import SEED_SETS
from sim.names import did_you_mean, unknown

_FOLDER = Path(__file__).parent / "suites"


class Suite(BaseModel):
    """A validated suite file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["suite/1"]
    description: str
    first_seed: Annotated[int, Field(ge=0)]
    worlds: Annotated[int, Field(ge=1)]
    """Worlds per task: the seeds from `first_seed` upwards."""
    tasks: Annotated[dict[str, str], Field(min_length=1)]
    """Task name to scenario: a library name or a TOML file."""

    @model_validator(mode="after")
    def _leaves_the_test_worlds_closed(self) -> "Suite":
        last, closed = self.first_seed + self.worlds - 1, SEED_SETS["test"]
        if last >= closed.start:
            raise ValueError(
                f"worlds {self.first_seed} to {last}: seeds from {closed.start} are test worlds, "
                "opened once per release for the published tables"
            )
        return self

    def with_worlds(self, worlds: int | None, first_seed: int | None) -> "Suite":
        """The same tasks on other worlds; None keeps what the file says."""
        changes = {"worlds": worlds, "first_seed": first_seed}
        kept = {name: value for name, value in changes.items() if value is not None}
        return _validated({**self.model_dump(), **kept}, "suite")

    @property
    def seeds(self) -> range:
        return range(self.first_seed, self.first_seed + self.worlds)


def suite_names() -> tuple[str, ...]:
    """Names of the shipped suites."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_suite(name_or_path: str) -> Suite:
    """A shipped suite by name, or one from a TOML file."""
    is_file = name_or_path.endswith(".toml")
    if not is_file and name_or_path not in suite_names():
        raise ValueError(unknown("suite", name_or_path, suite_names(), or_else="or a TOML file"))
    path = Path(name_or_path) if is_file else _FOLDER / f"{name_or_path}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"suite {path}: not TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"suite {path}: not UTF-8 text") from error
    except OSError as error:
        hint = did_you_mean(path.stem, suite_names())
        raise ValueError(f"suite {path}: cannot be read: {error.strerror}{hint}") from error
    return _validated(content, f"suite {path}")


def _validated(content: dict[str, object], where: str) -> Suite:
    try:
        return Suite.model_validate(content)
    except ValidationError as error:
        raise ValueError(f"{where}: {problems(error, Suite)}") from error
