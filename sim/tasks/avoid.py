"""Avoidance: keep a commanded course and speed through obstacles."""

import numpy as np
from jaxtyping import Float

from sim.frames import heading_from_world
from sim.simulator import Simulator
from sim.task_spec import AvoidTask
from sim.tasks.base import ground_touch, make_goal, no_sites
from sim.types import POSITION, Event, Outcome

_LOOKAHEAD = 20.0
"""m; the goal entry points this far along the course, so that it names a direction, not a place."""


class Avoid:
    """The required progress along the course at the required share of the commanded speed."""

    prize = 0.0

    def __init__(self, simulator: Simulator) -> None:
        task = simulator.scenario.task
        assert isinstance(task, AvoidTask)
        self._sim = simulator
        self._course = task.direction
        self._origin = simulator.body[POSITION].copy()
        self._required = task.distance_m
        self._limit = task.distance_m / (
            task.min_speed_fraction * simulator.scenario.speed_limit_m_s
        )
        self._progress = self._previous = 0.0
        self.events: list[Event] = []

    def update(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome | None:
        progress = (ticks[:, POSITION] - self._origin) @ self._course
        self._previous, self._progress = self._progress, float(progress[-1])
        if progress.max() >= self._required:
            self.events.append(
                Event(self._sim.time, "course_completed", {"progress_m": float(progress.max())})
            )
            return Outcome.SUCCESS
        return Outcome.TIMEOUT if self._sim.time >= self._limit else None

    def touchdown(self, speed: float) -> Outcome:
        return ground_touch(speed)

    def rewards(self) -> dict[str, float]:
        return {"progress": self._progress - self._previous}

    def goal(self) -> Float[np.ndarray, "6"]:
        course_heading = heading_from_world(self._course, self._sim.estimate.yaw)
        return make_goal(_LOOKAHEAD * course_heading, self._sim.scenario.speed_limit_m_s)

    def sites(self) -> tuple[Float[np.ndarray, "12 12"], np.ndarray]:
        return no_sites()
