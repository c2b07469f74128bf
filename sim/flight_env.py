"""What every environment that flies has: one flight at a time, its picture, the seed it is drawn by, and its end."""

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np

from sim.flight import Flight, Step
from sim.types import Outcome

MOST_KEPT = 16
"""Flights an environment keeps built; one that draws from more worlds than this keeps only the one it flies."""


class FlightEnv(gymnasium.Env[Any, Any]):
    """Owns a flight between `reset` and `close`; environments add what an action means and what is seen."""

    def __init__(self, seeds: range, render_mode: str | None) -> None:
        """World seeds that `reset` draws from; `render_mode` is None or "rgb_array"."""
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode = {render_mode!r}: choose rgb_array or None")
        self.render_mode = render_mode
        self.flight: Flight | None = None
        self._seeds = seeds
        self._kept: dict[int, Flight] = {}

    def render(self) -> np.ndarray | None:
        """The onboard colour image, uint8 (48, 64, 3), in render mode rgb_array."""
        if self.render_mode is None:
            return None
        return np.ascontiguousarray(self._flying().simulator.image[:3].transpose(1, 2, 0))

    def close(self) -> None:
        """End the flight, if one is on, and give back what was kept of others."""
        for flight in self._kept.values():
            flight.close()
        self._kept, self.flight = {}, None

    def _begin(self, options: Any, build: Callable[[int], Flight]) -> Flight:
        """The flight of the seed that options name or that is drawn, at its start: a kept one, or a new one."""
        seed = _world_seed(self.np_random, self._seeds, options)
        if seed in self._kept:
            self._kept[seed].reset()
        else:
            # First, because it may fail: the flight that was on then goes on.
            flight = build(seed)
            if len(self._seeds) > MOST_KEPT or seed not in self._seeds:
                self.close()
            self._kept[seed] = flight
        self.flight = self._kept[seed]
        return self.flight

    def _flying(self) -> Flight:
        if self.flight is None:
            raise gymnasium.error.ResetNeeded("call reset before step or render")
        return self.flight


def ending_info(step: Step) -> dict[str, Any]:
    """What `info` says once a flight is over: nothing before."""
    if step.outcome is None:
        return {}
    ended = {"outcome": str(step.outcome), "is_success": step.outcome is Outcome.SUCCESS}
    if step.outcome is Outcome.DIVERGED:
        ended["log"] = step.events[-1].detail["log"]
    return ended


# --- Private.


def _world_seed(rng: np.random.Generator, seeds: range, options: Any) -> int:
    """The world seed that reset options name, or one drawn from the seeds."""
    options = {} if options is None else options
    if not isinstance(options, Mapping):
        raise ValueError(f"options = {options!r}: must be None or a dictionary with world_seed")
    unknown = set(options) - {"world_seed"}
    if unknown:
        raise ValueError(f"options {sorted(unknown, key=str)}: the only option is world_seed")
    if "world_seed" in options:
        seed = options["world_seed"]
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"world_seed = {seed!r}: must be a whole number, 0 or more")
        return int(seed)
    return int(rng.integers(seeds.start, seeds.stop))
