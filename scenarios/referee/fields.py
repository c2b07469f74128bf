"""Which parts of a scenario the referee knows: it refuses to judge what it has not been taught."""

from collections.abc import Iterator

from pydantic import BaseModel

from sim.names import unknown
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
    "PlaceOptions": frozenset(
        [
            "coordinates",
            "scale",
            "up",
            "origin_m",
            "lod",
            "ground",
            "strict",
            "semantic",
            "ground_below_m",
            "color",
            "columns",
            "diameter_unit",
            "height_unit",
            "default_diameter_m",
            "height_model",
            "height_m",
            "delimiter",
            "decimal",
        ]
    ),
    "Columns": frozenset(
        ["x", "y", "latitude", "longitude", "diameter", "circumference", "height"]
    ),
    "PanelSpec": frozenset(["center_m", "yaw_rad", "cells", "covered", "side_m"]),
    "CylinderSpec": frozenset(["base_m", "radius_m", "height_m", "semantic", "color"]),
    "BoxSpec": frozenset(["center_m", "size_m", "yaw_rad", "semantic", "color"]),
    "SphereSpec": frozenset(["center_m", "radius_m", "semantic", "color"]),
    "LimbSpec": frozenset(
        ["start_m", "end_m", "start_radius_m", "end_radius_m", "semantic", "color"]
    ),
    "MoverSpec": frozenset(["shape", "motion", "semantic", "color"]),
    "BallShape": frozenset(["kind", "radius_m"]),
    "ColumnShape": frozenset(["kind", "radius_m", "height_m"]),
    "BlockShape": frozenset(["kind", "size_m", "yaw_rad"]),
    "ConstantVelocity": frozenset(["kind", "start_m", "velocity_m_s"]),
    "ConfinedVelocity": frozenset(["kind", "start_m", "velocity_m_s", "low_m", "high_m"]),
    "RandomAcceleration": frozenset(
        [
            "kind",
            "start_m",
            "velocity_m_s",
            "low_m",
            "high_m",
            "speed_max_m_s",
            "acceleration_max_m_s2",
            "period_s",
        ]
    ),
    "WaypointLoop": frozenset(["kind", "waypoints_m", "speed_m_s"]),
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
    "Weather": frozenset(
        ["wind_world_m_s", "turbulence_m_s", "gusts", "shear_exponent", "shear_reference_m"]
    ),
    "Gust": frozenset(["start_s", "duration_s", "peak_world_m_s"]),
    "Odometry": frozenset(
        [
            "position_drift",
            "height_std_m",
            "velocity_std_m_s",
            "attitude_std_rad",
            "rate_std_rad_s",
            "correlation_s",
        ]
    ),
    "Camera": frozenset(
        [
            "width_px",
            "height_px",
            "fov_deg",
            "tilt_rad",
            "delay_ticks",
            "disparity_std_px",
            "baseline_m",
            "dropout",
            "color_std",
            "rays_per_pixel",
        ]
    ),
    "Rates": frozenset(["physics_hz", "control_hz", "mission_hz"]),
    "Fault": frozenset(["time_s", "component", "kind", "motor", "value"]),
}
"""Fields of each part that either matter to no verdict or are looked at here."""

UNREAD = frozenset(
    [
        "Sensors",
        "Imu",
        "Gnss",
        "Barometer",
        "Rangefinder",
        "VisualOdometry",
        "BatteryThresholds",
        "PositionLoss",
        "CameraLoss",
        "PublishedRule",
    ]
)
"""Parts that matter to no verdict, whatever they come to say: what the safety layer does is read from the log's events."""


def check_known(scenario: Scenario) -> None:
    """Raise ValueError where a scenario says something that verdicts may hang on and the referee cannot read."""
    for part in _parts(scenario):
        kind = type(part).__name__
        if kind in UNREAD:
            continue
        if kind not in KNOWN:
            told = unknown("part of a scenario", kind, sorted(KNOWN.keys() | UNREAD))
            raise ValueError(f"the referee cannot judge this flight: {told}")
        fields = part.model_fields_set - KNOWN[kind]
        if fields:
            names = ", ".join(sorted(fields))
            raise ValueError(
                f"the referee does not know {kind}.{names}: it cannot judge this flight"
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
