"""A suite: which scenarios a comparison flies, and on which worlds."""

from collections import Counter
from collections.abc import Sequence
from operator import not_
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scenarios.named_file import names_in, read_named
from scenarios.seeds import SEED_SETS, check_open
from sim.names import unknown
from sim.problems import problems

Way = Literal["all", "head", "substitution"]
"""All heads learned; the one head of the task alone; every subset of heads replaced by the teacher's."""

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
    """Task name to scenario: a library name or a TOML file. Names that end in a number are rungs of a ladder."""
    ways: Annotated[dict[str, tuple[Way, ...]], Field(exclude_if=lambda ways: not ways)] = {}
    """Task name to the ways it is flown; tasks not named are flown with all heads learned."""
    primary: Annotated[str | None, Field(exclude_if=lambda task: task is None)] = None
    """The task whose comparison is the primary endpoint; all others are exploratory."""
    chosen_seeds: Annotated[tuple[int, ...], Field(exclude_if=lambda seeds: not seeds)] = ()
    """Worlds named one by one, in place of `first_seed` and `worlds`."""
    release: Annotated[bool, Field(exclude_if=not_)] = False
    """Whether it flies the test worlds, and no others: for the command line to say, not for a file."""

    @model_validator(mode="after")
    def _names_its_tasks(self) -> "Suite":
        for task in (*self.ways, *([] if self.primary is None else [self.primary])):
            if task not in self.tasks:
                raise ValueError(unknown("task", task, self.tasks))
        for task, ways in self.ways.items():
            if not ways or len(set(ways)) != len(ways):
                raise ValueError(f"ways.{task} = {' '.join(ways) or 'none'}: name each once")
        return self

    @model_validator(mode="after")
    def _leaves_the_test_worlds_closed(self) -> "Suite":
        counts = Counter(self.chosen_seeds)
        wrong = next((seed for seed, count in counts.items() if seed < 0 or count > 1), None)
        if wrong is not None:
            raise ValueError(f"seeds = {wrong}: name each once, from 0 upwards")
        check_open(self.seeds, release=self.release)
        return self

    def for_release(self) -> "Suite":
        """The same tasks on as many test worlds, the first ones."""
        first = SEED_SETS["test"].start
        changes = {"release": True, "first_seed": first, "worlds": len(self.seeds)}
        return _validated({**self.model_dump(exclude={"chosen_seeds"}), **changes})

    def with_worlds(
        self, worlds: int | None, first_seed: int | None, seeds: Sequence[int] = ()
    ) -> "Suite":
        """The same tasks on other worlds; None keeps what the file says.

        Args:
            worlds: How many, of those that the file names the first.
            first_seed: To count up from, whatever the file names.
            seeds: One by one, in place of both.
        """
        changes = {"worlds": worlds, "first_seed": first_seed}
        given = {name: value for name, value in changes.items() if value is not None}
        if seeds and given:
            raise ValueError(
                f"seeds = {len(seeds)} of them, {', '.join(given)}: give one or the other"
            )
        named = self.chosen_seeds if first_seed is None else ()
        if named and worlds is not None and worlds > len(named):
            raise ValueError(f"worlds = {worlds}: the suite names {len(named)} seeds")
        return _validated(
            {**self.model_dump(), **given, "chosen_seeds": tuple(seeds) or named[:worlds]}
        )

    def in_ways(self, ways: Sequence[str]) -> "Suite":
        """The same tasks, each flown in these ways."""
        for way in ways:
            if way not in get_args(Way):
                raise ValueError(f"ways: {unknown('way', way, get_args(Way))}")
        return _validated({**self.model_dump(), "ways": {t: tuple(ways) for t in self.tasks}})

    def ways_of(self, task: str) -> tuple[str, ...]:
        """The ways a task is flown."""
        return self.ways.get(task, ("all",))

    @property
    def seeds(self) -> Sequence[int]:
        return self.chosen_seeds or range(self.first_seed, self.first_seed + self.worlds)


def parse_seeds(words: Sequence[str]) -> tuple[int, ...]:
    """`15000-15009 15020` as numbers."""
    found: list[int] = []
    for word in words:
        first, dash, last = word.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(f"seeds = {word!r}: give numbers and ranges, as in 15000-15009 15020")
        end = int(last) if dash else int(first)
        if not 0 <= end - int(first) < 1_000_000:
            raise ValueError(f"seeds = {word!r}: a range goes upwards, over less than a million")
        found += range(int(first), end + 1)
    return tuple(found)


def suite_names() -> tuple[str, ...]:
    """Names of the shipped suites."""
    return names_in(_FOLDER)


def load_suite(name_or_path: str) -> Suite:
    """A shipped suite by name, or one from a TOML file."""
    path, content = read_named("suite", name_or_path, _FOLDER)
    if "release" in content:
        raise ValueError(f"suite {path}: release: is an option of `compare` and `study`, not a key")
    return _validated(content, f"suite {path}: ")


def _validated(content: dict[str, object], where: str = "") -> Suite:
    """The suite; `where` begins what is wrong with a file, options are told by their own names."""
    try:
        return Suite.model_validate(content)
    except ValidationError as error:
        raise ValueError(f"{where}{problems(error, Suite)}") from error
