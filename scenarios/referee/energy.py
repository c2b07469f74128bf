"""Energy of a flight, worked out from how it moved: no rotor speed and no battery of the log is looked at.

The thrust that must have been there (forces.py) costs induced and climbing power by momentum theory, equal rotors
give their profile power, the drive loses its share, avionics add theirs. Turbulence and unequal rotors are left out:
`docs/referee.md` states the error.
"""

import numpy as np
from jaxtyping import Float

from scenarios.referee.forces import Forces
from scenarios.referee.track import Track
from sim.physics.vehicle import AIR_DENSITY, Vehicle

_GROUND_REACH = 8.0
"""Rotor radii above the ground from which on it adds nothing to thrust."""
_GROUND_MOST = 0.25


def energy_used(vehicle: Vehicle, track: Track, forces: Forces) -> Float[np.ndarray, " n"]:
    """Wh drawn from the pack up to each sample.

    The last tick may be a blow against an obstacle: it is taken to cost as much as the one before.
    """
    power = electrical_power(vehicle, forces, track.positions[:-1, 2])
    power[1:][-1:] = power[-2:-1]
    return np.concatenate([[0.0], np.cumsum(power) * track.tick_s / 3600.0])


def electrical_power(
    vehicle: Vehicle, forces: Forces, heights: Float[np.ndarray, " t"]
) -> Float[np.ndarray, " t"]:
    """W at each tick."""
    most = 4.0 * vehicle.thrust_coefficient * vehicle.rotor_speed_max**2
    thrust = np.minimum(forces.thrust / _ground_gain(vehicle, heights), most)
    disc = np.pi * vehicle.rotor_radius**2
    across, along = np.hypot(forces.air[:, 0], forces.air[:, 1]), forces.air[:, 2]
    induced = _induced(thrust / (8.0 * AIR_DENSITY * disc), across, np.maximum(along, 0.0))
    lifting = np.maximum(thrust * (vehicle.induced_factor * induced + along), 0.0)
    speed = np.sqrt(thrust / (4.0 * vehicle.thrust_coefficient))
    tip = np.maximum(speed * vehicle.rotor_radius, 1.0)
    dragging = (
        4.0 * AIR_DENSITY * disc * vehicle.solidity_drag / 8.0 * (speed * vehicle.rotor_radius) ** 3
    )
    profile = dragging * (1.0 + 4.65 * (across / tip) ** 2)
    return (lifting + profile) / vehicle.drive_efficiency + vehicle.avionics_power


def _induced(
    hover_squared: Float[np.ndarray, " t"],
    across: Float[np.ndarray, " t"],
    along: Float[np.ndarray, " t"],
) -> Float[np.ndarray, " t"]:
    """Glauert's v = vh^2 / sqrt(across^2 + (along + v)^2), by bisection: the right side falls, the left one grows."""
    low, high = np.zeros_like(across), np.sqrt(hover_squared) + 1e-9
    for _ in range(40):
        middle = 0.5 * (low + high)
        above = middle * np.sqrt(across**2 + (along + middle) ** 2) > hover_squared
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return 0.5 * (low + high)


def _ground_gain(vehicle: Vehicle, heights: Float[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
    """Thrust near the ground over thrust far from it, after Cheeseman and Bennett, fading out at _GROUND_REACH."""
    ratio = vehicle.rotor_radius / (4.0 * np.maximum(heights, 1e-3))
    share = vehicle.ground_effect * (ratio**2 - (1.0 / (4.0 * _GROUND_REACH)) ** 2)
    return 1.0 / (1.0 - np.clip(share, 0.0, _GROUND_MOST))
