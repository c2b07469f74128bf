"""The scene that all simulators get: 100 cylinders, and the rates and camera they run at."""

from scenarios.bench_scene import bench_scenario
from sim.types import IMAGE_SHAPE


def scene(obstacles: int) -> dict:
    """What a worker needs, as JSON."""
    scenario = bench_scenario(obstacles)
    return {
        "cylinders": [
            [*cylinder.base_m, cylinder.radius_m, cylinder.height_m]
            for cylinder in scenario.world.cylinders
        ],
        "start": list(scenario.start.position_m),
        "yaw_rate": 0.5,
        "width": IMAGE_SHAPE[2],
        "height": IMAGE_SHAPE[1],
        "fov_deg": scenario.camera.fov_deg,
        "physics_hz": scenario.rates.physics_hz,
        "camera_hz": scenario.rates.control_hz,
    }
