"""The observation: what the drone perceives and believes, never the truth."""

import numpy as np
from gymnasium import spaces

from sim.entries import clip, ego_entry
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
_HEIGHT, _HEADROOM = EGO_FIELDS.index("height"), EGO_FIELDS.index("headroom")
_GOAL_HIGH = np.array([1.0, 1.0, 1.0, 8.0, MAX_SPEED, 1.0], dtype=np.float32)
_GOAL_LOW = np.array([-1.0, -1.0, -1.0, 0.0, 0.0, 0.0], dtype=np.float32)
_SITES_HIGH = np.tile(
    np.array([500, 500, 100, 1, 1, 100, 1, 1, 60, 1, 1, 1], dtype=np.float32), MAX_TOKENS
)
_SITES_LOW = np.tile(
    np.array([-500, -500, -100, -1, -1, 0, 0, 0, 0, 0, 0, 0], dtype=np.float32), MAX_TOKENS
)


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
            "sites": spaces.Box(_SITES_LOW, _SITES_HIGH, dtype=np.float32),
            "sites_mask": spaces.Box(0, 1, (MAX_TOKENS,), np.int8),
        }
    )


def observe(simulator: Simulator, task: Task) -> Observation:
    """Camera, estimator, goal and sites as one flat dictionary, clipped to its space."""
    sites, mask = task.sites()
    sites, goal = sites.reshape(-1), task.goal()
    clip(sites, _SITES_LOW, _SITES_HIGH)
    clip(goal, _GOAL_LOW, _GOAL_HIGH)
    return {
        **simulator.observe(),
        "ego": _ego(simulator),
        "goal": goal,
        "sites": sites,
        "sites_mask": mask,
    }


def _ego(simulator: Simulator) -> np.ndarray:
    ego = np.empty(len(EGO_FIELDS), dtype=np.float32)
    ego_entry(
        simulator.plant["estimate"][0], simulator.scenario.limits.altitude_max_m, simulator.battery,
        simulator.previous_action, _EGO_LOW, _EGO_HIGH, ego,
    )  # fmt: skip
    if simulator.world.relief is not None:
        _over_relief(simulator, ego)
    return ego


def _over_relief(simulator: Simulator, ego: np.ndarray) -> None:
    """Heights over the ground that is believed to be below, instead of over z = 0."""
    x, y, z = simulator.plant["estimate"][0][:3].tolist()
    height = z - simulator.clearance.ground_height(x, y)
    ego[_HEIGHT] = height
    ego[_HEADROOM] = simulator.scenario.limits.altitude_max_m - height
    clip(ego, _EGO_LOW, _EGO_HIGH)
