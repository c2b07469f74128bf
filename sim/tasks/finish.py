"""How far a flight is from a finish that is no ball around the goal."""

import numpy as np
from jaxtyping import Float

from sim.types import POSITION, Vec3


def left_to_finish(shape: str, start: Vec3, goal: Vec3, ticks: Float[np.ndarray, "t 13"]) -> float:
    """The least distance to the goal during some ticks, m: in plan view (`column`), or along the course (`plane`).

    A plane's distance is signed: it is negative once the drone is level with the goal, seen from the start.
    """
    offsets = (goal - ticks[:, POSITION])[:, :2]
    if shape == "column":
        return float(np.linalg.norm(offsets, axis=1).min())
    course = (goal - start)[:2]
    return float((offsets @ course).min() / np.linalg.norm(course))
