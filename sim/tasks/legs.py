"""The legs of a route: between which heights over ground each is flown."""

import itertools
from collections.abc import Callable

from sim.scenario import Scenario
from sim.task_spec import MissionTask


def leg_heights(
    scenario: Scenario, task: MissionTask, ground_height: Callable[[float, float], float]
) -> list[tuple[float, float]]:
    """Lowest and highest of the way to home (entry 0, flown last, at the last waypoint's height) and to every waypoint, m.

    `ground_height` is that of the ground at a point, m.
    """
    stops = [scenario.start.position_m, *(site.position_m for site in task.sites)]
    heights = [z - ground_height(x, y) for x, y, z in stops]
    legs = [(min(a, b), max(a, b)) for a, b in itertools.pairwise(heights)]
    return [(heights[-1], heights[-1]), *legs]
