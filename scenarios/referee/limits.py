"""Where a drone may be, and how far inside or outside it is."""

import numpy as np
from jaxtyping import Float

from scenarios.referee.track import Track
from sim.scenario import Scenario


def bounds_margin(scenario: Scenario, track: Track) -> Float[np.ndarray, " n"]:
    """Way to the nearest side of the world seen from above, m, negative outside; height has its own limit."""
    low, high = np.array(scenario.world.low_m)[:2], np.array(scenario.world.high_m)[:2]
    flat = track.positions[:, :2]
    return np.minimum(flat - low, high - flat).min(axis=1)


def altitude_margin(scenario: Scenario, track: Track) -> Float[np.ndarray, " n"]:
    """Way up to the altitude limit, m, negative above it."""
    return scenario.limits.altitude_max_m - track.positions[:, 2]
