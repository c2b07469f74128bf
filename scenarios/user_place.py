"""A file that a user brings becomes a scenario: the place is the world, a mission file, a plan or a seed says what to do in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from scenarios.catalog import (
    NamedFamily,
    ScenarioError,
    in_words,
    load,
    read_table,
    resolve,
    validated,
)
from scenarios.family import Family
from scenarios.generate import HEADROOM, WEATHER_STREAM, draw_weather
from scenarios.hand_mission import HandMission, pack_wh, task_of
from scenarios.place_window import Window, fullest_window, window_world
from scenarios.plan_file import read_plan
from scenarios.plan_mission import fences_of, home_in_place, mission_of
from sim.fields import Model
from sim.names import did_you_mean, unknown
from sim.safety_spec import Safety
from sim.scenario import FORMAT, Battery, Limits, Scenario, Start
from sim.task_spec import MissionTask
from sim.types import MAX_SPEED
from sim.world.importers import PLACES, load_place
from sim.world.place_options import SUFFIXES, TREE_SUFFIXES, PlaceOptions
from sim.world_spec import WorldSpec

MISSION_FORMAT = "mission/1"
KINDS = ("mission", "navigate", "avoid")
"""What is drawn from a seed where no file says what to do."""
_LIBRARY = {"mission": "mission", "navigate": "navigation", "avoid": "avoidance"}
_ALTITUDE = {"flight_m": 1.5, "max_m": 3.0}
_RELIEF_ALTITUDE = {"flight_m": 3.0, "max_m": 8.0}
"""m over ground that slopes: obstacles are told from it by distance alone."""
_ROOM = 25.0
"""m of world around the sites of a mission by hand."""
_OVERHEAD = 3.0
"""m of altitude above the highest site of a mission by hand."""
_HIGHEST = 1000.0
"""m; what lies above is out of reach, and fields so high do not fit into memory."""
_HAND_KEYS = set(HandMission.model_fields)
_FAMILY_KEYS = set(Family.model_fields) - {"world", "format"}
_OWN_KEYS = {"format", "name", "crop_m", "place_options"}


@dataclass(frozen=True)
class Brought:
    """A scenario made of a user's files, and what there is to say about how."""

    scenario: Scenario
    notes: tuple[str, ...]


def is_place(name: str) -> bool:
    """Whether a name is a shipped place's or that of a file that places are read from."""
    return name in PLACES or Path(name).suffix.lower() in SUFFIXES


def is_plan(name: str) -> bool:
    """Whether a name is that of a QGroundControl plan."""
    return Path(name).suffix.lower() == ".plan"


def bring(
    place: str,
    mission: str | None,
    seed: int,
    *,
    options: dict[str, Any] | None = None,
    home: tuple[float, float] | None = None,
) -> Brought:
    """The flight of a seed in a place.

    Args:
        place: A shipped place, a file, or empty for flat ground without anything.
        mission: mission, navigate or avoid, drawn from the seed; a TOML file (mission/1, family/1 or scenario/1); a
            `.plan` file. None draws a mission or, where there is no room for one, a navigation.
        seed: Of what is drawn, and of the flight's noise.
        options: Keys of `PlaceOptions`; they go before those of a mission file.
        home: Where in the place a plan's home is, m.
    """
    if mission is not None and is_plan(mission):
        return _with_notes(*_planned(place, Path(mission), seed, options or {}, home))
    if home is not None:
        raise ScenarioError("home: is for .plan files; mission files say home_m")
    if mission is not None and mission.endswith(".toml"):
        return _with_notes(_from_file(place, Path(mission), seed, options or {}), ())
    if mission is not None and mission not in KINDS:
        raise ScenarioError(unknown("mission", mission, KINDS, or_else="or a .toml or .plan file"))
    if not place:
        raise ScenarioError("a drawn mission needs a place")
    chosen = _options(place, {}, options or {}, place)
    if mission is not None:
        return _with_notes(_drawn(place, mission, {}, chosen, seed, place), ())
    try:
        return _with_notes(_drawn(place, "mission", {}, chosen, seed, place), ())
    except ScenarioError as error:
        note = f"no inspection mission fits ({error}): a navigation instead"
        return _with_notes(_drawn(place, "navigate", {}, chosen, seed, place), (note,))


