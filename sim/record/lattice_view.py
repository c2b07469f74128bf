"""What the navigation and avoidance heads said about each candidate command, as two maps over azimuth."""

import json
import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Real, UInt8

from sim.frames import quat_to_matrix, world_from_heading, yaw_of
from sim.record import canvas
from sim.record.canvas import Image
from sim.record.phases import WAY_GIVEN, is_scripted
from sim.record.reader import Flight
from sim.sensing.pinhole import body_from_camera, focal_length_px
from sim.types import IMAGE_SHAPE, QUATERNION, Decision

_CELL_WIDTH, _CELL_HEIGHT = 17, 17
EXTRAS = ("hover", "turn left", "turn right")
_TITLES = ("navigation: where to go", "avoidance: survives 2 s")
_ENDS = (("unlikely", "likeliest"), ("0 %", "100 %"))
_COLORS = (canvas.PROBABILITY_COLORS, canvas.SURVIVAL_COLORS)
_KEY = "frame: flown; dot: ruled out; rows of a speed: up, level, down; H hover, L R turn"


@dataclass(frozen=True)
class Lattice:
    """The candidate grid a log's decisions refer to: speed by elevation by azimuth, then hover, turn left, turn right."""

    speeds: Float[np.ndarray, " s"]  # fractions of the speed limit
    elevations: Float[np.ndarray, " e"]  # rad, up positive
    azimuths: Float[np.ndarray, " a"]  # rad, left positive

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of speeds, elevations and azimuths."""
        return len(self.speeds), len(self.elevations), len(self.azimuths)

    @property
    def moving(self) -> int:
        """Candidates that go somewhere."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """All candidates."""
        return self.moving + len(EXTRAS)

    def grid(self, values: Real[np.ndarray, " k"]) -> Real[np.ndarray, "r c"]:
        """Values as a picture: fast above slow, up above down within a speed, left at the left."""
        cube = values[: self.moving].reshape(self.shape)
        return cube[::-1, ::-1, ::-1].reshape(-1, len(self.azimuths))

    def cell(self, index: int) -> tuple[int, int]:
        """Row and column of a moving candidate in `grid`."""
        speed, elevation, azimuth = (int(i) for i in np.unravel_index(index, self.shape))
        speeds, elevations, azimuths = self.shape
        return (
            speeds - 1 - speed
        ) * elevations + elevations - 1 - elevation, azimuths - 1 - azimuth

    def words(self, index: int, speed_limit: float) -> str:
        """A candidate as people say it: `5.0 m/s, 10° left, level`."""
        if index >= self.moving:
            return EXTRAS[index - self.moving]
        speed, elevation, azimuth = (int(i) for i in np.unravel_index(index, self.shape))
        return ", ".join(
            (
                f"{self.speeds[speed] * speed_limit:.1f} m/s",
                _turned(self.azimuths[azimuth], "left", "right", "ahead"),
                _turned(self.elevations[elevation], "up", "down", "level"),
            )
        )

    def directions(self) -> Float[np.ndarray, "n 3"]:
        """Unit vectors in the heading frame of every elevation and azimuth."""
        elevation, azimuth = (
            a.ravel() for a in np.meshgrid(self.elevations, self.azimuths, indexing="ij")
        )
        return np.column_stack(
            [
                np.cos(elevation) * np.cos(azimuth),
                np.cos(elevation) * np.sin(azimuth),
                np.sin(elevation),
            ]
        )


def read_lattice(flight: Flight) -> Lattice | None:
    """The lattice named in a log's metadata, or None where its pilot had none."""
    text = flight.metadata.get("lattice")
    if text is None:
        return None
    parts = json.loads(text)
    lattice = Lattice(
        *(np.array(parts[name], dtype=float) for name in ("speeds", "elevations", "azimuths"))
    )
    sizes = {len(d.navigation) for d in flight.decisions if d.navigation is not None}
    if sizes - {lattice.size}:
        raise ValueError(
            f"{flight.path}: decisions over {sorted(sizes)} candidates, but a lattice of {lattice.size}"
        )
    return lattice


def navigation_levels(log_p: Float[np.ndarray, " k"]) -> UInt8[np.ndarray, " k"]:
    """Where in a colour map candidates lie: the square root of the probability relative to the best."""
    return _levels(np.sqrt(np.exp(np.clip(log_p - log_p.max(), -30.0, 0.0))))


