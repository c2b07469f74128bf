"""Mission bookkeeping that is the same in every pilot: when to ask, what to make of the answer, what was believed."""

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from agents.mission_mask import allowed_choices, possible_choices
from agents.pilot import Brain, Briefing
from agents.sites import LAND_RADIUS, Sites, approach, length, read_sites
from sim.rules import CLOSE_UP_SECONDS
from sim.tasks.base import make_goal
from sim.types import CHOICES, EGO_FIELDS, HOME, INSPECT, LAND, MAX_TOKENS, SITE_FIELDS, Observation

DOCK_RADIUS = 1.8
"""m from a viewpoint within which the scripted hold takes over: the finest step of the lattice ends no nearer."""
_KEEP_TARGET = 1.0
"""Nats by which another choice must beat the present target: no dithering between near equals."""
_BATTERY = EGO_FIELDS.index("battery")
_FAULTY = SITE_FIELDS.index("belief_faulty")


@dataclass
class MissionControl:
    """Asks the mission skill once a second and on events; keeps its answer and the beliefs."""

    briefing: Briefing
    step: int = 0
    choice: int = HOME
    target: int = -1
    logits: Float[np.ndarray, "14"] = field(default_factory=lambda: np.full(CHOICES, -np.inf))
    belief: Float[np.ndarray, "12 2"] = field(default_factory=lambda: np.full((MAX_TOKENS, 2), 0.5))
    masking: bool = True
    """Whether what the reserve forbids is removed from the answers; without it only what is impossible is."""
    masked: bool = False
    """The last answer's own first choice was forbidden."""
    _visited: int = 0
    _dwelt: bool = False
    _tenths: int = 10

    def observe(self, observation: Observation) -> Observation:
        """The observation with the pilot's beliefs filled in."""
        tokens = observation["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS)).copy()
        present = observation["sites_mask"].astype(bool)
        tokens[present, _FAULTY:] = self.belief[present]
        return {**observation, "sites": tokens.reshape(-1)}

    def decide(self, observation: Observation, brain: Brain) -> bool:
        """Ask the brain if it is time; True if it was asked."""
        due = self.is_due(observation)
        if due:
            self._ask(observation, read_sites(observation), brain)
        return due

    def is_due(self, observation: Observation) -> bool:
        """Whether this control step asks for a decision; to be called once a step, for it counts them."""
        due = self.step % (self.briefing.control_hz // self.briefing.mission_hz) == 0
        due |= self._event(read_sites(observation), observation)
        self.step += 1
        return due

    def believe(self, sites: Sites, status: Float[np.ndarray, "2"]) -> None:
        """Keep p(faulty), p(blocked) of the panel in view, if one is."""
        seen = sites.in_view(self.briefing.panel_side)
        if seen >= 0:
            self.belief[seen] = status

    def order(self, choice: int, sites: Sites) -> None:
        """Follow a choice that somebody else has made."""
        self._follow(choice, sites)

    def aim(self, observation: Observation) -> Observation:
        """The observation with the goal set to the chosen site."""
        sites = read_sites(observation)
        goal = make_goal(self.waypoint(sites), self.briefing.speed_limit)
        return {**observation, "goal": goal}

    def waypoint(self, sites: Sites) -> Float[np.ndarray, "3"]:
        """Where the target is, relative to the drone; see `approach`."""
        return approach(sites, max(self.target, HOME))

    # --- Private.

    def _event(self, sites: Sites, observation: Observation) -> bool:
        """Arrival, a finished close-up, or another tenth of the battery gone."""
        visited, here = int(sites.visited.sum()), sites.at()
        dwelt = here >= 0 and bool(sites.dwell[here] >= CLOSE_UP_SECONDS)
        # Rounded up, so that a full pack counts ten until a tenth is gone; a little less, for float32.
        tenths = math.ceil(10 * float(observation["ego"][_BATTERY]) - 1e-4)
        centred = self.target == HOME and length(sites.offset[HOME, :2]) < LAND_RADIUS / 2
        event = (
            visited != self._visited
            or (dwelt and not self._dwelt)
            or tenths != self._tenths
            or centred
        )
        self._visited, self._dwelt, self._tenths = visited, dwelt, tenths
        return event and self.choice != LAND

    def _ask(self, observation: Observation, sites: Sites, brain: Brain) -> None:
        plan = brain.plan(observation)
        self.believe(sites, plan.status)
        allowed = (
            allowed_choices(sites, observation, self.briefing)
            if self.masking
            else possible_choices(sites)
        )
        self.masked = not allowed[int(plan.logits.argmax())]
        self.logits = np.where(allowed, plan.logits, -np.inf)
        best = int(self.logits.argmax())
        keep = self.choice if allowed[self.choice] and self.choice != INSPECT else best
        if self.logits[best] > self.logits[keep] + _KEEP_TARGET:
            keep = best
        self._follow(keep, sites)

    def _follow(self, choice: int, sites: Sites) -> None:
        self.choice = choice
        if choice < MAX_TOKENS:
            self.target = choice
        elif choice == INSPECT:
            self.target = sites.at()
        else:
            self.target = HOME