# --- Private: from a mission file.


def _from_file(place: str, path: Path, seed: int, options: dict[str, Any]) -> Scenario:
    table, where = read_table(path), str(path)
    kind = table.get("format")
    if kind == MISSION_FORMAT:
        return _from_mission(place, table, where, seed, options)
    if kind not in ("family/1", FORMAT):
        formats = ", ".join(map(repr, (MISSION_FORMAT, "family/1", FORMAT)))
        raise ScenarioError(f"{where}: format = {kind!r}: choose {formats}")
    world = table.get("world")
    own = world.get("place_options", {}) if isinstance(world, dict) else {}
    chosen = _options(place, own, options, where)
    if kind == "family/1":
        family = {key: value for key, value in table.items() if key not in ("world", "format")}
        return _drawn(place, None, family, chosen, seed, where)
    return resolve(_moved_into(place, table, chosen, where), seed)


def _moved_into(
    place: str, table: dict[str, Any], options: PlaceOptions | None, where: str
) -> Scenario:
    """A written scenario with its place replaced; its coordinates and the crop stay."""
    world = dict(table["world"]) if isinstance(table.get("world"), dict) else {}
    if not world.get("place"):
        corner = world.get("high_m")
        if not isinstance(corner, list) or len(corner) != 3:
            raise ScenarioError(f"{where}: world.high_m = {corner!r}: not three numbers")
        world["crop_m"] = [0.0, 0.0, *corner[:2]]
    world |= {"place": place}
    world.pop("place_options", None)
    scenario = validated({**table, "world": world}, Scenario, where)
    spec = WorldSpec.model_validate({**scenario.world.model_dump(), "place_options": options})
    return scenario.model_copy(update={"world": spec})


def _from_mission(
    place: str, table: dict[str, Any], where: str, seed: int, options: dict[str, Any]
) -> Scenario:
    known = _HAND_KEYS | _FAMILY_KEYS | _OWN_KEYS
    for key in table:
        if key not in known:
            raise ScenarioError(f"{where}: {key}: unknown key{did_you_mean(key, known)}")
    chosen = _options(place, table.get("place_options", {}), options, where)
    family = {key: table[key] for key in table if key in _FAMILY_KEYS}
    by_hand = {key: table[key] for key in table if key in _HAND_KEYS}
    if not by_hand:
        if not place:
            raise ScenarioError(f"{where}: draws its sites, which needs a place")
        return _drawn(place, None, family, chosen, seed, where, table.get("crop_m"))
    if "task" in table:
        raise ScenarioError(f"{where}: task and {min(by_hand)}: draw the sites, or name them")
    mission = validated(by_hand, HandMission, where)
    name = str(table.get("name") or Path(where).stem)
    crop = table.get("crop_m")
    window = _around(mission, []) if crop is None else _window(crop, where)
    return _flown(place, mission, window, family, chosen, seed, where, name)


def _drawn(
    place: str,
    kind: str | None,
    changes: dict[str, Any],
    options: PlaceOptions | None,
    seed: int,
    where: str,
    crop: Any = None,
) -> Scenario:
    """A flight that the seed draws in the fullest window of the place."""
    family = _family(place, kind, changes, options, where)
    ceiling = family.altitude.max_m + HEADROOM
    try:
        window = fullest_window(place, options, ceiling) if crop is None else _window(crop, where)
    except ValueError as error:
        raise ScenarioError(str(error)) from error
    left, bottom, right, top = window.crop
    world = {
        "kind": "place",
        "place": place,
        "window_m": (right - left, top - bottom),
        "region_m": (left, bottom, right, top),
        "place_options": options,
    }
    named = NamedFamily(
        name=Path(place).name.split(".")[0],
        family=validated({**family.model_dump(), "world": world}, Family, where),
    )
    return resolve(named, seed)


