"""The scenario's `[safety]`: fences, altitudes and thresholds of the safety layer, with PX4's words for them."""

import math
from itertools import pairwise
from operator import not_
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from sim.fields import Finite, Fraction, Model, NonNegative, Point, Positive, is_none

MAX_AREAS = 64
"""Geofences, and no-fly zones, a scenario may have."""
MAX_CORNERS = 500
MAX_RALLY_POINTS = 32
LEAST_AREA = 1.0
"""m2; a polygon smaller than this is a mistake."""
Corner = tuple[Finite, Finite]
Action = Literal["warning", "hold", "return", "land"]
"""What the layer does, mildest first: only an event; stop until the reason is gone; fly home and land; land at once."""


def _check_polygon(corners: tuple[Corner, ...]) -> tuple[Corner, ...]:
    """Refuse what encloses nothing, or crosses itself."""
    ring = [*corners, corners[0]]
    doubled = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise(ring))
    if abs(doubled) / 2 < LEAST_AREA:
        raise ValueError(f"the {len(corners)} corners enclose less than {LEAST_AREA:g} m2")
    edges = list(pairwise(ring))
    for first, (a, b) in enumerate(edges):
        for second in range(first + 2, len(edges)):
            # The last edge and the first share a corner, as all neighbours do.
            if (first, second) != (0, len(edges) - 1) and _cross(a, b, *edges[second]):
                raise ValueError(f"edge {first} crosses edge {second}: corners go round the area")
    return corners


def _cross(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Whether the segments a-b and c-d cross, corners not counted."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Corner, b: Corner, point: Corner) -> float:
    turn = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
    return math.copysign(1.0, turn) if turn else 0.0


class _Heights(Model):
    """The heights an area spans, above ground."""

    low_m: NonNegative
    high_m: Positive

    @model_validator(mode="after")
    def _ordered(self) -> "_Heights":
        if self.low_m >= self.high_m:
            raise ValueError(f"low_m = {self.low_m:g}: must be below high_m = {self.high_m:g}")
        return self


class PolygonArea(_Heights):
    """An upright prism; its corners go round it, in either direction."""

    kind: Literal["polygon"]
    corners_m: Annotated[
        tuple[Corner, ...],
        Field(min_length=3, max_length=MAX_CORNERS),
        AfterValidator(_check_polygon),
    ]


class CircleArea(_Heights):
    """An upright cylinder."""

    kind: Literal["circle"]
    center_m: Corner
    radius_m: Positive


Area = Annotated[PolygonArea | CircleArea, Field(discriminator="kind")]
Areas = Annotated[tuple[Area, ...], Field(max_length=MAX_AREAS, exclude_if=not_)]


class BatteryThresholds(Model):
    """Fractions of the pack's capacity; PX4's BAT_LOW_THR, BAT_CRIT_THR and BAT_EMERGEN_THR."""

    low: Fraction
    """At or below it: a warning."""
    critical: Fraction
    """Return."""
    emergency: Fraction
    """Land at once."""

    @model_validator(mode="after")
    def _fall(self) -> "BatteryThresholds":
        if not self.low > self.critical > self.emergency:
            raise ValueError(
                f"low, critical, emergency = {self.low:g}, {self.critical:g}, {self.emergency:g}: each must be below the one before"
            )
        return self


class PositionLoss(Model):
    """When the position counts as lost, and what follows; PX4's COM_POS_FS_EPH."""

    eph_m: Positive
    """Horizontal standard deviation that the estimator states of itself, beyond which it is lost."""
    after_s: NonNegative
    """How long it must have been."""
    action: Action


class CameraLoss(Model):
    """What follows when the camera shows nothing, or the same picture again and again."""

    after_s: NonNegative
    action: Action


class Safety(Model):
    """What the safety layer watches over; without this table there is none."""

    altitude_min_m: NonNegative
    """Only within 3 m of home or a rally point may a drone be lower; 0 for none. The highest is in `limits`."""
    return_altitude_m: Positive
    """What a return climbs to at least before it sets out; PX4's RTL_RETURN_ALT."""
    return_by: Literal["straight", "track"]
    """In a straight line, around fences alone; or back along the way that was flown, loops cut off."""
    geofence_action: Action
    """Beyond a geofence, in a no-fly zone, or beyond an altitude limit; PX4's GF_ACTION."""
    geofence: Areas = ()
    """The drone must stay in at least one of these, where there are any."""
    no_fly: Areas = ()
    """The drone must stay out of all of these."""
    rally_m: Annotated[tuple[Point, ...], Field(max_length=MAX_RALLY_POINTS, exclude_if=not_)] = ()
    """Places on the ground where a return may land instead of at home (where it started, without a mission)."""
    battery: Annotated[BatteryThresholds | None, Field(exclude_if=is_none)] = None
    position_loss: Annotated[PositionLoss | None, Field(exclude_if=is_none)] = None
    """Only with `[sensors]`: stated odometry errors cannot be lost."""
    camera_loss: Annotated[CameraLoss | None, Field(exclude_if=is_none)] = None


def check_safety(safety: Safety | None, altitude_max: float, fused: bool) -> None:
    """Raise ValueError unless the layer fits the flight: its altitude limit, m, and `fused` sensors or none."""
    if safety is None:
        return
    if not safety.altitude_min_m <= safety.return_altitude_m < altitude_max:
        raise ValueError(
            f"safety.return_altitude_m = {safety.return_altitude_m:g}: must lie between "
            f"safety.altitude_min_m = {safety.altitude_min_m:g} and limits.altitude_max_m = {altitude_max:g}"
        )
    if safety.position_loss is not None and not fused:
        raise ValueError(
            "safety.position_loss: needs [sensors]; with [odometry] the position cannot be lost"
        )
