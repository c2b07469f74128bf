"""The Gymnasium environment of mission planning: an action is a choice, flown by a pilot until the next one is due."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from gymnasium import spaces
from jaxtyping import Bool

from sim.flight import Flight
from sim.flight_env import FlightEnv, ending_info
from sim.observation import observation_space
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.types import CHOICES, INSPECT, LAND, Decision, Observation, Outcome

_SEEN = ("image", "ego", "sites", "sites_mask")
"""Entries of the flight's observation that a planner gets."""


@runtime_checkable  # The tests check annotations at every call.
class Courier(Protocol):
    """Who flies what is chosen; `agents.courier.Courier` is one."""

    def reset(self, flight: Flight) -> None: ...

    def due(self, observation: Observation) -> bool:
        """Whether a decision is asked for; called once a control step."""
        ...

    def briefed(self, observation: Observation) -> Observation:
        """The observation with the pilot's beliefs in it."""
        ...

    def allowed(self, observation: Observation) -> Bool[np.ndarray, "14"]: ...

    def order(self, choice: int, observation: Observation) -> bool:
        """Take a choice; False where it was not allowed."""
        ...

    def act(self, observation: Observation) -> Decision: ...


class PlanEnv(FlightEnv):
    """Missions drawn from a source of scenarios, decided once a second and on events (arrival, close-up done, battery).

    Action: one of 14 choices. A choice the mask forbids is not an error: what was under way goes on, or the way home.

        action 0       fly home, to hover over the pad
        action 1-11    fly to site token 1-11, and hold there facing its panel
        action 12      inspect: stay at the site just visited for a close-up
        action 13      land; only over the pad

    Observation: `image`, `ego`, `sites` and `sites_mask` as `sim.env.TridentEnv` lists them, but for the beliefs in
    `sites`, which hold what the pilot has read from the panels; and `action_mask`, int8 (14,), 1 where rules and
    observable energy leave a choice open. Never empty; also in `info` as a list, and as `action_masks()`.

    Reward: the prize paid since the last decision, at departure from a site or at landing, and the ending: 10 for
    success, -10 for failure, 0 for the timeout. The prize alone is in `info` as `reward_prize`.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 1}  # noqa: RUF012 - Gymnasium's own form.

    def __init__(
        self,
        source: Callable[[int], Scenario],
        seeds: range,
        courier: Courier,
        render_mode: str | None = None,
        *,
        dump_to: str | Path | None = None,
    ) -> None:
        """`courier` flies the choices; the others as in `TridentEnv`."""
        super().__init__(seeds, render_mode)
        self._source, self._courier = source, courier
        self._dump_to = None if dump_to is None else Path(dump_to)
        flown = observation_space()
        mask = spaces.Box(0, 1, (CHOICES,), np.int8)
        self.observation_space = spaces.Dict(
            {**{name: flown[name] for name in _SEEN}, "action_mask": mask}
        )
        self.action_space = spaces.Discrete(CHOICES)

    def reset(
        self, *, seed: int | None = None, options: Any = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a mission; `options={"world_seed": n}` picks the world."""
        super().reset(seed=seed)
        flight = self._begin(options, self._build)
        self._courier.reset(flight)
        self._latest = flight.observation()
        self._courier.due(self._latest)
        facts = {"world_seed": flight.scenario.seed, "scenario": flight.scenario.name}
        return self._observation(), facts | self._mask_info()

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Fly a choice until the next decision is due, or the flight is over."""
        flight = self._flying()
        obeyed = self._courier.order(self._checked(action), self._latest)
        rewards: dict[str, float] = {}
        while True:
            step = flight.advance(self._courier.act(self._latest).action)
            for name, value in step.rewards.items():
                rewards[name] = rewards.get(name, 0.0) + value
            self._latest = flight.observation()
            if step.outcome is not None or self._courier.due(self._latest):
                break
        truncated = step.outcome is Outcome.TIMEOUT
        terminated = step.outcome is not None and not truncated
        info: dict[str, Any] = {f"reward_{name}": value for name, value in rewards.items()}
        info |= {"obeyed": obeyed, "time_s": flight.simulator.time}
        info |= self._mask_info() | ending_info(step)
        return self._observation(), float(sum(rewards.values())), terminated, truncated, info

    def action_masks(self) -> Bool[np.ndarray, "14"]:
        """What may be chosen now, under the name that maskable algorithms look for."""
        self._flying()
        return self._courier.allowed(self._latest)

    def _build(self, seed: int) -> Flight:
        scenario = self._source(seed)
        if not isinstance(scenario.task, MissionTask):
            raise ValueError(
                f"scenario {scenario.name!r} has the task {scenario.task.kind!r}: plans need a mission"
            )
        return Flight(scenario, dump_to=self._dump_to)

    def _observation(self) -> Observation:
        briefed = self._courier.briefed(self._latest)
        mask = self._courier.allowed(self._latest).astype(np.int8)
        return {**{name: briefed[name] for name in _SEEN}, "action_mask": mask}

    def _mask_info(self) -> dict[str, Any]:
        return {"action_mask": self._courier.allowed(self._latest).astype(int).tolist()}

    def _checked(self, action: Any) -> int:
        if isinstance(action, bool) or not self.action_space.contains(action):
            raise ValueError(
                f"action {action!r}: must be a whole number from 0 to {CHOICES - 1}: home, sites 1 to"
                f" {INSPECT - 1}, {INSPECT} inspect, {LAND} land"
            )
        return int(action)
