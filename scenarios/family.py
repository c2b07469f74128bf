"""A family of scenarios: what a library entry is, a recipe from which every seed draws one flight."""

from operator import not_
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.intervals import WindInterval
from scenarios.task_recipes import MoverRecipe, TaskRecipe
from scenarios.world_recipes import WorldRecipe
from sim.faults import Fault, check_faults
from sim.fields import Finite, Flag, Fraction, Model, Positive
from sim.scenario import (
    MAX_GUSTS,
    Camera,
    Gust,
    Odometry,
    PublishedRule,
    Rates,
    Turbulence,
    check_sensing,
)
from sim.sensing.settings import Sensors
from sim.types import MAX_SPEED


class AltitudeRecipe(Model):
    """Heights above ground."""

    flight_m: Positive
    max_m: Positive

    @model_validator(mode="after")
    def _below_the_limit(self) -> "AltitudeRecipe":
        if self.flight_m >= self.max_m:
            raise ValueError(f"flight_m = {self.flight_m}: must be below max_m = {self.max_m}")
        return self


class BatteryRecipe(Model):
    """The pack; missions compute their own capacity from the energy of the tour."""

    capacity_wh: Positive
    reserve_fraction: Annotated[Finite, Field(ge=0, lt=1)]


class WeatherRecipe(Model):
    """Wind of a random direction; gusts and shear as in a scenario's weather."""

    wind_m_s: WindInterval
    turbulence_m_s: Turbulence
    gusts: Annotated[tuple[Gust, ...], Field(max_length=MAX_GUSTS)] = ()
    shear_exponent: Fraction = 0.0
    shear_reference_m: Positive = 10.0


class Family(Model):
    """A library entry."""

    format: Literal["family/1"]
    description: str
    held_out: Annotated[Flag, Field(exclude_if=not_)] = False
    """Kept for testing what was learned elsewhere: training refuses its flights, as it does those in real places."""
    vehicle: str
    speed_limit_m_s: Annotated[Finite, Field(gt=0, le=MAX_SPEED)]
    world: WorldRecipe
    task: TaskRecipe
    movers: Annotated[tuple[MoverRecipe, ...], Field(exclude_if=not_)] = ()
    """Moving obstacles, none unless asked for."""
    altitude: AltitudeRecipe
    battery: BatteryRecipe
    weather: WeatherRecipe
    odometry: Annotated[Odometry | None, Field(exclude_if=not_)] = None
    """This or `sensors`."""
    sensors: Annotated[Sensors | None, Field(exclude_if=not_)] = None
    camera: Camera
    rates: Rates
    faults: Annotated[tuple[Fault, ...], Field(exclude_if=not_)] = ()
    """Of every flight."""
    collision_radius_m: Annotated[Positive | None, Field(exclude_if=not_)] = None
    """Of the body that collides, where a published rule judges less than the hull; see `Scenario`."""
    published_rule: Annotated[PublishedRule | None, Field(exclude_if=not_)] = None
    """Of the second verdict."""

    @model_validator(mode="after")
    def _senses_one_way(self) -> "Family":
        check_sensing(self.odometry, self.sensors, self.rates)
        check_faults(self.faults, self.sensors, self.rates.physics_hz)
        return self
