"""Labels: what the teacher would answer, for every head, on one frame whoever flies."""

from collections.abc import Mapping

import numpy as np

from agents.lattice_pilot import LatticePilot
from agents.mission_control import DOCK_RADIUS
from agents.mission_mask import allowed_choices
from agents.pilot import make_briefing
from agents.sites import Sites, approach, approaches, read_sites
from agents.teacher import TeacherBrain
from agents.ways import aim_along
from sim.flight import Flight
from sim.frames import heading_from_world
from sim.tasks.base import make_goal
from sim.types import CHOICES, HOME, Observation

_OTHER_TARGET = 0.3
"""Share of mission frames whose goal is a random site instead of the pilot's: navigation must serve any."""
_ALONG_WAY = 0.25
"""Share of frames whose goal is moved onto the free way, as a detour moves it onto the one that it knows."""


class Labeller:
    """Asks the teacher all three questions."""

    def __init__(self, teacher: TeacherBrain, rng: np.random.Generator) -> None:
        self._teacher, self._rng = teacher, rng

    def reset(self, flight: Flight) -> None:
        """The teacher must have been reset to the same flight."""
        self._briefing = make_briefing(flight)
        self._world = np.array(flight.scenario.seed)

    def label(self, observation: Observation, pilot: LatticePilot) -> Mapping[str, np.ndarray]:
        """The frame; `pilot` is whoever flies: its beliefs and target are part of what the heads see."""
        control = pilot.control
        if control is None:
            if self._briefing.task == "navigate":
                observation = self._along_way(observation, 0)
            return self._frame(observation, 0)
        observation = control.observe(observation)
        sites = read_sites(observation)
        target = self._mission_target(sites, max(control.target, HOME))
        goal = make_goal(approach(sites, target), self._briefing.speed_limit)
        return self._frame(self._along_way({**observation, "goal": goal}, target), target)

    def _mission_target(self, sites: Sites, target: int) -> int:
        """The pilot's target, or now and then another; none nearer than where the scripted hold takes over.

        There navigation is not asked, and a label for a drone that hovers at its goal would teach it to hover short of one.
        """
        distance = np.linalg.norm(approaches(sites), axis=1)
        asked = sites.present & (distance >= DOCK_RADIUS)
        if not asked.any() or (asked[target] and self._rng.random() >= _OTHER_TARGET):
            return target
        return int(self._rng.choice(np.flatnonzero(asked)))

    def _along_way(self, observation: Observation, target: int) -> Observation:
        """Now and then, with the goal where the free way to the target leads on: what to do is the same, and plain to see."""
        truth = self._teacher.truth
        field, position = truth.field(target), truth.position
        left = field.at(position)
        if self._rng.random() >= _ALONG_WAY or not np.isfinite(left):
            return observation
        onward = aim_along(field.path_from(position)[1:], position[:2], left)
        rise = truth.targets[target][2] - position[2]
        offset = heading_from_world(np.array([*onward, rise]), truth.yaw)
        return {**observation, "goal": make_goal(offset, self._briefing.speed_limit)}

    def _frame(self, observation: Observation, target: int) -> Mapping[str, np.ndarray]:
        """Observation and labels by the names of `agents.dataset.FIELDS`."""
        return {
            **observation,
            "world": self._world,
            "target_navigation": np.exp(self._teacher.way_preference(target)),
            # Along a course nobody navigates, and the goal entry points down it however the free way bends.
            "mask_navigation": np.array(self._briefing.task != "avoid"),
            "target_survival": self._teacher.survives(),
            "mask_survival": np.array(True),
            **self._mission(observation),
        }

    def _mission(self, observation: Observation) -> Mapping[str, np.ndarray]:
        is_mission = self._briefing.task == "mission"
        best = self._teacher.best_choices(observation)
        allowed = np.zeros(CHOICES, dtype=bool)
        if is_mission:
            allowed = allowed_choices(read_sites(observation), observation, self._briefing)
        status = self._teacher.status(observation)
        return {
            "target_mission": best & allowed,
            "allowed_mission": allowed,
            "mask_mission": np.array((best & allowed).any()),
            "target_status": status > 0.75,
            "mask_status": np.full(2, status[0] != 0.5),
        }
