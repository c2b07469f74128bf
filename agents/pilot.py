"""What a pilot is, and what it is told before a flight."""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from sim.flight import Flight
from sim.flight_costs import FlightCosts, flight_costs
from sim.physics.response import ResponseParams, response_params
from sim.rules import PANEL_SIDE
from sim.sensing.pinhole import focal_length_px
from sim.task_spec import MissionTask
from sim.types import IMAGE_SHAPE, Decision, Observation


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
    fov: float  # rad, from left to right
    camera_tilt: float  # rad, upward
    camera_delay_s: float  # age of the image
    depth_spread: (
        float  # 1/m: a depth z is known to within this times z squared, one standard deviation
    )
    start: Float[np.ndarray, "4"]  # m, rad: position and yaw at take-off, world
    fence: Float[np.ndarray, "2 2"]  # m: least and largest x, y that may be flown, world
    capacity_wh: float
    reserve_fraction: float
    energy: FlightCosts  # public estimate, per metre of straight distance
    panel_side: float  # m, as the mission states


class Pilot(Protocol):
    """Turns observations into decisions."""

    @property
    def name(self) -> str: ...

    @property
    def action_level(self) -> str:
        """The level of its actions, see `sim.actions`."""
        ...

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


class MissionSkill(Protocol):
    """Where to go next."""

    def reset(self, flight: Flight) -> None: ...

    def plan(self, observation: Observation) -> Plan:
        """Mission skill: where to go next, and what the panel in view shows."""
        ...


class Brain(MissionSkill, Protocol):
    """The three skills a pilot is put together from; each may come from elsewhere."""

    def navigate(self, observation: Observation) -> Float[np.ndarray, " k"]:
        """Navigation skill: log-probability of each lattice candidate."""
        ...

    def survive(self, observation: Observation) -> Float[np.ndarray, " k"]:
        """Avoidance skill: probability that each candidate survives the next 2 s."""
        ...


@dataclass(frozen=True)
class Whereabouts:
    """Where the drone is by its own reckoning, in the world's frame but for some drift."""

    position: Float[np.ndarray, "3"]  # m; z is the height above ground
    yaw: float  # rad
    world_from_body: Float[np.ndarray, "3 3"]


@runtime_checkable
class Watcher(Protocol):
    """A brain that remembers, and must see every step, those too at which it is asked nothing."""

    def watch(self, observation: Observation, here: Whereabouts) -> None:
        """Take in one step, as the environment gave it, and where it was made."""
        ...


ENERGY_MARGIN = 1.25
"""Factor on the way's energy in what pilots are told: learned pilots fly longer ways than the free one."""


def make_briefing(flight: Flight) -> Briefing:
    """The briefing of a flight, from its scenario and vehicle."""
    scenario, vehicle = flight.scenario, flight.simulator.vehicle
    detour = scenario.task.detour_factor if isinstance(scenario.task, MissionTask) else 1.0
    camera, focal_px = scenario.camera, focal_length_px(IMAGE_SHAPE[2], scenario.camera.fov_deg)
    costs = flight_costs(vehicle, scenario.speed_limit_m_s)
    energy = replace(costs, per_metre_wh=ENERGY_MARGIN * detour * costs.per_metre_wh)
    return Briefing(
        task=scenario.task.kind,
        speed_limit=scenario.speed_limit_m_s,
        control_hz=scenario.rates.control_hz,
        mission_hz=scenario.rates.mission_hz,
        hull_radius=vehicle.hull_radius,
        response=response_params(vehicle),
        focal_px=focal_px,
        fov=np.deg2rad(camera.fov_deg),
        camera_tilt=camera.tilt_rad,
        camera_delay_s=camera.delay_ticks / scenario.rates.physics_hz,
        depth_spread=camera.disparity_std_px
        / (focal_length_px(camera.width_px, camera.fov_deg) * camera.baseline_m),
        start=np.array([*scenario.start.position_m, scenario.start.yaw_rad]),
        fence=np.array([scenario.world.low_m[:2], scenario.world.high_m[:2]]),
        capacity_wh=scenario.battery.capacity_wh,
        reserve_fraction=scenario.battery.reserve_fraction,
        energy=energy,
        panel_side=max((p.side_m for p in scenario.world.panels), default=PANEL_SIDE),
    )
