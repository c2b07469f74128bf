"""Recipes of tasks: what a family states about start, goal, course, sites, and what is put in the way of them."""

from operator import not_
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from scenarios.intervals import AngleInterval, Density, PositiveInterval, ordered
from scenarios.published import EdgesRecipe, LineRecipe
from sim.fields import Finite, Fraction, Model, NonNegative, Positive, Whole
from sim.mover_spec import MAX_MOVER_SPEED
from sim.rules import PANEL_SIDE
from sim.types import MAX_TOKENS

MIN_SITE_CLEARANCE = 2.2
"""m around viewpoints: the last 1.8 m to them are flown straight, whatever the estimate's drift."""


def _roomy(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] < MIN_SITE_CLEARANCE:
        raise ValueError(
            f"{list(bounds)}: viewpoints need at least {MIN_SITE_CLEARANCE} m around them"
        )
    return ordered(bounds)


def _is_usual_side(side: float) -> bool:
    return side == PANEL_SIDE


_MoverSize = Annotated[Finite, Field(ge=0.02, le=20)]
MoverSizes = Annotated[tuple[_MoverSize, _MoverSize], AfterValidator(ordered)]
_MoverSpeed = Annotated[Finite, Field(ge=0.1, le=MAX_MOVER_SPEED)]
MoverSpeeds = Annotated[tuple[_MoverSpeed, _MoverSpeed], AfterValidator(ordered)]


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


class DeadEndRecipe(Model):
    """Pockets across the straight way from start to goal: two sides and a back, open towards the start."""

    count: Annotated[Whole, Field(ge=1, le=4)]
    """One behind the other, evenly spread over the way."""
    depth_m: PositiveInterval
    """From the mouth to the back."""
    width_m: PositiveInterval
    """Inside."""


class CrossingRecipe(Model):
    """People on paths across the course, each timed to be on it when a drone at speed is."""

    count: Annotated[Whole, Field(ge=1, le=8)]
    """Evenly spread over the course."""
    speed_m_s: MoverSpeeds
    radius_m: MoverSizes
    visible_s: Annotated[Positive | None, Field(exclude_if=lambda v: v is None)] = None
    """How long before they reach the course they step out from behind a screen; left out, there are no screens."""


class NavigateRecipe(Model):
    """A goal some way off."""

    kind: Literal["navigate"]
    distance_m: PositiveInterval
    """Straight distance from start to goal."""
    clearing_m: Annotated[NonNegative, Field(exclude_if=not_)] = 0.0
    """Around start and goal, which are then drawn anywhere; 0 draws them where there is room."""
    dead_ends: Annotated[DeadEndRecipe | None, Field(exclude_if=not_)] = None
    """What stands where they are put is cleared away."""


_MAX_DETOUR = 1.06


class AvoidRecipe(Model):
    """A course to keep."""

    kind: Literal["avoid"]
    distance_m: Positive
    min_speed_fraction: Annotated[Finite, Field(gt=0, le=1)]
    clearing_m: Annotated[NonNegative, Field(exclude_if=not_)] = 0.0
    """Around both ends of the course, as in navigation."""
    max_detour: Annotated[Finite, Field(ge=1, le=2, exclude_if=lambda d: d == _MAX_DETOUR)] = (
        _MAX_DETOUR
    )
    """Largest ratio of the free way to the straight one along a course: keeping a course is not finding a way."""
    course_rad: Annotated[AngleInterval | None, Field(exclude_if=lambda c: c is None)] = None
    """Directions that courses are drawn from; left out, all."""
    crossings: Annotated[CrossingRecipe | None, Field(exclude_if=not_)] = None
    """Their paths, and the places of their screens, are cleared of what stands there."""


class MissionRecipe(Model):
    """Panels to inspect on one battery."""

    kind: Literal["mission"]
    sites: Annotated[Whole, Field(ge=1, le=MAX_TOKENS - 1)]
    mandatory: Annotated[Whole, Field(ge=0)]
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
    max_detour: Annotated[Finite, Field(ge=1)]
    """Largest ratio of the free way to the straight one between any two stops: 1.3 keeps a mission out of courtyards."""
    energy_fraction: Annotated[Finite, Field(gt=0, le=2)]
    """Energy above the reserve, as a share of what the whole tour would take."""
    detour_factor: Annotated[Finite, Field(ge=1)]
    """Fitted ratio of flown to straight distance in this family."""
    panel_side_m: Annotated[Finite, Field(ge=0.5, le=4, exclude_if=_is_usual_side)] = PANEL_SIDE
    """Of the panels; their patterns are read from within about three sides: 6 m with the usual 2 m."""

    @model_validator(mode="after")
    def _mandatory_among_sites(self) -> "MissionRecipe":
        if self.mandatory > self.sites:
            raise ValueError(f"mandatory = {self.mandatory}: there are only {self.sites} sites")
        return self


TaskRecipe = Annotated[
    NavigateRecipe | AvoidRecipe | MissionRecipe | LineRecipe | EdgesRecipe,
    Field(discriminator="kind"),
]
