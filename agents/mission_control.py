"""Mission bookkeeping that is the same in every pilot: when to ask, what is allowed, what was believed."""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from agents.pilot import Brain, Briefing
from sim.rules import CLOSE_UP_SECONDS, READING_SIDES, VIEW_DISTANCE
from sim.tasks.base import make_goal
from sim.types import CHOICES, EGO_FIELDS, MAX_TOKENS, SITE_FIELDS, Observation

HOME, INSPECT, LAND = 0, MAX_TOKENS, MAX_TOKENS + 1
DOCK_RADIUS = 1.8
"""m from a viewpoint within which the scripted hold takes over: the finest step of the lattice ends no nearer."""
AT_RADIUS = 3.0
"""m within which a drone is at a site it has visited: it may have passed the viewpoint at speed."""
LAND_RADIUS = 0.8
"""m over the ground from the pad's centre within which landing may be chosen."""
_READING_BEARING = np.deg2rad(40.0)
_KEEP_TARGET = 1.0
"""Nats by which another choice must beat the present target: no dithering between near equals."""
_BATTERY = EGO_FIELDS.index("battery")
_X, _FACING, _PRIZE, _MANDATORY, _VISITED, _DWELL, _FAULTY = (
    slice(0, 3), slice(3, 5), 5, 6, 7, 8, 10,
)  # fmt: skip


@dataclass(frozen=True)
class Sites:
    """The site tokens by name; distances in metres, angles in the heading frame."""

    present: Bool[np.ndarray, "12"]
    offset: Float[np.ndarray, "12 3"]
    facing: Float[np.ndarray, "12 2"]
    prize: Float[np.ndarray, "12"]
    mandatory: Bool[np.ndarray, "12"]
    visited: Bool[np.ndarray, "12"]
    dwell: Float[np.ndarray, "12"]

    @cached_property
    def distance(self) -> Float[np.ndarray, "12"]:
        return np.linalg.norm(self.offset, axis=1)

    @property
    def panel_offset(self) -> Float[np.ndarray, "12 3"]:
        """Where each site's panel stands, relative to the drone."""
        ahead = np.concatenate([self.facing, np.zeros((MAX_TOKENS, 1))], axis=1)
        return self.offset + VIEW_DISTANCE * ahead

    def nearest(self) -> int:
        """The site whose viewpoint is nearest."""
        sites = self.present.copy()
        sites[HOME] = False
        return int(np.where(sites, self.distance, np.inf).argmin())

    def in_view(self, panel_side: float) -> int:
        """The nearest site, if its panel, `panel_side` m wide, is near enough to be read and shows its face to the camera; else -1."""
        site = self.nearest()
        panel = self.panel_offset[site]
        distance = length(panel)
        ahead = abs(np.arctan2(panel[1], panel[0])) < _READING_BEARING
        frontal = float(panel[:2] @ self.facing[site]) > 0.5 * distance
        near = distance < READING_SIDES * panel_side
        return site if self.present[site] and near and ahead and frontal else -1

    def at(self) -> int:
        """The visited site the drone is at; -1 if none."""
        here = self.present & self.visited & (self.distance <= AT_RADIUS)
        here[HOME] = False
        return int(np.where(here, self.distance, np.inf).argmin()) if here.any() else -1


def read_sites(observation: Observation) -> Sites:
    """Unpack the observation's `sites` and `sites_mask`."""
    tokens = observation["sites"].reshape(MAX_TOKENS, len(SITE_FIELDS)).astype(np.float64)
    return Sites(
        present=observation["sites_mask"].astype(bool),
        offset=tokens[:, _X],
        facing=tokens[:, _FACING],
        prize=tokens[:, _PRIZE],
        mandatory=tokens[:, _MANDATORY] > 0.5,
        visited=tokens[:, _VISITED] > 0.5,
        dwell=tokens[:, _DWELL],
    )


def approach(sites: Sites, target: int) -> Float[np.ndarray, "3"]:
    """The point to fly to for a target, relative to the drone; the pad is approached at the viewpoints' height."""
    offset = sites.offset[target].copy()
    if target == HOME:
        others = sites.present.copy()
        others[HOME] = False
        offset[2] = sites.offset[others, 2].mean()
    return offset


