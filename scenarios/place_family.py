"""What a seed draws in a place that a user brings: the library's families, with what a file says instead."""

from pathlib import Path
from typing import Any

from scenarios.catalog import NamedFamily, ScenarioError, load, resolve, validated
from scenarios.family import Family
from scenarios.generate import HEADROOM, check_pad
from scenarios.place_choices import chosen_window
from scenarios.place_window import fullest_window
from sim.physics.vehicle import load_vehicle
from sim.scenario import Scenario
from sim.task_spec import MissionTask
from sim.world.build import build_world
from sim.world.place_options import TREE_SUFFIXES, PlaceOptions

KINDS = ("mission", "navigate", "avoid")
"""What is drawn from a seed where no file says what to do."""
LOW_CEILING = 3.0
"""m, altitude limit where nobody says one."""
_LIBRARY = {"mission": "mission", "navigate": "navigation", "avoid": "avoidance"}
_ALTITUDE = {"flight_m": 1.5, "max_m": LOW_CEILING}
_RELIEF_ALTITUDE = {"flight_m": 3.0, "max_m": 8.0}
"""m over ground that slopes: obstacles are told from it by distance alone."""


def drawn(
    place: str,
    kind: str | None,
    changes: dict[str, Any],
    options: PlaceOptions | None,
    seed: int,
    where: str,
    crop: Any = None,
    name: str | None = None,
) -> Scenario:
    """A flight that the seed draws in the fullest window of the place, or in a crop; named like the place if no name is given."""
    family = family_of(place, kind, changes, options, where)
    ceiling = family.altitude.max_m + HEADROOM
    try:
        window = (
            fullest_window(place, options, ceiling) if crop is None else chosen_window(crop, where)
        )
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
        name=Path(place).name.split(".")[0] if name is None else name,
        family=validated({**family.model_dump(), "world": world}, Family, where),
    )
    scenario = resolve(named, seed)
    _check_pad(scenario)
    return scenario


def family_of(
    place: str, kind: str | None, changes: dict[str, Any], options: PlaceOptions | None, where: str
) -> Family:
    """The library's family for such a place, with what a file says instead; its world is yet to come."""
    table = _library_family(place, _kind(kind, changes, where)).model_dump(mode="json")
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


# --- Private.


def _check_pad(scenario: Scenario) -> None:
    """What is drawn is free at the height it is flown at; floors of a user's file lie below."""
    if not isinstance(scenario.task, MissionTask):
        return
    hull = load_vehicle(scenario.vehicle).hull_radius
    try:
        check_pad(scenario, build_world(scenario.world, ()), scenario.task.home_m, hull)
    except ValueError as error:
        raise ScenarioError(f"{scenario.name}, seed {scenario.seed}: {error}") from error


def _kind(kind: str | None, changes: dict[str, Any], where: str) -> str:
    task = changes.get("task", {})
    asked = task.get("kind") if isinstance(task, dict) else None
    kind = kind or asked or "mission"
    if kind not in KINDS:
        raise ScenarioError(f"{where}: task.kind = {kind!r}: choose {', '.join(KINDS)}")
    return kind


def _library_family(place: str, kind: str) -> Family:
    trees = place == "longleaf" or Path(place).suffix.lower() in TREE_SUFFIXES
    named = load(f"{'longleaf' if trees else 'delft'}-{_LIBRARY[kind]}")
    if not isinstance(named, NamedFamily):
        raise TypeError(f"{named.name}: the library's entries are families")
    return named.family
