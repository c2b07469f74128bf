"""Where in a place to fly, if nobody says: around most of what stands there, as much of it as Bullet takes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sim.world.build import build_world
from sim.world.bullet_limits import check_size
from sim.world.importers import Survey, survey
from sim.world.meshing import world_triangles
from sim.world.place_options import PlaceOptions
from sim.world_spec import WorldSpec

WINDOW = 140.0
"""Side of a window, m, as in the library's Delft."""
_SMALLER = (WINDOW, 100.0, 70.0, 50.0)
_MARGIN = 20.0
"""m of free ground around a place that is smaller than a window."""
_STEP = 10.0
"""m between the windows that are compared."""
Corner = Float[np.ndarray, "2"]


@dataclass(frozen=True)
class Window:
    """A rectangle of a place."""

    low: Corner  # m, in the place
    size: Corner  # m

    @property
    def crop(self) -> tuple[float, float, float, float]:
        left, bottom = (round(float(x), 3) for x in self.low)
        right, top = (round(float(x), 3) for x in self.low + self.size)
        return left, bottom, right, top


def fullest_window(place: str, options: PlaceOptions | None, ceiling: float) -> Window:
    """The window with most in it that Bullet can hold; a ValueError where even a small one is too much."""
    ground = survey(place, options)
    problem = ValueError("no window")
    for side in _SMALLER:
        window = _window(ground, side)
        try:
            spec = window_world(place, options, window, ceiling)
            check_size(world_triangles(build_world(spec)))
        except ValueError as error:
            problem = error
            continue
        return window
    raise problem


def window_world(
    place: str, options: PlaceOptions | None, window: Window, ceiling: float
) -> WorldSpec:
    """The world of a window, its lowest corner the origin; flat ground alone where there is no place."""
    width, depth = (round(float(x), 3) for x in window.size)
    return WorldSpec(
        low_m=(0.0, 0.0, 0.0),
        high_m=(width, depth, ceiling),
        place=place,
        crop_m=window.crop if place else (0.0, 0.0, 0.0, 0.0),
        place_options=options,
    )


def _window(ground: Survey, side: float) -> Window:
    extent = ground.high - ground.low
    size = np.minimum(extent + 2 * _MARGIN, side)
    free = np.maximum(extent + 2 * _MARGIN - size, 0.0)
    corners = [ground.low - _MARGIN + share for share in _grid(free)]
    if len(corners) == 1 or not len(ground.centers):
        return Window(corners[len(corners) // 2], size)
    inside = [_count(ground.centers, corner, size) for corner in corners]
    return Window(corners[int(np.argmax(inside))], size)


def _grid(free: Corner) -> list[Corner]:
    """Offsets of the windows that are compared; of a very large place, farther apart."""
    step = np.maximum(_STEP, free / 60.0)
    columns, rows = (np.arange(0.0, most + 1e-9, gap) for most, gap in zip(free, step, strict=True))
    return [np.array([x, y]) for y in rows for x in columns]


def _count(centers: Float[np.ndarray, "n 2"], low: Corner, size: Corner) -> int:
    return int(((centers >= low) & (centers <= low + size)).all(axis=1).sum())
