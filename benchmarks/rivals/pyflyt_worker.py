"""PyFlyt, run by the Python of its own environment: reads a scene, then step counts; answers with seconds of CPU time.

Written against PyFlyt 0.29: `Aviary` with one `quadx`, its default airframe size (`primitive_drone`) and control rate
(120 Hz), camera frames at `camera_fps`. Its renderer needs one body a cylinder to be told apart in the segmentation.
"""

import json
import sys
import time

import numpy as np
from PyFlyt.core import Aviary  # pyright: ignore[reportMissingImports]


def build(scene: dict) -> Aviary:
    """The scene, with the drone hovering in mode 6: ground velocity, yaw rate."""
    aviary = Aviary(
        start_pos=np.array([scene["start"]]),
        start_orn=np.zeros((1, 3)),
        drone_type="quadx",
        drone_options={
            "drone_model": "primitive_drone",
            "use_camera": True,
            "camera_angle_degrees": 0,
            "camera_FOV_degrees": scene["fov_deg"],
            "camera_resolution": (scene["height"], scene["width"]),
            "camera_fps": scene["camera_hz"],
        },
        physics_hz=scene["physics_hz"],
        seed=1,
    )
    for x, y, z, radius, height in scene["cylinders"]:
        collision = aviary.createCollisionShape(aviary.GEOM_CYLINDER, radius=radius, height=height)
        visual = aviary.createVisualShape(
            aviary.GEOM_CYLINDER, radius=radius, length=height, rgbaColor=[0.4, 0.3, 0.2, 1]
        )
        aviary.createMultiBody(0, collision, visual, basePosition=[x, y, z + height / 2])
    aviary.register_all_new_bodies()
    aviary.set_mode(6)
    aviary.set_setpoint(0, np.array([0.0, 0.0, scene["yaw_rate"], 0.0]))
    return aviary


def main() -> None:
    """One line in, one line out; PyFlyt prints lines of its own, so answers are marked."""
    scene = json.loads(sys.stdin.readline())
    aviary = build(scene)
    per_frame = round(1 / (aviary.step_period * scene["camera_hz"]))
    for line in sys.stdin:
        start = time.process_time()
        for _ in range(int(line)):
            for _ in range(per_frame):
                aviary.step()
            aviary.state(0)
        seconds = time.process_time() - start
        shape = list(np.shape(aviary.drones[0].rgbaImg))
        height = float(aviary.state(0)[3, 2])
        answer = json.dumps({"seconds": seconds, "image": shape, "height": height})
        sys.stdout.write(f"answer {answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
