"""What moves in a world, as data: a shape, and where its centre is at every instant of the flight."""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.fields import Class, Color, Finite, Length, Model, Point, Positive, Spot

MAX_MOVER_SPEED = 30.0
"""m/s; 12 cm a tick at 240 Hz, less than half a hull: nothing is jumped over."""
MAX_MOVERS = 256
Speed = Annotated[Finite, Field(gt=0, le=MAX_MOVER_SPEED)]


def _check_speed(velocity_m_s: Point) -> None:
    speed = math.hypot(*velocity_m_s)
    if speed > MAX_MOVER_SPEED:
        raise ValueError(
            f"velocity_m_s = {list(velocity_m_s)}: {speed:.1f} m/s, at most {MAX_MOVER_SPEED:g}"
        )


def _check_box(start_m: Point, low_m: Point, high_m: Point) -> None:
    for axis, start, low, high in zip("xyz", start_m, low_m, high_m, strict=True):
        if not low <= start <= high:
            raise ValueError(
                f"start_m = {list(start_m)}: along {axis} it must lie between low_m = {list(low_m)} and "
                f"high_m = {list(high_m)}"
            )


class BallShape(Model):
    """A sphere."""

    kind: Literal["sphere"]
    radius_m: Length


class ColumnShape(Model):
    """An upright cylinder, half of it above its centre."""

    kind: Literal["cylinder"]
    radius_m: Length
    height_m: Length


class BlockShape(Model):
    """A box turned about z; it does not turn as it moves."""

    kind: Literal["box"]
    size_m: tuple[Length, Length, Length]
    yaw_rad: Finite


class ConstantVelocity(Model):
    """Straight on, out of the world and never back."""

    kind: Literal["constant_velocity"]
    start_m: Spot
    velocity_m_s: Point

    @model_validator(mode="after")
    def _can_be_flown(self) -> "ConstantVelocity":
        _check_speed(self.velocity_m_s)
        return self


class ConfinedVelocity(Model):
    """Straight on inside a box that the centre bounces off, or leaves on one side to enter on the other."""

    kind: Literal["bounce", "wrap"]
    start_m: Spot
    velocity_m_s: Point
    low_m: Spot
    high_m: Spot
    """The centre's box; flat along an axis, it holds the centre there."""

    @model_validator(mode="after")
    def _can_be_flown(self) -> "ConfinedVelocity":
        _check_speed(self.velocity_m_s)
        _check_box(self.start_m, self.low_m, self.high_m)
        for axis, speed, low, high in zip(
            "xyz", self.velocity_m_s, self.low_m, self.high_m, strict=True
        ):
            if speed and low == high:
                raise ValueError(
                    f"velocity_m_s = {list(self.velocity_m_s)}: the box from low_m to high_m is flat along {axis}"
                )
        return self


class RandomAcceleration(Model):
    """An acceleration drawn anew every period, inside a box that the centre bounces off."""

    kind: Literal["random_acceleration"]
    start_m: Spot
    velocity_m_s: Point
    """At the start."""
    low_m: Spot
    high_m: Spot
    """The centre's box; flat along an axis, it holds the centre there."""
    speed_max_m_s: Speed
    acceleration_max_m_s2: Positive
    period_s: Annotated[Finite, Field(ge=0.05, le=60)]

    @model_validator(mode="after")
    def _can_be_flown(self) -> "RandomAcceleration":
        _check_box(self.start_m, self.low_m, self.high_m)
        speed = math.hypot(*self.velocity_m_s)
        if speed > self.speed_max_m_s:
            raise ValueError(
                f"velocity_m_s = {list(self.velocity_m_s)}: {speed:.1f} m/s, above speed_max_m_s = {self.speed_max_m_s:g}"
            )
        return self


class WaypointLoop(Model):
    """Round a closed polyline at constant speed, from the first point on."""

    kind: Literal["waypoints"]
    waypoints_m: Annotated[tuple[Spot, ...], Field(min_length=2)]
    speed_m_s: Speed

    @model_validator(mode="after")
    def _has_a_length(self) -> "WaypointLoop":
        points = self.waypoints_m
        for index, (point, after) in enumerate(zip(points, (*points[1:], points[0]), strict=True)):
            if point == after:
                raise ValueError(
                    f"waypoints_m: {list(point)} follows itself at {index}; the last point leads back to the first"
                )
        return self


class MoverSpec(Model):
    """One moving obstacle. It passes through the ground, other obstacles and other movers, but not through the drone."""

    shape: Annotated[BallShape | ColumnShape | BlockShape, Field(discriminator="kind")]
    motion: Annotated[
        ConstantVelocity | ConfinedVelocity | RandomAcceleration | WaypointLoop,
        Field(discriminator="kind"),
    ]
    semantic: Class
    color: Color
