"""A family of scenarios: what a library entry is, a recipe from which every seed draws one flight."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sim.scenario import Camera, Fraction, Model, NonNegative, Odometry, Positive, Rates
from sim.types import MAX_SPEED, MAX_TOKENS


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError(f"{list(bounds)}: the first number must not exceed the second")
    return bounds


Interval = Annotated[tuple[NonNegative, NonNegative], AfterValidator(_ordered)]
"""Drawn uniformly between the two numbers."""


class ForestRecipe(Model):
    """Trunks at random places, as many as a Poisson process of the density sets down."""

    kind: Literal["forest"]
    length_m: Positive
    """Along x."""
    width_m: Positive
    """Along y."""
    density_per_m2: NonNegative
    radius_m: Interval
    height_m: Interval


class BlocksRecipe(Model):
    """Rows of low houses with yards, walls and lanes between them."""

    kind: Literal["blocks"]
    length_m: Positive
    width_m: Positive
    street_m: Interval
    """Free width between rows."""
    house_m: Interval
    """Length and depth of a house."""
    gap_m: Interval
    """Free width between neighbouring houses of a row; below 0.8 m they touch."""
    height_m: Interval
    clutter_per_m2: NonNegative
    """Walls, sheds and poles in the free space."""


class PlaceRecipe(Model):
    """A window of a real place."""

    kind: Literal["place"]
    place: str
    """A shipped place (longleaf, delft) or a file."""
    window_m: tuple[Positive, Positive]
    """Size of the part that is flown in, drawn anywhere inside the region."""
    region_m: tuple[NonNegative, NonNegative, Positive, Positive]
    """Lowest x, y and highest x, y of the region windows are drawn from."""


class NavigateRecipe(Model):
    """A goal some way off."""

    kind: Literal["navigate"]
    distance_m: Interval
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
    prize: Interval
    """Whole numbers are drawn between the two."""
    spacing_m: Positive
    """Least distance between viewpoints."""
    reach_m: Positive
    """Largest distance of a viewpoint from home."""
    clearance_m: Interval
    """Distance of viewpoints from the nearest obstacle; 4 is as far as is looked, so [2.2, 4.0] means anywhere roomy.

    Not less than 2.2: the last 1.8 m to a viewpoint are flown straight, whatever the estimate's drift.
    """
    energy_fraction: Annotated[float, Field(gt=0, le=2)]
    """Energy above the reserve, as a share of what the whole tour would take."""
    detour_factor: Annotated[float, Field(ge=1)]
    """Fitted ratio of flown to straight distance in this family."""


class AltitudeRecipe(Model):
    """Heights above ground."""

    flight_m: Positive
    max_m: Positive


class BatteryRecipe(Model):
    """The pack; missions compute their own capacity from the energy of the tour."""

    capacity_wh: Positive
    reserve_fraction: Annotated[float, Field(ge=0, lt=1)]


class WeatherRecipe(Model):
    """Wind of a random direction."""

    wind_m_s: Interval
    turbulence_m_s: NonNegative


class Family(Model):
    """A library entry."""

    format: Literal["family/1"]
    description: str
    vehicle: str
    speed_limit_m_s: Annotated[float, Field(gt=0, le=MAX_SPEED)]
    world: ForestRecipe | BlocksRecipe | PlaceRecipe = Field(discriminator="kind")
    task: NavigateRecipe | AvoidRecipe | MissionRecipe = Field(discriminator="kind")
    altitude: AltitudeRecipe
    battery: BatteryRecipe
    weather: WeatherRecipe
    odometry: Odometry
    camera: Camera
    rates: Rates
