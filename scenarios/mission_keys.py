"""Which keys a mission file may hold, and what is said of others: none is passed over in silence."""

from typing import Any

from scenarios.catalog import ScenarioError, validated
from scenarios.family import Family
from scenarios.hand_mission import HandMission
from sim.fields import Model, Name
from sim.names import did_you_mean

MISSION_FORMAT = "mission/1"
HAND_KEYS = frozenset(HandMission.model_fields)
"""Of sites that are named."""
_OWN_KEYS = frozenset({"format", "name", "crop_m", "place_options"})
_SENSELESS = {
    "held_out": "is for families: nothing is trained on mission files, nor in any real place",
    "published_rule": "is for families: its verdict is a column of `compare`, which flies no mission files",
    "world": "is for families: the world of a mission file is its place",
}
"""Keys of families that a mission file has no use for."""
FAMILY_KEYS = frozenset(Family.model_fields) - _SENSELESS.keys() - _OWN_KEYS
"""Those as in a family."""
_KEYS = HAND_KEYS | FAMILY_KEYS | _OWN_KEYS


class _Named(Model):
    name: Name


def name_in(table: dict[str, Any], where: str) -> str | None:
    """What the file calls its flights, where it does."""
    return validated({"name": table["name"]}, _Named, where).name if "name" in table else None


def check_keys(table: dict[str, Any], where: str) -> None:
    """ScenarioError for the first key that a mission file may not hold, or that says something twice."""
    for key in table:
        if key not in _KEYS:
            reason = _SENSELESS.get(key, f"unknown key{did_you_mean(key, _KEYS)}")
            raise ScenarioError(f"{where}: {key}: {reason}; choose {', '.join(sorted(_KEYS))}")
    named, altitude = sorted(HAND_KEYS & table.keys()), table.get("altitude")
    if not named:
        return
    if "task" in table:
        raise ScenarioError(f"{where}: task and {named[0]}: draw the sites, or name them")
    if "start_height_m" in table and isinstance(altitude, dict) and "flight_m" in altitude:
        raise ScenarioError(
            f"{where}: start_height_m and altitude.flight_m: say once at what height the flight begins"
        )
