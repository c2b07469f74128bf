"""A policy of your own, flown and compared as ours are: towards the goal, past whatever the depth image shows to be near.

Give it as `--pilot examples/bring_a_policy.py:LooksAhead --trust`; `docs/compare.md` says what a policy may declare.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import agents
import scenarios
from sim.types import FlightResult

NEAR = 5.0  # m
FIELD_OF_VIEW = np.deg2rad(90.0)
COLUMNS = 16  # sectors the image is cut into
SPEED = 3.0 / 12.0  # action of 3 m/s


class LooksAhead:
    """Turns to the free direction nearest the goal; knows nothing of missions."""

    observation = ("image", "goal")
    """Entries of the observation that `act` is given; `sim.env.TridentEnv` lists them all."""
    action = "velocity"
    """velocity, body_rate or rotor: what the four numbers mean (`sim.actions`)."""

    def reset(self, briefing: Any) -> None:
        """Before every flight; `briefing` is an `agents.pilot.Briefing`: task, speed limit, rates, vehicle."""
        self._speed = min(SPEED, briefing.speed_limit / 12.0)

    def act(self, observation: dict[str, np.ndarray]) -> np.ndarray:
        """Velocity in the heading frame and yaw rate, each in [-1, 1]."""
        direction = observation["goal"][:3]
        bearing = float(np.arctan2(direction[1], direction[0]))
        free = np.flatnonzero(~self._near(observation["image"][3]))
        if len(free) == 0:
            return np.array([0.0, 0.0, 0.0, 0.7])
        # Left is positive, and the image's first column.
        middles = np.arctan(np.tan(FIELD_OF_VIEW / 2) * np.linspace(1.0, -1.0, COLUMNS))
        heading = float(middles[free[np.abs(middles[free] - bearing).argmin()]])
        forward = self._speed * np.array([np.cos(heading), np.sin(heading)])
        return np.array([*forward, self._speed * direction[2], np.clip(heading, -1.0, 1.0)])

    def _near(self, code: np.ndarray) -> np.ndarray:
        """Which sectors, and the sectors beside them, show something near: code = 255 sqrt(0.3 / z)."""
        rows = code[18:30].reshape(12, COLUMNS, -1)
        near = rows.max(axis=(0, 2)) > 255.0 * np.sqrt(0.3 / NEAR)
        return near | np.roll(near, 1) | np.roll(near, -1)


def main(scenario: str = "forest-navigation", seed: int = 10_000) -> FlightResult:
    """Fly once, as `trident fly` does."""
    pilot = agents.load_pilot(f"{Path(__file__)}:LooksAhead", trust=True)
    return agents.fly(scenarios.resolve(scenarios.load(scenario), seed), pilot)


if __name__ == "__main__":
    flown = main()
    sys.stdout.write(
        f"{flown.outcome} after {flown.duration_s:.1f} s and {flown.distance_m:.0f} m\n"
    )
