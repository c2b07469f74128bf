"""The map of a video: drawn once, then the trail grows on it and the drone moves over it."""

import cv2
import numpy as np
from jaxtyping import Float, Int

from sim.frames import yaw_of
from sim.record import canvas
from sim.record.canvas import Color, Image
from sim.record.footprints import Footprints, footprints, task_places
from sim.record.instants import first_tick, sample_bodies
from sim.record.label_layout import DOT, Box, SiteLabels, label_sites
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
_MARGIN = 28
"""px around everything: at the top the name of the picture, at the bottom its key."""
_KEY = 22
"""px, height of the key."""
_DISC, _RING, _PAD = 20, 28, 18
"""px, sizes of a site's disc, of the second ring of one that is mandatory, and of the pad."""
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
        self._trail = self._pixels(sample_bodies(flight)[:, :2])
        self._labels = self._place_labels()
        self._draw_key()
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
        self._draw_name(image)

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
        self._roofed = len(shapes.roofs) > 0
        roofs = [self._pixels(ends) for ends in shapes.roofs]
        cv2.polylines(self._layer, roofs, False, canvas.MUTED, 1, cv2.LINE_AA, _SHIFT)
        for semantic, color in _SOLIDS.items():
            outlines = [self._pixels(polygon) for polygon in shapes.solids[semantic]]
            for outline in outlines:
                cv2.fillPoly(self._layer, [outline], color, cv2.LINE_AA, _SHIFT)
            walls = [outline for outline in outlines if len(outline) == 2]
            edged = walls if semantic is Semantic.BUILDING else outlines
            cv2.polylines(self._layer, edged, True, color, 1, cv2.LINE_AA, _SHIFT)
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

    def _place_labels(self) -> list[SiteLabels]:
        """Where sites have their numbers and prizes: once for the whole film."""
        task = self._flight.scenario.task
        if not isinstance(task, MissionTask):
            return []
        discs = [
            Box.around(*self._spot(site.position_m), *[_RING if site.mandatory else _DISC] * 2)
            for site in task.sites
        ]
        sizes = [
            (_size(str(token), 13), _size(_prize(site.prize), 11))
            for token, site in enumerate(task.sites, start=1)
        ]
        area = Box(2, _KEY + 2, self._size - 2, self._size - _KEY - 2)
        pad = Box.around(*self._spot(task.home_m), _PAD, _PAD)
        return label_sites(discs, sizes, [pad], area, self._trail / (1 << _SHIFT))

    def _draw_key(self) -> None:
        """What marks and lines stand for, and how long a metre is, in the bottom line."""
        size, layer = self._size, self._layer
        canvas.shade(layer, 0, size - _KEY, size, _KEY, 0.7)
        lengths = (100, 50, 20, 10, 5, 2, 1)
        metres = next(m for m in lengths if m * self._scale <= 0.25 * size or m == 1)
        words, y = f"{metres} m", size - 7
        left = size - 10 - round(metres * self._scale)
        cv2.line(layer, (left, y - 4), (size - 10, y - 4), canvas.TEXT, 2)
        left -= 6 + canvas.text_width(words, 11)
        canvas.text(layer, words, left, y, canvas.TEXT, 11)
        x = 8
        for name, color, shape in self._key():
            end = x + 18 + canvas.text_width(name, 11)
            if end > left - 8:  # What does not fit is left out; the scale is not.
                break
            draw_mark(layer, (x + 6, y - 4), color, shape)
            canvas.text(layer, name, x + 16, y, canvas.TEXT, 11)
            x = end + 6

    def _key(self) -> list[tuple[str, Color, str]]:
        """Name, colour and shape of what this map holds."""
        task, safety = self._flight.scenario.task, self._flight.scenario.safety
        key: list[tuple[str, Color, str]] = []
        if isinstance(task, MissionTask):
            key = [("pad", canvas.BAD, "square"), ("visited", canvas.GOOD, "ring")]
            if any(site.mandatory for site in task.sites):
                key.append(("mandatory", canvas.WARN, "rings"))
            if not all(site.mandatory for site in task.sites):
                key.append(("open", canvas.MUTED, "ring"))
        elif isinstance(task, NavigateTask):
            key = [("goal", canvas.WARN, "star")]
        else:
            key = [("course", canvas.MUTED, "line")]
        if self._roofed:
            key.append(("roof", canvas.MUTED, "line"))
        if self._movers:
            key.append(("moves", canvas.WARN, "patch"))
        if safety is not None and safety.geofence:
            key.append(("geofence", canvas.GOOD, "line"))
        if safety is not None and safety.no_fly:
            key.append(("no-fly zone", canvas.BAD, "line"))
        if safety is not None and safety.rally_m:
            key.append(("rally", canvas.GOOD, "cross"))
        return key

    def _draw_name(self, image: Image) -> None:
        """The picture's name, and which colour of the trail is which speed."""
        words, ends = "map, trail by speed", ("0", f"{self._flight.scenario.speed_limit_m_s:g} m/s")
        x = canvas.text_width(words, 13) + 18
        width = x + sum(canvas.text_width(end, 11) for end in ends) + 60 + 18
        canvas.shade(image, 0, 0, width, 22, 0.7)
        canvas.text(image, words, 8, 16, canvas.TEXT, 13)
        canvas.scale(image, x, 16, ends, canvas.SPEED_COLORS)

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
        half = _PAD // 2
        corners = (home[0] - half, home[1] - half), (home[0] + half, home[1] + half)
        cv2.rectangle(image, *corners, canvas.BAD, 2)
        canvas.text_centred(image, "H", home[0], home[1] + 5, canvas.TEXT, 13, 600)
        marks = zip(task.sites, self._labels, self._done[step], strict=True)
        for token, (site, labels, done) in enumerate(marks, start=1):
            color = canvas.GOOD if done else canvas.WARN if site.mandatory else canvas.MUTED
            x, y = self._spot(site.position_m)
            if labels.whole:
                draw_disc(image, (x, y), color, mandatory=site.mandatory)
                canvas.text_centred(image, str(token), x, y + 5, color, 13, 600)
            else:
                cv2.circle(image, (x, y), round(DOT / 2), color, -1, cv2.LINE_AA)
            for box, words, size in (
                (labels.number, str(token), 13),
                (labels.prize, _prize(site.prize), 11),
            ):
                if box is not None:
                    shown = color if size == 13 else canvas.TEXT
                    _write(image, box, words, shown, size)

    def mark_impact(self, image: Image, place: tuple[float, ...]) -> None:
        """A cross where the flight ended badly."""
        spot = self._spot(place)
        cv2.drawMarker(image, spot, canvas.BACKGROUND, cv2.MARKER_TILTED_CROSS, 26, 6)
        cv2.drawMarker(image, spot, canvas.BAD, cv2.MARKER_TILTED_CROSS, 24, 3)

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


