"""Mission skills that see what every pilot sees: the observable planner, nearest neighbour, best ratio, a ranking.

They plan on straight distances stretched by the family's fitted detour and read panels with the classical reader. The
observable planner expects of unseen panels what is public, the others the prize as it is stated.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from agents.mission_mask import allowed_choices, energy_left
from agents.mission_teacher import MANDATORY_BONUS
from agents.orienteering import Solution, solve
from agents.panel_reader import read_panel
from agents.pilot import Briefing, Plan, make_briefing
from agents.sites import Sites, read_sites
from sim.flight import Flight
from sim.rules import (
    CLOSE_UP_ALLOWANCE,
    CLOSE_UP_SECONDS,
    FAULT_FACTOR,
    PRIOR_BLOCKED,
    PRIOR_FAULTY,
)
from sim.types import CHOICES, HOME, INSPECT, LAND, MAX_TOKENS, SITE_FIELDS, Observation

_FAULTY, _BLOCKED = SITE_FIELDS.index("belief_faulty"), SITE_FIELDS.index("belief_blocked")
_UNSEEN = 0.5
_NEVER = -10.0
_HOME_LOGIT, _LAND_LOGIT = -5.0, -4.0
_SURE = 0.5
"""p(faulty) above which a panel is worth a close-up."""


class _SitePlanner(ABC):
    """The open sites by how much each is wanted, a close-up where a fault shows, else home."""

    close_up: float
    """Logit of staying where a fault shows; no site has more."""

    def reset(self, flight: Flight) -> None:
        self._briefing: Briefing = make_briefing(flight)

    def plan(self, observation: Observation) -> Plan:
        sites = read_sites(observation)
        status = _status(observation, sites, self._briefing)
        allowed = allowed_choices(sites, observation, self._briefing)
        open_ = allowed[:MAX_TOKENS].copy()
        open_[HOME] = False
        logits = _homeward()
        if open_.any():
            logits[:MAX_TOKENS][open_] = self._wanted(sites, open_)[open_]
        if allowed[INSPECT] and status[0] > _SURE:
            logits[INSPECT] = self.close_up
        return Plan(logits, status)

    @abstractmethod
    def _wanted(self, sites: Sites, open_: Bool[np.ndarray, "12"]) -> Float[np.ndarray, "12"]:
        """Logit of every site; those of sites that are not open are not looked at."""


class NearestPlanner(_SitePlanner):
    """The nearest site that energy allows; mandatory ones first."""

    close_up = 1.0

    def _wanted(self, sites: Sites, open_: Bool[np.ndarray, "12"]) -> Float[np.ndarray, "12"]:
        return _only_best(1e6 * sites.mandatory - sites.distance, open_)


class RatioPlanner(_SitePlanner):
    """The site of the best prize per energy to get there and stop; mandatory ones first."""

    close_up = 1.0

    def _wanted(self, sites: Sites, open_: Bool[np.ndarray, "12"]) -> Float[np.ndarray, "12"]:
        value = 1e6 * sites.mandatory + sites.prize / _energy_to(sites, self._briefing)
        return _only_best(value, open_)


class RankingPlanner(_SitePlanner):
    """As the best ratio, but every site by the logarithm of its own: a target is kept while another is hardly better.

    Mandatory ones count eleven times.
    """

    close_up = 10.0

    def _wanted(self, sites: Sites, open_: Bool[np.ndarray, "12"]) -> Float[np.ndarray, "12"]:
        value = sites.prize * (1.0 + 10.0 * sites.mandatory) / _energy_to(sites, self._briefing)
        return np.log(np.maximum(value, 1e-6)) / np.log(10.0)


@dataclass(frozen=True)
class _Outlook:
    """The programme's answer over the open sites, in tokens."""

    prize: float
    energy: float  # Wh
    first: Bool[np.ndarray, "12"]


class ObservablePlanner:
    """The exact programme on what can be observed, solved anew at every decision."""

    def reset(self, flight: Flight) -> None:
        self._briefing: Briefing = make_briefing(flight)

    def plan(self, observation: Observation) -> Plan:
        sites = read_sites(observation)
        status = _status(observation, sites, self._briefing)
        left = energy_left(observation, self._briefing)
        logits = _homeward()
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


def _status(observation: Observation, sites: Sites, briefing: Briefing) -> Float[np.ndarray, "2"]:
    """p(faulty), p(blocked) of the panel in view; as good as unknown where there is none."""
    seen = sites.in_view(briefing.panel_side)
    if seen < 0:
        return np.full(2, _UNSEEN, dtype=np.float32)
    return read_panel(observation, sites.panel_offset[seen], sites.facing[seen], briefing)


def _homeward() -> Float[np.ndarray, "14"]:
    """Logits of who has nothing left to visit."""
    logits = np.full(CHOICES, _NEVER, dtype=np.float32)
    logits[HOME], logits[LAND] = _HOME_LOGIT, _LAND_LOGIT
    return logits


def _energy_to(sites: Sites, briefing: Briefing) -> Float[np.ndarray, "12"]:
    """Wh to fly to every site straight on and stop there."""
    return sites.distance * briefing.energy.per_metre_wh + briefing.energy.per_stop_wh


def _only_best(
    value: Float[np.ndarray, "12"], open_: Bool[np.ndarray, "12"]
) -> Float[np.ndarray, "12"]:
    """Logits that leave nothing but the open site of the greatest value."""
    logits = np.full(MAX_TOKENS, _NEVER)
    logits[np.where(open_, value, -np.inf).argmax()] = 0.0
    return logits


def _expected(observation: Observation, sites: Sites) -> Float[np.ndarray, "12"]:
    """Expected prize of each site: by what was read in passing, else by what is public."""
    tokens = observation["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS)).astype(np.float64)
    faulty, blocked = tokens[:, _FAULTY], tokens[:, _BLOCKED]
    unseen = (faulty == _UNSEEN) & (blocked == _UNSEEN)
    faulty = np.where(unseen, PRIOR_FAULTY, faulty)
    blocked = np.where(unseen, PRIOR_BLOCKED, blocked)
    served = np.where(sites.mandatory, 1.0, 1.0 - blocked)
    return sites.prize * served * (1.0 + faulty * FAULT_FACTOR) + MANDATORY_BONUS * sites.mandatory
