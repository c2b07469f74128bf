"""The Gymnasium environment: reset and step, nothing else."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from sim.actions import action_level, as_numbers, shortened
from sim.entries import clip
from sim.flight import Flight
from sim.flight_env import FlightEnv, ending_info
from sim.observation import observation_space
from sim.scenario import Scenario
from sim.types import Observation, Outcome


class TridentEnv(FlightEnv):
    """Flights drawn from a source of scenarios.

    Reward: the sum of the task's terms, each in `info` as `reward_<name>`, and of an ending: 10 for success, -10 for
    failure, 0 for the timeout, which alone truncates. `info` says `outcome` and `is_success` at the end.

    Action: four numbers in [-1, 1], beyond which they are clipped; what they mean is the keyword `action`. The scales
    are linear from -1 to 0 and from 0 to 1; rate_max, rotor_speed_min and rotor_speed_max are the vehicle's.

        velocity[0]   velocity_heading_x   m/s     ±12; the norm is clipped to the speed limit
        velocity[1]   velocity_heading_y   m/s     ±12
        velocity[2]   velocity_heading_z   m/s     ±12
        velocity[3]   yaw_rate             rad/s   ±2
        body_rate[0]  thrust               N       0, weight, thrust at rotor_speed_max
        body_rate[1]  rate_body_x          rad/s   ± rate_max
        body_rate[2]  rate_body_y          rad/s   ± rate_max
        body_rate[3]  rate_body_z          rad/s   ± rate_max
        rotor[0]      rotor_front_left     rad/s   rotor_speed_min, hover, rotor_speed_max
        rotor[1]      rotor_back_left      rad/s   rotor_speed_min, hover, rotor_speed_max
        rotor[2]      rotor_back_right     rad/s   rotor_speed_min, hover, rotor_speed_max
        rotor[3]      rotor_front_right    rad/s   rotor_speed_min, hover, rotor_speed_max

    Observation: a dictionary of flat arrays, each clipped to its range. `image` is uint8 (4, 48, 64): red, green, blue
    and the depth code round(255 sqrt(0.3 / z)), z in 0.3 to 20 m, 0 for no return. `history` is uint8 (576,): depth
    codes pooled to 12 x 16, 0.2, 0.4 and 0.8 s ago. `sites_mask` is int8 (12,): 1 where a token means something. With
    `state_only` there is neither `image` nor `history`. The others are float32; `sites` holds 12 tokens of 12 fields,
    token 0 the home pad, and sites[12 k + i] is field i of token k. Of an action, `previous_*` hold its four numbers
    in order, whatever the level.

        ego[0]    velocity_body_x    m/s    -20 to 20
        ego[1]    velocity_body_y    m/s    -20 to 20
        ego[2]    velocity_body_z    m/s    -20 to 20
        ego[3]    gravity_body_x     1      -1 to 1
        ego[4]    gravity_body_y     1      -1 to 1
        ego[5]    gravity_body_z     1      -1 to 1
        ego[6]    rate_body_x        rad/s  -20 to 20
        ego[7]    rate_body_y        rad/s  -20 to 20
        ego[8]    rate_body_z        rad/s  -20 to 20
        ego[9]    height             m      0 to 50
        ego[10]   headroom           m      -50 to 50
        ego[11]   battery            1      0 to 1
        ego[12]   previous_vx        1      -1 to 1
        ego[13]   previous_vy        1      -1 to 1
        ego[14]   previous_vz        1      -1 to 1
        ego[15]   previous_yaw_rate  1      -1 to 1
        goal[0]   direction_x        1      -1 to 1
        goal[1]   direction_y        1      -1 to 1
        goal[2]   direction_z        1      -1 to 1
        goal[3]   log_distance       log m  0 to 8
        goal[4]   speed_limit        m/s    0 to 12
        goal[5]   valid              1      0 to 1
        sites[0]  x                  m      -500 to 500
        sites[1]  y                  m      -500 to 500
        sites[2]  z                  m      -100 to 100
        sites[3]  facing_cos         1      -1 to 1
        sites[4]  facing_sin         1      -1 to 1
        sites[5]  prize              1      0 to 100
        sites[6]  mandatory          1      0 to 1
        sites[7]  visited            1      0 to 1
        sites[8]  dwell              s      0 to 60
        sites[9]  home               1      0 to 1
        sites[10] belief_faulty      1      0 to 1
        sites[11] belief_blocked     1      0 to 1
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 15}  # noqa: RUF012 - Gymnasium's own form.

    def __init__(
        self,
        source: Callable[[int], Scenario],
        seeds: range,
        render_mode: str | None = None,
        *,
        action: str = "velocity",
        state_only: bool = False,
        dump_to: str | Path | None = None,
    ) -> None:
        """An environment; nothing is built before the first `reset`.

        Args:
            source: Turns a world seed into a scenario.
            seeds: World seeds that `reset` draws from; where they are few (16), all their worlds stay built.
            render_mode: None or "rgb_array".
            action: What actions mean: velocity, body_rate or rotor.
            state_only: No camera: nothing is rendered, and the observation has no images.
            dump_to: Folder for the last seconds of a flight that diverges; None is the user's cache.
        """
        super().__init__(seeds, render_mode)
        if render_mode is not None and state_only:
            raise ValueError(f"render_mode = {render_mode!r}: state_only = True renders nothing")
        self._source = source
        self.action_level = action_level(action)
        self._camera = not state_only
        self._dump_to = None if dump_to is None else Path(dump_to)
        self.observation_space = observation_space(self._camera)
        self.action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: Any = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a flight; `options={"world_seed": n}` picks the world."""
        super().reset(seed=seed)
        flight = self._begin(options, self._build)
        facts = {"world_seed": flight.scenario.seed, "scenario": flight.scenario.name}
        return flight.observation(), facts

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Fly one control step of 1/15 s."""
        flight = self._flying()
        step = flight.advance(self._checked(action))
        truncated = step.outcome is Outcome.TIMEOUT
        terminated = step.outcome is not None and not truncated
        info: dict[str, Any] = {f"reward_{name}": value for name, value in step.rewards.items()}
        info |= ending_info(step)
        return flight.observation(), float(sum(step.rewards.values())), terminated, truncated, info

    def _build(self, seed: int) -> Flight:
        return Flight(
            self._source(seed),
            action=self.action_level.name,
            camera=self._camera,
            dump_to=self._dump_to,
        )

    def _checked(self, action: Any) -> np.ndarray:
        usual = type(action) is np.ndarray and action.dtype is _FLOAT32
        numbers = action.copy() if usual else as_numbers(action)
        # A sum is finite where all its parts are; one NumPy call takes longer than this whole function.
        if numbers.shape != (4,) or not math.isfinite(sum(numbers.tolist())):
            names = ", ".join(self.action_level.fields)
            raise ValueError(
                f"action {shortened(action)}: must be 4 finite numbers in [-1, 1]: {names}"
            )
        clip(numbers, _ACTION_LOW, _ACTION_HIGH)
        return numbers


_FLOAT32 = np.dtype(np.float32)
_ACTION_LOW, _ACTION_HIGH = -np.ones(4, dtype=np.float32), np.ones(4, dtype=np.float32)
