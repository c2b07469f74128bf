"""Which parts of a scenario the referee knows: it refuses to judge what it has not been taught."""

from collections.abc import Iterator

from pydantic import BaseModel

from sim.scenario import Scenario

KNOWN: dict[str, frozenset[str]] = {
    "Scenario": frozenset(
        [
            "format",
            "name",
            "seed",
            "redraws",
            "held_out",
            "vehicle",
            "speed_limit_m_s",
            "world",
            "start",
            "task",
            "limits",
            "battery",
            "weather",
            "odometry",
            "sensors",
            "camera",
            "rates",
            "faults",
            "safety",
            "collision_radius_m",
            "published_rule",
        ]
    ),
    "Start": frozenset(["position_m", "yaw_rad"]),
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
    "CylinderSpec": frozenset(["base_m", "radius_m", "height_m", "semantic", "color"]),
    "BoxSpec": frozenset(["center_m", "size_m", "yaw_rad", "semantic", "color"]),
    "SphereSpec": frozenset(["center_m", "radius_m", "semantic", "color"]),
    "LimbSpec": frozenset(
        ["start_m", "end_m", "start_radius_m", "end_radius_m", "semantic", "color"]
    ),
    "NavigateTask": frozenset(["kind", "goal_m", "geodesic_m", "finish", "any_height"]),
    "Finish": frozenset(["shape", "within_m", "time_limit_s"]),
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
    "PolygonArea": frozenset(["kind", "corners_m", "low_m", "high_m"]),
    "CircleArea": frozenset(["kind", "center_m", "radius_m", "low_m", "high_m"]),
    "Battery": frozenset(["capacity_wh", "initial_fraction", "reserve_fraction"]),
}
"""Fields of each part that either matter to no verdict or are looked at here; parts not named matter to none."""


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
    options = scenario.world.place_options
    if options is not None and options.ground == "relief":
        raise ValueError(
            f"world.place_options.ground = 'relief' (place {scenario.world.place!r}): the referee knows level ground "
            "only, it cannot judge this flight"
        )


def _parts(part: BaseModel) -> Iterator[BaseModel]:
    yield part
    for name in type(part).model_fields:
        value = getattr(part, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, BaseModel):
                yield from _parts(item)
