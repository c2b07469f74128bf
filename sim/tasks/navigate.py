"""Navigation: reach a goal before the time limit."""

import numpy as np
from jaxtyping import Float

from sim.entries import distances_to, goal_to
from sim.simulator import Simulator
from sim.task_spec import NavigateTask
from sim.tasks.base import ground_touch, no_sites
from sim.tasks.finish import left_to_finish
from sim.types import POSITION, Event, Outcome


class Navigate:
    """Within 1.5 m of the goal before 3 x geodesic / speed limit + 10 s, unless the scenario's `finish` says otherwise."""

    prize = 0.0

    def __init__(self, simulator: Simulator) -> None:
        task = simulator.scenario.task
        assert isinstance(task, NavigateTask)
        self._sim = simulator
        self._goal = np.array(task.goal_m)
        self._start = np.array(simulator.scenario.start.position_m)
        self._finish = task.finish
        usual = 3.0 * task.geodesic_m / simulator.scenario.speed_limit_m_s + 10.0
        self._limit = usual if task.finish.time_limit_s is None else task.finish.time_limit_s
        self._distance = self._previous = float(
            np.linalg.norm(self._goal - simulator.body[POSITION])
        )
        self.events: list[Event] = []

    def update(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome | None:
        self._previous = self._distance
        self._distance, nearest = distances_to(self._goal, ticks)
        if self._finish.shape != "ball":
            nearest = left_to_finish(self._finish.shape, self._start, self._goal, ticks)
        if nearest <= self._finish.within_m:
            self.events.append(Event(self._sim.time, "goal_reached", {"distance_m": nearest}))
            return Outcome.SUCCESS
        return Outcome.TIMEOUT if self._sim.time >= self._limit else None

    def touchdown(self, speed: float) -> Outcome:
        return ground_touch(speed)

    def rewards(self) -> dict[str, float]:
        return {"progress": self._previous - self._distance}

    def goal(self) -> Float[np.ndarray, "6"]:
        limit = self._sim.scenario.speed_limit_m_s
        return goal_to(self._sim.plant["estimate"][0], self._goal, limit)

    def sites(self) -> tuple[Float[np.ndarray, "12 12"], np.ndarray]:
        return no_sites()
