"""The map of a video: drawn once, then the trail grows on it and the drone moves over it."""

import cv2
import numpy as np
from jaxtyping import Float, Int

from sim.frames import yaw_of
from sim.record import canvas
from sim.record.canvas import Color, Image
from sim.record.footprints import Footprints, footprints, task_places
from sim.record.instants import first_tick, sample_bodies
from sim.record.reader import Flight
from sim.record.route_marks import sites_done
from sim.record.scene import outlines
from sim.safety import outline as fence_outline
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import POSITION, QUATERNION, VELOCITY
from sim.world.geometry import Semantic
from sim.world.movers import movers_of

_GROUND: Color = (46, 44, 38)
_SOLIDS: dict[Semantic, Color] = {
    Semantic.BUILDING: (132, 124, 118),
    Semantic.TRUNK: (92, 138, 96),
    Semantic.OBSTACLE: (150, 110, 140),
    Semantic.PANEL: (200, 150, 90),
    Semantic.COVER: (140, 150, 150),
}
_SHIFT = 4
_MARGIN = 14
_AROUND = 8.0
"""m of the world around flight and task, at least."""


class MapView:
    """A square map of one flight, `size` pixels wide."""

    def __init__(self, flight: Flight, size: int) -> None:
        """Draw what stands still."""
        self._flight, self._size = flight, size
        shapes = footprints(flight.scenario)
        self._movers = movers_of(flight.scenario)
        self._place(shapes)
        self._layer = np.full((size, size, 3), canvas.SURFACE, np.uint8)
        self._draw_world(shapes)
        self._draw_fences()
        self._draw_scale()
        self._trail = self._pixels(sample_bodies(flight)[:, :2])
        speeds = np.linalg.norm(flight.step_bodies[:, VELOCITY], axis=1)
        fractions = np.clip(speeds / flight.scenario.speed_limit_m_s, 0.0, 1.0)
        self._trail_colors = canvas.SPEED_COLORS[np.rint(255 * fractions).astype(int)].tolist()
        self._done = sites_done(flight)
        self._drawn = 0

    def draw(self, image: Image, step: int) -> None:
        """Paint the map at the end of a step; steps must come in order."""
        for index in range(self._drawn, step + 1):
            ends = self._trail[index].tolist(), self._trail[index + 1].tolist()
            cv2.line(self._layer, *ends, self._trail_colors[index], 2, cv2.LINE_AA, _SHIFT)
        self._drawn = step + 1
        image[...] = self._layer
        self._draw_movers(image, step)
        self._draw_task(image, step)
        self._draw_drone(image, step)
        canvas.tag(image, "map, trail coloured by speed", 0, 0)

    # --- The layer that is drawn once.

    def _place(self, shapes: Footprints) -> None:
        """Fit flight and task, with some of the world around them, into the picture."""
        flown = self._flight.poses[:, :2]
        points = np.concatenate([flown, task_places(self._flight.scenario)])
        low, high = points.min(axis=0), points.max(axis=0)
        margin = max(_AROUND, 0.15 * float((high - low).max()))
        # What was flown stays in the picture even where it lies outside the world.
        low = np.minimum(np.maximum(low - margin, shapes.low), flown.min(axis=0, initial=np.inf))
        high = np.maximum(
            np.minimum(high + margin, shapes.high), flown.max(axis=0, initial=-np.inf)
        )
        self._scale = (self._size - 2 * _MARGIN) / float((high - low).max())
        self._middle = (low + high) / 2

    def _pixels(self, points: Float[np.ndarray, "n 2"]) -> Int[np.ndarray, "n 2"]:
        """World x-y to fixed-point pixels, north up."""
        offsets = self._scale * (np.asarray(points, dtype=float) - self._middle) * (1.0, -1.0)
        return np.rint((self._size / 2 + offsets) * (1 << _SHIFT)).astype(np.int32)

    def _spot(self, point: tuple[float, ...] | Float[np.ndarray, " n"]) -> tuple[int, int]:
        x, y = self._pixels(np.array(point[:2])[None])[0] >> _SHIFT
        return int(x), int(y)

    def _draw_world(self, shapes: Footprints) -> None:
        (west, south), (east, north) = shapes.low, shapes.high
        area = self._pixels(np.array([(west, south), (east, south), (east, north), (west, north)]))
        cv2.fillPoly(self._layer, [area], _GROUND, cv2.LINE_AA, _SHIFT)
        for triangle, rgb in zip(shapes.paint, shapes.paint_colors, strict=True):
            # Paint is shown at a third of its strength: the map's subject is what stands.
            color = 0.67 * np.array(_GROUND) + 0.33 * 255 * rgb[::-1]
            cv2.fillPoly(self._layer, [self._pixels(triangle)], color.tolist(), cv2.LINE_8, _SHIFT)
        for semantic, color in _SOLIDS.items():
            outlines = [self._pixels(polygon) for polygon in shapes.solids[semantic]]
            for outline in outlines:
                cv2.fillPoly(self._layer, [outline], color, cv2.LINE_AA, _SHIFT)
            if semantic is not Semantic.BUILDING:
                cv2.polylines(self._layer, outlines, True, color, 1, cv2.LINE_AA, _SHIFT)
        cv2.polylines(self._layer, [area], True, canvas.LINE, 1, cv2.LINE_AA, _SHIFT)

    def _draw_fences(self) -> None:
        """Geofences and no-fly zones as outlines, rally points as crosses."""
        safety = self._flight.scenario.safety
        if safety is None:
            return
        for areas, color in ((safety.geofence, canvas.GOOD), (safety.no_fly, canvas.BAD)):
            rings = [self._pixels(fence_outline(area)) for area in areas]
            cv2.polylines(self._layer, rings, True, color, 2, cv2.LINE_AA, _SHIFT)
        for point in safety.rally_m:
            spot = self._spot(point)
            cv2.drawMarker(self._layer, spot, canvas.GOOD, cv2.MARKER_TILTED_CROSS, 14, 2)

    def _draw_scale(self) -> None:
        metres = next(
            m for m in (100, 50, 20, 10, 5, 2, 1) if m * self._scale <= 0.3 * self._size or m == 1
        )
        right, y = self._size - 12, self._size - 12
        left = right - round(metres * self._scale)
        cv2.line(self._layer, (left, y), (right, y), canvas.TEXT, 2)
        canvas.text_right(self._layer, f"{metres} m", right, y - 6, canvas.TEXT, 12)

    # --- What changes.

    def _draw_movers(self, image: Image, step: int) -> None:
        tick = first_tick(self._flight) + int(self._flight.tick_starts[step + 1])
        for outline in outlines(self._movers, tick):
            pixels = [self._pixels(outline)]
            cv2.fillPoly(image, pixels, canvas.WARN, cv2.LINE_AA, _SHIFT)
            cv2.polylines(image, pixels, True, canvas.BACKGROUND, 1, cv2.LINE_AA, _SHIFT)

    def _draw_task(self, image: Image, step: int) -> None:
        task = self._flight.scenario.task
        if isinstance(task, MissionTask):
            self._draw_mission(image, task, step)
        elif isinstance(task, NavigateTask):
            cv2.drawMarker(image, self._spot(task.goal_m), canvas.WARN, cv2.MARKER_STAR, 18, 2)
        elif isinstance(task, AvoidTask):
            start = np.array(self._flight.scenario.start.position_m[:2])
            end = self._spot(start + task.distance_m * task.direction[:2])
            cv2.arrowedLine(
                image, self._spot(start), end, canvas.MUTED, 1, cv2.LINE_AA, tipLength=0.03
            )

    def _draw_mission(self, image: Image, task: MissionTask, step: int) -> None:
        home = self._spot(task.home_m)
        target = self._flight.decisions[step].target
        if target >= 0:
            index = (
                min(int(self._done[step].sum()), len(task.sites) - 1)
                if task.ordered
                else target - 1
            )
            goal = home if target == 0 else self._spot(task.sites[index].position_m)
            drone = self._spot(self._flight.step_bodies[step])
            cv2.line(image, drone, goal, canvas.ACCENT, 1, cv2.LINE_AA)
        cv2.rectangle(image, (home[0] - 8, home[1] - 8), (home[0] + 8, home[1] + 8), canvas.BAD, 2)
        canvas.text_centred(image, "H", home[0], home[1] + 5, canvas.TEXT, 13, 600)
        for token, (site, done) in enumerate(
            zip(task.sites, self._done[step], strict=True), start=1
        ):
            color = canvas.GOOD if done else canvas.WARN if site.mandatory else canvas.MUTED
            x, y = self._spot(site.position_m)
            cv2.circle(image, (x, y), 9, canvas.BACKGROUND, -1, cv2.LINE_AA)
            cv2.circle(image, (x, y), 9, color, 2, cv2.LINE_AA)
            if site.mandatory:  # A second ring stays when it is done.
                cv2.circle(image, (x, y), 13, color, 1, cv2.LINE_AA)
            canvas.text_centred(image, str(token), x, y + 5, color, 13, 600)
            label_y = y + 22 if y < self._size - 24 else y - 14
            canvas.text_centred(image, f"prize {site.prize:g}", x, label_y, canvas.MUTED, 11)

    def _draw_drone(self, image: Image, step: int) -> None:
        body = self._flight.step_bodies[step]
        x, y = self._spot(body[POSITION])
        yaw = yaw_of(body[QUATERNION])
        nose, left, right = (
            (round(x + radius * np.cos(yaw + turn)), round(y - radius * np.sin(yaw + turn)))
            for radius, turn in ((13, 0.0), (9, 2.5), (9, -2.5))
        )
        wedge = np.array([nose, left, (x, y), right], np.int32)
        cv2.fillPoly(image, [wedge], canvas.TEXT, cv2.LINE_AA)
        cv2.polylines(image, [wedge], True, canvas.BACKGROUND, 1, cv2.LINE_AA)
        side = x + 14 if x < self._size - 70 else x - 60
        canvas.text(image, f"{body[2]:.1f} m up", side, y - 8, canvas.TEXT, 12)
