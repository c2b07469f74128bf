"""The pilot that every learned, classical and privileged brain flies: one screen from observation to command."""

import numpy as np

from agents.altitude_guard import guard_altitude
from agents.detour import Detour
from agents.docking import hold, land
from agents.fence import Fence
from agents.fusion import FusionRule, course_preference, fuse
from agents.lattice import candidate_action
from agents.mission_control import DOCK_RADIUS, MissionControl
from agents.pilot import Brain, Briefing, Watcher, make_briefing
from agents.reckoning import Reckoning
from agents.sites import length, read_sites
from agents.smoothing import smooth
from sim.flight import Flight
from sim.types import GOAL_FIELDS, HOME, INSPECT, LAND, MASKED, Decision, Observation

_SPEED_LIMIT = GOAL_FIELDS.index("speed_limit")
_STEEP_CLIMB = 1.6
"""m above or below a target that the drone is otherwise at: the lattice climbs at 20 degrees only. More than any flight
at one height is off it."""


class LatticePilot:
    """Mission skill sets the target, navigation and avoidance skills score the lattice, the best candidate flies."""

    action_level = "velocity"

    def __init__(
        self,
        name: str,
        brain: Brain,
        rule: FusionRule | None = None,
        *,
        detours: bool = True,
        masking: bool = True,
        knows_course: bool = False,
    ) -> None:
        """A pilot.

        Args:
            name: What it is called in results.
            brain: Its three skills.
            rule: How two of them become one command.
            detours: For brains that see only what the camera sees: the teacher knows its way.
            masking: Whether mission choices that the reserve forbids are removed.
            knows_course: For the teacher, whose navigation knows a free way down the course of an avoidance flight:
                it follows that way, where others prefer what lies along the course.
        """
        self._name = name
        self.brain = brain
        self.rule = rule or FusionRule()
        self.detours = detours
        self.masking = masking
        self.knows_course = knows_course
        self.control: MissionControl | None = None

    @property
    def name(self) -> str:
        return self._name

    def variant(
        self,
        name: str,
        *,
        brain: Brain | None = None,
        rule: FusionRule | None = None,
        masking: bool | None = None,
    ) -> "LatticePilot":
        """The same pilot but for its name and what is given."""
        return LatticePilot(
            name,
            brain or self.brain,
            rule or self.rule,
            detours=self.detours,
            masking=self.masking if masking is None else masking,
            knows_course=self.knows_course,
        )

    def reset(self, flight: Flight) -> None:
        self.briefing: Briefing = make_briefing(flight)
        self.brain.reset(flight)
        self._detour = (
            Detour(self.briefing) if self.detours and self.briefing.task != "avoid" else None
        )
        self._fence = Fence(self.briefing)
        self._reckoning = Reckoning(self.briefing)
        self._here = self._reckoning.here()
        self._last = -1
        self._slower = np.float32(1.0)
        is_mission = self.briefing.task == "mission"
        self.control = MissionControl(self.briefing, masking=self.masking) if is_mission else None

    def act(self, observation: Observation) -> Decision:
        self._watch(observation)
        # A leg may have a limit of its own; the lattice's commands then shrink as a whole.
        limit = np.float32(self.briefing.speed_limit)
        self._slower = min(observation["goal"][_SPEED_LIMIT] / limit, np.float32(1.0))
        if self.control is None:
            return self._steer(observation, {})
        observation = self.control.observe(observation)
        asked = self.control.decide(observation, self.brain)
        return self._carry_out(observation, self._mission_record(asked))

    def carry_out(self, observation: Observation) -> Decision:
        """Fly on with the mission choice that was made, asking nobody for another."""
        assert self.control is not None
        self._watch(observation)
        return self._carry_out(self.control.observe(observation), {})

    def steer_to_target(self, observation: Observation) -> Decision:
        """Navigation and avoidance only, towards the mission target that is set."""
        assert self.control is not None
        return self._steer(self.control.aim(observation), {})

    # --- Private.

    def _watch(self, observation: Observation) -> None:
        """Let what is remembered of the way follow the flight."""
        self._here = self._reckoning.move(observation)
        if isinstance(self.brain, Watcher):
            self.brain.watch(observation, self._here)
        if self._detour is not None:
            self._detour.observe(observation, self._here)

    def _carry_out(self, observation: Observation, mission: dict) -> Decision:
        """The scripted last metres, or a step of the way."""
        assert self.control is not None
        scripted = self._script(observation)
        if scripted is not None:
            action, phase = scripted
            return Decision(action=action, phase=phase, **mission)
        return self._steer(self.control.aim(observation), mission)

    def _steer(self, observation: Observation, mission: dict) -> Decision:
        """Fuse what navigation and avoidance say of the lattice into one command."""
        course_only = self.briefing.task == "avoid"
        # A course and the way of a detour are given: nobody is asked which way to go.
        given = None
        if course_only and not self.knows_course:
            given = observation["goal"][:3]
        elif self._detour is not None:
            target = HOME if self.control is None else self.control.target
            given = self._detour.course(observation, target)
        navigation = self.brain.navigate(observation) if given is None else course_preference(given)
        survival = self.brain.survive(observation)
        rule = self.rule if given is None else self.rule.on_course()
        within = np.where(self._fence.leaves(self._here), np.float32(0.0), survival)
        fused, chosen = fuse(navigation, within, rule, self._last)
        self._last = chosen
        action = candidate_action(chosen, self.briefing.speed_limit)
        action[:3] *= self._slower
        action = smooth(action, observation)
        action, guarded = guard_altitude(action, observation)
        events = (*mission.pop("events", ()), *(("guard_altitude",) if guarded else ()))
        phase = "avoid" if course_only else "navigate" if given is None else "detour"
        return Decision(
            action=action,
            phase=phase,
            navigation=navigation if given is None else None,
            survival=survival,
            fused=fused,
            chosen=chosen,
            events=events,
            **mission,
        )

    def _script(self, observation: Observation) -> tuple[np.ndarray, str] | None:
        """The last metres at a viewpoint or over the pad, where no skill is asked."""
        control = self.control
        assert control is not None
        sites = read_sites(observation)
        if control.choice == LAND:
            return land(sites.offset[HOME]), "landing_scripted"
        target = control.target
        way = control.waypoint(sites)
        distance = length(way)
        if abs(way[2]) > _STEEP_CLIMB and length(way[:2]) < DOCK_RADIUS:
            return hold(way, 0.0), "climb_scripted"
        if target > HOME and (control.choice == INSPECT or distance < DOCK_RADIUS):
            turn = float(np.arctan2(sites.facing[target, 1], sites.facing[target, 0]))
            return hold(
                sites.offset[target], turn
            ), "inspect" if control.choice == INSPECT else "dock"
        if target == HOME and distance < DOCK_RADIUS:
            return hold(control.waypoint(sites), 0.0), "dock"
        return None

    def _mission_record(self, asked: bool) -> dict:
        control = self.control
        assert control is not None
        return {
            "mission": control.logits.astype(np.float32),
            "mission_choice": control.choice,
            "target": control.target,
            "belief": control.belief.astype(np.float32),
            "asked": asked,
            "events": (MASKED,) if asked and control.masked else (),
        }
