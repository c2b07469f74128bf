"""The moving obstacles of one scenario: nothing but functions of time, so that there is no state to save."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

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
from sim.scenario import Scenario
from sim.world.geometry import Semantic
from sim.world.motion import (
    BOUNCE,
    KNOT_SIZE,
    LEAVE,
    WRAP,
    Motions,
    least_distance,
    move,
    random_knots,
    tables_at,
)
from sim.world.primitives import BOX, CYLINDER, ROW_SIZE, SPHERE

_STREAM = 5
"""Of the scenario's seed; 1 to 4 are the simulator's, the random pilot's and the faults'."""
_FIRST_REACH = 60.0
"""s of random motion that are drawn at first; later ones as they are asked for."""


@dataclass(frozen=True)
class MoverStates:
    """All movers at one instant."""

    positions: Float[np.ndarray, "n 3"]  # m, world, of the centres
    velocities: Float[np.ndarray, "n 3"]  # m/s, world


class Movers:
    """The movers of a scenario, at any tick or time of its flight."""

    def __init__(self, specs: Sequence[MoverSpec], seed: int, tick_s: float) -> None:
        """`seed` is the scenario's, `tick_s` a physics tick."""
        self.specs = tuple(specs)
        self.tick_s = tick_s
        self.shapes: Float[np.ndarray, "n 9"] = _shapes(self.specs)
        self.colors: Float[np.ndarray, "n 3"] = 255.0 * np.array([s.color for s in specs]).reshape(
            -1, 3
        )
        """RGB in [0, 255]."""
        self.classes = np.array([Semantic[s.semantic.upper()] for s in specs], dtype=np.uint8)
        self.speed_limits: Float[np.ndarray, " n"] = np.array([_speed_limit(s) for s in specs])
        self._seed = seed
        self._until = _FIRST_REACH
        self.motions = _motions(self.specs, seed, self._until)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.specs)

    def positions_at(self, tick: int) -> Float[np.ndarray, "n 3"]:
        """Centres after a number of physics ticks, m, world: what any judge of a flight may ask."""
        return self.states_at(tick).positions

    def states_at(self, tick: int) -> MoverStates:
        """Centres and velocities after a number of physics ticks; before the start all stand at it."""
        time = self._reached(max(tick, 0) * self.tick_s)
        positions, velocities = np.empty((len(self), 3)), np.empty((len(self), 3))
        move(self.motions, time, positions, velocities)
        return MoverStates(positions, velocities)

    def table_at(self, tick: int) -> Float[np.ndarray, "n 9"]:
        """The movers as primitives after a number of physics ticks."""
        return self.tables(max(tick, 0) * self.tick_s, self.tick_s, 1)[0]

    def least_distance(self, first_tick: int, path_world: Float[np.ndarray, "t 3"]) -> float:
        """The least signed distance to a mover, m, inf without any, along a path whose points are reached at `first_tick` and the ticks after it."""
        tables = self.tables(first_tick * self.tick_s, self.tick_s, len(path_world))
        return least_distance(tables, path_world)

    def tables(self, first_time: float, step: float, count: int) -> Float[np.ndarray, "t n 9"]:
        """The movers as primitives at `count` instants, `step` s apart."""
        self._reached(first_time + count * step)
        return tables_at(self.motions, self.shapes, first_time, step, count)

    def _reached(self, time: float) -> float:
        """Draw random motions on, if need be; what was drawn before stays as it is."""
        if time >= self._until:
            while time >= self._until:
                self._until *= 2.0
            self.motions = _motions(self.specs, self._seed, self._until)
        return time


def movers_of(scenario: Scenario) -> Movers:
    """The movers of a scenario."""
    return Movers(scenario.world.movers, scenario.seed, 1.0 / scenario.rates.physics_hz)


# --- Private.


def _shapes(specs: Sequence[MoverSpec]) -> Float[np.ndarray, "n 9"]:
    """Rows of primitives whose centres are still to be filled in."""
    table = np.zeros((len(specs), ROW_SIZE))
    for row, spec in zip(table, specs, strict=True):
        shape = spec.shape
        if isinstance(shape, BallShape):
            row[0], row[4] = SPHERE, shape.radius_m
        elif isinstance(shape, ColumnShape):
            row[0], row[4], row[5] = CYLINDER, shape.radius_m, shape.height_m / 2
        elif isinstance(shape, BlockShape):
            row[0], row[4:7] = BOX, np.array(shape.size_m) / 2
            row[7], row[8] = np.cos(shape.yaw_rad), np.sin(shape.yaw_rad)
    return table


def _speed_limit(spec: MoverSpec) -> float:
    """The mover is never faster, m/s; what wraps round may be anywhere at once."""
    motion = spec.motion
    if isinstance(motion, RandomAcceleration):
        return motion.speed_max_m_s
    if isinstance(motion, WaypointLoop):
        return motion.speed_m_s
    return np.inf if motion.kind == "wrap" else float(np.linalg.norm(motion.velocity_m_s))


def _motions(specs: Sequence[MoverSpec], seed: int, until: float) -> Motions:
    """Knots of all motions that hold up to a time, s."""
    knots = [_knots(spec, seed, index, until) for index, spec in enumerate(specs)]
    count = len(specs)
    loops, edges = np.zeros(count), np.full(count, LEAVE, dtype=np.int64)
    low, high = np.zeros((count, 3)), np.zeros((count, 3))
    for index, spec in enumerate(specs):
        motion = spec.motion
        if isinstance(motion, WaypointLoop):
            loops[index] = _loop(motion)[1]
        elif isinstance(motion, ConfinedVelocity | RandomAcceleration):
            edges[index] = WRAP if motion.kind == "wrap" else BOUNCE
            low[index], high[index] = motion.low_m, motion.high_m
    return Motions(
        starts=np.cumsum([0, *(len(rows) for rows in knots)]).astype(np.int64),
        knots=np.concatenate([np.zeros((0, KNOT_SIZE)), *knots]),
        loops=loops,
        edges=edges,
        low=low,
        high=high,
    )


def _knots(spec: MoverSpec, seed: int, index: int, until: float) -> Float[np.ndarray, "k 10"]:
    motion = spec.motion
    if isinstance(motion, WaypointLoop):
        return _loop(motion)[0]
    if isinstance(motion, ConstantVelocity | ConfinedVelocity):
        return np.array([[0.0, *motion.start_m, *motion.velocity_m_s, 0.0, 0.0, 0.0]])
    count = int(np.ceil(until / motion.period_s)) + 1
    draws = np.random.default_rng([seed, _STREAM, index]).random((count, 3))
    low, high = np.array(motion.low_m), np.array(motion.high_m)
    return random_knots(
        draws, np.array(motion.start_m), np.array(motion.velocity_m_s), (high > low) * 1.0,
        motion.speed_max_m_s, motion.acceleration_max_m_s2, motion.period_s,
    )  # fmt: skip


def _loop(motion: WaypointLoop) -> tuple[Float[np.ndarray, "k 10"], float]:
    """One knot a waypoint, and the time once round takes."""
    points = np.array(motion.waypoints_m)
    legs = np.roll(points, -1, axis=0) - points
    durations = np.linalg.norm(legs, axis=1) / motion.speed_m_s
    times = np.concatenate([[0.0], np.cumsum(durations)])
    knots = np.zeros((len(points), KNOT_SIZE))
    knots[:, 0], knots[:, 1:4], knots[:, 4:7] = times[:-1], points, legs / durations[:, None]
    return knots, float(times[-1])
