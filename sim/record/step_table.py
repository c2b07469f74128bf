"""A log as a table: one row a control step, times and truth, estimate and command, what every head said, what happened.

`docs/log-format.md` explains every column.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from sim.record.clearances import sample_clearances
from sim.record.instants import first_tick, start_body, step_ends
from sim.record.reader import Flight
from sim.types import BODY_SIZE, EGO_FIELDS, GOAL_FIELDS, MAX_SPEED, MAX_YAW_RATE

TRUTH = (
    *(f"true_{axis}_m" for axis in "xyz"),
    *(f"true_quat_{axis}" for axis in "xyzw"),
    *(f"true_velocity_world_{axis}_m_s" for axis in "xyz"),
    *(f"true_rate_world_{axis}_rad_s" for axis in "xyz"),
)
_EGO_UNITS = {
    "velocity": "_m_s",
    "rate": "_rad_s",
    "height": "_m",
    "headroom": "_m",
    "battery": "_fraction",
}
ESTIMATE = tuple(
    ("" if name == "battery" else "estimated_") + name + _EGO_UNITS.get(name.split("_")[0], "")
    for name in EGO_FIELDS[:12]
)
GOAL = (
    "goal_direction_heading_x", "goal_direction_heading_y", "goal_direction_heading_z",
    "goal_distance_m", "goal_speed_limit_m_s", "goal_valid",
)  # fmt: skip
SETPOINT = (
    *(f"setpoint_velocity_heading_{axis}_m_s" for axis in "xyz"), "setpoint_yaw_rate_rad_s",
)  # fmt: skip
HEADS = ("navigation_log_p", "survival_p", "fused_score", "mission_logit", "belief_p")
"""Lists of numbers, empty where the head did not speak."""


def step_table(flight: Flight) -> dict[str, list[Any] | np.ndarray]:
    """Columns by name, all of one length; states are those at the step's beginning."""
    count = len(flight)
    ends = step_ends(flight)
    return {
        "log": [str(flight.path)] * count,
        "scenario": [flight.scenario.name] * count,
        "seed": np.full(count, flight.scenario.seed, dtype=np.int64),
        "pilot": [flight.metadata.get("pilot", "")] * count,
        "outcome": ["" if flight.result is None else str(flight.result.outcome)] * count,
        "step": np.arange(count),
        "time_s": flight.times,
        "end_time_s": ends,
        **_named(TRUTH, _bodies(flight)),
        "least_clearance_m": sample_clearances(flight)[1:],
        **_named(ESTIMATE, flight.ego[:, :12]),
        **_named(GOAL, _goal(flight)),
        **_named(tuple(f"action_{index}" for index in range(4)), flight.actions),
        **_named(SETPOINT, _setpoints(flight)),
        **_decisions(flight),
        "events": _events(flight, ends),
    }


def _named(names: tuple[str, ...], columns: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(names, columns.T, strict=True))


def _bodies(flight: Flight) -> Float[np.ndarray, "n 13"]:
    """The body when each step was decided: at its start the one the flight began with, unknown where that is not in the log."""
    bodies = np.full((len(flight), BODY_SIZE), np.nan)
    bodies[1:] = flight.step_bodies[:-1]
    if len(flight) and first_tick(flight) == 0:
        bodies[0] = start_body(flight.scenario)
    return bodies


def _goal(flight: Flight) -> np.ndarray:
    goal = flight.goal.astype(np.float64)
    distance = GOAL_FIELDS.index("log_distance")
    goal[:, distance] = np.expm1(goal[:, distance])
    return goal


def _setpoints(flight: Flight) -> Float[np.ndarray, "n 4"]:
    """Velocity commands in SI, as the autopilot takes them; NaN at other action levels."""
    if flight.action_level != "velocity":
        return np.full((len(flight), 4), np.nan)
    setpoints = flight.actions.astype(np.float64) * MAX_SPEED
    setpoints[:, 3] = flight.actions[:, 3] * MAX_YAW_RATE
    speeds = np.linalg.norm(setpoints[:, :3], axis=1)
    limit = flight.scenario.speed_limit_m_s
    setpoints[:, :3] *= (limit / np.maximum(speeds, limit))[:, None]
    return setpoints


def _decisions(flight: Flight) -> dict[str, list[Any]]:
    said = flight.decisions
    heads = ([getattr(d, name) for d in said] for name in ("navigation", "survival", "fused", "mission", "belief"))  # fmt: skip
    return {
        "phase": [d.phase for d in said],
        "chosen_candidate": [d.chosen for d in said],
        "mission_choice": [d.mission_choice for d in said],
        "mission_asked": [d.asked for d in said],
        "target_token": [d.target for d in said],
        **{
            name: [[] if values is None else values.ravel().tolist() for values in column]
            for name, column in zip(HEADS, heads, strict=True)
        },
    }


def _events(flight: Flight, ends: Float[np.ndarray, " n"]) -> list[list[str]]:
    """Names of what happened within each step, its beginning included and, of the last step, its end."""
    names: list[list[str]] = [[] for _ in range(len(flight))]
    for event in flight.events:
        step = int(np.searchsorted(ends, event.time + 1e-9, side="right"))
        if names:
            names[min(step, len(names) - 1)].append(event.name)
    return names
