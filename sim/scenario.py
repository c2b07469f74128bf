"""What a flight is, as data: one validated model, TOML in and out, nothing left to default silently."""

import math
from operator import not_
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.faults import Fault, check_faults
from sim.fields import (
    Finite,
    Flag,
    Fraction,
    Length,
    Model,
    Name,
    NonNegative,
    Positive,
    Spot,
    Whole,
    is_none,
)
from sim.safety_spec import Safety, check_safety
from sim.sensing.settings import Sensors, check_rates
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import HISTORY_AGES_S, MAX_SPEED
from sim.world_spec import WorldSpec

FORMAT = "scenario/1"


class Start(Model):
    """Where the flight begins, at rest."""

    position_m: Spot
    yaw_rad: Finite


class Limits(Model):
    """Where the drone may be, relative to the ground."""

    altitude_max_m: Length


class Battery(Model):
    """The pack this flight starts with."""

    capacity_wh: Positive
    initial_fraction: Annotated[Finite, Field(gt=0, le=1)]
    reserve_fraction: Annotated[Finite, Field(ge=0, lt=1)]


MAX_GUSTS = 8
"""Discrete gusts a flight may have."""
_REFERENCE_HEIGHT = 10.0  # m, where meteorologists measure wind


def _is_reference(height: float) -> bool:
    return height == _REFERENCE_HEIGHT


MAX_WIND = 60.0
"""m/s along any axis: beyond a hurricane's, in which nothing here stays in the air; also where a flight counts as diverged."""
MAX_TURBULENCE = 20.0
"""m/s; severe turbulence is 7 m/s."""
_WindPart = Annotated[Finite, Field(ge=-MAX_WIND, le=MAX_WIND)]
_Wind = tuple[_WindPart, _WindPart, _WindPart]
Turbulence = Annotated[Finite, Field(ge=0, le=MAX_TURBULENCE)]


class Gust(Model):
    """A discrete gust, up and down again as 1 - cosine."""

    start_s: NonNegative
    duration_s: Positive
    peak_world_m_s: _Wind
    """Added to the wind half-way through."""


class Weather(Model):
    """Steady wind, Dryden turbulence and discrete gusts."""

    wind_world_m_s: _Wind
    """The mean, at `shear_reference_m` above ground where there is shear, else at every height."""
    turbulence_m_s: Turbulence
    """Standard deviation of each component of turbulence."""
    gusts: Annotated[tuple[Gust, ...], Field(max_length=MAX_GUSTS, exclude_if=not_)] = ()
    """These and shear are written only where there is some, so that scenarios without keep their digests."""
    shear_exponent: Annotated[Fraction, Field(exclude_if=not_)] = 0.0
    """Of the power law by which the mean grows with height: 0 none, 1/7 open country, 0.3 woods and suburbs."""
    shear_reference_m: Annotated[Positive, Field(exclude_if=_is_reference)] = _REFERENCE_HEIGHT


class Odometry(Model):
    """Errors of the state estimate, stated outright; `[sensors]` instead makes them of measurements."""

    position_drift: NonNegative
    """Standard deviation of the horizontal drift per square root of metre flown, m."""
    height_std_m: NonNegative
    """Standard deviation of the height, which does not drift: a rangefinder sees the ground."""
    velocity_std_m_s: NonNegative
    attitude_std_rad: NonNegative
    rate_std_rad_s: NonNegative
    correlation_s: Positive
    """Time constant of velocity and attitude errors."""


def _is_one(value: int) -> bool:
    return value == 1


class Camera(Model):
    """The body-fixed RGB-D camera."""

    width_px: Annotated[Whole, Field(ge=32, le=640)]
    height_px: Annotated[Whole, Field(ge=24, le=480)]
    fov_deg: Annotated[Finite, Field(gt=10, lt=150)]
    """Horizontal field of view; pixels are square."""
    tilt_rad: Annotated[Finite, Field(ge=-math.pi / 2, le=math.pi / 2)]
    """Upward tilt of the optical axis against the body's x axis."""
    delay_ticks: Annotated[Whole, Field(ge=0, le=240)]
    disparity_std_px: NonNegative
    """Depth noise: standard deviation of the stereo disparity."""
    baseline_m: Positive
    dropout: Fraction
    """Probability that a pixel returns nothing."""
    color_std: NonNegative
    """Standard deviation of colour noise, of 255."""
    rays_per_pixel: Annotated[Literal[1, 4, 9, 16], Field(exclude_if=_is_one)] = 1
    """The nearest of so many rays is the pixel: more of them see thinner things."""


MIN_PHYSICS_HZ = 100
"""The quickest loops, body rates (22/s) and rotors (25 ms), then get 2.5 ticks or more, and a hull at 12 m/s is looked at for contacts every 12 cm."""
MIN_CONTROL_HZ = 5
"""The youngest entry of the depth history is 0.2 s old: one step."""


