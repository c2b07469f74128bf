"""A file that a user brings becomes a scenario: the place is the world, a mission file, a plan or a seed says what to do in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.as_written import points_of_mission, points_of_plan
from scenarios.catalog import ScenarioError, read_text, resolve, tables_of, validated
from scenarios.hand_flight import ByHand, Setting, flown
from scenarios.hand_mission import FARTHEST, HandMission, check_count
from scenarios.mission_keys import FAMILY_KEYS, HAND_KEYS, MISSION_FORMAT, check_keys, name_in
from scenarios.place_choices import chosen_options, chosen_window
from scenarios.place_family import KINDS, drawn
from scenarios.plan_file import read_plan
from scenarios.plan_mission import Spot, fences_of, home_in_place, mission_of
from sim.names import unknown
from sim.scenario import FORMAT, Scenario
from sim.types import MAX_SPEED
from sim.world.importers import PLACES, load_place
from sim.world.place_options import SUFFIXES, PlaceOptions
from sim.world_spec import WorldSpec


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
    home: Spot | None = None,
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
    if home is not None and not all(abs(x) <= FARTHEST for x in home):
        raise ScenarioError(f"home = {list(home)}: not x and y of at most {FARTHEST:g} m")
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
    chosen = chosen_options(place, {}, options or {}, place)
    if mission is not None:
        return _with_notes(drawn(place, mission, {}, chosen, seed, place), ())
    try:
        return _with_notes(drawn(place, "mission", {}, chosen, seed, place), ())
    except ScenarioError as error:
        note = f"no inspection mission fits ({error}): a navigation instead"
        return _with_notes(drawn(place, "navigate", {}, chosen, seed, place), (note,))


# --- Private: from a mission file.


def _from_file(place: str, path: Path, seed: int, options: dict[str, Any]) -> Scenario:
    text, where = read_text(path), str(path)
    try:
        check_count(text, where)
    except ValueError as error:
        raise ScenarioError(str(error)) from error
    table = tables_of(text, where)
    kind = table.get("format")
    if kind == MISSION_FORMAT:
        return _from_mission(place, table, where, seed, options)
    if kind not in ("family/1", FORMAT):
        formats = ", ".join(map(repr, (MISSION_FORMAT, "family/1", FORMAT)))
        raise ScenarioError(f"{where}: format = {kind!r}: choose {formats}")
    world = table.get("world")
    own = world.get("place_options", {}) if isinstance(world, dict) else {}
    chosen = chosen_options(place, own, options, where)
    if kind == "family/1":
        family = {key: value for key, value in table.items() if key not in ("world", "format")}
        return drawn(place, None, family, chosen, seed, where)
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
    check_keys(table, where)
    chosen = chosen_options(place, table.get("place_options", {}), options, where)
    family = {key: table[key] for key in table if key in FAMILY_KEYS}
    by_hand = {key: table[key] for key in table if key in HAND_KEYS}
    crop, name = table.get("crop_m"), name_in(table, where)
    if not by_hand:
        if not place:
            raise ScenarioError(f"{where}: draws its sites, which needs a place")
        return drawn(place, None, family, chosen, seed, where, crop, name)
    mission = validated(by_hand, HandMission, where)
    asked = ByHand(
        where=where,
        name=Path(where).stem if name is None else name,
        mission=mission,
        points=points_of_mission(mission),
        changes=family,
        window=None if crop is None else chosen_window(crop, where),
    )
    return flown(Setting(place, chosen, seed), asked)


# --- Private: from a plan.


def _planned(
    place: str, path: Path, seed: int, options: dict[str, Any], home: Spot | None
) -> tuple[Scenario, tuple[str, ...]]:
    where = str(path)
    try:
        plan = read_plan(path)
        chosen = chosen_options(place, {}, options, where)
        spot, notes = home_in_place(plan, place, chosen, home)
        mission, speed = mission_of(plan, spot)
        fences = fences_of(plan, spot)
    except ScenarioError:
        raise
    except ValueError as error:
        message = str(error)
        raise ScenarioError(message if where in message else f"{where}: {message}") from error
    asked = ByHand(
        where=where,
        name=path.stem,
        mission=mission,
        points=points_of_plan(plan, mission, fences.rally),
        changes={"speed_limit_m_s": speed},
        safety=fences.safety,
    )
    if plan.fastest_m_s > MAX_SPEED:
        notes = (*notes, f"{plan.fastest_m_s:g} m/s asked for: flown at {MAX_SPEED:g} m/s")
    return flown(Setting(place, chosen, seed), asked), (*plan.notes, *notes)


def _with_notes(scenario: Scenario, notes: tuple[str, ...]) -> Brought:
    world = scenario.world
    place = load_place(world.place, world.crop_m, world.place_options)
    return Brought(scenario, (*notes, *place.notes))
