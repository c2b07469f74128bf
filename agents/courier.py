"""Flies mission choices that somebody else makes: a pilot without its mission skill, for `sim.plan_env`."""

import numpy as np
from jaxtyping import Bool

from agents.lattice_pilot import LatticePilot
from agents.mission_control import MissionControl
from agents.mission_mask import allowed_choices
from agents.sites import read_sites
from sim.flight import Flight
from sim.types import HOME, Decision, Observation


class Courier:
    """The pilot navigates, avoids, docks, lands and reads panels; where to go next it is told."""

    def __init__(self, pilot: LatticePilot) -> None:
        self._pilot = pilot

    def reset(self, flight: Flight) -> None:
        """Prepare for a mission."""
        self._pilot.reset(flight)

    def due(self, observation: Observation) -> bool:
        """Whether a decision is asked for: once a second and on events. To be called once a control step."""
        due = self._control.is_due(observation)
        if due:
            status = self._pilot.brain.plan(self._control.observe(observation)).status
            self._control.believe(read_sites(observation), status)
        return due

    def briefed(self, observation: Observation) -> Observation:
        """The observation with the pilot's beliefs of the panels filled in."""
        return self._control.observe(observation)

    def allowed(self, observation: Observation) -> Bool[np.ndarray, "14"]:
        """What rules and observable energy leave open; home, where they leave nothing."""
        allowed = allowed_choices(read_sites(observation), observation, self._pilot.briefing)
        if not allowed.any():
            allowed[HOME] = True
        return allowed

    def order(self, choice: int, observation: Observation) -> bool:
        """Take a choice; False where it is not allowed, and what was under way goes on, or the way home."""
        allowed = self.allowed(observation)
        obeyed = bool(allowed[choice])
        if not obeyed:
            choice = self._control.choice if allowed[self._control.choice] else HOME
        self._control.order(choice, read_sites(observation))
        return obeyed

    def act(self, observation: Observation) -> Decision:
        """The next control step on the way to what was ordered."""
        return self._pilot.carry_out(observation)

    @property
    def _control(self) -> MissionControl:
        control = self._pilot.control
        if control is None:
            raise ValueError("this flight is no mission: nothing can be ordered")
        return control
