"""The Gymnasium environment: reset and step, nothing else."""

import math
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from sim.entries import clip
from sim.flight import Flight
from sim.observation import observation_space
from sim.scenario import Scenario
from sim.types import Observation, Outcome


class TridentEnv(gymnasium.Env[Any, np.ndarray]):
    """Flights drawn from a source of scenarios.

    Observation: the dictionary of `sim.observation`, fields and units in `sim.types`.
    Action: velocity command in the heading frame [vx, vy, vz, yaw_rate] in [-1, 1], times
    12 m/s and 2 rad/s; the norm of the velocity is clipped to the scenario's speed limit.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 15}  # noqa: RUF012 - Gymnasium's own form.

    def __init__(
        self, source: Callable[[int], Scenario], seeds: range, render_mode: str | None = None
    ) -> None:
        """`source` turns a world seed into a scenario; `seeds` are those that `reset` draws from."""
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode = {render_mode!r}: choose rgb_array or None")
        self._source, self._seeds = source, seeds
        self.render_mode = render_mode
        self.observation_space = observation_space()
        self.action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)
        self.flight: Flight | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a flight; `options={"world_seed": n}` picks the world."""
        super().reset(seed=seed)
        scenario = self._source(self._world_seed(options or {}))
        self.close()
        self.flight = Flight(scenario)
        return self.flight.observation(), {"world_seed": scenario.seed, "scenario": scenario.name}

    def step(self, action: np.ndarray) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Fly one control step of 1/15 s."""
        flight = self._flying()
        step = flight.advance(self._checked(action))
        truncated = step.outcome is Outcome.TIMEOUT
        terminated = step.outcome is not None and not truncated
        info: dict[str, Any] = {f"reward_{name}": value for name, value in step.rewards.items()}
        if step.outcome is not None:
            info |= {"outcome": str(step.outcome), "is_success": step.outcome is Outcome.SUCCESS}
        return flight.observation(), float(sum(step.rewards.values())), terminated, truncated, info

    def render(self) -> np.ndarray | None:
        """The onboard colour image, uint8 (48, 64, 3), in render mode rgb_array."""
        if self.render_mode is None:
            return None
        return np.ascontiguousarray(self._flying().simulator.image[:3].transpose(1, 2, 0))

    def close(self) -> None:
        """End the flight, if one is on."""
        if self.flight is not None:
            self.flight.close()
            self.flight = None

    def _flying(self) -> Flight:
        if self.flight is None:
            raise gymnasium.error.ResetNeeded("call reset before step or render")
        return self.flight

    def _world_seed(self, options: dict[str, Any]) -> int:
        unknown = set(options) - {"world_seed"}
        if unknown:
            raise ValueError(f"options {sorted(unknown)}: the only option is world_seed")
        if "world_seed" in options:
            seed = options["world_seed"]
            if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
                raise ValueError(f"world_seed = {seed!r}: must be a whole number, 0 or more")
            return int(seed)
        return int(self.np_random.integers(self._seeds.start, self._seeds.stop))

    def _checked(self, action: np.ndarray) -> np.ndarray:
        action = np.array(action, dtype=np.float32)
        # A sum is finite where all its parts are; one NumPy call takes longer than this whole function.
        if action.shape != (4,) or not math.isfinite(sum(action.tolist())):
            raise ValueError(f"action {action}: must be 4 finite numbers in [-1, 1]")
        clip(action, _ACTION_LOW, _ACTION_HIGH)
        return action


_ACTION_LOW, _ACTION_HIGH = -np.ones(4, dtype=np.float32), np.ones(4, dtype=np.float32)
