"""The world of a flight, as data: bounds, a place, and what stands, moves and is to be inspected in it."""

import math
from operator import not_
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from sim.fields import MAX_EXTENT, Class, Color, Finite, Flag, Length, Model, Spot
from sim.mover_spec import MAX_MOVERS, MoverSpec
from sim.rules import PANEL_SIDE
from sim.world.place_options import PlaceOptions


class CylinderSpec(Model):
    """A vertical cylinder."""

    base_m: Spot
    radius_m: Length
    height_m: Length
    semantic: Class
    color: Color


class BoxSpec(Model):
    """A box turned about z."""

    center_m: Spot
    size_m: tuple[Length, Length, Length]
    yaw_rad: Finite
    semantic: Class
    color: Color


class SphereSpec(Model):
    """A sphere."""

    center_m: Spot
    radius_m: Length
    semantic: Class
    color: Color


class LimbSpec(Model):
    """A truncated cone between two points: a tapering trunk, a branch."""

    start_m: Spot
    """Centre of the first disc."""
    end_m: Spot
    """Centre of the last disc."""
    start_radius_m: Length
    end_radius_m: Length
    semantic: Class
    color: Color

    @model_validator(mode="after")
    def _has_a_length(self) -> "LimbSpec":
        if math.dist(self.start_m, self.end_m) < _MIN_LIMB:
            raise ValueError(
                f"start_m = {list(self.start_m)}, end_m = {list(self.end_m)}: "
                f"a limb is at least {_MIN_LIMB:g} m long"
            )
        return self


_MIN_LIMB = 0.01  # m


def _check_cells(cells: str) -> str:
    if len(cells) != 16 or set(cells) - set("bwo"):
        raise ValueError(
            f"{cells!r}: a panel has 16 cells, row by row from the top, of b (blue), w (white), o (orange)"
        )
    return cells


def _is_usual_side(side: float) -> bool:
    return side == PANEL_SIDE


class PanelSpec(Model):
    """A square inspection panel of 4 x 4 cells; a 2 x 2 block of orange cells is a fault, anything else is not."""

    center_m: Spot
    yaw_rad: Finite
    """Direction the panel's face looks to."""
    cells: Annotated[str, AfterValidator(_check_cells)]
    covered: Flag
    """Hidden behind a tarpaulin: the site turns out blocked."""
    side_m: Annotated[Finite, Field(ge=0.2, le=10, exclude_if=_is_usual_side)] = PANEL_SIDE
    """Its pattern fills it, so a smaller one is read from nearer: `sim.rules.READING_SIDES`. 2 m is not written."""

    @property
    def faulty(self) -> bool:
        return any(
            all(self.cells[4 * (row + dr) + column + dc] == "o" for dr in (0, 1) for dc in (0, 1))
            for row in range(3)
            for column in range(3)
        )


class WorldSpec(Model):
    """Bounds, a place to load, and what else stands in it."""

    low_m: Spot
    high_m: Spot
    place: str
    """A shipped place (longleaf, delft), a file (CityJSON, tree inventory, mesh), or empty for none."""
    crop_m: tuple[Finite, Finite, Finite, Finite]
    """x, y of the lowest and highest corner of the part of the place that is loaded; its lowest corner becomes the origin. All 0 without a place."""
    place_options: Annotated[PlaceOptions | None, Field(exclude_if=not_)] = None
    """How the file is to be read, where it does not say or says it wrongly."""
    cylinders: tuple[CylinderSpec, ...] = ()
    boxes: tuple[BoxSpec, ...] = ()
    spheres: tuple[SphereSpec, ...] = ()
    panels: tuple[PanelSpec, ...] = ()
    limbs: Annotated[tuple[LimbSpec, ...], Field(exclude_if=not_)] = ()
    """These and movers are written only where there are some, so that worlds without keep their digests."""
    movers: Annotated[tuple[MoverSpec, ...], Field(max_length=MAX_MOVERS, exclude_if=not_)] = ()
    """What moves."""

    @model_validator(mode="after")
    def _crops_a_place(self) -> "WorldSpec":
        if not self.place and any(self.crop_m):
            raise ValueError(
                f"crop_m = {list(self.crop_m)}: there is no place to crop; write [0.0, 0.0, 0.0, 0.0]"
            )
        return self

    @model_validator(mode="after")
    def _has_a_size(self) -> "WorldSpec":
        for axis, low, high in zip("xyz", self.low_m, self.high_m, strict=True):
            if not low < high <= low + MAX_EXTENT:
                raise ValueError(
                    f"low_m = {list(self.low_m)}, high_m = {list(self.high_m)}: along {axis} the world must be "
                    f"larger than 0 and at most {MAX_EXTENT:g} m"
                )
        return self
