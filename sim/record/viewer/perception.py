"""What the world says of a pose: the clearance there, and the classes a camera without noise sees."""

import numpy as np
from jaxtyping import Float, UInt8

from sim.physics.vehicle import colliding_hull, load_vehicle
from sim.scenario import MissionTask, Scenario
from sim.sensing.camera import Camera, CameraScene
from sim.sensing.mover_rays import SeenMovers
from sim.types import POSITION, QUATERNION, Body
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world.movers import movers_of


class Perception:
    """A world of its own, so that asking disturbs no flight."""

    def __init__(self, scenario: Scenario) -> None:
        """Builds the world, its distance field and its scene."""
        pads = (scenario.task.home_m,) if isinstance(scenario.task, MissionTask) else ()
        self.world = build_world(scenario.world, pads)
        self.movers = movers_of(scenario)
        self._clearance = ClearanceField(self.world, scenario.limits.altitude_max_m + 2.0)
        self._hull_radius, _ = colliding_hull(load_vehicle(scenario.vehicle), scenario)
        self._scene, self._camera = CameraScene(self.world), Camera(scenario.camera)
        self._delay = scenario.camera.delay_ticks

    def clearance(self, path: Float[np.ndarray, "t 13"], last_tick: int) -> float:
        """Distance, m, from the hull at the path's end to the nearest obstacle; to movers, at any tick of the path."""
        least = self._clearance.at(path[-1, POSITION])
        if self.movers:
            first = last_tick - len(path) + 1
            least = min(least, self.movers.least_distance(first, path[:, POSITION]))
        return least - self._hull_radius

    def classes(self, eye: Body, tick: int) -> UInt8[np.ndarray, "h w"]:
        """What the camera's pixels belong to, taken from a body's pose for the image of a tick."""
        if self.movers:
            then = self.movers.table_at(tick - self._delay)
            self._scene.movers = SeenMovers(then, self.movers.colors, self.movers.classes)
        return self._camera.render(self._scene, eye[POSITION], eye[QUATERNION]).classes
