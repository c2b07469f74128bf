"""Route: fly waypoints in their order, hold where asked, return, and land on the pad with the reserve intact."""

import numpy as np
from jaxtyping import Float

from sim.frames import wrap_angle
from sim.rules import CLOSE_UP_SECONDS, SERVE_ANGLE, SERVE_RADIUS
from sim.simulator import Simulator
from sim.task_spec import MissionTask
from sim.tasks.base import no_goal, no_sites, offset_in_heading
from sim.tasks.mission import final_outcome, landing
from sim.types import POSITION, Event, Outcome


class Route:
    """A mission whose order is given: the pilot sees one waypoint at a time, so there may be any number of them.

    A waypoint counts once the drone has been within 1.5 m of it, with the heading asked for, for the time asked for.
    """

    def __init__(self, simulator: Simulator) -> None:
        task = simulator.scenario.task
        assert isinstance(task, MissionTask)
        self._sim = simulator
        self.task = task
        self.events: list[Event] = []
        self._next = 0
        self._held = 0.0
        self._paid_now = 0.0

    @property
    def prize(self) -> float:
        return float(sum(site.prize for site in self.task.sites[: self._next]))

    def update(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome | None:
        self._paid_now = 0.0
        if self._next < len(self.task.sites):
            self._look(ticks)
        return Outcome.TIMEOUT if self._sim.time >= self.task.time_limit_s else None

    def touchdown(self, speed: float) -> Outcome:
        count = len(self.task.sites)
        served = [index < self._next for index in range(count)]
        return landing(self._sim, self.task, speed, self.events) or final_outcome(self.task, served)

    def rewards(self) -> dict[str, float]:
        return {"prize": self._paid_now}

    def goal(self) -> Float[np.ndarray, "6"]:
        """Only the speed limit of the present leg; where to go is in the site token."""
        limit = self._sim.scenario.speed_limit_m_s
        own = self.task.sites[self._current].speed_limit_m_s
        return no_goal(limit if own is None else min(own, limit))

    def sites(self) -> tuple[Float[np.ndarray, "12 12"], np.ndarray]:
        """Token 0 is the home pad, token 1 the next waypoint, or the last one once all are done."""
        tokens, mask = no_sites()
        mask[:2] = 1
        site = self.task.sites[self._current]
        tokens[0, :3] = offset_in_heading(self._sim, np.array(self.task.home_m))
        tokens[0, 9] = 1.0
        tokens[1, :3] = offset_in_heading(self._sim, np.array(site.position_m))
        turn = site.yaw_rad - self._sim.estimate.yaw
        done = self._next >= len(self.task.sites)
        tokens[1, 3:9] = (
            np.cos(turn), np.sin(turn), site.prize, site.mandatory, done, CLOSE_UP_SECONDS if done else 0.0,
        )  # fmt: skip
        tokens[:2, 10:] = 0.5
        return tokens, mask

    # --- Private.

    @property
    def _current(self) -> int:
        return min(self._next, len(self.task.sites) - 1)

    def _look(self, ticks: Float[np.ndarray, "t 13"]) -> None:
        """From the true state alone: a waypoint without a hold may be passed between two steps."""
        site = self.task.sites[self._next]
        away = np.linalg.norm(ticks[:, POSITION] - np.array(site.position_m), axis=1)
        turn = abs(wrap_angle(site.yaw_rad - self._sim.yaw))
        if float(away.min()) > SERVE_RADIUS or not (site.any_heading or turn <= SERVE_ANGLE):
            return
        self._held += 1.0 / self._sim.scenario.rates.control_hz
        if self._held + 1e-9 >= site.hold_s:
            self.events.append(Event(self._sim.time, "site_visited", {"site": self._next}))
            self._paid_now = site.prize
            self._next += 1
            self._held = 0.0
