"""A mission by hand, from a mission file or a plan, becomes a scenario in its place, and is checked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from scenarios.as_written import Points, as_written
from scenarios.catalog import ScenarioError, in_words, validated
from scenarios.family import Family
from scenarios.generate import (
    HEADROOM,
    MOVERS_STREAM,
    WEATHER_STREAM,
    Unplaceable,
    check_flyable,
    draw_movers,
    draw_weather,
)
from scenarios.hand_mission import HandMission, pack_wh, task_of
from scenarios.place_family import LOW_CEILING, family_of
from scenarios.place_window import Window, window_world
from sim.fields import MAX_EXTENT
from sim.mover_spec import MoverSpec
from sim.safety_spec import Safety
from sim.scenario import FORMAT, Battery, Limits, Scenario, Start
from sim.task_spec import MissionTask
from sim.world.importers import load_place
from sim.world.place_options import PlaceOptions
from sim.world_spec import WorldSpec

_ROOM = 25.0
"""m of world around the sites of a mission by hand."""
_OVERHEAD = 3.0
"""m of altitude above the highest site of a mission by hand."""
Shift = Float[np.ndarray, "2"]
"""From the place's coordinates to the world's, m."""


@dataclass(frozen=True)
class Setting:
    """Where a flight is, and its seed."""

    place: str
    options: PlaceOptions | None
    seed: int


@dataclass(frozen=True)
class ByHand:
    """What a file says of a flight."""

    where: str
    """Names the file in errors."""
    name: str
    mission: HandMission
    points: Points
    changes: dict[str, Any]
    """Of the family's keys."""
    window: Window | None = None
    """None: around the points."""
    safety: Callable[[Shift, float], Safety | None] | None = None
    """From the shift and the altitude limit, m, to the safety layer's settings."""


def flown(setting: Setting, asked: ByHand) -> Scenario:
    """The flight, checked; errors speak of the file and its points."""
    window = asked.window or _around(asked.points)
    _check_extent(asked, window)
    family = _family(setting, asked)
    # A flight height begins the flight, too, where the file does not say at what height it begins.
    begun = asked.mission.model_copy(update={"start_height_m": family.altitude.flight_m})
    asked = replace(asked, mission=begun)
    world = _world(setting, asked, window, family.altitude.max_m)
    table = _table(setting, asked, family, world, -np.array(window.crop[:2]))
    scenario = validated(table, Scenario, asked.where)
    try:
        check_flyable(scenario)
    except ValueError as error:
        raise ScenarioError(f"{asked.where}: {as_written(str(error), asked.points)}") from error
    return scenario


# --- Private.


def _around(points: Points) -> Window:
    spots = np.array([point.spot for point in points.values()])
    low = spots.min(axis=0) - _ROOM
    return Window(low, spots.max(axis=0) + _ROOM - low)


def _check_extent(asked: ByHand, window: Window) -> None:
    """A world of a size that can be built, with all points in it."""
    home = np.array(asked.mission.home_m)
    if (window.size > MAX_EXTENT).any():
        far = max(asked.points.values(), key=lambda point: np.hypot(*(point.spot - home)))
        size = ", ".join(f"{float(x):.0f}" for x in window.size)
        what = "crop_m" if asked.window else f"farthest from home is {far}"
        raise ScenarioError(
            f"{asked.where}: spans {size} m: a world is at most {MAX_EXTENT:g} m wide; {what}"
        )
    for point in asked.points.values():
        inside = (window.low <= point.spot) & (point.spot <= window.low + window.size)
        if not inside.all():
            raise ScenarioError(
                f"{asked.where}: {point}: outside crop_m = {[float(x) for x in window.crop]}"
            )


def _family(setting: Setting, asked: ByHand) -> Family:
    changes, mission = asked.changes, asked.mission
    highest = max([mission.start_height_m, *(site.position_m[2] for site in mission.sites)])
    top = round(max(LOW_CEILING, highest + _OVERHEAD), 3)
    altitude = changes.get("altitude", {})
    if isinstance(altitude, dict):  # What else it is, is refused as such.
        altitude = {"flight_m": mission.start_height_m, "max_m": top, **altitude}
    changes = {**changes, "altitude": altitude}
    return family_of(setting.place or "delft", "mission", changes, setting.options, asked.where)


