"""What a pilot is, and what it is told before a flight."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float

from sim.flight import Flight
from sim.physics.battery import hover_power, level_flight_power
from sim.physics.response import ResponseParams, response_params
from sim.rules import CRUISE_FRACTION, LANDING_SECONDS, STOP_SECONDS
from sim.scenario import MissionTask
from sim.types import IMAGE_SHAPE, Decision, Observation


@dataclass(frozen=True)
class EnergyModel:
    """Public estimate of what flying costs, the same for every pilot."""

    per_metre_wh: float  # along the way, at cruise speed, detour included
    per_stop_wh: float  # slowing down, turning to the panel, speeding up
    landing_wh: float
    hover_w: float


@dataclass(frozen=True)
class Briefing:
    """What a pilot may know before take-off; nothing in it depends on the truth of the world."""

    task: str  # navigate, avoid, mission
    speed_limit: float  # m/s
    control_hz: int
    mission_hz: int
    hull_radius: float  # m
    response: ResponseParams  # how the vehicle answers velocity commands
    focal_px: float  # of the 64 x 48 image
    camera_tilt: float  # rad, upward
    altitude_max: float  # m above ground
    capacity_wh: float
    reserve_fraction: float
    energy: EnergyModel


class Pilot(Protocol):
    """Turns observations into decisions."""

    @property
    def name(self) -> str: ...

    def reset(self, flight: Flight) -> None:
        """Prepare for a flight. Learned and classical pilots read its briefing only."""
        ...

    def act(self, observation: Observation) -> Decision:
        """Decide the next control step."""
        ...


@dataclass(frozen=True)
class Plan:
    """The mission head's answer."""

    logits: Float[np.ndarray, "14"]  # over the mission choices, unmasked
    status: Float[np.ndarray, "2"]  # p(faulty), p(blocked) of the panel in view


class Brain(Protocol):
    """The three skills a pilot is put together from; each may come from elsewhere."""

    def reset(self, flight: Flight) -> None: ...

    def plan(self, observation: Observation) -> Plan:
        """Mission skill: where to go next, and what the panel in view shows."""
        ...

    def navigate(self, observation: Observation) -> Float[np.ndarray, " k"]:
        """Navigation skill: log-probability of each lattice candidate."""
        ...

    def survive(self, observation: Observation) -> Float[np.ndarray, " k"]:
        """Avoidance skill: probability that each candidate survives the next 2 s."""
        ...


ENERGY_MARGIN = 1.25
"""Factor on the way's energy in what pilots are told: learned pilots fly longer ways than the free one."""


def make_briefing(flight: Flight) -> Briefing:
    """The briefing of a flight, from its scenario and vehicle."""
    scenario, vehicle = flight.scenario, flight.simulator.vehicle
    speed = CRUISE_FRACTION * scenario.speed_limit_m_s
    detour = scenario.task.detour_factor if isinstance(scenario.task, MissionTask) else 1.0
    hover = hover_power(vehicle)
    energy = EnergyModel(
        per_metre_wh=ENERGY_MARGIN
        * detour
        * level_flight_power(vehicle, speed, 0.0)
        / speed
        / 3600.0,
        per_stop_wh=STOP_SECONDS * hover / 3600.0,
        landing_wh=LANDING_SECONDS * hover / 3600.0,
        hover_w=hover,
    )
    return Briefing(
        task=scenario.task.kind,
        speed_limit=scenario.speed_limit_m_s,
        control_hz=scenario.rates.control_hz,
        mission_hz=scenario.rates.mission_hz,
        hull_radius=vehicle.hull_radius,
        response=response_params(vehicle),
        focal_px=IMAGE_SHAPE[2] / 2 / np.tan(np.deg2rad(scenario.camera.fov_deg) / 2),
        camera_tilt=scenario.camera.tilt_rad,
        altitude_max=scenario.limits.altitude_max_m,
        capacity_wh=scenario.battery.capacity_wh,
        reserve_fraction=scenario.battery.reserve_fraction,
        energy=energy,
    )
