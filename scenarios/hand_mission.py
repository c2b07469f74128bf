"""A mission's sites as a user writes them in a mission file: what is left out has a default, panels are drawn."""

import re
from operator import not_
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field

from scenarios.generate.missions import draw_cells
from sim.fields import Finite, Flag, Model, NonNegative, Positive
from sim.flight_costs import cruise_speed, flight_costs
from sim.physics.vehicle import load_vehicle
from sim.rules import CLOSE_UP_ALLOWANCE, LANDING_SECONDS, STOP_SECONDS, VIEW_DISTANCE
from sim.task_spec import MAX_WAYPOINTS, MissionTask, SiteSpec
from sim.world_spec import PanelSpec

_DETOUR = 1.4
"""Factor on straight distances where times and batteries are estimated: nobody knows the ways yet."""
_SPARE = 1.5
"""Energy of the pack that flies everything, over the estimate, the reserve apart."""
_LEAST_PACK = 10.0  # Wh
_CLIMB_SPEED = 1.0
"""m/s, with which climbing and the descent to the pad are counted."""
_PANELS_STREAM = 105


FARTHEST = 1e8
"""m; no place on Earth reaches farther from any origin, in feet neither."""
HIGHEST = 1000.0
"""m; what lies above is out of reach, and fields so high do not fit into memory."""
LONGEST_HOLD = 3600.0  # s
_IS_MISSION = re.compile(r"""^\s*format\s*=\s*["']mission/""", re.MULTILINE)
_SITE_TABLE = re.compile(r"^\s*\[\[\s*sites\s*\]\]", re.MULTILINE)
_SITE_KEY = re.compile(r"\bposition_m\s*=")
_Coordinate = Annotated[Finite, Field(ge=-FARTHEST, le=FARTHEST)]


class HandSite(Model):
    """One site of a mission file, in the place's coordinates."""

    position_m: tuple[_Coordinate, _Coordinate, Annotated[Finite, Field(le=HIGHEST)]]
    yaw_rad: Finite | None = None
    """Heading to face there; None: any, and no panel."""
    prize: Positive = 1.0
    mandatory: Flag = False
    panel: Literal["drawn", "healthy", "faulty", "blocked", "none"] = "drawn"
    """What stands 4 m ahead of the viewpoint; only where there is a heading."""
    hold_s: Annotated[NonNegative, Field(le=LONGEST_HOLD)] = 0.0
    speed_limit_m_s: Positive | None = None


class HandMission(Model):
    """The part of a mission file that says where to go."""

    home_m: tuple[_Coordinate, _Coordinate]
    """The pad, where the flight ends, in the place's coordinates."""
    start_m: tuple[_Coordinate, _Coordinate] | None = None
    """Where the flight begins, by default over the pad."""
    sites: Annotated[tuple[HandSite, ...], Field(min_length=1, max_length=MAX_WAYPOINTS)]
    ordered: Flag = False
    """Fly the sites in this order, all of them; otherwise the pilot chooses."""
    start_height_m: Annotated[Positive, Field(le=HIGHEST)] = 1.5
    start_yaw_rad: Finite = 0.0
    time_limit_s: Annotated[Positive | None, Field(exclude_if=not_)] = None
    """By default three times what the flight is estimated to take."""
    detour_factor: Annotated[Finite, Field(ge=1)] = 1.25

    @property
    def start_xy(self) -> tuple[float, float]:
        return self.home_m if self.start_m is None else self.start_m


def check_count(text: str, where: str) -> None:
    """Refuse a mission file of too many sites by their number alone: parsing them takes many seconds."""
    count = max(len(_SITE_TABLE.findall(text)), len(_SITE_KEY.findall(text)))
    if _IS_MISSION.search(text) and count > MAX_WAYPOINTS:
        raise ValueError(f"{where}: {count} sites: at most {MAX_WAYPOINTS}")


