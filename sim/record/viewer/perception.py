"""What the world says of a pose: the clearance there, and the classes a camera without noise sees."""

import numpy as np
from jaxtyping import UInt8

from sim.record.clearances import HullClearance
from sim.scenario import Scenario
from sim.sensing.camera import Camera, CameraScene
from sim.sensing.mover_rays import SeenMovers
from sim.types import POSITION, QUATERNION, Body
from sim.world.build import world_of


class Perception:
    """A world of its own, so that asking disturbs no flight."""

    def __init__(self, scenario: Scenario) -> None:
        """Builds the world, its distance field and its scene."""
        self.world = world_of(scenario)
        self.hull = HullClearance(scenario, self.world)
        self.movers = self.hull.movers
        self._scene, self._camera = CameraScene(self.world), Camera(scenario.camera)
        self._delay = scenario.camera.delay_ticks

    def classes(self, eye: Body, tick: int) -> UInt8[np.ndarray, "h w"]:
        """What the camera's pixels belong to, taken from a body's pose for the image of a tick."""
        if self.movers:
            then = self.movers.table_at(tick - self._delay)
            self._scene.movers = SeenMovers(then, self.movers.colors, self.movers.classes)
        return self._camera.render(self._scene, eye[POSITION], eye[QUATERNION]).classes
