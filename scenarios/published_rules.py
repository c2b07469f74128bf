"""The second verdict: what a paper's own crash rule says of a flight, from its poses and the scenario alone.

Sources: agile_autonomy (planner_learning, PlannerLearning.py: a point nearer than 0.18 m to the drone's centre, the
first 5 m ignored, over at 1.5 times that); DodgeDrone (agile_flight, envtest/ros/evaluation_node.py: the centre inside
a sphere). Both let the flight go on. Ours ends at the first contact of whatever body collides, so a flight whose hull
touched something before the centre came as near as the rule asks has no published verdict: the entries that set
`collision_radius_m` to the rule's distance fly the same worlds with so small a body that it always has one.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sim.scenario import PublishedRule, Scenario
from sim.types import POSITION, Decision, Event, FlightResult, Observation, Outcome
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world.movers import movers_of
from sim.world.primitives import nearest_distance

_BLOCK = 240
"""Poses for which the movers are laid out at once."""


@dataclass(frozen=True)
class Verdict:
    """A flight by a published rule."""

    success: bool | None
    """Arrived without a crash; None where the flight ended by a touch that the rule does not count."""
    crashes: int
    first_crash_s: float | None
    closest_m: float
    """Least distance from the centre to an obstacle, where it counted; 4 or more reads as 4 where nothing moves."""


class PoseRecorder:
    """Keeps the hull's poses of a flight; what `agents.fly` takes as a log."""

    def __init__(self, scenario: Scenario) -> None:
        self._rows: list[np.ndarray] = []
        self._start = np.array(scenario.start.position_m)

    def step(
        self,
        time: float,
        action: np.ndarray,
        ticks: np.ndarray,
        observation: Observation,
        decision: Decision,
        events: tuple[Event, ...],
    ) -> None:
        """Note one control step."""
        self._rows.append(ticks[:, POSITION].copy())

    def close(self, result: FlightResult) -> None:
        """Nothing to write."""

    @property
    def positions(self) -> Float[np.ndarray, "t 3"]:
        """The centre at the start and after every tick, m, world."""
        return np.concatenate([self._start[None], *self._rows])


def verdict_of(
    scenario: Scenario, positions: Float[np.ndarray, "t 3"], result: FlightResult
) -> Verdict | None:
    """The verdict on a flight whose result is known."""
    touched = result.outcome in (Outcome.COLLISION, Outcome.LANDED_AWAY)
    return published_verdict(scenario, positions, arrived=result.success, touched=touched)


def published_verdict(
    scenario: Scenario, positions: Float[np.ndarray, "t 3"], *, arrived: bool, touched: bool
) -> Verdict | None:
    """The verdict of the scenario's published rule, None without one.

    Args:
        scenario: What was flown.
        positions: The hull's centre at the start and after every tick.
        arrived: Whether the flight reached its goal.
        touched: Whether it ended by a contact.
    """
    rule = scenario.published_rule
    if rule is None:
        return None
    distances = obstacle_distances(scenario, positions)
    crashes = count_crashes(rule, distances, positions)
    counted = distances[_counts(rule, positions)]
    success = arrived if not touched else None
    return Verdict(
        success=False if crashes else success,
        crashes=len(crashes),
        first_crash_s=crashes[0] / scenario.rates.physics_hz if crashes else None,
        closest_m=float(counted.min(initial=np.inf)),
    )


def obstacle_distances(
    scenario: Scenario, positions: Float[np.ndarray, "t 3"]
) -> Float[np.ndarray, " t"]:
    """From the centre to the nearest obstacle at every tick, still or moving, m; the ground is none."""
    field = ClearanceField(build_world(scenario.world, ()), scenario.limits.altitude_max_m)
    distances = field.at_points(positions)
    movers = movers_of(scenario)
    if movers:
        for first in range(0, len(positions), _BLOCK):
            path = positions[first : first + _BLOCK]
            tables = movers.tables(first * movers.tick_s, movers.tick_s, len(path))
            moving = [nearest_distance(t, *p) for t, p in zip(tables, path.tolist(), strict=True)]
            distances[first : first + len(path)] = np.minimum(
                distances[first : first + len(path)], moving
            )
    return distances


def count_crashes(
    rule: PublishedRule, distances: Float[np.ndarray, " t"], positions: Float[np.ndarray, "t 3"]
) -> list[int]:
    """Ticks at which a crash began."""
    began, inside = [], False
    for tick in np.flatnonzero(_counts(rule, positions)).tolist():
        if not inside and distances[tick] < rule.crash_m:
            began.append(tick)
            inside = True
        elif inside and distances[tick] >= rule.release * rule.crash_m:
            inside = False
    return began


def _counts(rule: PublishedRule, positions: Float[np.ndarray, "t 3"]) -> np.ndarray:
    """Which ticks lie beyond the way that is ignored."""
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)]) >= rule.ignored_m