# --- Private: from a plan.


def _planned(
    place: str,
    path: Path,
    seed: int,
    options: dict[str, Any],
    home: tuple[float, float] | None,
) -> tuple[Scenario, tuple[str, ...]]:
    try:
        plan = read_plan(path)
        chosen = _options(place, {}, options, str(path)) if place else None
        spot, notes = home_in_place(plan, place, chosen, home)
        mission, speed = mission_of(plan, spot)
        fences = fences_of(plan, spot)
    except ScenarioError:
        raise
    except ValueError as error:
        message = str(error)
        raise ScenarioError(message if str(path) in message else f"{path}: {message}") from error
    where = str(path)
    window = _around(mission, list(fences.rally))
    fast = {"speed_limit_m_s": speed}
    if plan.speed_m_s > MAX_SPEED:
        notes = (*notes, f"hoverSpeed {plan.speed_m_s:g} m/s: flown at {MAX_SPEED:g} m/s")
    scenario = _flown(place, mission, window, fast, chosen, seed, where, path.stem, fences.safety)
    return scenario, (*plan.notes, *notes)


# --- Private: what they share.


def _flown(
    place: str,
    mission: HandMission,
    window: Window,
    changes: dict[str, Any],
    options: PlaceOptions | None,
    seed: int,
    where: str,
    name: str,
    safety: Callable[[Any, float], Safety | None] | None = None,
) -> Scenario:
    """A mission by hand as a scenario, checked."""
    highest = max([mission.start_height_m, *(site.position_m[2] for site in mission.sites)])
    if highest > _HIGHEST:
        raise ScenarioError(f"{where}: a site {highest:g} m high: at most {_HIGHEST:g} m")
    if "altitude" not in changes:
        top = round(max(_ALTITUDE["max_m"], highest + _OVERHEAD), 3)
        changes = {
            **changes,
            "altitude": {"flight_m": min(mission.start_height_m, top / 2), "max_m": top},
        }
    sized = "battery" not in changes or "capacity_wh" not in changes["battery"]
    family = _family(place or "delft", "mission", changes, options, where)
    limit = family.altitude.max_m
    shift = -np.array(window.crop[:2])
    try:
        world = window_world(place, options, window, limit + HEADROOM)
    except ValueError as error:
        size = ", ".join(f"{float(x):.0f}" for x in window.size)
        raise ScenarioError(f"{where}: spans {size} m: a world is at most 1100 m wide") from error
    mission = _over_ground(mission, world, shift)
    with in_words(MissionTask, where):
        task, panels = task_of(mission, shift, family.speed_limit_m_s, seed)
    reserve = family.battery.reserve_fraction
    capacity = family.battery.capacity_wh
    if sized:
        capacity = pack_wh(mission, family.vehicle, family.speed_limit_m_s, reserve)
    start = np.array(mission.start_xy) + shift
    below = _ground(world, start)
    with in_words(Safety, f"{where}: geoFence"):
        fences = None if safety is None else safety(shift, limit)
    scenario = {
        "format": FORMAT,
        "name": name,
        "seed": seed,
        "redraws": 0,
        "vehicle": family.vehicle,
        "speed_limit_m_s": family.speed_limit_m_s,
        "world": {**world.model_dump(), "panels": panels},
        "start": Start(
            position_m=(
                round(float(start[0]), 3),
                round(float(start[1]), 3),
                mission.start_height_m + below,
            ),
            yaw_rad=mission.start_yaw_rad,
        ),
        "task": task,
        "limits": Limits(altitude_max_m=limit),
        "battery": Battery(capacity_wh=capacity, initial_fraction=1.0, reserve_fraction=reserve),
        "weather": draw_weather(family, np.random.default_rng([seed, 0, WEATHER_STREAM])),
        "odometry": family.odometry,
        "sensors": family.sensors,
        "camera": family.camera,
        "rates": family.rates,
        "faults": family.faults,
        "safety": fences,
    }
    return resolve(validated(scenario, Scenario, where), seed)