def task_of(
    mission: HandMission, shift: Float[np.ndarray, "2"], speed_limit: float, seed: int
) -> tuple[MissionTask, tuple[PanelSpec, ...]]:
    """The task and its panels, moved by a shift, m; what panels show is drawn from the seed."""
    rng = np.random.default_rng([seed, _PANELS_STREAM])
    panels: list[PanelSpec] = []
    sites = []
    before = np.array(mission.start_xy)
    for hand in mission.sites:
        position = np.array(hand.position_m[:2])
        yaw, index = hand.yaw_rad, None
        if yaw is None:
            way = position - before
            yaw = float(np.arctan2(way[1], way[0]))
        elif hand.panel != "none":
            index = len(panels)
            panels.append(_panel(hand, yaw, shift, rng))
        sites.append(
            SiteSpec(
                position_m=(*_moved(position, shift), hand.position_m[2]),
                yaw_rad=round(yaw, 4),
                prize=hand.prize,
                mandatory=hand.mandatory or mission.ordered,
                panel=index,
                any_heading=hand.yaw_rad is None,
                hold_s=hand.hold_s,
                speed_limit_m_s=hand.speed_limit_m_s,
            )
        )
        before = position
    home = _moved(np.array(mission.home_m), shift)
    limit = mission.time_limit_s or round(3.0 * estimate_seconds(mission, speed_limit), 1)
    task = MissionTask(
        kind="mission",
        home_m=(*home, 0.0),
        sites=tuple(sites),
        time_limit_s=limit,
        detour_factor=mission.detour_factor,
        ordered=mission.ordered,
    )
    return task, tuple(panels)


def estimate_seconds(mission: HandMission, speed_limit: float) -> float:
    """How long flying to all sites in their order and back is expected to take, s."""
    stops = [np.array([*mission.start_xy, mission.start_height_m])]
    seconds = LANDING_SECONDS
    for site in mission.sites:
        own = site.speed_limit_m_s or speed_limit
        stop = np.array(site.position_m)
        seconds += _leg_seconds(stops[-1], stop, min(own, speed_limit)) + STOP_SECONDS + site.hold_s
        seconds += CLOSE_UP_ALLOWANCE if site.yaw_rad is not None and site.panel != "none" else 0.0
        stops.append(stop)
    home = np.array([*mission.home_m, stops[-1][2]])
    seconds += _leg_seconds(stops[-1], home, speed_limit)
    return float(seconds + 2.0 * home[2] / _CLIMB_SPEED)


def pack_wh(mission: HandMission, vehicle: str, speed_limit: float, reserve: float) -> float:
    """Capacity of a pack that flies all of it with half as much to spare, Wh."""
    costs = flight_costs(load_vehicle(vehicle), speed_limit)
    power = max(costs.hover_w, costs.per_metre_wh * 3600.0 * cruise_speed(speed_limit))
    energy = estimate_seconds(mission, speed_limit) * power / 3600.0
    return max(_LEAST_PACK, round(_SPARE * mission.detour_factor * energy / (1.0 - reserve), 1))


def _leg_seconds(a: Float[np.ndarray, "3"], b: Float[np.ndarray, "3"], speed: float) -> float:
    level = _DETOUR * float(np.linalg.norm((b - a)[:2])) / speed
    return level + abs(float(b[2] - a[2])) / _CLIMB_SPEED


def _moved(xy: Float[np.ndarray, "2"], shift: Float[np.ndarray, "2"]) -> tuple[float, float]:
    x, y = xy + shift
    return round(float(x), 3), round(float(y), 3)


def _panel(
    hand: HandSite, yaw: float, shift: Float[np.ndarray, "2"], rng: np.random.Generator
) -> PanelSpec:
    ahead = VIEW_DISTANCE * np.array([np.cos(yaw), np.sin(yaw)])
    x, y = _moved(np.array(hand.position_m[:2]) + ahead, shift)
    drawn = bool(
        rng.random() < 0.4
    )  # Drawn whatever is asked for, so that one site does not change the others.
    cells = {flag: draw_cells(flag, rng) for flag in (False, True)}
    faulty = drawn if hand.panel == "drawn" else hand.panel == "faulty"
    facing = (yaw + 2 * np.pi) % (2 * np.pi) - np.pi
    return PanelSpec(
        center_m=(x, y, max(hand.position_m[2], 1.1)),
        yaw_rad=round(float(facing), 4),
        cells=cells[faulty],
        covered=hand.panel == "blocked",
    )
