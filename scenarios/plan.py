"""From a suite and its pilots to what is flown: each task with every pilot in every way it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.way_names import names_in_way
from scenarios.catalog import load, task_kind
from scenarios.suite import Suite


@dataclass(frozen=True)
class Entry:
    """One task and who flies it."""

    task: str
    scenario: str
    pilots: tuple[str, ...]
    """Each with the way it is flown, e.g. `shared@head`."""


def plan(suite: Suite, ways: Mapping[str, Sequence[str]]) -> list[Entry]:
    """The entries of a suite; `ways` says for every pilot in which ways it can fly at all.

    Raises ValueError where nobody would fly anything.
    """
    entries = [
        Entry(task, scenario, _arms(suite.ways_of(task), ways, task_kind(load(scenario))))
        for task, scenario in suite.tasks.items()
    ]
    if not any(entry.pilots for entry in entries):
        raise ValueError(
            f"ways = substitution: only missions are flown so, and none of {', '.join(suite.tasks)} is one; "
            "choose another suite, or add all or head"
        )
    return entries


def _arms(asked: Sequence[str], ways: Mapping[str, Sequence[str]], kind: str) -> tuple[str, ...]:
    names = [
        name
        for way in asked
        # Substitution finds the head at fault in a mission, where all three are at work.
        if way != "substitution" or kind == "mission"
        for pilot, able in ways.items()
        for name in names_in_way(pilot, way if way in able else "all")
    ]
    return tuple(dict.fromkeys(names))
