"""A pilot watched at work: how long each decision took, and how often a rule overruled it."""

import time
from collections import Counter

import numpy as np

from agents.pilot import Pilot
from agents.way_names import SKILLS
from sim.flight import Flight
from sim.types import Decision, Observation


class Metered:
    """Flies as the pilot it holds; counts over one flight."""

    def __init__(self, pilot: Pilot) -> None:
        self._pilot = pilot
        self.name, self.action_level = pilot.name, pilot.action_level
        self._seconds: list[float] = []
        self.interventions: Counter[str] = Counter()
        """Marks the pilot left in its decisions, e.g. `mission_mask`, by name."""
        self.asked: Counter[str] = Counter()
        """Control steps by the skills that were asked in them, e.g. `navigation+avoidance`; scripted ones are not counted."""

    def reset(self, flight: Flight) -> None:
        self._seconds.clear()
        self.interventions.clear()
        self.asked.clear()
        self._pilot.reset(flight)

    def act(self, observation: Observation) -> Decision:
        started = time.perf_counter()
        decision = self._pilot.act(observation)
        self._seconds.append(time.perf_counter() - started)
        self.interventions.update(decision.events)
        skills = _asked(decision)
        if skills:
            self.asked[skills] += 1
        return decision

    def latency_ms(self, percentile: float) -> float | None:
        """Of one decision, on this machine as busy as it was; None if none was made."""
        return 1e3 * float(np.percentile(self._seconds, percentile)) if self._seconds else None


def _asked(decision: Decision) -> str:
    """The skills that a decision is made of, in `SKILLS`' order."""
    asked = (decision.navigation is not None, decision.survival is not None, decision.asked)
    return "+".join(skill for skill, was in zip(SKILLS, asked, strict=True) if was)
