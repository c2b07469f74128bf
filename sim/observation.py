"""The observation: what the drone perceives and believes, never the truth."""

import numpy as np
from gymnasium import spaces

from sim.frames import quat_to_matrix
from sim.simulator import Simulator
from sim.tasks.base import Task
from sim.types import (
    EGO_FIELDS,
    GOAL_FIELDS,
    HISTORY_SHAPE,
    IMAGE_SHAPE,
    MAX_SPEED,
    MAX_TOKENS,
    Observation,
)

_EGO_HIGH = np.array(
    [20.0] * 3 + [1.0] * 3 + [20.0] * 3 + [50.0, 50.0, 1.0] + [1.0] * 4, dtype=np.float32
)
_EGO_LOW = np.array(
    [-20.0] * 3 + [-1.0] * 3 + [-20.0] * 3 + [0.0, -50.0, 0.0] + [-1.0] * 4, dtype=np.float32
)
_GOAL_HIGH = np.array([1.0, 1.0, 1.0, 8.0, MAX_SPEED, 1.0], dtype=np.float32)
_GOAL_LOW = np.array([-1.0, -1.0, -1.0, 0.0, 0.0, 0.0], dtype=np.float32)
_SITE_HIGH = np.array(
    [500.0, 500.0, 100.0, 1.0, 1.0, 100.0, 1.0, 1.0, 60.0, 1.0, 1.0, 1.0], dtype=np.float32
)
_SITE_LOW = np.array([-500.0, -500.0, -100.0, -1.0, -1.0] + [0.0] * 7, dtype=np.float32)


def observation_space(camera: bool = True) -> spaces.Dict:
    """The space of `observe`, of a simulator with or without camera; every entry bounded, fields listed in `sim.types`."""
    images: dict[str, spaces.Space] = {
        "image": spaces.Box(0, 255, IMAGE_SHAPE, np.uint8),
        "history": spaces.Box(0, 255, (int(np.prod(HISTORY_SHAPE)),), np.uint8),
    }
    return spaces.Dict(
        {
            **(images if camera else {}),
            "ego": spaces.Box(_EGO_LOW, _EGO_HIGH, (len(EGO_FIELDS),), np.float32),
            "goal": spaces.Box(_GOAL_LOW, _GOAL_HIGH, (len(GOAL_FIELDS),), np.float32),
            "sites": spaces.Box(
                np.tile(_SITE_LOW, MAX_TOKENS), np.tile(_SITE_HIGH, MAX_TOKENS), dtype=np.float32
            ),
            "sites_mask": spaces.Box(0, 1, (MAX_TOKENS,), np.int8),
        }
    )


def observe(simulator: Simulator, task: Task) -> Observation:
    """Camera, estimator, goal and sites as one flat dictionary, clipped to its space."""
    sites, mask = task.sites()
    return {
        **simulator.observe(),
        "ego": np.clip(_ego(simulator), _EGO_LOW, _EGO_HIGH),
        "goal": np.clip(task.goal(), _GOAL_LOW, _GOAL_HIGH),
        "sites": np.clip(sites, _SITE_LOW, _SITE_HIGH).reshape(-1),
        "sites_mask": mask,
    }


def _ego(simulator: Simulator) -> np.ndarray:
    estimate = simulator.estimate
    to_body = quat_to_matrix(estimate.quat_xyzw).T
    ego = np.empty(len(EGO_FIELDS), dtype=np.float32)
    ego[0:3] = to_body @ estimate.velocity_world
    ego[3:6] = -to_body[:, 2]
    ego[6:9] = estimate.rates_body
    ego[9] = estimate.position_world[2]
    ego[10] = simulator.scenario.limits.altitude_max_m - estimate.position_world[2]
    ego[11] = simulator.battery
    ego[12:16] = simulator.previous_action
    return ego