def survival_levels(survival: Float[np.ndarray, " k"]) -> UInt8[np.ndarray, " k"]:
    """The same of chances of survival."""
    return _levels(survival)


def _levels(shares: Float[np.ndarray, " k"]) -> UInt8[np.ndarray, " k"]:
    return np.rint(255 * np.clip(shares, 0.0, 1.0)).astype(np.uint8)


class LatticeView:
    """The panel of the two heads, 512 x 256 px."""

    def __init__(self, lattice: Lattice, speed_limit: float) -> None:
        """Lay the panel out; `speed_limit` in m/s turns fractions into speeds."""
        self._lattice, self._limit = lattice, speed_limit
        rows, columns = lattice.shape[0] * lattice.shape[1], lattice.shape[2]
        self._width, self._height = columns * _CELL_WIDTH, rows * _CELL_HEIGHT
        self._left, self._top = (50, 50 + self._width + 34), 44

    def draw_static(self, image: Image) -> None:
        """Titles and axes."""
        for x, title, ends, colors in zip(self._left, _TITLES, _ENDS, _COLORS, strict=True):
            canvas.text(image, title, x, 19, canvas.TEXT, 13)
            canvas.scale(image, x, 36, ends, colors)
            self._draw_azimuths(image, x)
        rows = self._lattice.shape[1] * _CELL_HEIGHT
        for group, speed in enumerate(self._lattice.speeds[::-1]):
            y = self._top + group * rows + rows // 2 + 4
            canvas.text_right(
                image, f"{speed * self._limit:.1f}", self._left[0] - 8, y, canvas.MUTED, 12
            )
        canvas.text_right(image, "m/s", self._left[0] - 8, self._top - 4, canvas.MUTED, 11)
        y = self._top + self._height + 53
        canvas.text(image, _KEY, self._left[0], y, canvas.MUTED, 11)

    def draw(self, image: Image, decision: Decision) -> None:
        """Both heads' answers and the chosen candidate."""
        if decision.navigation is not None:
            levels = navigation_levels(decision.navigation)
            self._draw_head(image, 0, canvas.PROBABILITY_COLORS, levels, decision)
        if decision.survival is not None:
            levels = survival_levels(decision.survival)
            self._draw_head(image, 1, canvas.SURVIVAL_COLORS, levels, decision)
        for x, values in zip(self._left, (decision.navigation, decision.survival), strict=True):
            if values is None:
                words = _why_unsaid(decision.phase)
                canvas.text(image, words, x, self._top + 60, canvas.MUTED, 12)
        canvas.text(
            image,
            self._describe(decision),
            self._left[0],
            self._top + self._height + 34,
            canvas.TEXT,
            13,
        )

    def _draw_azimuths(self, image: Image, left: int) -> None:
        y = self._top + self._height + 15
        degrees = np.rad2deg(self._lattice.azimuths[::-1])
        canvas.text(image, f"{degrees[0]:+.0f}°", left, y, canvas.MUTED, 11)
        canvas.text_centred(image, "ahead", left + self._width // 2, y, canvas.MUTED, 11)
        canvas.text_right(image, f"{degrees[-1]:+.0f}°", left + self._width, y, canvas.MUTED, 11)

    def _draw_head(
        self,
        image: Image,
        side: int,
        colors: np.ndarray,
        levels: UInt8[np.ndarray, " k"],
        decision: Decision,
    ) -> None:
        left, top = self._left[side], self._top
        cells = colors[self._lattice.grid(levels)]
        picture = cv2.resize(cells, (self._width, self._height), interpolation=cv2.INTER_NEAREST)
        picture[::_CELL_HEIGHT] = canvas.SURFACE
        picture[:, ::_CELL_WIDTH] = canvas.SURFACE
        group = self._lattice.shape[1] * _CELL_HEIGHT
        picture[::group] = picture[1::group] = canvas.BACKGROUND
        image[top : top + self._height, left : left + self._width] = picture
        self._draw_vetoes(image, left, decision)
        self._draw_extras(
            image, left + self._width + 5, colors[levels[self._lattice.moving :]], side
        )
        if decision.chosen >= 0:
            self._draw_chosen(image, left, decision.chosen)

    def _draw_vetoes(self, image: Image, left: int, decision: Decision) -> None:
        """A dot in each candidate that was ruled out."""
        if decision.fused is None:
            return
        for row, column in np.argwhere(np.isneginf(self._lattice.grid(decision.fused))).tolist():
            x, y = (
                left + column * _CELL_WIDTH + _CELL_WIDTH // 2,
                self._top + row * _CELL_HEIGHT + _CELL_HEIGHT // 2,
            )
            image[y - 1 : y + 2, x - 1 : x + 2] = canvas.BACKGROUND

    def _draw_extras(self, image: Image, left: int, colors: np.ndarray, side: int) -> None:
        """Hover and the two turns, stacked beside the grid."""
        for index, color in enumerate(colors.tolist()):
            y = self._top + index * (_CELL_HEIGHT + 4)
            canvas.fill(image, left, y, _CELL_WIDTH, _CELL_HEIGHT, tuple(color))
            canvas.text_centred(
                image, "HLR"[index], left + _CELL_WIDTH // 2, y + 13, canvas.BACKGROUND, 12, 700
            )

    def _draw_chosen(self, image: Image, left: int, chosen: int) -> None:
        if chosen < self._lattice.moving:
            row, column = self._lattice.cell(chosen)
            x, y = left + column * _CELL_WIDTH, self._top + row * _CELL_HEIGHT
        else:
            x = left + self._width + 5
            y = self._top + (chosen - self._lattice.moving) * (_CELL_HEIGHT + 4)
        canvas.frame(image, x - 1, y - 1, _CELL_WIDTH + 3, _CELL_HEIGHT + 3, (255, 255, 255), 2)

    def _describe(self, decision: Decision) -> str:
        if decision.chosen < 0:
            scripted = is_scripted(decision.phase)
            return (
                "flown by script: no candidate" if scripted else "flown: none of these candidates"
            )
        words = f"chosen: {self._lattice.words(decision.chosen, self._limit)}"
        if decision.survival is None:
            return words
        return f"{words}, survives {decision.survival[decision.chosen]:.0%}"


def _why_unsaid(phase: str) -> str:
    if phase in WAY_GIVEN:
        return WAY_GIVEN[phase]
    return "not asked: this phase is scripted" if is_scripted(phase) else "no such head was asked"


def _turned(angle: float, positive: str, negative: str, none: str) -> str:
    degrees = round(math.degrees(angle))
    return f"{abs(degrees)}° {positive if degrees > 0 else negative}" if degrees else none


def project(
    directions_heading: Float[np.ndarray, "n 3"],
    quat_xyzw: Float[np.ndarray, "4"],
    tilt_rad: float,
    fov_deg: float,
) -> Float[np.ndarray, "n 2"]:
    """Pixels of the 64 x 48 image at which directions in the heading frame appear; NaN behind the camera."""
    yaw = yaw_of(quat_xyzw)
    directions_world = np.array(
        [world_from_heading(direction, yaw) for direction in directions_heading]
    )
    R_world_camera = quat_to_matrix(quat_xyzw) @ body_from_camera(tilt_rad)
    seen = directions_world @ R_world_camera
    _, height, width = IMAGE_SHAPE
    focal = focal_length_px(width, fov_deg)
    depth = np.where(seen[:, 2] > 0.1, seen[:, 2], np.nan)[:, None]
    return np.array([width / 2, height / 2]) + focal * seen[:, :2] / depth


def draw_candidates(
    image: Image, flight: Flight, lattice: Lattice, step: int, body: Float[np.ndarray, "13"]
) -> None:
    """Dots on the onboard view: where candidates of the chosen speed lead, coloured by survival."""
    decision, camera = flight.decisions[step], flight.scenario.camera
    if decision.survival is None or not 0 <= decision.chosen < lattice.moving:
        return
    scale = image.shape[1] / IMAGE_SHAPE[2]
    per_speed = lattice.shape[1] * lattice.shape[2]
    first = decision.chosen // per_speed * per_speed
    survival = survival_levels(decision.survival[first : first + per_speed])
    pixels = scale * project(
        lattice.directions(), body[QUATERNION], camera.tilt_rad, camera.fov_deg
    )
    for index, ((u, v), color) in enumerate(
        zip(pixels, canvas.SURVIVAL_COLORS[survival].tolist(), strict=True)
    ):
        if not (0 <= u < image.shape[1] and 0 <= v < image.shape[0]):
            continue
        spot, radius = (round(u), round(v)), max(3, image.shape[1] // 90)
        cv2.circle(image, spot, radius, color, -1, cv2.LINE_AA)
        if first + index == decision.chosen:
            cv2.circle(image, spot, 2 * radius + 1, (255, 255, 255), 2, cv2.LINE_AA)