def _world(setting: Setting, asked: ByHand, window: Window, limit: float) -> WorldSpec:
    try:
        return window_world(setting.place, setting.options, window, limit + HEADROOM)
    except ValueError as error:
        raise ScenarioError(f"{asked.where}: {error}") from error


def _table(
    setting: Setting, asked: ByHand, family: Family, world: WorldSpec, shift: Shift
) -> dict[str, Any]:
    """The scenario's tables."""
    mission = _over_ground(asked.mission, world, shift)
    with in_words(MissionTask, asked.where):
        task, panels = task_of(mission, shift, family.speed_limit_m_s, setting.seed)
    limit = family.altitude.max_m
    with in_words(Safety, f"{asked.where}: geoFence"):
        fences = None if asked.safety is None else asked.safety(shift, limit)
    rng = np.random.default_rng([setting.seed, 0, WEATHER_STREAM])
    start = _start(mission, world, shift)
    movers = _movers(setting, asked, family, world, start)
    return {
        "format": FORMAT,
        "name": asked.name,
        "seed": setting.seed,
        "redraws": 0,
        "vehicle": family.vehicle,
        "speed_limit_m_s": family.speed_limit_m_s,
        "world": {**world.model_dump(), "panels": panels, "movers": movers},
        "start": start,
        "task": task,
        "limits": Limits(altitude_max_m=limit),
        "battery": _battery(mission, family, asked.changes),
        "weather": draw_weather(family, rng),
        "odometry": family.odometry,
        "sensors": family.sensors,
        "camera": family.camera,
        "rates": family.rates,
        "faults": family.faults,
        "safety": fences,
        "collision_radius_m": family.collision_radius_m,
    }


def _start(mission: HandMission, world: WorldSpec, shift: Shift) -> Start:
    x, y = np.array(mission.start_xy) + shift
    height = mission.start_height_m + _ground(world, np.array([x, y]))
    return Start(
        position_m=(round(float(x), 3), round(float(y), 3), height), yaw_rad=mission.start_yaw_rad
    )


def _movers(
    setting: Setting, asked: ByHand, family: Family, world: WorldSpec, start: Start
) -> tuple[MoverSpec, ...]:
    """As in a family: drawn over the whole window, leaving the start alone for its first seconds."""
    rng = np.random.default_rng([setting.seed, 0, MOVERS_STREAM])
    try:
        return draw_movers(family.movers, world, start, family.altitude.max_m, rng)
    except (ValueError, Unplaceable) as error:
        text = str(error)
        said = text if text.startswith("movers") else f"movers: {text}"
        raise ScenarioError(f"{asked.where}: {said}") from error


def _battery(mission: HandMission, family: Family, changes: dict[str, Any]) -> Battery:
    """The pack asked for, or one that suffices."""
    reserve, capacity = family.battery.reserve_fraction, family.battery.capacity_wh
    if "battery" not in changes or "capacity_wh" not in changes["battery"]:
        capacity = pack_wh(mission, family.vehicle, family.speed_limit_m_s, reserve)
    return Battery(capacity_wh=capacity, initial_fraction=1.0, reserve_fraction=reserve)


def _over_ground(mission: HandMission, world: WorldSpec, shift: Shift) -> HandMission:
    """Heights of sites, which are written over ground, as heights over z = 0."""
    sites = []
    for site in mission.sites:
        x, y, z = site.position_m
        below = _ground(world, np.array([x, y]) + shift)
        sites.append(site.model_copy(update={"position_m": (x, y, round(z + below, 3))}))
    return mission.model_copy(update={"sites": tuple(sites)})


def _ground(world: WorldSpec, xy: Shift) -> float:
    relief = load_place(world.place, world.crop_m, world.place_options).relief
    return 0.0 if relief is None else round(relief.height(float(xy[0]), float(xy[1])), 3)
