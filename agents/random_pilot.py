"""The control that knows nothing: random lattice candidates."""

import numpy as np

from agents.altitude_guard import guard_altitude
from agents.lattice import CANDIDATES, candidate_action
from sim.flight import Flight
from sim.types import Decision, Observation

_STREAM = 3
"""Of the scenario's seed."""
_HOLD_STEPS = 8
"""Control steps that a candidate is flown for."""


class RandomPilot:
    """Flies a random candidate for about half a second, then another."""

    name = "random"
    action_level = "velocity"

    def reset(self, flight: Flight) -> None:
        self._rng = np.random.default_rng([flight.scenario.seed, _STREAM])
        self._speed_limit = flight.scenario.speed_limit_m_s
        self._step = 0
        self._chosen = 0

    def act(self, observation: Observation) -> Decision:
        if self._step % _HOLD_STEPS == 0:
            self._chosen = int(self._rng.integers(CANDIDATES))
        self._step += 1
        action, _ = guard_altitude(candidate_action(self._chosen, self._speed_limit), observation)
        return Decision(action=action, phase="random", chosen=self._chosen)