class Rates(Model):
    """Frequencies; each divides the one before."""

    physics_hz: Annotated[Whole, Field(gt=0, le=1000)]
    control_hz: Annotated[Whole, Field(gt=0)]
    mission_hz: Annotated[Whole, Field(gt=0)]

    @model_validator(mode="after")
    def _quick_enough(self) -> "Rates":
        if self.physics_hz < MIN_PHYSICS_HZ:
            raise ValueError(
                f"physics_hz = {self.physics_hz}: must be at least {MIN_PHYSICS_HZ}, "
                f"for the autopilot's rate loop and for contacts"
            )
        if self.control_hz < MIN_CONTROL_HZ:
            raise ValueError(
                f"control_hz = {self.control_hz}: must be at least {MIN_CONTROL_HZ}, "
                f"for depth history {HISTORY_AGES_S[0]:g} s old"
            )
        return self

    @model_validator(mode="after")
    def _divide(self) -> "Rates":
        for fast, slow in (("physics_hz", "control_hz"), ("control_hz", "mission_hz")):
            if getattr(self, fast) % getattr(self, slow):
                raise ValueError(
                    f"{fast} = {getattr(self, fast)} is not a multiple of {slow} = {getattr(self, slow)}"
                )
        return self

    @property
    def ticks_per_step(self) -> int:
        return self.physics_hz // self.control_hz


class PublishedRule(Model):
    """How a paper counts crashes, where it differs from ours: by the distance from the drone's centre alone."""

    crash_m: NonNegative
    """Nearer than this to an obstacle, the centre has crashed."""
    ignored_m: NonNegative = 0.0
    """Way flown at the start on which nothing counts."""
    release: Annotated[Finite, Field(ge=1, le=10)] = 1.0
    """A crash is over once the distance exceeds this multiple of `crash_m`; only then another can begin."""


def check_sensing(odometry: Odometry | None, sensors: Sensors | None, rates: Rates) -> None:
    """Raise ValueError unless the estimate comes from exactly one of odometry and sensors that fit the rates."""
    if (odometry is None) == (sensors is None):
        given = "neither is given" if odometry is None else "both are given"
        raise ValueError(f"[odometry] and [sensors]: {given}; the estimate comes from exactly one")
    if sensors is not None:
        check_rates(sensors, rates.physics_hz)


class Scenario(Model):
    """One flight, ready to fly."""

    format: Literal["scenario/1"]
    name: Name
    seed: Annotated[Whole, Field(ge=0)]
    redraws: Annotated[Whole, Field(ge=0)]
    """Draws that were given up before this one because world and task did not fit; 0 for a hand-written scenario."""
    held_out: Annotated[Flag, Field(exclude_if=not_)] = False
    """Training refuses it."""
    vehicle: str
    """A shipped vehicle or a TOML file."""
    speed_limit_m_s: Annotated[Finite, Field(gt=0, le=MAX_SPEED)]
    world: WorldSpec
    start: Start
    task: NavigateTask | AvoidTask | MissionTask = Field(discriminator="kind")
    limits: Limits
    battery: Battery
    weather: Weather
    odometry: Annotated[Odometry | None, Field(exclude_if=not_)] = None
    """This or `sensors`; what is None is not written, since TOML knows no null."""
    sensors: Annotated[Sensors | None, Field(exclude_if=not_)] = None
    camera: Camera
    rates: Rates
    faults: Annotated[tuple[Fault, ...], Field(exclude_if=not_)] = ()
    """Written only where there are some, so that scenarios without keep their digests."""
    safety: Annotated[Safety | None, Field(exclude_if=not_)] = None
    """The safety layer's settings; None for a flight without one."""
    collision_radius_m: Annotated[
        Annotated[Finite, Field(ge=0.01, le=5)] | None, Field(exclude_if=is_none)
    ] = None
    """Radius of the body that collides, where a published rule judges less than the hull; pilots plan with the hull."""

    published_rule: Annotated[PublishedRule | None, Field(exclude_if=is_none)] = None
    """By which a flight gets a second verdict afterwards; it changes nothing in flight."""

    @model_validator(mode="after")
    def _senses_one_way(self) -> "Scenario":
        check_sensing(self.odometry, self.sensors, self.rates)
        check_faults(self.faults, self.sensors, self.rates.physics_hz)
        return self

    @model_validator(mode="after")
    def _safe(self) -> "Scenario":
        check_safety(self.safety, self.limits.altitude_max_m, self.sensors is not None)
        return self

    @model_validator(mode="after")
    def _panels_exist(self) -> "Scenario":
        if isinstance(self.task, MissionTask):
            for index, site in enumerate(self.task.sites):
                if site.panel is not None and site.panel >= len(self.world.panels):
                    raise ValueError(
                        f"task.sites.{index}.panel = {site.panel}: the world has {len(self.world.panels)} panels"
                    )
        return self
