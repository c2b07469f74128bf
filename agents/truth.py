"""What the teacher knows of a flight: the free ways, the energy graph and the panels, all from the true world."""

from functools import cached_property

import numpy as np
from jaxtyping import Float

from agents.ways import nearest_free, way_lengths
from sim.flight import Flight
from sim.flight_costs import FlightCosts, flight_costs
from sim.safety import fenced
from sim.scenario import Scenario
from sim.task_spec import MissionTask, NavigateTask
from sim.tasks.legs import leg_heights
from sim.types import POSITION, Vec3
from sim.world.geodesic import FreeSpace, GeodesicField, distance_field

_COURSE_AHEAD = 25.0
"""m along the course to the goal of an avoidance flight's free way."""


class Truth:
    """The true world of one flight, in the teacher's terms; fields are computed when first asked for."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.scenario: Scenario = flight.scenario
        self.hull_radius = flight.simulator.vehicle.hull_radius
        self.targets = _targets(self.scenario)
        self._fields: dict[int, GeodesicField] = {}
        self._leg_spaces: dict[tuple[float, float], FreeSpace] = {}

    @property
    def position(self) -> Vec3:
        return self.flight.simulator.body[POSITION]

    @property
    def yaw(self) -> float:
        return self.flight.simulator.yaw

    @cached_property
    def free(self) -> FreeSpace:
        """Where the hull fits at flying height, within the fences."""
        sim, task = self.flight.simulator, self.scenario.task
        if isinstance(task, NavigateTask) and task.any_height:
            limit = self.scenario.limits.altitude_max_m
            return FreeSpace.at_any_height(sim.clearance, sim.world.bounds, limit, self.hull_radius)
        stops = [self.scenario.start.position_m, *self.targets.tolist()]
        heights = [z - sim.clearance.ground_height(x, y) for x, y, z in stops]
        span = (min(heights), max(heights))
        space = FreeSpace.for_flight(sim.clearance, sim.world.bounds, span, self.hull_radius)
        return fenced(space, None if sim.safety is None else sim.safety.fences, span[1])

    def field(self, target: int) -> GeodesicField:
        """Length of the free way from anywhere to a target."""
        if target not in self._fields:
            self._fields[target] = distance_field(
                space := self._space(target), nearest_free(space, self.targets[target][:2])
            )
        return self._fields[target]

    def nearest_target(self, point_world: Vec3) -> int:
        """The target a pilot means by a goal that it believes to be at a point."""
        task = self.scenario.task
        # A route may pass over one spot at several heights; sites to choose among never do.
        axes = 3 if isinstance(task, MissionTask) and task.ordered else 2
        return int(np.linalg.norm(self.targets[:, :axes] - point_world[:axes], axis=1).argmin())

    @cached_property
    def ways(self) -> Float[np.ndarray, "t t"]:
        """Free-way lengths between all targets, m."""
        return np.array(
            [way_lengths(self.field(i).arrays, self.targets) for i in range(len(self.targets))]
        )

    def ways_from(self, position: Vec3) -> Float[np.ndarray, " t"]:
        """Free-way lengths from a position to all targets, m."""
        return np.array([self.field(i).at(position) for i in range(len(self.targets))])

    @cached_property
    def costs(self) -> FlightCosts:
        """Energy along the true ways."""
        return flight_costs(self.flight.simulator.vehicle, self.scenario.speed_limit_m_s)

    @property
    def budget_wh(self) -> float:
        """Energy above the reserve at the start."""
        battery = self.scenario.battery
        return (battery.initial_fraction - battery.reserve_fraction) * battery.capacity_wh

    # --- Private.

    def _space(self, target: int) -> FreeSpace:
        """Where the hull fits on the way to a target: of a route, at the heights of the leg there."""
        task = self.scenario.task
        if not (isinstance(task, MissionTask) and task.ordered):
            return self.free
        sim = self.flight.simulator
        heights = leg_heights(self.scenario, task, sim.clearance.ground_height)[target]
        if heights not in self._leg_spaces:
            space = FreeSpace.for_flight(sim.clearance, sim.world.bounds, heights, self.hull_radius)
            fences = None if sim.safety is None else sim.safety.fences
            self._leg_spaces[heights] = fenced(space, fences, heights[1])
        return self._leg_spaces[heights]


def _targets(scenario: Scenario) -> Float[np.ndarray, "t 3"]:
    """Navigation: the goal. Mission: home, then the sites, in token order. Avoidance: a point far down the course.

    Home stands at the viewpoints' mean height, where it is approached.
    """
    task = scenario.task
    if isinstance(task, NavigateTask):
        return np.array([task.goal_m])
    if isinstance(task, MissionTask):
        sites = np.array([site.position_m for site in task.sites])
        height = sites[-1, 2] if task.ordered else sites[:, 2].mean()
        return np.vstack([[*task.home_m[:2], height], sites])
    start = np.array(scenario.start.position_m)
    low, high = np.array(scenario.world.low_m), np.array(scenario.world.high_m)
    course = np.array([np.cos(task.course_rad), np.sin(task.course_rad), 0.0])
    end = start + (task.distance_m + _COURSE_AHEAD) * course
    return np.clip(end, low + 1.0, high - 1.0)[None]
