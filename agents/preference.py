"""From progress to a preference: the one score of candidates that teacher and classical pilot share."""

import numpy as np
from jaxtyping import Float

from agents.lattice import HOVER, candidate_velocities, candidate_yaw_rates
from sim.frames import wrap_angle

END_SECONDS = 1.5
"""Progress is judged where a candidate has brought the drone after this long."""
_TEMPERATURE = 0.35
"""m of progress that change a candidate's odds by e."""
_ALIGNMENT = 1.2
"""m of progress that ending up turned to the way is worth."""
_HEIGHT_WEIGHT = 0.8
"""m of progress that a metre off the target's height costs."""
_TURN_SECONDS = 1.0
"""s of a turn on the spot that count."""


def way_preference(
    progress: Float[np.ndarray, " k"], height_error: Float[np.ndarray, " k"], bearing: float
) -> Float[np.ndarray, " k"]:
    """Log-probability of each candidate; progress and height error in m, the way's bearing in rad from the heading."""
    off = wrap_angle(bearing - _YAW_AFTER)
    value = progress - _HEIGHT_WEIGHT * np.abs(height_error) + _ALIGNMENT * np.cos(off)
    value = value / _TEMPERATURE
    return (value - np.logaddexp.reduce(value)).astype(np.float32)


def _yaw_after() -> Float[np.ndarray, " k"]:
    """Heading that each candidate leads to, rad from the present one."""
    moving = candidate_velocities(1.0)[:HOVER]
    turned = _TURN_SECONDS * candidate_yaw_rates()[HOVER:]
    return np.concatenate([np.arctan2(moving[:, 1], moving[:, 0]), turned])


_YAW_AFTER = _yaw_after()
