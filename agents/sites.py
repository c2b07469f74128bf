"""A mission's sites as a pilot observes them, by name: where they are, what they bring, which one the drone is at."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from sim.rules import READING_SIDES, VIEW_DISTANCE
from sim.types import HOME, MAX_TOKENS, SITE_FIELDS, Observation

AT_RADIUS = 3.0
"""m within which a drone is at a site it has visited: it may have passed the viewpoint at speed."""
LAND_RADIUS = 0.8
"""m over the ground from the pad's centre within which landing may be chosen."""
_READING_BEARING = np.deg2rad(40.0)
"""rad off the heading within which a panel is read."""
_OFFSET = slice(SITE_FIELDS.index("x"), SITE_FIELDS.index("z") + 1)
_FACING = slice(SITE_FIELDS.index("facing_cos"), SITE_FIELDS.index("facing_sin") + 1)
_PRIZE, _MANDATORY, _VISITED, _DWELL = map(
    SITE_FIELDS.index, ("prize", "mandatory", "visited", "dwell")
)


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

    @property
    def over_pad(self) -> bool:
        """Whether landing may be chosen."""
        return length(self.offset[HOME, :2]) <= LAND_RADIUS

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
        offset=tokens[:, _OFFSET],
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
