"""How the ways of flying are written: `shared`, `shared@head`, `shared@teacher=navigation,avoidance`, `shared@rule=2,1.5,0.6,0.5`."""

from itertools import combinations
from pathlib import Path

SKILLS = ("navigation", "avoidance", "mission")
WAYS = ("all", "head", "substitution")
"""All heads learned; each task by its own head alone; every subset of heads replaced by the teacher's."""
HEAD, TEACHER = "head", "teacher="
RULE = "rule="
"""Before the numbers of an `agents.fusion.FusionRule` to fly with, in place of the pilot's own."""
RULE_NUMBERS = ("weight", "course_weight", "veto_below", "course_veto_below")
"""Which numbers those are, in their order."""


class WayError(ValueError):
    """A way in which a pilot cannot be flown."""


def split_way(name: str) -> tuple[str, str]:
    """A pilot's name and the way after its last `@`; no way is all learned."""
    base, mark, way = name.rpartition("@")
    if not mark or Path(name).exists():
        return name, ""
    return base, way


def way_of(name: str) -> str:
    """Which of the ways a pilot's name asks for."""
    way = split_way(name)[1]
    return "head" if way == HEAD else "substitution" if way.startswith(TEACHER) else "all"


def names_in_way(pilot: str, way: str) -> tuple[str, ...]:
    """The pilots that together fly one pilot in a way."""
    if way == "head":
        return (f"{pilot}@{HEAD}",)
    if way == "substitution":
        sets = (s for size in range(1, 4) for s in combinations(SKILLS, size))
        return (pilot, *(f"{pilot}@{TEACHER}{','.join(skills)}" for skills in sets))
    return (pilot,)
