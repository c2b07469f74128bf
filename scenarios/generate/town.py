"""Towns: closed blocks of terraced houses around yards, with passages into them, streets between, all turned as a whole."""

from dataclasses import dataclass

import numpy as np

from scenarios.generate.clearing import Line, rounded_line
from scenarios.generate.shapes import (
    BARK,
    FENCE,
    WALLS,
    Pair,
    extent,
    pick,
    rounded,
    world_of,
)
from scenarios.world_recipes import TownRecipe
from sim.fields import Color
from sim.world_spec import BoxSpec, CylinderSpec, WorldSpec

_OVERLAP = 0.05
"""m that neighbours of a terrace share, so that no camera looks between them."""
_LEAST_YARD = 3.0
"""m of yard below which a block is built over."""
_GARDEN_WALL, _GARDEN_WALL_LENGTH, _GARDEN_WALL_HEIGHT = (0.1, 0.3), (2.0, 8.0), (1.6, 2.6)
_SHED, _SHED_HEIGHT = (1.5, 4.0), (2.0, 3.0)
_POLE_RADIUS, _POLE_HEIGHT = (0.08, 0.3), (2.5, 7.0)


@dataclass(frozen=True)
class _Block:
    """A rectangle of the street grid and what is drawn on it."""

    line: Line
    ahead: Pair  # m along the grid
    aside: Pair
    recipe: TownRecipe
    rng: np.random.Generator

    def draw(self) -> list[BoxSpec]:
        """Terraces along all four sides of a yard, or houses through the whole block where none would be left."""
        depth = self.rng.uniform(*self.recipe.depth_m)
        (left, right), (near, far) = self.ahead, self.aside
        if min(right - left, far - near) < 2.0 * depth + _LEAST_YARD:
            if right - left >= far - near:
                return self._terrace(self.ahead, near, far, along=True)
            return self._terrace(self.aside, left, right, along=False)
        houses = self._terrace(self.ahead, near, near + depth, along=True)
        houses += self._terrace(self.ahead, far, far - depth, along=True)
        between = (near + depth, far - depth)
        houses += self._terrace(between, left, left + depth, along=False)
        houses += self._terrace(between, right, right - depth, along=False)
        return houses + self._yard((left + depth, right - depth), between)

    def _yard(self, ahead: Pair, aside: Pair) -> list[BoxSpec]:
        """Garden walls and sheds, square to the houses."""
        area = (ahead[1] - ahead[0]) * (aside[1] - aside[0])
        things = []
        for _ in range(int(self.rng.poisson(self.recipe.yard_per_m2 * area))):
            place = (self.rng.uniform(*ahead), self.rng.uniform(*aside))
            if self.rng.random() < 0.5:
                size = (self.rng.uniform(*_GARDEN_WALL_LENGTH), self.rng.uniform(*_GARDEN_WALL))
                height, color = self.rng.uniform(*_GARDEN_WALL_HEIGHT), FENCE
            else:
                size = (self.rng.uniform(*_SHED), self.rng.uniform(*_SHED))
                height, color = self.rng.uniform(*_SHED_HEIGHT), pick(WALLS, self.rng)
            if self.rng.random() < 0.5:
                size = (size[1], size[0])
            things.append(self._box(place, size, height, color))
        return things

    def _terrace(self, run: Pair, front: float, back: float, along: bool) -> list[BoxSpec]:
        """Houses wall to wall from one end of a run to the other, fronts stepping in and out; some left out."""
        houses, here = [], run[0]
        while here < run[1]:
            end = min(here + self.rng.uniform(*self.recipe.house_m), run[1])
            if self.rng.random() < self.recipe.passage_share:
                here += self.rng.uniform(*self.recipe.passage_m)
                continue
            step = np.sign(back - front) * self.rng.uniform(0.0, self.recipe.step_m)
            stretch, depth = (here, end + _OVERLAP), (front + step, back + step)
            ahead, aside = (stretch, depth) if along else (depth, stretch)
            place = (sum(ahead) / 2, sum(aside) / 2)
            size = (abs(ahead[1] - ahead[0]), abs(aside[1] - aside[0]))
            height = self.rng.uniform(*self.recipe.height_m)
            houses.append(self._box(place, size, height, pick(WALLS, self.rng)))
            here = end
        return houses

    def _box(self, place: Pair, size: Pair, height: float, color: Color) -> BoxSpec:
        """A box on the ground by its middle and size along the grid."""
        x, y = self.line.at(*place)
        return BoxSpec(
            center_m=(rounded(x), rounded(y), rounded(height / 2)),
            size_m=(rounded(size[0]), rounded(size[1]), rounded(height)),
            yaw_rad=self.line.bearing,
            semantic="building",
            color=color,
        )


def draw_town(recipe: TownRecipe, ceiling: float, rng: np.random.Generator) -> WorldSpec:
    """A grid of streets in a random direction; blocks whose middle lies outside the world are left out."""
    low, high = extent(recipe.length_m, recipe.width_m)
    middle = (recipe.length_m / 2, 0.0)
    line = rounded_line(middle, rng.uniform(-np.pi, np.pi))
    half = float(np.hypot(high[0] - low[0], high[1] - low[1])) / 2
    boxes: list[BoxSpec] = []
    for ahead in _cuts(recipe, half, rng):
        for aside in _cuts(recipe, half, rng):
            x, y = line.at(sum(ahead) / 2, sum(aside) / 2)
            block = _Block(line, ahead, aside, recipe, rng)
            if low[0] < x < high[0] and low[1] < y < high[1]:
                boxes += block.draw()
    area = (high[0] - low[0]) * (high[1] - low[1])
    poles = tuple(
        _pole(rng.uniform(low, high), rng)
        for _ in range(int(rng.poisson(recipe.poles_per_m2 * area)))
    )
    return world_of(low, high, ceiling, boxes=tuple(boxes), cylinders=poles)


def _cuts(recipe: TownRecipe, half: float, rng: np.random.Generator) -> list[Pair]:
    """Where blocks lie along one direction of the grid: from street to street, over twice `half` m."""
    here, cuts = -half + rng.uniform(-recipe.block_m[1], 0.0), []
    while here < half:
        end = here + rng.uniform(*recipe.block_m)
        cuts.append((here, end))
        here = end + rng.uniform(*recipe.street_m)
    return cuts


def _pole(place: np.ndarray, rng: np.random.Generator) -> CylinderSpec:
    return CylinderSpec(
        base_m=(rounded(place[0]), rounded(place[1]), 0.0),
        radius_m=rounded(rng.uniform(*_POLE_RADIUS)),
        height_m=rounded(rng.uniform(*_POLE_HEIGHT)),
        semantic="trunk",
        color=pick(BARK, rng),
    )
