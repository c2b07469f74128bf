"""A family of scenarios: what a library entry is, a recipe from which every seed draws one flight."""

from operator import not_
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from sim.faults import Fault, check_faults
from sim.mover_spec import MAX_MOVER_SPEED
from sim.scenario import (
    MAX_GUSTS,
    Camera,
    Finite,
    Fraction,
    Gust,
    Model,
    NonNegative,
    Odometry,
    Positive,
    Rates,
    check_sensing,
)
from sim.sensing.settings import Sensors
from sim.types import MAX_SPEED, MAX_TOKENS
from sim.world.place_options import PlaceOptions


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError(f"{list(bounds)}: the first number must not exceed the second")
    return bounds


Interval = Annotated[tuple[NonNegative, NonNegative], AfterValidator(_ordered)]
"""Drawn uniformly between the two numbers."""
PositiveInterval = Annotated[tuple[Positive, Positive], AfterValidator(_ordered)]
MAX_DENSITY = 1.0
"""Trunks or clutter per m2; beyond it no hull fits between."""
MIN_SITE_CLEARANCE = 2.2
"""m around viewpoints: the last 1.8 m to them are flown straight, whatever the estimate's drift."""


def _roomy(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] < MIN_SITE_CLEARANCE:
        raise ValueError(
            f"{list(bounds)}: viewpoints need at least {MIN_SITE_CLEARANCE} m around them"
        )
    return _ordered(bounds)


Density = Annotated[float, Field(ge=0, le=MAX_DENSITY, allow_inf_nan=False)]
Extent = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
"""m; a kilometre is more than one battery flies, and fields of it still fit into memory."""
HouseInterval = Annotated[
    tuple[Annotated[float, Field(ge=1, le=100)], Annotated[float, Field(ge=1, le=100)]],
    AfterValidator(_ordered),
]
MoverSizes = Annotated[
    tuple[Annotated[float, Field(ge=0.02, le=20)], Annotated[float, Field(ge=0.02, le=20)]],
    AfterValidator(_ordered),
]
MoverSpeeds = Annotated[
    tuple[
        Annotated[float, Field(ge=0.1, le=MAX_MOVER_SPEED)],
        Annotated[float, Field(ge=0.1, le=MAX_MOVER_SPEED)],
    ],
    AfterValidator(_ordered),
]
_MAX_OBSTACLES = 10_000
"""Far more than Bullet takes: only keeps a mistyped density from filling the memory."""


def _check_count(density_per_m2: float, length_m: float, width_m: float) -> None:
    expected = density_per_m2 * length_m * width_m
    if expected > _MAX_OBSTACLES:
        raise ValueError(
            f"{density_per_m2} per m2 on {length_m} x {width_m} m are {expected:.0f} obstacles: at most {_MAX_OBSTACLES}"
        )


class ForestRecipe(Model):
    """Trunks at random places, as many as a Poisson process of the density sets down."""

    kind: Literal["forest"]
    length_m: Extent
    """Along x."""
    width_m: Extent
    """Along y."""
    density_per_m2: Density
    radius_m: PositiveInterval
    height_m: PositiveInterval

    @model_validator(mode="after")
    def _fits_into_memory(self) -> "ForestRecipe":
        _check_count(self.density_per_m2, self.length_m, self.width_m)
        return self


class BlocksRecipe(Model):
    """Rows of low houses with yards, walls and lanes between them."""

    kind: Literal["blocks"]
    length_m: Extent
    width_m: Extent
    street_m: PositiveInterval
    """Free width between rows."""
    house_m: HouseInterval
    """Length and depth of a house."""
    gap_m: Interval
    """Free width between neighbouring houses of a row; below 0.8 m they touch."""
    height_m: PositiveInterval
    clutter_per_m2: Density
    """Walls, sheds and poles in the free space."""

    @model_validator(mode="after")
    def _fits_into_memory(self) -> "BlocksRecipe":
        _check_count(self.clutter_per_m2, self.length_m, self.width_m)
        return self


