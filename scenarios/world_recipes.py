"""Recipes of worlds: what a family states about the places its flights are drawn in."""

from operator import not_
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from scenarios.intervals import (
    AngleInterval,
    CountInterval,
    Density,
    Extent,
    Interval,
    PositiveInterval,
    SizeInterval,
    check_count,
    ordered,
)
from scenarios.published import DiscForestRecipe, SphereFieldRecipe
from sim.fields import Finite, Fraction, Model, Whole
from sim.world.place_options import PlaceOptions

_Share = Annotated[Finite, Field(gt=0, le=1)]


class BranchRecipe(Model):
    """Thin branches that leave the trunks."""

    per_trunk: CountInterval
    radius_m: PositiveInterval
    """Where they leave; their tips have the lower of the two."""
    length_m: PositiveInterval
    height_m: Interval
    """Above ground, where they leave."""
    rise_rad: AngleInterval
    """Above the horizontal."""


class GladeRecipe(Model):
    """Round places without trees."""

    per_m2: Density
    """Their number is Poisson-distributed."""
    radius_m: PositiveInterval


class ForestRecipe(Model):
    """Trunks at random places, as many as a Poisson process of the density sets down."""

    kind: Literal["forest"]
    length_m: Extent
    """Along x."""
    width_m: Extent
    """Along y."""
    density_per_m2: Density
    """Outside glades."""
    radius_m: PositiveInterval
    """At the foot."""
    height_m: PositiveInterval
    taper: Annotated[
        tuple[_Share, _Share] | None,
        AfterValidator(lambda t: t and ordered(t)),
        Field(exclude_if=lambda t: t is None),
    ] = None
    """Radius at the top as a share of the foot's; left out, trunks are cylinders."""
    branches: Annotated[BranchRecipe | None, Field(exclude_if=lambda b: b is None)] = None
    glades: Annotated[GladeRecipe | None, Field(exclude_if=lambda g: g is None)] = None

    @model_validator(mode="after")
    def _fits_into_memory(self) -> "ForestRecipe":
        branches = self.branches.per_trunk[1] if self.branches else 0
        check_count((1 + branches) * self.density_per_m2, self.length_m, self.width_m)
        return self


class BlocksRecipe(Model):
    """Rows of low houses with yards, walls and lanes between them."""

    kind: Literal["blocks"]
    length_m: Extent
    width_m: Extent
    street_m: PositiveInterval
    """Free width between rows."""
    house_m: SizeInterval
    """Length and depth of a house."""
    gap_m: Interval
    """Free width between neighbouring houses of a row; below 0.8 m they touch."""
    height_m: PositiveInterval
    clutter_per_m2: Density
    """Walls, sheds and poles in the free space."""

    @model_validator(mode="after")
    def _fits_into_memory(self) -> "BlocksRecipe":
        check_count(self.clutter_per_m2, self.length_m, self.width_m)
        return self


class TownRecipe(Model):
    """Closed blocks of terraced houses around yards, streets between them, turned by any angle as a whole."""

    kind: Literal["town"]
    length_m: Extent
    width_m: Extent
    street_m: SizeInterval
    """Free width between blocks."""
    block_m: SizeInterval
    """Sides of a block."""
    house_m: SizeInterval
    """Front of a house."""
    depth_m: SizeInterval
    """Of the houses of a block, from front to back."""
    step_m: Annotated[Finite, Field(ge=0, le=5)]
    """How far a front may stand back from its neighbour's."""
    passage_share: Annotated[Finite, Field(ge=0, le=0.9)]
    """Of the houses of a terrace, left out for a way into the yard."""
    passage_m: SizeInterval
    """Width of that way."""
    yard_per_m2: Density
    """Garden walls and sheds."""
    poles_per_m2: Density
    """Lamp posts and trees, anywhere."""
    height_m: PositiveInterval

    @model_validator(mode="after")
    def _fits_into_memory(self) -> "TownRecipe":
        check_count(self.yard_per_m2 + self.poles_per_m2, self.length_m, self.width_m)
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