def _over_ground(
    mission: HandMission, world: WorldSpec, shift: Float[np.ndarray, "2"]
) -> HandMission:
    """Heights of sites, which are written over ground, as heights over z = 0."""
    sites = []
    for site in mission.sites:
        x, y, z = site.position_m
        below = _ground(world, np.array([x, y]) + shift)
        sites.append(site.model_copy(update={"position_m": (x, y, round(z + below, 3))}))
    return mission.model_copy(update={"sites": tuple(sites)})


def _ground(world: WorldSpec, xy: Float[np.ndarray, "2"]) -> float:
    relief = load_place(world.place, world.crop_m, world.place_options).relief
    return 0.0 if relief is None else round(relief.height(float(xy[0]), float(xy[1])), 3)


def _family(
    place: str, kind: str | None, changes: dict[str, Any], options: PlaceOptions | None, where: str
) -> Family:
    """The library's family for such a place, with what a file says instead; its world is yet to come."""
    task = changes.get("task", {})
    asked = task.get("kind") if isinstance(task, dict) else None
    kind = kind or asked or "mission"
    if kind not in KINDS:
        raise ScenarioError(f"{where}: task.kind = {kind!r}: choose {', '.join(KINDS)}")
    trees = place == "longleaf" or Path(place).suffix.lower() in TREE_SUFFIXES
    named = load(f"{'longleaf' if trees else 'delft'}-{_LIBRARY[kind]}")
    assert isinstance(named, NamedFamily)
    table = named.family.model_dump(mode="json")
    relief = options is not None and options.ground == "relief"
    table["altitude"] = dict(_RELIEF_ALTITUDE if relief else _ALTITUDE)
    for key, value in changes.items():
        own = table.get(key)
        if isinstance(own, dict) and isinstance(value, dict):
            value = {**own, **value}
        table[key] = value
    if "sensors" in changes and "odometry" not in changes:
        table.pop("odometry", None)
    return validated(table, Family, where)


def _options(place: str, own: Any, given: dict[str, Any], where: str) -> PlaceOptions | None:
    if not isinstance(own, dict):
        raise ScenarioError(f"{where}: place_options: not a table")
    merged = {**own, **given}
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(own.get(key), dict):
            merged[key] = {**own[key], **value}
    if not merged:
        return None
    if not place:
        raise ScenarioError(f"{where}: place_options: there is no place")
    return validated({"place_options": merged}, _Holder, where).place_options


class _Holder(Model):
    """Lets errors say `place_options.` before the key."""

    place_options: PlaceOptions


def _around(mission: HandMission, others: list[tuple[float, ...]]) -> Window:
    spots = [mission.home_m, mission.start_xy, *(site.position_m[:2] for site in mission.sites)]
    points = np.array([*spots, *(point[:2] for point in others)])
    low = points.min(axis=0) - _ROOM
    return Window(low, points.max(axis=0) + _ROOM - low)


def _window(crop: Any, where: str) -> Window:
    good = isinstance(crop, list) and len(crop) == 4
    if not good or not all(type(x) in (int, float) and np.isfinite(x) for x in crop):
        raise ScenarioError(f"{where}: crop_m = {crop!r}: not x, y low and x, y high")
    low, high = np.array(crop[:2], dtype=float), np.array(crop[2:], dtype=float)
    if not (high > low).all():
        raise ScenarioError(
            f"{where}: crop_m = {crop}: the highest corner must lie above the lowest"
        )
    return Window(low, high - low)


def _with_notes(scenario: Scenario, notes: tuple[str, ...]) -> Brought:
    world = scenario.world
    place = load_place(world.place, world.crop_m, world.place_options)
    return Brought(scenario, (*notes, *place.notes))
