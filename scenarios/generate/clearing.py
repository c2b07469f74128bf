"""Places along a line, and a world without what stands in them: what is put up afterwards needs room."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from scenarios.generate.shapes import Pair, rounded, upright_box
from sim.fields import Color, Point
from sim.world_spec import BoxSpec, LimbSpec, WorldSpec


@dataclass(frozen=True)
class Line:
    """A frame on the ground: `ahead` m along a direction, `aside` m to its left."""

    origin: Float[np.ndarray, "2"]  # m, world
    bearing: float  # rad

    def at(self, ahead: float, aside: float) -> Float[np.ndarray, "2"]:
        """A place in the world, m."""
        cos, sin = np.cos(self.bearing), np.sin(self.bearing)
        return self.origin + np.array([cos * ahead - sin * aside, sin * ahead + cos * aside])

    def of(self, xy: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
        """Ahead and aside of a place in the world, m."""
        cos, sin = np.cos(self.bearing), np.sin(self.bearing)
        x, y = xy - self.origin
        return np.array([cos * x + sin * y, cos * y - sin * x])

    def wall(self, ahead: Pair, aside: Pair, height: float, color: Color) -> BoxSpec:
        """A wall between two values of each."""
        x, y = self.at(sum(ahead) / 2, sum(aside) / 2)
        half, thick = (ahead[1] - ahead[0]) / 2, (aside[1] - aside[0]) / 2
        return upright_box(
            (x - half, x + half), (y - thick, y + thick), (0.0, height), color, yaw=self.bearing
        )


@dataclass(frozen=True)
class Plot:
    """A rectangle along a line."""

    line: Line
    ahead: Pair  # m
    aside: Pair  # m

    def distance(self, xy: Sequence[float]) -> float:
        """From a place in the world, m; 0 inside."""
        place = self.line.of(np.array(xy[:2]))
        beyond = [
            max(low - value, value - high, 0.0)
            for value, (low, high) in zip(place, (self.ahead, self.aside), strict=True)
        ]
        return float(np.hypot(*beyond))


@dataclass(frozen=True)
class Disc:
    """A round place."""

    center: Float[np.ndarray, "2"]  # m, world
    radius: float  # m

    def distance(self, xy: Sequence[float]) -> float:
        """From a place in the world, m; 0 inside."""
        away = float(np.hypot(xy[0] - self.center[0], xy[1] - self.center[1]))
        return max(0.0, away - self.radius)


def cleared(spec: WorldSpec, plots: Sequence[Plot | Disc]) -> WorldSpec:
    """The world without what reaches into the plots; what grew on a removed trunk goes with it."""

    def is_free(center: Point, radius: float) -> bool:
        return all(plot.distance(center) > radius for plot in plots)

    felled = [(limb.start_m, limb.start_radius_m) for limb in spec.limbs if not _clear(limb, plots)]
    felled += [(c.base_m, c.radius_m) for c in spec.cylinders if not is_free(c.base_m, c.radius_m)]
    kept = {
        "cylinders": tuple(c for c in spec.cylinders if is_free(c.base_m, c.radius_m)),
        "spheres": tuple(s for s in spec.spheres if is_free(s.center_m, s.radius_m)),
        "boxes": tuple(
            b for b in spec.boxes if is_free(b.center_m, float(np.hypot(*b.size_m[:2])) / 2)
        ),
        "limbs": tuple(
            limb for limb in spec.limbs if _clear(limb, plots) and not _grows(limb, felled)
        ),
    }
    return spec.model_copy(update=kept)


def _clear(limb: LimbSpec, plots: Sequence[Plot | Disc]) -> bool:
    """Whether a limb stays out of the plots; where it may not, every tenth of its length is looked at."""
    radius = max(limb.start_radius_m, limb.end_radius_m)
    (x0, y0, _), (x1, y1, _) = limb.start_m, limb.end_m
    middle, half = ((x0 + x1) / 2, (y0 + y1) / 2), float(np.hypot(x1 - x0, y1 - y0)) / 2
    near = [plot for plot in plots if plot.distance(middle) <= radius + half]
    shares = np.linspace(0.0, 1.0, 11).tolist() if half else [0.5]
    line = [(x0 + share * (x1 - x0), y0 + share * (y1 - y0)) for share in shares]
    return all(plot.distance(place) > radius for plot in near for place in line)


def _grows(limb: LimbSpec, felled: Sequence[tuple[Point, float]]) -> bool:
    """Whether a limb starts inside one of some trunks' feet, seen from above."""
    x, y, _ = limb.start_m
    return any(np.hypot(x - foot[0], y - foot[1]) <= radius for foot, radius in felled)


def rounded_line(origin: Sequence[float], bearing: float) -> Line:
    """A line through a place, its numbers as files hold them."""
    return Line(np.array([rounded(origin[0]), rounded(origin[1])]), rounded(bearing))
