"""How near the hull came to things at every tick of a log: what stands and what moves, the ground excepted."""

import numpy as np
from jaxtyping import Float

from sim.physics.vehicle import colliding_hull, load_vehicle
from sim.record.reader import Flight
from sim.scenario import MissionTask
from sim.types import POSITION
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world.movers import movers_of


def hull_clearances(flight: Flight) -> Float[np.ndarray, " m"]:
    """Distance from the hull's surface to the nearest obstacle, m, for each row of `poses`; exact up to 4 m from the centre.

    What moves is looked at over whole steps, so that all ticks of a step share its least distance to a mover.
    """
    scenario = flight.scenario
    pads = (scenario.task.home_m,) if isinstance(scenario.task, MissionTask) else ()
    field = ClearanceField(build_world(scenario.world, pads), scenario.limits.altitude_max_m + 2.0)
    path = np.ascontiguousarray(flight.poses[:, POSITION])
    least, movers = field.at_points(path), movers_of(scenario)
    if movers:
        for first, end in zip(flight.tick_starts[:-1], flight.tick_starts[1:], strict=True):
            passing = movers.least_distance(int(first) + 1, path[first:end])
            least[first:end] = np.minimum(least[first:end], passing)
    return least - colliding_hull(load_vehicle(scenario.vehicle), scenario)[0]
