"""Warehouses: rows of racks along x with goods on two levels, cross aisles, pallets by the racks, building columns."""

import numpy as np

from scenarios.generate.shapes import Pair, pick, point, rounded, upright_box, world_of
from scenarios.world_recipes import WarehouseRecipe
from sim.world_spec import BoxSpec, CylinderSpec, WorldSpec

_BAY, _DEPTH = 2.7, 1.1
"""m, of a rack's bay: three pallets of 0.8 x 1.2 m side by side."""
_SHELF = 1.75
"""m, height of the first shelf; goods stand below and on it."""
_POST = 0.06
_COLUMN = 0.2
_COLUMN_GAP = 0.15
"""m between a rack's face and a building column, which narrows the aisle."""
_PALLET = (1.2, 0.8)
_EDGE = 1.0
"""m of world beyond the hall's walls."""
_STEEL, _CONCRETE, _HALL = (0.20, 0.32, 0.55), (0.62, 0.62, 0.60), (0.72, 0.73, 0.70)
_GOODS = ((0.66, 0.52, 0.36), (0.58, 0.46, 0.33), (0.80, 0.78, 0.72), (0.35, 0.45, 0.40))


def draw_warehouse(recipe: WarehouseRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """Rack rows between aisles from one side wall to the other."""
    length, half_width = recipe.length_m, recipe.width_m / 2
    boxes, posts = _hall(length, half_width, ceiling), list[CylinderSpec]()
    y = -half_width + rng.uniform(*recipe.aisle_m)
    while y + _DEPTH + recipe.aisle_m[0] < half_width:
        for first, last in _segments(recipe, rng):
            goods, uprights = _rack(recipe, first, last, y, ceiling, rng)
            boxes += goods
            posts += uprights
            boxes += _pallets(recipe, first, last, y, rng)
            posts += _columns(recipe, first, last, y, ceiling, rng)
        y += _DEPTH + rng.uniform(*recipe.aisle_m)
    low, high = (-_EDGE, -half_width - _EDGE), (length + _EDGE, half_width + _EDGE)
    return world_of(low, high, ceiling, cylinders=tuple(posts), boxes=tuple(boxes))


def _hall(length: float, half_width: float, ceiling: float) -> list[BoxSpec]:
    """Four walls around it."""
    x, y, z, thick = (0.0, length), (-half_width, half_width), (0.0, ceiling), 0.2
    return [
        upright_box((x[0] - thick, x[0]), y, z, _HALL),
        upright_box((x[1], x[1] + thick), y, z, _HALL),
        upright_box(x, (y[0] - thick, y[0]), z, _HALL),
        upright_box(x, (y[1], y[1] + thick), z, _HALL),
    ]


def _segments(recipe: WarehouseRecipe, rng: np.random.Generator) -> list[Pair]:
    """Where a row's racks begin and end along x, cross aisles between them and at both ends."""
    segments, x = [], rng.uniform(*recipe.cross_aisle_m)
    while True:
        end = x + _BAY * int(rng.integers(recipe.bays[0], recipe.bays[1] + 1))
        if end + recipe.cross_aisle_m[0] > recipe.length_m:
            return segments
        segments.append((x, end))
        x = end + rng.uniform(*recipe.cross_aisle_m)


def _rack(
    recipe: WarehouseRecipe,
    first: float,
    last: float,
    y: float,
    ceiling: float,
    rng: np.random.Generator,
) -> tuple[list[BoxSpec], list[CylinderSpec]]:
    """A shelf from end to end, posts between bays, goods below and above the shelf."""
    shelf = upright_box((first, last), (y, y + _DEPTH), (_SHELF, _SHELF + 0.12), _STEEL)
    bays = round((last - first) / _BAY)
    goods = []
    for bay in range(bays):
        for floor, room in ((0.0, _SHELF - 0.25), (_SHELF + 0.12, ceiling - _SHELF - 0.12)):
            if rng.random() < recipe.fill:
                inset = rng.uniform(0.05, 0.15, 2)
                x = (first + bay * _BAY + inset[0], first + (bay + 1) * _BAY - inset[0])
                top = floor + room * rng.uniform(0.6, 1.0)
                goods.append(
                    upright_box(
                        x, (y + inset[1], y + _DEPTH - inset[1]), (floor, top), pick(_GOODS, rng)
                    )
                )
    posts = [
        CylinderSpec(
            base_m=point(first + bay * _BAY, y + side, 0.0),
            radius_m=_POST,
            height_m=ceiling,
            semantic="building",
            color=_STEEL,
        )
        for bay in range(bays + 1)
        for side in (_POST, _DEPTH - _POST)
    ]
    return [shelf, *goods], posts


def _pallets(
    recipe: WarehouseRecipe, first: float, last: float, y: float, rng: np.random.Generator
) -> list[BoxSpec]:
    """Loaded pallets left by the rack, on either side of it; the area they are counted by is the aisle's."""
    area = (last - first) * recipe.aisle_m[0]
    pallets = []
    for _ in range(int(rng.poisson(recipe.pallets_per_m2 * area))):
        x = rng.uniform(first, last)
        away = rng.uniform(0.1, 0.5) + _PALLET[1] / 2
        across = y - away if rng.random() < 0.5 else y + _DEPTH + away
        pallets.append(
            upright_box(
                (x - _PALLET[0] / 2, x + _PALLET[0] / 2),
                (across - _PALLET[1] / 2, across + _PALLET[1] / 2),
                (0.0, rng.uniform(0.3, 2.2)),
                pick(_GOODS, rng),
                semantic="obstacle",
                yaw=rng.normal(0.0, 0.15),
            )
        )
    return pallets


def _columns(
    recipe: WarehouseRecipe,
    first: float,
    last: float,
    y: float,
    ceiling: float,
    rng: np.random.Generator,
) -> list[CylinderSpec]:
    """The building's own, in line with one face of the rack."""
    spacing = rng.uniform(*recipe.column_spacing_m)
    across = y - _COLUMN_GAP - _COLUMN
    return [
        CylinderSpec(
            base_m=(rounded(x), rounded(across), 0.0),
            radius_m=_COLUMN,
            height_m=ceiling,
            semantic="building",
            color=_CONCRETE,
        )
        for x in np.arange(first + rng.uniform(0.0, spacing), last, spacing)
    ]