class PlaceRecipe(Model):
    """A window of a real place."""

    kind: Literal["place"]
    place: str
    """A shipped place (longleaf, delft) or a file."""
    window_m: tuple[Extent, Extent]
    """Size of the part that is flown in, drawn anywhere inside the region."""
    region_m: tuple[Finite, Finite, Finite, Finite]
    """Lowest x, y and highest x, y of the region windows are drawn from."""
    place_options: Annotated[PlaceOptions | None, Field(exclude_if=not_)] = None
    """How the file is to be read."""

    @model_validator(mode="after")
    def _window_fits(self) -> "PlaceRecipe":
        left, bottom, right, top = self.region_m
        if right <= left or top <= bottom:
            raise ValueError(
                f"region_m = {list(self.region_m)}: the highest corner must lie above the lowest in x and y"
            )
        if self.window_m[0] > right - left or self.window_m[1] > top - bottom:
            raise ValueError(
                f"window_m = {list(self.window_m)}: larger than the region of {right - left} x {top - bottom} m"
            )
        return self


class MoverRecipe(Model):
    """Things that move about the world, at one height each, through whatever stands there."""

    movers_per_m2: Density
    """Of the world's area; their number is Poisson-distributed."""
    shape: Literal["sphere", "cylinder", "box"]
    """Cylinders stand on the ground and reach up to the altitude limit; cubes and spheres fly at any height below it."""
    radius_m: MoverSizes
    """Half the side of a cube."""
    speed_m_s: MoverSpeeds
    """The greatest speed of a random acceleration, else the constant one."""
    motion: Literal["constant_velocity", "bounce", "wrap", "random_acceleration", "waypoints"]
    """All but the first stay within the world's bounds."""


class NavigateRecipe(Model):
    """A goal some way off."""

    kind: Literal["navigate"]
    distance_m: PositiveInterval
    """Straight distance from start to goal."""


class AvoidRecipe(Model):
    """A course to keep."""

    kind: Literal["avoid"]
    distance_m: Positive
    min_speed_fraction: Fraction


class MissionRecipe(Model):
    """Panels to inspect on one battery."""

    kind: Literal["mission"]
    sites: Annotated[int, Field(ge=1, le=MAX_TOKENS - 1)]
    mandatory: Annotated[int, Field(ge=0)]
    """How many of them must be served; these are never blocked."""
    faulty_share: Fraction
    blocked_share: Fraction
    prize: PositiveInterval
    """Whole numbers are drawn between the two."""
    spacing_m: Positive
    """Least distance between viewpoints."""
    reach_m: Positive
    """Largest distance of a viewpoint from home."""
    clearance_m: Annotated[tuple[Positive, Positive], AfterValidator(_roomy)]
    """Distance of viewpoints from the nearest obstacle; 4 is as far as is looked, so [2.2, 4.0] means anywhere roomy."""
    max_detour: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    """Largest ratio of the free way to the straight one between any two stops: 1.3 keeps a mission out of courtyards."""
    energy_fraction: Annotated[float, Field(gt=0, le=2)]
    """Energy above the reserve, as a share of what the whole tour would take."""
    detour_factor: Annotated[float, Field(ge=1)]
    """Fitted ratio of flown to straight distance in this family."""

    @model_validator(mode="after")
    def _mandatory_among_sites(self) -> "MissionRecipe":
        if self.mandatory > self.sites:
            raise ValueError(f"mandatory = {self.mandatory}: there are only {self.sites} sites")
        return self


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
    reserve_fraction: Annotated[float, Field(ge=0, lt=1)]


class WeatherRecipe(Model):
    """Wind of a random direction; gusts and shear as in a scenario's weather."""

    wind_m_s: Interval
    turbulence_m_s: NonNegative
    gusts: Annotated[tuple[Gust, ...], Field(max_length=MAX_GUSTS)] = ()
    shear_exponent: Fraction = 0.0
    shear_reference_m: Positive = 10.0


class Family(Model):
    """A library entry."""

    format: Literal["family/1"]
    description: str
    vehicle: str
    speed_limit_m_s: Annotated[float, Field(gt=0, le=MAX_SPEED)]
    world: ForestRecipe | BlocksRecipe | PlaceRecipe = Field(discriminator="kind")
    task: NavigateRecipe | AvoidRecipe | MissionRecipe = Field(discriminator="kind")
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

    @model_validator(mode="after")
    def _senses_one_way(self) -> "Family":
        check_sensing(self.odometry, self.sensors, self.rates)
        check_faults(self.faults, self.sensors, self.rates.physics_hz)
        return self
