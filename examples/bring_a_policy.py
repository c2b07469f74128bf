"""A policy of your own, flown and compared as ours are: towards the goal, past whatever the depth image shows to be near.

Give it as `--pilot examples/bring_a_policy.py:LooksAhead --trust`; `docs/bring-your-own-policy.md` says what a policy may declare.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import agents
import scenarios
from sim.types import FlightResult

NEAR = 3.5  # m
FIELD_OF_VIEW = np.deg2rad(90.0)
COLUMNS = 16  # sectors the image is cut into
SPEED = 2.5  # m/s
GENTLE = 0.05  # largest change of an action from one step to the next


class LooksAhead:
    """Turns to the free direction nearest the goal; knows nothing of missions."""

    observation = ("image", "ego", "goal")
    """Entries of the observation that `act` is given; `sim.env.TridentEnv` lists them all."""
    action = "velocity"
    """velocity, body_rate or rotor: what the four numbers mean (`sim.actions`)."""

    def reset(self, briefing: Any) -> None:
        """Before every flight; `briefing` is an `agents.pilot.Briefing`: task, speed limit, rates, vehicle."""
        self._speed = min(SPEED, briefing.speed_limit)

    def act(self, observation: dict[str, np.ndarray]) -> np.ndarray:
        """Velocity in the heading frame and yaw rate, each in [-1, 1]."""
        goal, previous = observation["goal"], observation["ego"][12:16]
        wanted = self._steer(goal[:3], ~self._near(observation["image"][3]))
        climb = float(goal[2] * np.expm1(goal[3]))  # m up to the goal
        wanted[2] = np.clip(climb, -1.0, 1.0) / 12.0
        # Commands that jump tilt the drone, and what tilts climbs.
        return previous + np.clip(wanted - previous, -GENTLE, GENTLE)

    def _steer(self, direction: np.ndarray, free: np.ndarray) -> np.ndarray:
        """Towards the free sector nearest the goal, or a turn on the spot where there is none."""
        if not free.any():
            return np.array([0.0, 0.0, 0.0, 0.5])
        # Left is positive, and the image's first column.
        middles = np.arctan(np.tan(FIELD_OF_VIEW / 2) * np.linspace(1.0, -1.0, COLUMNS))
        bearing = np.arctan2(direction[1], direction[0])
        heading = float(middles[free][np.abs(middles[free] - bearing).argmin()])
        # Ahead only, and slowly while it turns: it never flies where it does not look.
        ahead = self._speed / 12.0 * max(0.0, 1.0 - abs(heading) / 0.5)
        return np.array([ahead, 0.0, 0.0, np.clip(1.5 * heading, -1.0, 1.0)])

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
