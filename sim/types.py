"""The words every package shares: array aliases, the observation's layout, decisions and outcomes."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from jaxtyping import Float

Vec3 = Float[np.ndarray, "3"]
Quat = Float[np.ndarray, "4"]
"""Rotation body to world, order x, y, z, w (PyBullet's)."""
Observation = dict[str, np.ndarray]
"""The flat observation of `sim.env`; entries and shapes are the constants below."""

# --- The rigid body as one flat float64 array of 13, the form compiled code passes around.
POSITION = slice(0, 3)  # m, world
QUATERNION = slice(3, 7)  # xyzw, body to world
VELOCITY = slice(7, 10)  # m/s, world
RATES = slice(10, 13)  # rad/s, world
BODY_SIZE = 13
Body = Float[np.ndarray, "13"]

# --- The observation.
IMAGE_SHAPE = (4, 48, 64)  # uint8: red, green, blue, depth code
HISTORY_SHAPE = (3, 12, 16)  # uint8: max-pooled depth code 0.2, 0.4 and 0.8 s ago
HISTORY_AGES_S = (0.2, 0.4, 0.8)
EGO_FIELDS = (
    "velocity_body_x", "velocity_body_y", "velocity_body_z",  # m/s
    "gravity_body_x", "gravity_body_y", "gravity_body_z",  # unit vector, world down seen from the body
    "rate_body_x", "rate_body_y", "rate_body_z",  # rad/s
    "height",  # m above ground
    "headroom",  # m below the altitude limit
    "battery",  # fraction of the pack's capacity left
    "previous_vx", "previous_vy", "previous_vz", "previous_yaw_rate",  # previous action, [-1, 1]
)  # fmt: skip
GOAL_FIELDS = (
    "direction_x", "direction_y", "direction_z",  # unit vector, heading frame
    "log_distance",  # log(1 + metres)
    "speed_limit",  # m/s
    "valid",  # 1 where the entry means something
)  # fmt: skip
SITE_FIELDS = (
    "x", "y", "z",  # m, viewpoint relative to the drone, heading frame
    "facing_cos", "facing_sin",  # viewpoint heading relative to the drone's
    "prize",  # as stated in the mission
    "mandatory",  # 1: the mission fails without it
    "visited",  # 1 once the drone has been there, facing the panel
    "dwell",  # s of close-up elapsed during this visit
    "home",  # 1 for the pad
    "belief_faulty", "belief_blocked",  # filled by the pilot; the environment leaves 0.5
)  # fmt: skip
MAX_TOKENS = 12
"""Site tokens in an observation: the home pad is token 0, so a mission has at most 11 sites."""
CHOICES = MAX_TOKENS + 2
"""Mission choices: fly to one of the tokens, inspect, land."""
HOME, INSPECT, LAND = 0, MAX_TOKENS, MAX_TOKENS + 1
"""Those of them that are no sites."""
MAX_SPEED = 12.0  # m/s at action 1
MAX_YAW_RATE = 2.0  # rad/s at action 1
DEPTH_NEAR, DEPTH_FAR = 0.3, 20.0  # m, the range the depth code covers


MASKED = "mission_mask"
"""Event of a decision whose mission skill named something that the mask forbids."""


class Outcome(StrEnum):
    """How a flight ended: `success`, or exactly one reason."""

    SUCCESS = "success"
    COLLISION = "collision"
    TIMEOUT = "timeout"
    OUT_OF_BOUNDS = "out_of_bounds"
    ALTITUDE_BREACH = "altitude_breach"
    GEOFENCE_BREACH = "geofence_breach"
    NO_FLY_ZONE = "no_fly_zone"
    RESERVE_VIOLATED = "reserve_violated"
    BATTERY_EMPTY = "battery_empty"
    LANDED_AWAY = "landed_away"
    MISSION_INCOMPLETE = "mission_incomplete"
    FAILSAFE_LANDED = "failsafe_landed"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Event:
    """Something that happened at one instant of a flight."""

    time: float  # s since the start
    name: str  # e.g. "site_visited", "close_up_done", "collision"
    detail: dict[str, Any] = field(default_factory=dict)  # JSON-compatible


@dataclass(frozen=True)
class Decision:
    """A pilot's answer to one observation: the action, and everything that led to it."""

    action: Float[np.ndarray, "4"]
    """Velocity command in the heading frame [vx, vy, vz, yaw_rate], each in [-1, 1]."""
    phase: str = ""
    """What the pilot is doing, in a word, as docs/log-format.md lists them."""
    navigation: Float[np.ndarray, " k"] | None = None
    """Log-probability of each lattice candidate, navigation head."""
    survival: Float[np.ndarray, " k"] | None = None
    """Probability that each candidate survives the next 2 s, avoidance head."""
    fused: Float[np.ndarray, " k"] | None = None
    """Score the command was chosen by; -inf where vetoed."""
    chosen: int = -1
    """Index of the chosen candidate; -1 where the command is no candidate."""
    mission: Float[np.ndarray, " c"] | None = None
    """Logits over mission choices: MAX_TOKENS tokens (token 0 = return home), inspect, land; -inf where masked."""
    mission_choice: int = -1
    asked: bool = False
    """Whether the mission skill was asked at this step; an event "mission_mask" then says that its first choice was forbidden."""
    target: int = -1
    """Site token flown to; 0 is home, -1 none."""
    belief: Float[np.ndarray, "12 2"] | None = None
    """The pilot's p(faulty), p(blocked) for each site token."""
    events: tuple[str, ...] = ()
    """Interventions worth a mark in the log, e.g. "mission_mask", "guard_altitude"."""


@dataclass(frozen=True)
class FlightResult:
    """One flight in a row: what `fly --json` prints and campaigns collect."""

    outcome: Outcome
    duration_s: float
    distance_m: float
    min_clearance_m: float
    energy_wh: float
    prize: float
    events: tuple[Event, ...]
    """In order; a failure's last event names what happened, where and at what speed."""
    mission_decisions: int = 0
    """How often the pilot's mission skill was asked."""
    mask_interventions: int = 0
    """How often its own first choice was forbidden."""

    @property
    def success(self) -> bool:
        return self.outcome is Outcome.SUCCESS
