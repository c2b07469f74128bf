"""What must have pushed the body, read back from a track: Newton's second law the other way round.

A tick advances velocities first, with the forces at its beginning, and then places with the new velocities; so every
number of the next sample but the forces follows from the log itself. The wind is known in the mean only.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from scenarios.referee.track import Track
from sim.physics.vehicle import AIR_DENSITY, GRAVITY, Vehicle
from sim.scenario import Scenario


@dataclass(frozen=True)
class Forces:
    """n - 1 ticks, each between two samples; body frame at the tick's beginning."""

    force: Float[np.ndarray, "t 3"]  # N, of rotors and air
    torque: Float[np.ndarray, "t 3"]  # N m
    air: Float[np.ndarray, "t 3"]  # m/s, body relative to the air in the mean
    wind_doubt: Float[np.ndarray, " t"]  # m/s by which the wind may differ from the mean
    thrust: Float[np.ndarray, " t"]  # N, along body z, what the air does to the airframe taken off
    drag_sideways: Float[np.ndarray, "t 2"]  # N, what rotors and airframe should give along x and y
    drag_rate: Float[np.ndarray, " t"]  # N s/m by which drag changes with the wind, at most


def forces_of(scenario: Scenario, vehicle: Vehicle, track: Track) -> Forces:
    """Forces and torques of every tick."""
    axes = track.axes[:-1]
    pushed = np.diff(track.velocities, axis=0) / track.tick_s + np.array([0.0, 0.0, GRAVITY])
    force = vehicle.mass * _into(axes, pushed)
    wind, doubt = _wind(scenario, track.positions[:-1, 2])
    air = _into(axes, track.velocities[:-1] - wind)
    quadratic = (
        0.5 * AIR_DENSITY * np.linalg.norm(air, axis=1)[:, None] * np.array(vehicle.drag_area)
    )
    thrust = np.maximum(force[:, 2] + quadratic[:, 2] * air[:, 2], 0.0)
    rotors = vehicle.rotor_drag * 4.0 * np.sqrt(thrust / (4.0 * vehicle.thrust_coefficient))
    rate = rotors[:, None] + quadratic
    return Forces(
        force=force,
        torque=_torque(vehicle, track, axes),
        air=air,
        wind_doubt=doubt,
        thrust=thrust,
        drag_sideways=-rate[:, :2] * air[:, :2],
        drag_rate=rate.max(axis=1) + AIR_DENSITY * max(vehicle.drag_area) * doubt,
    )


def _into(
    axes: Float[np.ndarray, "t 3 3"], world: Float[np.ndarray, "t 3"]
) -> Float[np.ndarray, "t 3"]:
    """World vectors in each sample's body frame."""
    return np.einsum("tji,tj->ti", axes, world)


def _torque(
    vehicle: Vehicle, track: Track, axes: Float[np.ndarray, "t 3 3"]
) -> Float[np.ndarray, "t 3"]:
    """Euler's equation, with the gyroscopic torque of a turning body."""
    inertia = np.array(vehicle.inertia)
    faster = _into(axes, np.diff(track.rates, axis=0) / track.tick_s)
    rates = _into(axes, track.rates[:-1])
    return inertia * faster + np.cross(rates, inertia * rates)


def _wind(
    scenario: Scenario, heights: Float[np.ndarray, " t"]
) -> tuple[Float[np.ndarray, "t 3"], Float[np.ndarray, " t"]]:
    """The mean wind at heights, m/s, and by how much turbulence and gusts may differ from it."""
    weather = scenario.weather
    mean = np.array(weather.wind_world_m_s)
    share = (np.maximum(heights, 0.0) / weather.shear_reference_m) ** weather.shear_exponent
    gusts = sum(float(np.linalg.norm(gust.peak_world_m_s)) for gust in weather.gusts)
    # Six standard deviations of each of three components.
    doubt = 6.0 * np.sqrt(3.0) * weather.turbulence_m_s + gusts
    return share[:, None] * mean, np.full(len(heights), doubt)
