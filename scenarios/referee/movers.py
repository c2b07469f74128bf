"""Where moving obstacles are: the referee's own reading of a scenario's movers, vectorised over instants.

Nothing here steps through time: every motion is a closed form, but for random accelerations, whose pieces are summed.
A confined coordinate is first followed as if it were free; the box's mirror images, or copies, then bring it back.
"""

import math

import numpy as np
from jaxtyping import Float

from scenarios.referee.shapes import ball, box, upright
from sim.mover_spec import (
    BallShape,
    BlockShape,
    ColumnShape,
    ConfinedVelocity,
    ConstantVelocity,
    MoverSpec,
    RandomAcceleration,
    WaypointLoop,
)
from sim.names import unknown

SHAPES = ("sphere", "cylinder", "box")
MOTIONS = ("constant_velocity", "bounce", "wrap", "random_acceleration", "waypoints")
"""Kinds of movers that verdicts are given on; another one is refused."""
_STREAM = 5
"""The random stream of a scenario's seed that accelerations are drawn from, with the mover's index behind it."""


def mover_row(spec: MoverSpec) -> Float[np.ndarray, " r"]:
    """A mover's shape as a row of convex.py, its centre at the origin; ValueError for a shape of no known kind."""
    shape = spec.shape
    if isinstance(shape, BallShape):
        return ball((0.0, 0.0, 0.0), shape.radius_m)
    if isinstance(shape, BlockShape):
        return box((0.0, 0.0, 0.0), np.array(shape.size_m) / 2, shape.yaw_rad)
    if isinstance(shape, ColumnShape):
        return upright((0.0, 0.0, -shape.height_m / 2), shape.radius_m, shape.height_m)
    raise ValueError(unknown("shape of a mover", shape.kind, SHAPES))


def mover_centers(
    spec: MoverSpec, seed: int, index: int, times: Float[np.ndarray, " t"]
) -> Float[np.ndarray, "t 3"]:
    """Centres of a scenario's mover number `index` at times since the start, m, world; ValueError for an unknown motion."""
    motion = spec.motion
    if isinstance(motion, WaypointLoop):
        return _round_trip(motion, times)
    if isinstance(motion, RandomAcceleration):
        free = _random(motion, seed, index, times)
        return _mirrored(free, np.array(motion.low_m), np.array(motion.high_m))
    if isinstance(motion, ConstantVelocity):
        return _straight_on(motion, times)
    if isinstance(motion, ConfinedVelocity) and motion.kind in _CONFINED:
        low, high = np.array(motion.low_m), np.array(motion.high_m)
        return _CONFINED[motion.kind](_straight_on(motion, times), low, high)
    raise ValueError(unknown("motion of a mover", motion.kind, MOTIONS))


def _straight_on(
    motion: ConstantVelocity | ConfinedVelocity, times: Float[np.ndarray, " t"]
) -> Float[np.ndarray, "t 3"]:
    return np.array(motion.start_m) + times[:, None] * np.array(motion.velocity_m_s)


def _mirrored(
    free: Float[np.ndarray, "t 3"], low: Float[np.ndarray, "3"], high: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "t 3"]:
    """A triangle wave: distance from the nearest even wall among low, high, and their images."""
    width = np.where(high > low, high - low, 1.0)
    laps = (free - low) / width
    inside = low + width * np.abs(laps - 2.0 * np.round(laps / 2.0))
    return np.where(high > low, inside, low)


def _copied(
    free: Float[np.ndarray, "t 3"], low: Float[np.ndarray, "3"], high: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "t 3"]:
    width = np.where(high > low, high - low, 1.0)
    laps = (free - low) / width
    return np.where(high > low, low + width * (laps - np.floor(laps)), low)


_CONFINED = {"bounce": _mirrored, "wrap": _copied}
"""How the box of a confined mover brings it back."""


def _round_trip(motion: WaypointLoop, times: Float[np.ndarray, " t"]) -> Float[np.ndarray, "t 3"]:
    """Arc length along the closed polyline, read back as a point."""
    points = np.array([*motion.waypoints_m, motion.waypoints_m[0]])
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    marks = np.concatenate([[0.0], np.cumsum(lengths)])
    along = np.fmod(times * motion.speed_m_s, marks[-1])
    return np.column_stack([np.interp(along, marks, points[:, axis]) for axis in range(3)])


def _random(
    motion: RandomAcceleration, seed: int, index: int, times: Float[np.ndarray, " t"]
) -> Float[np.ndarray, "t 3"]:
    """A free motion with an acceleration for every period, uniform in a ball, that never makes it too fast."""
    period, last = motion.period_s, float(times.max(initial=0.0))
    draws = np.random.default_rng([seed, _STREAM, index]).random((int(last / period) + 2, 3))
    up, turn = 2.0 * draws[:, 0] - 1.0, 2.0 * math.pi * draws[:, 1]
    size = motion.acceleration_max_m_s2 * np.cbrt(draws[:, 2])
    flat = np.sqrt(1.0 - up**2)
    wanted = size[:, None] * np.column_stack([flat * np.cos(turn), flat * np.sin(turn), up])
    moves = np.array(motion.high_m) > np.array(motion.low_m)
    velocity = np.array(motion.velocity_m_s) * moves
    place = np.array(motion.start_m, dtype=float)
    places, velocities = [place], [velocity]
    for push in wanted * moves:
        after = velocity + period * push
        after = after * min(1.0, motion.speed_max_m_s / max(float(np.linalg.norm(after)), 1e-12))
        place, velocity = place + period * (velocity + after) / 2.0, after
        places.append(place)
        velocities.append(velocity)
    piece = np.minimum((times / period).astype(int), len(wanted) - 1)
    since = (times - piece * period)[:, None]
    at, pace = np.array(places), np.array(velocities)
    push = (pace[piece + 1] - pace[piece]) / period
    return at[piece] + since * pace[piece] + 0.5 * since**2 * push
