"""Places along a line, and a world without what stands in them: what is put up afterwards needs room."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from scenarios.generate.shapes import Pair, rounded, upright_box
from sim.scenario import BoxSpec, Color, LimbSpec, Point, WorldSpec


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


def cleared(spec: WorldSpec, plots: Sequence[Plot]) -> WorldSpec:
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


def _clear(limb: LimbSpec, plots: Sequence[Plot]) -> bool:
    """Whether a limb stays out of the plots; looked at every tenth of its length."""
    shares = np.linspace(0.0, 1.0, 11)[:, None]
    line = (1.0 - shares) * np.array(limb.start_m) + shares * np.array(limb.end_m)
    radius = max(limb.start_radius_m, limb.end_radius_m)
    return all(plot.distance(place) > radius for plot in plots for place in line.tolist())


def _grows(limb: LimbSpec, felled: Sequence[tuple[Point, float]]) -> bool:
    """Whether a limb starts inside one of some trunks' feet, seen from above."""
    x, y, _ = limb.start_m
    return any(np.hypot(x - foot[0], y - foot[1]) <= radius for foot, radius in felled)


def rounded_line(origin: Sequence[float], bearing: float) -> Line:
    """A line through a place, its numbers as files hold them."""
    return Line(np.array([rounded(origin[0]), rounded(origin[1])]), rounded(bearing))
