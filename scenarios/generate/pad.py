"""Whether a drone can come down on its pad: whatever stands there is hit before the ground is."""

import numpy as np
from jaxtyping import Float

from sim.scenario import Scenario
from sim.world.geometry import Semantic, World
from sim.world.meshing import world_triangles

_STEP = 0.05
"""m between the points of the hull's footprint that are looked at."""
_LEVEL = 1e-3
"""m under the ground from which a surface is out of the way; one level with the ground is touched with it."""


def check_pad(
    scenario: Scenario, world: World, home: tuple[float, ...], hull_radius: float
) -> None:
    """Raise ValueError naming what lies on the pad between the ground and the height of the start."""
    soup = world_triangles(world)
    spots = _footprint(np.array(home[:2]), hull_radius)
    low, high = spots.min(axis=0), spots.max(axis=0)
    corners = soup.corners()
    plan = corners[..., :2]
    below = ((plan.max(axis=1) >= low) & (plan.min(axis=1) <= high)).all(axis=1)
    near = np.flatnonzero(below & (soup.semantic != Semantic.GROUND))
    ground = 0.0 if world.relief is None else world.relief.height(home[0], home[1])
    ceiling = scenario.start.position_m[2]
    top, highest = -np.inf, -1
    for face in near:
        heights = _heights(corners[face], spots)
        heights = heights[(heights > ground - _LEVEL) & (heights < ceiling)]
        if len(heights) and heights.max() > top:
            top, highest = float(heights.max()), int(face)
    if highest >= 0:
        what = Semantic(int(soup.semantic[highest])).name.lower()
        where = f" of {scenario.world.place}" if scenario.world.place else ""
        raise ValueError(
            f"task.home_m = {list(home)}: the pad lies under the {what}{where}, whose top is {top - ground:.2f} m over "
            "the ground: touching that is a collision; choose free ground, or make a floor the ground with "
            "place_options (origin_m, ground_below_m)"
        )


# --- Private.


def _footprint(center: Float[np.ndarray, "2"], radius: float) -> Float[np.ndarray, "n 2"]:
    steps = np.arange(-radius, radius + _STEP / 2, _STEP)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    return center + grid[np.hypot(*grid.T) <= radius]


def _heights(
    triangle: Float[np.ndarray, "3 3"], spots: Float[np.ndarray, "n 2"]
) -> Float[np.ndarray, " m"]:
    """Heights of a triangle over the points that lie in it, seen from above; none of one that stands upright, m."""
    a, b, c = triangle
    u, v = (b - a)[:2], (c - a)[:2]
    area = u[0] * v[1] - u[1] * v[0]
    if abs(area) < 1e-12:
        return np.zeros(0)
    way = spots - a[:2]
    s = (way[:, 0] * v[1] - way[:, 1] * v[0]) / area
    t = (u[0] * way[:, 1] - u[1] * way[:, 0]) / area
    inside = (s >= 0) & (t >= 0) & (s + t <= 1)
    return a[2] + s[inside] * (b - a)[2] + t[inside] * (c - a)[2]
