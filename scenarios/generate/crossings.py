"""Things that cross the course to and fro, timed to be on it when a drone at speed is; some step out from behind screens."""

import numpy as np

from scenarios.generate.clearing import Line, Plot, cleared, rounded_line
from scenarios.generate.shapes import FENCE, Pair, pick, point, rounded
from scenarios.generate.site import Ground, Unplaceable
from scenarios.generate.tasks import COURSE_RESERVE
from scenarios.task_recipes import AvoidRecipe
from sim.mover_spec import ColumnShape, MoverSpec, WaypointLoop
from sim.scenario import Start
from sim.task_spec import AvoidTask
from sim.world_spec import BoxSpec

_COLORS = ((0.85, 0.45, 0.10), (0.75, 0.20, 0.25), (0.20, 0.45, 0.70))
_REACH = 5.0
"""m to either side of the course that a thing goes before it turns back; further where its screen stands further off."""
_BEHIND = 2.5
"""m that it goes on behind its screen."""
_PACE = (0.8, 1.0)
"""Of the speed limit: how fast the drone is thought to come."""
_TAKE_OFF = 0.6
"""s that gathering speed costs it."""
_SCREEN, _THICK = 6.0, 0.2
"""m, length along the course and thickness of a screen."""
_GAP = 0.35
"""m between a path's edge and whatever else stands there."""


def put_crossings(
    avoid: AvoidRecipe,
    ground: Ground,
    start: Start,
    task: AvoidTask,
    speed_limit: float,
    rng: np.random.Generator,
) -> Ground:
    """The same world with crossings along the course."""
    recipe = avoid.crossings
    if recipe is None:
        return ground
    movers: list[MoverSpec] = []
    screens: list[BoxSpec] = []
    plots: list[Plot] = []
    for index in range(recipe.count):
        speed = rounded(rng.uniform(*recipe.speed_m_s))
        radius = rounded(rng.uniform(*recipe.radius_m))
        ahead = task.distance_m * (index + 1) / (recipe.count + 0.5)
        line = rounded_line(start.position_m, task.course_rad)
        due = _TAKE_OFF + ahead / (speed_limit * rng.uniform(*_PACE))
        hidden = 0.0 if recipe.visible_s is None else speed * recipe.visible_s
        reach, half = max(_REACH, hidden + _BEHIND), radius + _GAP
        movers.append(_mover(line, ahead, reach, speed, due, radius, ground.altitude_max, rng))
        plots.append(Plot(line, (ahead - half, ahead + half), (-reach - half, reach + half)))
        if hidden:
            span = (ahead - half - _SCREEN, ahead - half)
            for aside in ((hidden, hidden + _THICK), (-hidden - _THICK, -hidden)):
                screens.append(line.wall(span, aside, ground.spec.high_m[2], FENCE))
                plots.append(_around(line, span, aside))
    spec = cleared(ground.spec, plots)
    spec = spec.model_copy(
        update={"boxes": (*spec.boxes, *screens), "movers": (*spec.movers, *movers)}
    )
    ground = Ground(spec, ground.hull_radius, ground.altitude, ground.altitude_max)
    _check_course(ground, start, task, avoid.max_detour)
    return ground


def _mover(
    line: Line,
    ahead: float,
    reach: float,
    speed: float,
    due: float,
    radius: float,
    height: float,
    rng: np.random.Generator,
) -> MoverSpec:
    """To and fro across the line, on it after `due` s, from either side."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    # Back in time from the line its way is straight, if it is unfolded; folded, it turns at both ends.
    unfolded = (speed * due + reach) % (4.0 * reach)
    sinks = unfolded <= 2.0 * reach
    begin = unfolded - reach if sinks else 3.0 * reach - unfolded
    turn = -reach if sinks else reach
    inside = float(np.clip(begin, 0.01 - reach, reach - 0.01))
    places = [line.at(ahead, side * aside) for aside in (inside, turn, -turn)]
    return MoverSpec(
        shape=ColumnShape(kind="cylinder", radius_m=radius, height_m=rounded(height)),
        motion=WaypointLoop(
            kind="waypoints",
            waypoints_m=tuple(point(place[0], place[1], height / 2) for place in places),
            speed_m_s=speed,
        ),
        semantic="obstacle",
        color=pick(_COLORS, rng),
    )


def _around(line: Line, ahead: Pair, aside: Pair) -> Plot:
    return Plot(line, (ahead[0] - _GAP, ahead[1]), (aside[0] - _GAP, aside[1] + _GAP))


def _check_course(ground: Ground, start: Start, task: AvoidTask, max_detour: float) -> None:
    """The course must still begin in the open and lead on past the screens."""
    begin = np.array(start.position_m[:2])
    line = rounded_line(start.position_m, task.course_rad)
    end = line.at(task.distance_m + COURSE_RESERVE / 2, 0.0)
    if not ground.space.is_free(begin) or not ground.space.is_free(end):
        raise Unplaceable("a screen stands where the course begins or ends")
    if ground.ways_to(end).at(begin) > max_detour * float(np.linalg.norm(end - begin)):
        raise Unplaceable("screens bar the course")