# --- Marks and words, in pixels.


def draw_disc(image: Image, spot: tuple[int, int], color: Color, *, mandatory: bool) -> None:
    """A site; the second ring of a mandatory one stays when it is done."""
    cv2.circle(image, spot, 9, canvas.BACKGROUND, -1, cv2.LINE_AA)
    cv2.circle(image, spot, 9, color, 2, cv2.LINE_AA)
    if mandatory:
        cv2.circle(image, spot, 13, color, 1, cv2.LINE_AA)


def draw_mark(image: Image, spot: tuple[int, int], color: Color, shape: str) -> None:
    """A mark of the key: square, ring, rings, star, cross, patch or line."""
    x, y = spot
    if shape == "star":
        cv2.drawMarker(image, spot, color, cv2.MARKER_STAR, 11, 1)
    elif shape == "cross":
        cv2.drawMarker(image, spot, color, cv2.MARKER_TILTED_CROSS, 10, 2)
    elif shape == "line":
        cv2.line(image, (x - 6, y), (x + 6, y), color, 2)
    elif shape in ("square", "patch"):
        filled = -1 if shape == "patch" else 2
        cv2.rectangle(image, (x - 5, y - 5), (x + 5, y + 5), color, filled)
    else:
        cv2.circle(image, spot, 4, color, 2, cv2.LINE_AA)
        if shape == "rings":
            cv2.circle(image, spot, 7, color, 1, cv2.LINE_AA)


def _prize(prize: float) -> str:
    return f"prize {prize:g}"


def _size(words: str, size: int) -> tuple[float, float]:
    return float(canvas.text_width(words, size)), float(size)


def _write(image: Image, box: Box, words: str, color: Color, size: int) -> None:
    """Into a box, with a dark edge that keeps it readable over anything."""
    x, y = round(box.left), round(box.bottom) - 2
    for right, down in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        canvas.text(image, words, x + right, y + down, canvas.BACKGROUND, size)
    canvas.text(image, words, x, y, color, size)
