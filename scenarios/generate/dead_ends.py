"""Dead ends between start and goal: who flies straight on is caught in one, and must come out again."""

import numpy as np

from scenarios.generate.clearing import Line, Plot, cleared, rounded_line
from scenarios.generate.shapes import FENCE
from scenarios.generate.site import Ground, Unplaceable
from scenarios.generate.tasks import is_roomy
from scenarios.task_recipes import NavigateRecipe
from sim.scenario import Start
from sim.task_spec import NavigateTask
from sim.world_spec import BoxSpec

_THICK = 0.3
"""m, of walls."""
_TURN, _SHIFT = 0.2, 0.2
"""rad by which a dead end is turned, and share of its width by which it is moved aside, at most."""
_APRON = 1.0
"""m around the walls, and before the mouth, that are cleared."""


def put_dead_ends(
    navigate: NavigateRecipe,
    ground: Ground,
    start: Start,
    task: NavigateTask,
    rng: np.random.Generator,
) -> tuple[Ground, NavigateTask]:
    """The same flight with dead ends in its way, and the length of the free way that is left."""
    recipe = navigate.dead_ends
    if recipe is None:
        return ground, task
    offset = np.subtract(task.goal_m, start.position_m)[:2]
    distance, bearing = float(np.hypot(*offset)), float(np.arctan2(offset[1], offset[0]))
    boxes: list[BoxSpec] = []
    plots: list[Plot] = []
    for index in range(recipe.count):
        depth, width = rng.uniform(*recipe.depth_m), rng.uniform(*recipe.width_m)
        middle = distance * (index + 1) / (recipe.count + 1)
        aside = rng.uniform(-_SHIFT, _SHIFT) * width
        center = Line(np.array(start.position_m[:2]), bearing).at(middle, aside)
        line = rounded_line(center.tolist(), bearing + rng.uniform(-_TURN, _TURN))
        boxes += _pocket(line, depth, width, ground.spec.high_m[2])
        reach = width / 2 + _THICK + _APRON
        plots.append(
            Plot(line, (-depth / 2 - _APRON, depth / 2 + _THICK + _APRON), (-reach, reach))
        )
    spec = cleared(ground.spec, plots)
    spec = spec.model_copy(update={"boxes": (*spec.boxes, *boxes)})
    ground = Ground(spec, ground.hull_radius, ground.altitude, ground.altitude_max)
    ends = [np.array(place[:2]) for place in (start.position_m, task.goal_m)]
    if not all(is_roomy(ground, end) for end in ends):
        raise Unplaceable("a dead end stands where the flight begins or ends")
    way = ground.ways_to(ends[1]).at(ends[0])
    if not np.isfinite(way):
        raise Unplaceable("a dead end closes the way to the goal")
    return ground, task.model_copy(update={"geodesic_m": round(float(way), 3)})


def _pocket(line: Line, depth: float, width: float, height: float) -> list[BoxSpec]:
    """Two sides and a back about the line's origin, the mouth behind it."""
    ahead, half = (-depth / 2, depth / 2), width / 2
    return [
        line.wall(ahead, (half, half + _THICK), height, FENCE),
        line.wall(ahead, (-half - _THICK, -half), height, FENCE),
        line.wall((depth / 2, depth / 2 + _THICK), (-half - _THICK, half + _THICK), height, FENCE),
    ]
