"""How two opinions on one lattice become one command."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from agents.lattice import CANDIDATES, HOVER, MOVING, candidate_velocities, candidate_yaw_rates
from sim.frames import wrap_angle

_TURN_SECONDS = 1.0
"""How far ahead the course preference credits a turn on the spot."""
_COURSE_SPREAD = 0.30
"""rad off the course that costs half a nat."""
_SPEED_SPREAD = 0.35
"""Share of the speed limit missing that costs half a nat."""
_OFF_COURSE = np.deg2rad(75.0)
"""Further off than this, turning on the spot beats flying."""


@dataclass(frozen=True)
class FusionRule:
    """The command maximises log p_navigation + weight * log p_survival among candidates not vetoed."""

    weight: float = 1.5
    course_weight: float = 1.5
    """In place of `weight` where a fixed preference for a course stands in for log p_navigation."""
    veto_below: float = 0.35
    """Candidates less likely than this to survive are out, unless all are."""
    course_veto_below: float = 0.35
    """In place of `veto_below`, likewise."""
    keep: float = 0.8
    """Nats by which another candidate must beat the last one flown: commands that flip from frame to frame cost
    lift, because turning the thrust has priority over its amount."""

    def on_course(self) -> "FusionRule":
        """The rule for flights of pilots that follow a course, with the numbers for them in place of the others."""
        return replace(self, weight=self.course_weight, veto_below=self.course_veto_below)


LEARNED = FusionRule(weight=2.0, veto_below=0.6, course_veto_below=0.6)
"""Of networks, fitted on choice worlds; see docs/experiments.md."""


def fuse(
    navigation: Float[np.ndarray, " k"],
    survival: Float[np.ndarray, " k"],
    rule: FusionRule,
    last: int = -1,
) -> tuple[Float[np.ndarray, " k"], int]:
    """Fused scores (-inf where vetoed) and the candidate to fly, after `last` (-1: none) flew before."""
    scores = navigation + rule.weight * np.log(np.clip(survival, 1e-4, 1.0))
    vetoed: Bool[np.ndarray, " k"] = survival < rule.veto_below
    scores = np.where(vetoed, -np.inf, scores).astype(np.float32)
    if vetoed.all():
        return scores, int(survival.argmax())
    best = int(scores.argmax())
    if last >= 0 and scores[last] > scores[best] - rule.keep:
        best = last
    return scores, best


def course_preference(course_heading: Float[np.ndarray, "3"]) -> Float[np.ndarray, " k"]:
    """The avoidance task's fixed stand-in for log p_navigation: along the course, at the speed limit."""
    velocity = candidate_velocities(1.0)
    speed = np.linalg.norm(velocity[:MOVING], axis=1)
    cosine = velocity[:MOVING] @ course_heading / np.maximum(speed, 1e-9)
    off_course = np.arccos(np.clip(cosine, -1.0, 1.0))
    preference = np.full(CANDIDATES, -20.0)
    preference[:MOVING] = (
        -0.5 * (off_course / _COURSE_SPREAD) ** 2 - 0.5 * ((1.0 - speed) / _SPEED_SPREAD) ** 2
    )
    bearing = float(np.arctan2(course_heading[1], course_heading[0]))
    after = wrap_angle(bearing - _TURN_SECONDS * candidate_yaw_rates()[HOVER:])
    preference[HOVER:] = -8.0 - np.abs(after) if abs(bearing) < _OFF_COURSE else -np.abs(after)
    return (preference - np.logaddexp.reduce(preference)).astype(np.float32)
