"""One brain of several: three skills, each from wherever it is best had."""

import numpy as np
from jaxtyping import Float

from agents.pilot import Brain, MissionSkill, Plan, Watcher, Whereabouts
from sim.flight import Flight
from sim.types import Observation


class CompositeBrain:
    """Three skills from up to three brains: specialists, or substitutions of one skill by the teacher's."""

    def __init__(self, navigation: Brain, avoidance: Brain, mission: MissionSkill) -> None:
        self._navigation, self._avoidance, self._mission = navigation, avoidance, mission

    def reset(self, flight: Flight) -> None:
        for brain in {
            id(b): b for b in (self._navigation, self._avoidance, self._mission)
        }.values():
            brain.reset(flight)

    def watch(self, observation: Observation, here: Whereabouts) -> None:
        for brain in {id(b): b for b in (self._navigation, self._avoidance)}.values():
            if isinstance(brain, Watcher):
                brain.watch(observation, here)

    def plan(self, observation: Observation) -> Plan:
        return self._mission.plan(observation)

    def navigate(self, observation: Observation) -> Float[np.ndarray, " k"]:
        return self._navigation.navigate(observation)

    def survive(self, observation: Observation) -> Float[np.ndarray, " k"]:
        return self._avoidance.survive(observation)


class BlindMission:
    """A mission skill with the image withheld: it plans from battery and sites alone, and reads no panel."""

    def __init__(self, skill: MissionSkill) -> None:
        self._skill = skill

    def reset(self, flight: Flight) -> None:
        self._skill.reset(flight)

    def plan(self, observation: Observation) -> Plan:
        # Fresh arrays at every call: brains tell a new frame by its identity, and must not take this one for another.
        withheld = {name: np.zeros_like(observation[name]) for name in ("image", "history")}
        return self._skill.plan({**observation, **withheld})
