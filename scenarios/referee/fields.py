"""Which parts of a scenario the referee knows: it refuses to judge what it has not been taught."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from sim.scenario import Scenario

KNOWN: dict[str, frozenset[str]] = {
    "WorldSpec": frozenset(
        [
            "low_m",
            "high_m",
            "place",
            "crop_m",
            "place_options",
            "cylinders",
            "boxes",
            "spheres",
            "limbs",
            "panels",
            "movers",
        ]
    ),
    "PanelSpec": frozenset(["center_m", "yaw_rad", "cells", "covered", "side_m"]),
    "NavigateTask": frozenset(["kind", "goal_m", "geodesic_m"]),
    "AvoidTask": frozenset(["kind", "course_rad", "distance_m", "min_speed_fraction"]),
    "MissionTask": frozenset(
        ["kind", "home_m", "sites", "time_limit_s", "detour_factor", "ordered"]
    ),
    "SiteSpec": frozenset(
        [
            "position_m",
            "yaw_rad",
            "prize",
            "mandatory",
            "panel",
            "any_heading",
            "hold_s",
            "speed_limit_m_s",
        ]
    ),
    "Limits": frozenset({"altitude_max_m"}),
    "Safety": frozenset(
        [
            "altitude_min_m",
            "return_altitude_m",
            "return_by",
            "geofence_action",
            "geofence",
            "no_fly",
            "rally_m",
            "battery",
            "position_loss",
            "camera_loss",
        ]
    ),
    "Battery": frozenset(["capacity_wh", "initial_fraction", "reserve_fraction"]),
}
"""Fields of each part that either matter to no verdict or are looked at here; parts not named matter to none."""


def optional(part: object, name: str, default: Any) -> Any:
    """A field that only some scenarios have."""
    return getattr(part, name, default)


def check_known(scenario: Scenario) -> None:
    """Raise ValueError where a scenario says something that verdicts may hang on and the referee cannot read."""
    for part in _parts(scenario):
        known = KNOWN.get(type(part).__name__)
        unknown = set() if known is None else part.model_fields_set - known
        if unknown:
            names = ", ".join(sorted(unknown))
            raise ValueError(
                f"the referee does not know {type(part).__name__}.{names}: it cannot judge this flight"
            )


def _parts(part: BaseModel) -> Iterator[BaseModel]:
    yield part
    for name in type(part).model_fields:
        value = getattr(part, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, BaseModel):
                yield from _parts(item)
