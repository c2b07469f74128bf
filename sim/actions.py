"""Action levels: what four numbers in [-1, 1] mean, and how they are handed to the autopilot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sim.names import unknown
from sim.physics.plant import set_rates, set_rotors
from sim.physics.stepping import command_step
from sim.physics.vehicle import GRAVITY, Vehicle
from sim.types import MAX_SPEED, MAX_YAW_RATE

Commander = Callable[[np.ndarray, Float[np.ndarray, "4"]], None]
"""Takes a plant and an action, and leaves the command in the plant."""


@dataclass(frozen=True)
class ActionLevel:
    """One way of commanding the drone; names, units and scales have four entries, in the order of the action."""

    name: str
    fields: tuple[str, str, str, str]
    units: tuple[str, str, str, str]
    """Unit of the command, after scaling."""
    scales: tuple[str, str, str, str]
    """The command at -1, 0 and 1."""
    commander: Callable[[Vehicle, float], Commander]
    """Makes what scales actions to SI for a vehicle; the speed limit, m/s, binds velocity commands alone."""


# --- Private: one closure per level; each owns the array it fills.


def _velocity(vehicle: Vehicle, speed_limit: float) -> Commander:
    """Velocity in the heading frame, its norm clipped to the speed limit, and yaw rate."""
    setpoint = np.zeros(4)

    def command(plant: np.ndarray, action: Float[np.ndarray, "4"]) -> None:
        command_step(plant.view(np.uint8), action, speed_limit, setpoint)

    return command


def _body_rates(vehicle: Vehicle, speed_limit: float) -> Commander:
    """Collective thrust and body rates: zero is hover, and both ends of the thrust are reached."""
    weight = vehicle.mass * GRAVITY
    above = weight * (vehicle.thrust_to_weight - 1.0)
    rates_max = np.array(vehicle.rate_max)
    setpoint = np.zeros(4)

    def command(plant: np.ndarray, action: Float[np.ndarray, "4"]) -> None:
        lift = float(action[0])
        setpoint[0] = weight + (above if lift > 0.0 else weight) * lift
        setpoint[1:] = rates_max * action[1:]
        set_rates(plant, setpoint)

    return command


def _rotors(vehicle: Vehicle, speed_limit: float) -> Commander:
    """Four rotor speeds: zero is hover, -1 idle, 1 the maximum, linear on either side."""
    hover = vehicle.hover_rotor_speed
    above, below = vehicle.rotor_speed_max - hover, hover - vehicle.rotor_speed_min
    setpoint = np.zeros(4)

    def command(plant: np.ndarray, action: Float[np.ndarray, "4"]) -> None:
        setpoint[:] = action
        setpoint[:] = hover + np.where(setpoint > 0.0, above, below) * setpoint
        set_rotors(plant, setpoint)

    return command


_NONE = np.full(4, np.nan, dtype=np.float32)
_LONGEST = 120
_SPEED, _TURN = f"±{MAX_SPEED:g}", f"±{MAX_YAW_RATE:g}"
_RATE, _ROTOR = "± rate_max", "rotor_speed_min, hover, rotor_speed_max"
ACTION_LEVELS = {
    level.name: level
    for level in (
        ActionLevel(
            "velocity",
            ("velocity_heading_x", "velocity_heading_y", "velocity_heading_z", "yaw_rate"),
            ("m/s", "m/s", "m/s", "rad/s"),
            (_SPEED, _SPEED, _SPEED, _TURN),
            _velocity,
        ),
        ActionLevel(
            "body_rate",
            ("thrust", "rate_body_x", "rate_body_y", "rate_body_z"),
            ("N", "rad/s", "rad/s", "rad/s"),
            ("0, weight, thrust at rotor_speed_max", _RATE, _RATE, _RATE),
            _body_rates,
        ),
        ActionLevel(
            "rotor",
            ("rotor_front_left", "rotor_back_left", "rotor_back_right", "rotor_front_right"),
            ("rad/s", "rad/s", "rad/s", "rad/s"),
            (_ROTOR, _ROTOR, _ROTOR, _ROTOR),
            _rotors,
        ),
    )
}
"""The levels, highest first; the constants in their scales are the vehicle's."""


def action_level(name: str) -> ActionLevel:
    """The level of a name; ValueError with the choices where there is none."""
    if name not in ACTION_LEVELS:
        raise ValueError(unknown("action", str(name), ACTION_LEVELS))
    return ACTION_LEVELS[name]


def as_numbers(action: Any) -> np.ndarray:
    """Whatever was given for an action as float32; NaN where it is no array of real numbers."""
    try:
        given = np.asarray(action)
    except (
        TypeError,
        ValueError,
        RuntimeError,
    ):  # Ragged lists, tensors elsewhere or with gradients.
        return _NONE
    if given.dtype.kind not in "iuf":
        return _NONE
    with np.errstate(over="ignore"):  # Beyond float32 is infinite, and that is refused.
        return given.astype(np.float32)


def shortened(action: Any) -> str:
    """An action in a message: as it was given, on one line of at most 120 characters."""
    line = " ".join(repr(action).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
