"""Mission: inspect sites on one battery, return, and land on the pad with the reserve intact."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sim.entries import distances_from, offsets_from
from sim.frames import heading_from_world, quat_to_matrix, wrap_angle, yaw_of
from sim.rules import (
    CLOSE_UP_DISTANCE,
    CLOSE_UP_SECONDS,
    CLOSE_UP_SPEED,
    FAULT_FACTOR,
    LANDING_SPEED,
    PAD_RADIUS,
    SERVE_ANGLE,
    SERVE_RADIUS,
    UPRIGHT_ANGLE,
)
from sim.simulator import Simulator
from sim.task_spec import MissionTask, SiteSpec
from sim.tasks.base import no_goal, no_sites
from sim.types import POSITION, QUATERNION, VELOCITY, Event, Outcome, Vec3
from sim.world_spec import PanelSpec


def landing(
    simulator: Simulator, task: MissionTask, speed: float, events: list[Event]
) -> Outcome | None:
    """What a landing at a speed, m/s, makes of a mission; None where it was a good one, which `events` then tell."""
    body = simulator.body
    away = float(np.linalg.norm(body[POSITION][:2] - np.array(task.home_m)[:2]))
    upright = quat_to_matrix(body[QUATERNION])[2, 2] >= np.cos(UPRIGHT_ANGLE)
    if speed >= LANDING_SPEED or not upright:
        return Outcome.COLLISION
    events.append(Event(simulator.time, "landed", {"from_pad_m": away, "speed_m_s": speed}))
    if away > PAD_RADIUS:
        return Outcome.LANDED_AWAY
    if simulator.battery < simulator.scenario.battery.reserve_fraction:
        return Outcome.RESERVE_VIOLATED
    return None


def final_outcome(task: MissionTask, served: list[bool]) -> Outcome:
    """Success, once landed, where every mandatory site was served."""
    missed = [
        site for site, done in zip(task.sites, served, strict=True) if site.mandatory and not done
    ]
    return Outcome.MISSION_INCOMPLETE if missed else Outcome.SUCCESS


@dataclass
class SiteState:
    """What has happened at one site; `earned` is credited to the prize at departure."""

    visited: bool = False
    served: bool = False
    dwell: float = 0.0
    earned: float = 0.0
    paid: float = 0.0


class Mission:
    """Safe means landed on the pad with the reserve; success means every mandatory site served as well."""

    def __init__(self, simulator: Simulator) -> None:
        task = simulator.scenario.task
        assert isinstance(task, MissionTask)
        self._sim = simulator
        self.task = task
        panels = simulator.scenario.world.panels
        self._panels = [None if site.panel is None else panels[site.panel] for site in task.sites]
        self._stops = np.array([task.home_m, *(site.position_m for site in task.sites)])
        nowhere = (np.inf, np.inf, np.inf)
        self._centers = np.array([nowhere if p is None else p.center_m for p in self._panels])
        self._facts = np.array([(site.yaw_rad, site.prize, site.mandatory) for site in task.sites])
        self.states = [SiteState() for _ in task.sites]
        self.events: list[Event] = []
        self._paid_now = 0.0

    @property
    def prize(self) -> float:
        """Everything earned, at departure or not: for results, never for observations."""
        return sum(state.earned for state in self.states)

    def update(self, ticks: Float[np.ndarray, "t 13"]) -> Outcome | None:
        self._paid_now = 0.0
        body = self._sim.body
        present = distances_from(body, self._stops[1:]) <= SERVE_RADIUS
        near = distances_from(body, self._centers) <= CLOSE_UP_DISTANCE
        for index, (at_site, at_panel) in enumerate(
            zip(present.tolist(), near.tolist(), strict=True)
        ):
            self._look_at(index, at_site, at_panel)
        return Outcome.TIMEOUT if self._sim.time >= self.task.time_limit_s else None

    def touchdown(self, speed: float) -> Outcome:
        outcome = landing(self._sim, self.task, speed, self.events)
        if outcome is Outcome.COLLISION:
            return outcome
        self._paid_now += sum(state.earned - state.paid for state in self.states)
        return outcome or final_outcome(self.task, [state.served for state in self.states])

    def rewards(self) -> dict[str, float]:
        return {"prize": self._paid_now}

    def goal(self) -> Float[np.ndarray, "6"]:
        return no_goal(self._sim.scenario.speed_limit_m_s)

    def sites(self) -> tuple[Float[np.ndarray, "12 12"], np.ndarray]:
        """Token 0 is the home pad, token i + 1 is site i; what a panel shows is not in it."""
        tokens, mask = no_sites()
        estimate, count = self._sim.plant["estimate"][0], len(self.states) + 1
        mask[:count] = 1
        tokens[:count, :3] = offsets_from(estimate, self._stops)
        tokens[0, 9] = 1.0
        yaws, prizes, mandatory = self._facts.T
        turn = yaws - yaw_of(estimate[QUATERNION])
        sites = tokens[1:count]
        sites[:, 3], sites[:, 4] = np.cos(turn), np.sin(turn)
        sites[:, 5], sites[:, 6] = prizes, mandatory
        sites[:, 7:9] = [(state.visited, state.dwell) for state in self.states]
        tokens[:count, 10:] = 0.5
        return tokens, mask

    # --- Private: the rules of serving a site, from the true state alone.

    def _look_at(self, index: int, present: bool, near: bool) -> None:
        site, panel, state = self.task.sites[index], self._panels[index], self.states[index]
        if present and not state.visited and self._faces(site):
            state.visited = True
            self.events.append(Event(self._sim.time, "site_visited", {"site": index}))
            if panel is None or not panel.covered:
                state.served = True
                state.earned += site.prize
        if state.visited and panel is not None and near and self._watches(self._centers[index]):
            self._dwell(index, panel)
        if not present and state.paid < state.earned:
            self._paid_now += state.earned - state.paid
            state.paid = state.earned

    def _faces(self, site: SiteSpec) -> bool:
        """Whether the drone's heading is the one the site asks for."""
        turn = abs(wrap_angle(site.yaw_rad - self._sim.yaw))
        return site.any_heading or bool(turn <= SERVE_ANGLE)

    def _watches(self, panel_center: Vec3) -> bool:
        """Slow, and with the bearing of the panel's centre inside the image."""
        body, camera = self._sim.body, self._sim.scenario.camera
        slow = float(np.linalg.norm(body[VELOCITY])) < CLOSE_UP_SPEED
        ahead = heading_from_world(panel_center - body[POSITION], self._sim.yaw)
        bearing = np.arctan2(ahead[1], ahead[0])
        return slow and bool(abs(bearing) <= np.deg2rad(camera.fov_deg) / 2)

    def _dwell(self, index: int, panel: PanelSpec) -> None:
        state, site = self.states[index], self.task.sites[index]
        before = state.dwell
        state.dwell = min(before + 1.0 / self._sim.scenario.rates.control_hz, CLOSE_UP_SECONDS)
        if before < CLOSE_UP_SECONDS <= state.dwell + 1e-9:
            state.dwell = CLOSE_UP_SECONDS
            self.events.append(Event(self._sim.time, "close_up_done", {"site": index}))
            if panel.faulty and not panel.covered:
                state.earned += FAULT_FACTOR * site.prize