def approaches(sites: Sites) -> Float[np.ndarray, "12 3"]:
    """`approach` of every target."""
    offsets = sites.offset.copy()
    offsets[HOME] = approach(sites, HOME)
    return offsets


def length(vector: Float[np.ndarray, " n"]) -> float:
    """Euclidean length: that of `np.linalg.norm`, bit for bit, in a fifth of its time."""
    return math.sqrt(vector.dot(vector))


def energy_left(observation: Observation, briefing: Briefing) -> float:
    """Wh above the reserve."""
    battery = float(observation["ego"][_BATTERY])
    return (battery - briefing.reserve_fraction) * briefing.capacity_wh


def allowed_choices(
    sites: Sites, observation: Observation, briefing: Briefing
) -> Bool[np.ndarray, "14"]:
    """What the rules and the observable energy (straight distance x detour) leave open.

    A site is open if the energy reaches there, on to the mandatory sites not yet visited, and home.
    Home is open once no mandatory site is left that can still be reached.
    """
    left = energy_left(observation, briefing)
    duties = _reachable_duties(sites, briefing, left)
    allowed = np.zeros(CHOICES, dtype=bool)
    for token in np.flatnonzero(sites.present & ~sites.visited).tolist():
        allowed[token] = token != HOME and _cost_via(token, duties, sites, briefing) <= left
    over_pad = length(sites.offset[HOME, :2]) <= LAND_RADIUS
    done = not any(allowed[duty] for duty in duties)
    allowed[HOME] = done and not over_pad
    allowed[LAND] = done and over_pad
    here = sites.at()
    if here >= 0 and sites.dwell[here] < CLOSE_UP_SECONDS:
        stay = briefing.energy.hovering_wh(CLOSE_UP_SECONDS - sites.dwell[here])
        allowed[INSPECT] = stay + _cost_from(np.zeros(3), duties, sites, briefing) <= left
    return allowed


def possible_choices(sites: Sites) -> Bool[np.ndarray, "14"]:
    """What can be done at all, whatever energy and duties say: the mission without its mask."""
    possible = np.zeros(CHOICES, dtype=bool)
    possible[: len(sites.present)] = sites.present & ~sites.visited
    over_pad = length(sites.offset[HOME, :2]) <= LAND_RADIUS
    possible[HOME], possible[LAND] = not over_pad, over_pad
    here = sites.at()
    possible[INSPECT] = here >= 0 and bool(sites.dwell[here] < CLOSE_UP_SECONDS)
    return possible


def _reachable_duties(sites: Sites, briefing: Briefing, left: float) -> list[int]:
    """Mandatory sites not yet visited that the energy reaches, each on its own."""
    open_ = np.flatnonzero(sites.present & sites.mandatory & ~sites.visited)
    return [int(token) for token in open_ if _cost_via(int(token), [], sites, briefing) <= left]


def _cost_via(token: int, duties: list[int], sites: Sites, briefing: Briefing) -> float:
    """Wh to fly to a site, serve it, then the duties, then land at home."""
    energy, place = briefing.energy, sites.offset[token]
    there = length(place) * energy.per_metre_wh + energy.per_stop_wh
    rest = [duty for duty in duties if duty != token]
    return there + _cost_from(place, rest, sites, briefing)


def _cost_from(
    place: Float[np.ndarray, "3"], duties: list[int], sites: Sites, briefing: Briefing
) -> float:
    """Wh from a place through the duties, nearest first, and home."""
    energy, total, rest = briefing.energy, briefing.energy.landing_wh, list(duties)
    while rest:
        token = min(rest, key=lambda duty: length(sites.offset[duty] - place))
        rest.remove(token)
        total += length(sites.offset[token] - place) * energy.per_metre_wh
        total += energy.per_stop_wh
        place = sites.offset[token]
    return total + length(sites.offset[HOME] - place) * energy.per_metre_wh


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
        over_pad = self.target == HOME and length(sites.offset[HOME, :2]) < LAND_RADIUS / 2
        event = (
            visited != self._visited
            or (dwelt and not self._dwelt)
            or tenths != self._tenths
            or over_pad
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
