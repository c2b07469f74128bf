"""What every task offers, and the goal entry they share."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from sim.entries import goal_entry, offset_from
from sim.rules import LANDING_SPEED
from sim.simulator import Simulator
from sim.types import GOAL_FIELDS, MAX_TOKENS, SITE_FIELDS, Event, Outcome, Vec3


@runtime_checkable  # The tests check annotations at every call.
class Task(Protocol):
    """One kind of flight; asks the simulator questions, never changes it."""

    events: list[Event]
    """What happened, appended as it happens."""

    def update(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome | None:
        """Look at one step's ticks; the outcome if the task is over."""
        ...

    def touchdown(self, speed: float) -> Outcome:
        """The outcome of touching the ground."""
        ...

    def rewards(self) -> dict[str, float]:
        """Reward terms of the last step."""
        ...

    def goal(self) -> Float[np.ndarray, "6"]:
        """The observation's `goal` entry."""
        ...

    def sites(self) -> tuple[Float[np.ndarray, "12 12"], np.ndarray]:
        """The observation's site tokens and their mask."""
        ...

    @property
    def prize(self) -> float:
        """Prize collected so far; 0 where the task has none."""
        ...


def make_goal(offset_heading: Vec3, speed_limit: float) -> Float[np.ndarray, "6"]:
    """A `goal` entry that points along an offset in the heading frame, m."""
    return goal_entry(offset_heading, float(speed_limit))


def no_goal(speed_limit: float) -> Float[np.ndarray, "6"]:
    """A `goal` entry that only states the speed limit."""
    goal = np.zeros(len(GOAL_FIELDS), dtype=np.float32)
    goal[4] = speed_limit
    return goal


def no_sites() -> tuple[Float[np.ndarray, "12 12"], np.ndarray]:
    """Site tokens of a flight without a mission."""
    tokens = np.zeros((MAX_TOKENS, len(SITE_FIELDS)), dtype=np.float32)
    return tokens, np.zeros(MAX_TOKENS, dtype=np.int8)


def offset_in_heading(simulator: Simulator, point_world: Vec3) -> Vec3:
    """A world point relative to where the estimator believes the drone is, heading frame, m."""
    return offset_from(simulator.plant["estimate"][0], point_world)


def ground_touch(speed: float) -> Outcome:
    """Touching the ground ends a flight that was not meant to land."""
    return Outcome.COLLISION if speed >= LANDING_SPEED else Outcome.LANDED_AWAY
