"""How near the hull came to things, as the environment measures it: what stands and what moves, the ground excepted."""

import numpy as np
from jaxtyping import Float

from sim.physics.vehicle import colliding_hull, load_vehicle
from sim.record.instants import FARTHEST, first_tick, sample_bodies
from sim.record.reader import Flight
from sim.scenario import Scenario
from sim.types import POSITION
from sim.world.build import world_of
from sim.world.clearance import ClearanceField
from sim.world.geometry import World
from sim.world.movers import movers_of


class HullClearance:
    """Distances in the world of a scenario; a field of its own, so that asking disturbs no flight."""

    def __init__(self, scenario: Scenario, world: World | None = None) -> None:
        """`world` is the scenario's, where it is built already."""
        world = world_of(scenario) if world is None else world
        self.field = ClearanceField(world, scenario.limits.altitude_max_m)
        self.movers = movers_of(scenario)
        self.radius = colliding_hull(load_vehicle(scenario.vehicle), scenario)[0]

    def after(self, path: Float[np.ndarray, "t 13"], last_tick: int) -> float:
        """Distance, m, from the hull at the end of a path, reached at `last_tick`, to what stands; to what moves, the least at any tick."""
        least = self.field.at(path[-1, POSITION])
        if self.movers:
            passing = np.ascontiguousarray(path[:, POSITION])
            least = min(least, self.movers.least_distance(last_tick - len(path) + 1, passing))
        return least - self.radius


def sample_clearances(flight: Flight, hull: HullClearance | None = None) -> Float[np.ndarray, " m"]:
    """`HullClearance.after`, m, at the start and after every step; their least is the result's figure.

    Exact up to 4 m from the centre. Empty where the log holds no step.
    """
    if not len(flight):
        return np.empty(0)
    hull = HullClearance(flight.scenario) if hull is None else hull
    bodies, first = sample_bodies(flight), first_tick(flight)
    paths = [bodies[:1], *(flight.step_ticks(step) for step in range(len(flight)))]
    ends = (first + flight.tick_starts).tolist()
    # What diverged touches nothing that is worth telling: its last sound body stands for it.
    return np.array(
        [
            hull.after(path if (np.abs(path) < FARTHEST).all() else body[None], end)
            for path, body, end in zip(paths, bodies, ends, strict=True)
        ]
    )
