"""Mission skills that see what every pilot sees: the observable planner, nearest neighbour, best ratio.

They plan on straight distances stretched by the family's fitted detour, expect of unseen panels what is public, and
read panels with the classical reader.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from agents.mission_mask import allowed_choices, energy_left
from agents.mission_teacher import MANDATORY_BONUS
from agents.orienteering import Solution, solve
from agents.panel_reader import read_panel
from agents.pilot import Briefing, Plan, make_briefing
from agents.sites import HOME, INSPECT, LAND, Sites, read_sites
from sim.flight import Flight
from sim.rules import (
    CLOSE_UP_ALLOWANCE,
    CLOSE_UP_SECONDS,
    FAULT_FACTOR,
    PRIOR_BLOCKED,
    PRIOR_FAULTY,
)
from sim.types import CHOICES, MAX_TOKENS, SITE_FIELDS, Observation

_FAULTY, _BLOCKED = SITE_FIELDS.index("belief_faulty"), SITE_FIELDS.index("belief_blocked")
_UNSEEN = 0.5
_NEVER = -10.0
_HOME_LOGIT, _LAND_LOGIT = -5.0, -4.0
_SURE = 0.5
"""p(faulty) above which a panel is worth a close-up."""


class _Planner:
    """What the three share: the briefing, the reader, and the close-up of a fault that shows."""

    def reset(self, flight: Flight) -> None:
        self._briefing: Briefing = make_briefing(flight)

    def _status(self, observation: Observation, sites: Sites) -> Float[np.ndarray, "2"]:
        seen = sites.in_view(self._briefing.panel_side)
        if seen < 0:
            return np.full(2, _UNSEEN, dtype=np.float32)
        return read_panel(observation, sites.panel_offset[seen], sites.facing[seen], self._briefing)

    def _greedy(self, observation: Observation, value: Float[np.ndarray, "12"]) -> Plan:
        """The open site of the greatest value, a close-up where a fault shows, else home."""
        sites = read_sites(observation)
        status = self._status(observation, sites)
        allowed = allowed_choices(sites, observation, self._briefing)
        logits = np.full(CHOICES, _NEVER, dtype=np.float32)
        logits[HOME], logits[LAND] = _HOME_LOGIT, _LAND_LOGIT
        open_ = allowed[:MAX_TOKENS].copy()
        open_[HOME] = False
        if open_.any():
            logits[int(np.where(open_, value, -np.inf).argmax())] = 0.0
        if allowed[INSPECT] and status[0] > _SURE:
            logits[INSPECT] = 1.0
        return Plan(logits, status)


class NearestPlanner(_Planner):
    """The nearest site that energy allows; mandatory ones first."""

    def plan(self, observation: Observation) -> Plan:
        sites = read_sites(observation)
        return self._greedy(observation, 1e6 * sites.mandatory - sites.distance)


class RatioPlanner(_Planner):
    """The site of the best expected prize per energy to get there; mandatory ones first."""

    def plan(self, observation: Observation) -> Plan:
        sites, energy = read_sites(observation), self._briefing.energy
        cost = sites.distance * energy.per_metre_wh + energy.per_stop_wh
        return self._greedy(observation, 1e6 * sites.mandatory + sites.prize / cost)


@dataclass(frozen=True)
class _Outlook:
    """The programme's answer over the open sites, in tokens."""

    prize: float
    energy: float
    first: Bool[np.ndarray, "12"]


class ObservablePlanner(_Planner):
    """The exact programme on what can be observed, solved anew at every decision."""

    def plan(self, observation: Observation) -> Plan:
        sites = read_sites(observation)
        status = self._status(observation, sites)
        left = energy_left(observation, self._briefing)
        logits = np.full(CHOICES, _NEVER, dtype=np.float32)
        logits[HOME], logits[LAND] = _HOME_LOGIT, _LAND_LOGIT
        onward = self._onward(observation, sites, left)
        logits[:MAX_TOKENS][onward.first] = 0.0
        here = sites.at()
        if here >= 0 and self._worth_staying(observation, sites, here, float(status[0]), onward):
            logits[INSPECT] = 1.0
        return Plan(logits, status)

    # --- Private.

    def _onward(self, observation: Observation, sites: Sites, budget: float) -> _Outlook:
        """The best plan over the sites not yet visited."""
        energy = self._briefing.energy
        open_ = sites.present & ~sites.visited
        open_[HOME] = False
        tokens = np.flatnonzero(open_)
        serve = energy.per_stop_wh + PRIOR_FAULTY * energy.hovering_wh(CLOSE_UP_ALLOWANCE)
        places = sites.offset[tokens]
        between = np.linalg.norm(places[:, None] - places[None], axis=2)
        # Over the ground: home lies on it, and is approached at the viewpoints' height.
        to_home = np.linalg.norm(places[:, :2] - sites.offset[HOME, :2], axis=1)
        home_now = float(np.linalg.norm(sites.offset[HOME, :2]))
        per_metre = energy.per_metre_wh
        solution: Solution = solve(
            prize=_expected(observation, sites)[tokens],
            to_site=per_metre * sites.distance[tokens] + serve,
            between=per_metre * between + serve,
            to_home=per_metre * to_home + energy.landing_wh,
            home_now=per_metre * home_now + energy.landing_wh,
            budget=budget,
        )
        first = np.zeros(MAX_TOKENS, dtype=bool)
        first[tokens[solution.first]] = True
        return _Outlook(solution.prize, solution.energy, first)

    def _worth_staying(
        self, observation: Observation, sites: Sites, here: int, faulty: float, onward: _Outlook
    ) -> bool:
        """Whether the close-up of a likely fault is worth the prizes its energy costs elsewhere."""
        if sites.dwell[here] >= CLOSE_UP_SECONDS or faulty <= _SURE:
            return False
        stay = self._briefing.energy.hovering_wh(CLOSE_UP_ALLOWANCE - float(sites.dwell[here]))
        budget = energy_left(observation, self._briefing) - stay
        after = self._onward(observation, sites, budget)
        gain = faulty * FAULT_FACTOR * float(sites.prize[here])
        return after.energy <= budget and after.prize + gain > onward.prize


def _expected(observation: Observation, sites: Sites) -> Float[np.ndarray, "12"]:
    """Expected prize of each site: by what was read in passing, else by what is public."""
    tokens = observation["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS)).astype(np.float64)
    faulty, blocked = tokens[:, _FAULTY], tokens[:, _BLOCKED]
    unseen = (faulty == _UNSEEN) & (blocked == _UNSEEN)
    faulty = np.where(unseen, PRIOR_FAULTY, faulty)
    blocked = np.where(unseen, PRIOR_BLOCKED, blocked)
    served = np.where(sites.mandatory, 1.0, 1.0 - blocked)
    return sites.prize * served * (1.0 + faulty * FAULT_FACTOR) + MANDATORY_BONUS * sites.mandatory
