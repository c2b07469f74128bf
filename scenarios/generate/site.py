"""A drawn world with everything needed to place a flight in it: free space, ways, draws."""

from dataclasses import InitVar, dataclass, field

import numpy as np
from jaxtyping import Float

from sim.physics.vehicle import load_vehicle
from sim.scenario import Scenario
from sim.task_spec import NavigateTask
from sim.types import Vec3
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world.geodesic import FreeSpace, GeodesicField, distance_field
from sim.world.geometry import World
from sim.world_spec import WorldSpec


class Unplaceable(Exception):
    """This draw has no room for the task; another is tried."""


@dataclass
class Ground:
    """A world specification and what of it is free."""

    spec: WorldSpec
    hull_radius: float
    altitude: float
    """m over the ground, of flights."""
    altitude_max: float
    any_height: bool = False
    """Whether a way may lead over and under what stands at flying height."""
    built: InitVar[World | None] = None
    """The specification's geometry, where it is there already."""
    clearance: ClearanceField = field(init=False)
    space: FreeSpace = field(init=False)

    def __post_init__(self, built: World | None) -> None:
        world = build_world(self.spec, ()) if built is None else built
        self.clearance = ClearanceField(world, self.altitude_max)
        heights = (self.altitude, self.altitude)
        if self.any_height:
            self.space = FreeSpace.at_any_height(
                self.clearance, world.bounds, self.altitude_max, self.hull_radius
            )
            return
        self.space = FreeSpace.for_flight(self.clearance, world.bounds, heights, self.hull_radius)

    def clear(self, xy: Float[np.ndarray, "2"]) -> float:
        """Distance from a point at flying height to the nearest obstacle, m, at most 4."""
        return self.clearance.at(np.array([xy[0], xy[1], self.flying_height(xy)]))

    def flying_height(self, xy: Float[np.ndarray, "_"]) -> float:
        """Z of the flying height at a point, m."""
        ground = self.clearance.ground_height(float(xy[0]), float(xy[1]))
        return self.altitude + round(ground, 3)

    def ways_to(self, point: Vec3 | Float[np.ndarray, "2"]) -> GeodesicField:
        """Lengths of the free ways to a point."""
        return distance_field(self.space, np.asarray(point)[:2])

    def sees(self, start: Vec3, end: Vec3, margin: float) -> bool:
        """Whether the straight line between two points keeps a margin from everything."""
        count = max(2, int(np.linalg.norm(end - start) / 0.2) + 1)
        line = start + np.linspace(0.0, 1.0, count)[:, None] * (end - start)
        return bool((self.clearance.at_points(line) >= margin).all())


def ground_of(scenario: Scenario, built: World | None = None) -> Ground:
    """The static world of a scenario, and what of it is free at the height its flight begins at; `built` as in `Ground`."""
    world = build_world(scenario.world, ()) if built is None else built
    x, y, z = scenario.start.position_m
    return Ground(
        scenario.world,
        load_vehicle(scenario.vehicle).hull_radius,
        z if world.relief is None else z - world.relief.height(x, y),
        scenario.limits.altitude_max_m,
        any_height=isinstance(scenario.task, NavigateTask) and scenario.task.any_height,
        built=world,
    )
