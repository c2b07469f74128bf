"""A study: which networks are trained on which frames, and what they then fly; a TOML file, so that another needs no code."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from agents.arms import arm_named
from scenarios.fitting import LEAST_WORLDS
from scenarios.named_file import names_in, read_named
from scenarios.suite import Way, load_suite
from sim.names import unknown
from sim.problems import problems

_FOLDER = Path(__file__).parent / "studies"
_LABEL = r"^[a-z0-9][a-z0-9-]*$"
"""Names become folders and files."""

Settings = dict[str, Any]
"""Options of `train` by name, as in `labels = "disjoint"`."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Networks(_Table):
    """What is trained under one name, with every seed."""

    arm: str
    """As `train --arm` takes it."""
    training: Settings = {}
    """What differs from a training with nothing said."""

    @field_validator("arm")
    @classmethod
    def _is_an_arm(cls, arm: str) -> str:
        return arm_named(arm).name


class Flights(_Table):
    """One comparison; the networks listed first is what the others are compared with."""

    suite: str
    networks: Annotated[tuple[str, ...], Field(min_length=1)]
    seeds: Annotated[int, Field(ge=1, le=100)]
    """Training seeds 1 to this, of every network."""
    worlds: Annotated[int, Field(ge=1)] | None = None
    """Worlds per task; by default what the suite says."""
    ways: tuple[Way, ...] = ()
    """Every task flown so; by default as the suite says."""
    pilots: tuple[str, ...] = ()
    """Others that fly, too: classical, teacher and the like."""

    @model_validator(mode="after")
    def _has_its_worlds(self) -> "Flights":
        load_suite(self.suite).with_worlds(self.worlds, None)
        return self


class Study(_Table):
    """A validated study file."""

    format: Literal["study/1"]
    title: str
    question: str
    frames: Settings = {}
    """Of the collection that all networks train on."""
    networks: Annotated[dict[Annotated[str, Field(pattern=_LABEL)], Networks], Field(min_length=1)]
    flights: Annotated[dict[Annotated[str, Field(pattern=_LABEL)], Flights], Field(min_length=1)]
    fit_worlds: Annotated[int, Field(ge=LEAST_WORLDS)] = 48
    """Choice worlds that the fusion rule of every network is fitted on, with its first seed for all of them."""

    @model_validator(mode="after")
    def _flies_what_it_trains(self) -> "Study":
        flown = {name for flights in self.flights.values() for name in flights.networks}
        for name in sorted(flown - self.networks.keys()):
            raise ValueError(unknown("networks", name, self.networks))
        for name in sorted(self.networks.keys() - flown):
            raise ValueError(
                f"networks.{name}: is trained, and flown by none of {', '.join(self.flights)}"
            )
        return self

    def seeds_of(self, network: str) -> range:
        """The training seeds that its flights ask for."""
        return range(1, 1 + max(f.seeds for f in self.flights.values() if network in f.networks))

    def limited(self, seeds: int | None, worlds: int | None) -> "Study":
        """The same with at most so many training seeds and worlds a task; None leaves what the file says.

        Fewer than 1, or more than any of its flights has, is a ValueError: a study asks for all that it is to find.
        """
        _check_most("seeds", seeds, [each.seeds for each in self.flights.values()])
        _check_most("worlds", worlds, [_worlds(each) for each in self.flights.values()])
        flights = {
            name: each.model_copy(
                update={
                    "seeds": _least(each.seeds, seeds),
                    "worlds": _least(_worlds(each), worlds),
                }
            )
            for name, each in self.flights.items()
        }
        return self.model_copy(update={"flights": flights})


def study_names() -> tuple[str, ...]:
    """Names of the shipped studies."""
    return names_in(_FOLDER)


def load_study(name_or_path: str) -> Study:
    """A shipped study by name, or one from a TOML file; ValueError says what is wrong with it."""
    path, content = read_named("study", name_or_path, _FOLDER)
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        raise ValueError(f"study {path}: {problems(error, Study)}") from error


def _worlds(flights: Flights) -> int:
    return len(load_suite(flights.suite).with_worlds(flights.worlds, None).seeds)


def _check_most(what: str, asked: int | None, said: list[int]) -> None:
    if asked is not None and not 1 <= asked <= max(said):
        raise ValueError(f"{what} = {asked}: the study has {max(said)}: from 1 to {max(said)}")


def _least(said: int, most: int | None) -> int:
    return said if most is None else min(said, most)
