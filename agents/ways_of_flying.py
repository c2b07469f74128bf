"""The ways one pilot is flown: all heads learned, one head alone, some heads replaced by the teacher's, another rule."""

import numpy as np
from jaxtyping import Float

from agents.composite import CompositeBrain
from agents.fusion import FusionRule
from agents.lattice import CANDIDATES
from agents.lattice_pilot import LatticePilot
from agents.pilot import Brain, Pilot, Plan
from agents.rule_file import rule_of
from agents.teacher import TeacherBrain
from agents.way_names import HEAD, RULE, RULE_NUMBERS, SKILLS, TEACHER, WayError
from sim.flight import Flight
from sim.types import Decision, Observation

_ARGMAX = FusionRule(0.0, 0.0, 0.0, 0.0, keep=0.0)
"""The candidate that the navigation head likes best, whatever survives."""
_SURVIVING = FusionRule(0.0, 0.0, 0.5, 0.5, keep=0.0)
"""Of the candidates more likely to survive than not, the one nearest the commanded course."""


def in_a_way(pilot: Pilot, name: str, way: str) -> Pilot:
    """The pilot under a new name, flown in the way that the name asks for."""
    if not isinstance(pilot, LatticePilot):
        raise WayError(f"pilot {name!r}: {pilot.name} has no heads, so it flies in one way only")
    if way == HEAD:
        return HeadAlone(name, pilot.brain)
    if way.startswith(RULE):
        return pilot.variant(name, rule=_rule(name, way, pilot.rule))
    return substituted(name, pilot, _replaced(name, way))


def substituted(name: str, pilot: LatticePilot, replaced: frozenset[str]) -> LatticePilot:
    """The pilot with the teacher's skill in place of some of its own."""
    teacher = TeacherBrain()
    brains = [teacher if skill in replaced else pilot.brain for skill in SKILLS]
    # The teacher knows its way: a detour would only lead it off.
    detours = pilot.detours and "navigation" not in replaced
    # Its survival is a matter of centimetres, with a rule of its own.
    rule = FusionRule() if "avoidance" in replaced else pilot.rule
    return LatticePilot(name, CompositeBrain(*brains), rule, detours=detours, masking=pilot.masking)


class HeadAlone:
    """Flies each task with the one head that is named for it: the single-task policy inside a pilot.

    Navigation: its own best candidate, without veto and without help out of dead ends. Avoidance: the
    surviving candidate nearest the commanded course. Mission: the teacher flies.
    """

    action_level = "velocity"

    def __init__(self, name: str, brain: Brain) -> None:
        teacher = TeacherBrain()
        blind = CompositeBrain(brain, _Unafraid(), brain)
        self.name = name
        self._by_task = {
            "navigate": LatticePilot(name, blind, _ARGMAX, detours=False),
            "avoid": LatticePilot(name, brain, _SURVIVING, detours=False),
            "mission": LatticePilot(name, CompositeBrain(teacher, teacher, brain), detours=False),
        }

    def reset(self, flight: Flight) -> None:
        self._pilot = self._by_task[flight.scenario.task.kind]
        self._pilot.reset(flight)

    def act(self, observation: Observation) -> Decision:
        return self._pilot.act(observation)


# --- Private.


class _Unafraid:
    """The avoidance skill of who has none: everything survives."""

    def reset(self, flight: Flight) -> None:
        pass

    def plan(self, observation: Observation) -> Plan:
        raise NotImplementedError("only asked what survives")

    def navigate(self, observation: Observation) -> Float[np.ndarray, " k"]:
        raise NotImplementedError("only asked what survives")

    def survive(self, observation: Observation) -> Float[np.ndarray, " k"]:
        return np.ones(CANDIDATES, dtype=np.float32)


def _rule(name: str, way: str, own: FusionRule) -> FusionRule:
    """The pilot's own rule but for the four numbers that `rule=2,1.5,0.6,0.5` gives."""
    try:
        numbers = map(float, way.removeprefix(RULE).split(","))
        return rule_of({**vars(own), **dict(zip(RULE_NUMBERS, numbers, strict=True))})
    except ValueError as error:
        raise WayError(
            f"pilot {name!r}: {way}: give {', '.join(RULE_NUMBERS)}, as in {RULE}2,1.5,0.6,0.5: {error}"
        ) from error


def _replaced(name: str, way: str) -> frozenset[str]:
    """The skills that `teacher=navigation,mission` names."""
    skills = way.removeprefix(TEACHER).split(",")
    wrong = [skill for skill in skills if skill not in SKILLS]
    if wrong or len(set(skills)) != len(skills):
        raise WayError(
            f"pilot {name!r}: {TEACHER}{','.join(skills)}: name each head once, of {', '.join(SKILLS)}"
        )
    return frozenset(skills)