class ClutterRecipe(Model):
    """Things of every shape at random places: some stand, some hang in the air, and poles lean."""

    kind: Literal["clutter"]
    length_m: Extent
    width_m: Extent
    spheres_per_m2: Density
    boxes_per_m2: Density
    columns_per_m2: Density
    """Upright, from the ground."""
    poles_per_m2: Density
    """Leaning, from the ground."""
    radius_m: PositiveInterval
    """Of spheres and columns; half a side of boxes, each side drawn anew."""
    pole_radius_m: PositiveInterval
    lean_rad: Annotated[
        tuple[Annotated[Finite, Field(ge=0, le=1.2)], Annotated[Finite, Field(ge=0, le=1.2)]],
        AfterValidator(ordered),
    ]
    """Of poles, from the vertical."""
    hanging_share: Fraction
    """Of spheres and boxes; their centres hang at any height, the others lie on the ground."""

    @model_validator(mode="after")
    def _fits_into_memory(self) -> "ClutterRecipe":
        density = self.spheres_per_m2 + self.boxes_per_m2 + self.columns_per_m2 + self.poles_per_m2
        check_count(density, self.length_m, self.width_m)
        return self


class MazeRecipe(Model):
    """Corridors between walls; every dead end is about as deep as stated, any other has been opened."""

    kind: Literal["maze"]
    cells: tuple[Annotated[Whole, Field(ge=2, le=60)], Annotated[Whole, Field(ge=2, le=60)]]
    """Along x and y."""
    cell_m: Annotated[Finite, Field(ge=2, le=30)]
    """From the middle of a corridor to that of the next one."""
    wall_m: Annotated[Finite, Field(ge=0.05, le=1)]
    """Thickness."""
    height_m: PositiveInterval
    """Of the walls, all alike."""
    dead_end_m: PositiveInterval
    """From a dead end's last cell to the first place with another way on."""
    open_share: Fraction
    """Of the walls between cells that a tree of corridors leaves standing: taken down, for other ways round."""
    halls: Annotated[Whole, Field(ge=0)]
    """Straight corridors through the middle rows, along x from end to end."""

    @model_validator(mode="after")
    def _halls_fit(self) -> "MazeRecipe":
        if self.halls > self.cells[1]:
            raise ValueError(f"halls = {self.halls}: there are only {self.cells[1]} rows of cells")
        return self


class WarehouseRecipe(Model):
    """Racks along x with goods on two levels, aisles between them, cross aisles, pallets and building columns."""

    kind: Literal["warehouse"]
    length_m: Extent
    width_m: Extent
    aisle_m: SizeInterval
    cross_aisle_m: SizeInterval
    bays: Annotated[
        tuple[Annotated[Whole, Field(ge=1, le=50)], Annotated[Whole, Field(ge=1, le=50)]],
        AfterValidator(ordered),
    ]
    """Bays of 2.7 m between cross aisles."""
    fill: Fraction
    """Of the racks' places."""
    pallets_per_m2: Density
    """On the floor, by the racks."""
    column_spacing_m: SizeInterval
    """Building columns, in line with the racks' faces."""

    @model_validator(mode="after")
    def _fits_into_memory(self) -> "WarehouseRecipe":
        check_count(self.pallets_per_m2, self.length_m, self.width_m)
        return self


class WindowsRecipe(Model):
    """Walls across the way, one after the other, with openings to fly through."""

    kind: Literal["windows"]
    length_m: Extent
    width_m: Extent
    spacing_m: SizeInterval
    """From wall to wall."""
    wall_m: Annotated[Finite, Field(ge=0.05, le=1)]
    """Thickness."""
    height_m: PositiveInterval
    pier_m: SizeInterval
    """Wall between two openings."""
    opening_m: SizeInterval
    """Width."""
    sill_m: Interval
    """Lower edge of openings."""
    lintel_m: PositiveInterval
    """Upper edge."""

    @model_validator(mode="after")
    def _edges_in_order(self) -> "WindowsRecipe":
        if not self.sill_m[1] < self.lintel_m[0] or not self.lintel_m[1] < self.height_m[0]:
            raise ValueError(
                f"sill_m = {list(self.sill_m)}, lintel_m = {list(self.lintel_m)}, height_m = {list(self.height_m)}: "
                "sills lie below lintels, and these below the walls' tops"
            )
        return self

    @model_validator(mode="after")
    def _has_openings(self) -> "WindowsRecipe":
        least = self.pier_m[1] + self.opening_m[1] + 2.0
        if self.width_m < least:
            raise ValueError(
                f"width_m = {self.width_m}: below {least} m a wall may come without an opening"
            )
        return self


WorldRecipe = Annotated[
    ForestRecipe
    | BlocksRecipe
    | TownRecipe
    | PlaceRecipe
    | ClutterRecipe
    | MazeRecipe
    | WarehouseRecipe
    | WindowsRecipe
    | SphereFieldRecipe
    | DiscForestRecipe,
    Field(discriminator="kind"),
]
