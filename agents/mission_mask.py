"""What a mission leaves open: by its rules and the observable energy, or without that mask."""

import numpy as np
from jaxtyping import Bool, Float

from agents.pilot import Briefing
from agents.sites import Sites, length
from sim.rules import CLOSE_UP_SECONDS
from sim.types import CHOICES, EGO_FIELDS, HOME, INSPECT, LAND, Observation

_BATTERY = EGO_FIELDS.index("battery")


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
    done = not any(allowed[duty] for duty in duties)
    allowed[HOME] = done and not sites.over_pad
    allowed[LAND] = done and sites.over_pad
    here = sites.at()
    if here >= 0 and sites.dwell[here] < CLOSE_UP_SECONDS:
        stay = briefing.energy.hovering_wh(CLOSE_UP_SECONDS - sites.dwell[here])
        allowed[INSPECT] = stay + _cost_from(np.zeros(3), duties, sites, briefing) <= left
    return allowed


def possible_choices(sites: Sites) -> Bool[np.ndarray, "14"]:
    """What can be done at all, whatever energy and duties say: the mission without its mask."""
    possible = np.zeros(CHOICES, dtype=bool)
    possible[: len(sites.present)] = sites.present & ~sites.visited
    possible[HOME], possible[LAND] = not sites.over_pad, sites.over_pad
    here = sites.at()
    possible[INSPECT] = here >= 0 and bool(sites.dwell[here] < CLOSE_UP_SECONDS)
    return possible


# --- Private.


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
