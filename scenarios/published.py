"""Recipes of worlds and tasks that papers published, with the parameters of the papers' own code.

DodgeDrone (ICRA 2022): uzh-rpg/agile_flight, envsim/generate_environment/obstacle_config.yaml and
obstacle_generator.py. AvoidBench: tudelft/AvoidBench, avoid_manage/params/task_outdoor.yaml and
src/avoid_manage.cpp. The forest of agile_autonomy (data_generation/agile_autonomy/src/flightmare_bridge.cpp) is a
Poisson forest like ours and needs no recipe of its own.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from scenarios.intervals import ordered
from sim.fields import Finite, Flag, Model, NonNegative, Point, Positive
from sim.mover_spec import MAX_MOVER_SPEED
from sim.task_spec import Finish

_MAX_SPHERES = 1000
"""More of the camera's and Bullet's triangles than a world may have."""

Span = Annotated[tuple[Finite, Finite], AfterValidator(ordered)]
Sizes = Annotated[tuple[Positive, Positive], AfterValidator(ordered)]


class SphereGroup(Model):
    """Spheres of one kind over a part of the field; how many follows from its area, none is left to chance."""

    x_m: Span
    """The part of the field along x."""
    density_per_m2: Annotated[Finite, Field(gt=0, le=1)]
    diameter_m: Sizes
    speed_m_s: Annotated[Finite, Field(ge=0, le=MAX_MOVER_SPEED / 2)] = 0.0
    """Each component of the velocity at the start is drawn up to this; 0 for spheres that stand still."""
    acceleration_m_s2: NonNegative = 0.0
    """Of a random acceleration, drawn anew every 0.05 s; 0 for a constant velocity."""

    @model_validator(mode="after")
    def _accelerates_from_a_speed(self) -> "SphereGroup":
        if self.acceleration_m_s2 > 0 and self.speed_m_s == 0:
            raise ValueError(
                f"acceleration_m_s2 = {self.acceleration_m_s2}: needs speed_m_s above 0, its limit"
            )
        return self


class SphereFieldRecipe(Model):
    """Spheres anywhere in a box of air, except in boxes that are kept clear."""

    kind: Literal["sphere_field"]
    flown_m: tuple[tuple[Finite, Finite], tuple[Finite, Finite]]
    """Lowest and highest x, y of where flying is allowed."""
    field_y_m: Span
    field_z_m: Span
    """Heights of the spheres' centres."""
    keep_clear_m: tuple[tuple[Point, Point], ...]
    """Lowest and highest corners of boxes that no centre lies in at the start; spheres drawn there are left out."""
    groups: Annotated[tuple[SphereGroup, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_into_memory(self) -> "SphereFieldRecipe":
        width = self.field_y_m[1] - self.field_y_m[0]
        count = sum(width * (g.x_m[1] - g.x_m[0]) * g.density_per_m2 for g in self.groups)
        if count > _MAX_SPHERES:
            raise ValueError(f"groups: {count:.0f} spheres: at most {_MAX_SPHERES}")
        return self


class DiscForestRecipe(Model):
    """Trunks nowhere nearer to each other than a radius that is drawn for every world, and as dense as that allows."""

    kind: Literal["disc_forest"]
    size_m: Annotated[Finite, Field(gt=0, le=100)]
    """Side of the square that is flown across."""
    spacing_m: Annotated[
        tuple[Annotated[Finite, Field(ge=1)], Annotated[Finite, Field(ge=1)]],
        AfterValidator(ordered),
    ]
    """The radius of the Poisson discs."""
    radius_m: Sizes
    """Of the trunks."""
    height_m: Sizes


class LineRecipe(Model):
    """From one fixed point to another."""

    kind: Literal["line"]
    start_m: tuple[Finite, Finite]
    goal_m: tuple[Finite, Finite]
    any_height: Flag
    """Whether obstacles are flown over and under as well as around."""
    finish: Finish


class EdgesRecipe(Model):
    """From a strip along one edge of the world's square to the opposite strip."""

    kind: Literal["edges"]
    strip_m: Positive
    """Depth of the strips."""
    corner_m: NonNegative
    """What starts and goals keep from the square's corners along the edge."""
    goal_height_m: Sizes
    finish: Finish
