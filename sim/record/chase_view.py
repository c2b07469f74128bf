"""The flight seen from behind: the world ray-cast by the drone's own camera code, with drone, trail and goals drawn in."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from sim.frames import quat_to_matrix
from sim.physics.vehicle import load_vehicle
from sim.record import canvas
from sim.record.canvas import Color, Image
from sim.record.chase_camera import chase_poses
from sim.record.instants import first_tick, sample_bodies
from sim.record.label_layout import Box
from sim.record.reader import Flight
from sim.record.route_marks import sites_done
from sim.scenario import Camera as CameraConfig
from sim.scenario import MissionTask, NavigateTask
from sim.sensing.camera import Camera, CameraScene
from sim.sensing.mover_rays import SeenMovers
from sim.sensing.pinhole import body_from_camera
from sim.types import POSITION, QUATERNION
from sim.world.build import world_of
from sim.world.movers import movers_of

_RENDERED = (352, 264)
"""px that are ray-cast; the picture is scaled up from them."""
_FOV_DEG = 78.0
_HAZE = 55.0
"""m after which the sky has taken two thirds of a colour: depth without shadows."""
_TRAIL_SECONDS = 12.0
_BEHIND = 0.25
"""m by which a mark may lie behind what is seen and still be drawn."""
_OUTLINE = 0.09
"""Relative jump in depth that is drawn as an edge."""
_CIRCLE = np.linspace(0.0, 2.0 * np.pi, 20, endpoint=False)
_TRAIL: Color = (250, 200, 90)


class ChaseView:
    """Renders one picture a step, in any order."""

    def __init__(self, flight: Flight, width: int, height: int) -> None:
        """`width` and `height` of the pictures, px, four to three."""
        self._flight, self._size = flight, (width, height)
        self._scene = CameraScene(world_of(flight.scenario))
        self._movers = movers_of(flight.scenario)
        self._camera = Camera(
            CameraConfig(
                width_px=_RENDERED[0],
                height_px=_RENDERED[1],
                fov_deg=_FOV_DEG,
                tilt_rad=0.0,
                delay_ticks=0,
                disparity_std_px=0.0,
                baseline_m=0.1,
                dropout=0.0,
                color_std=0.0,
            )
        )
        self._poses = chase_poses(flight, self._scene)
        self._focal = self._camera.focal_px * width / _RENDERED[0]
        vehicle = load_vehicle(flight.scenario.vehicle)
        self._radius, self._height = vehicle.hull_radius, vehicle.hull_height
        self._trail = sample_bodies(flight)[:, POSITION]
        self._done = sites_done(flight)

    def draw(self, image: Image, step: int) -> None:
        """The picture at the end of a step."""
        position, quat = self._poses.positions[step], self._poses.quaternions[step]
        if self._movers:
            table = self._movers.table_at(
                first_tick(self._flight) + int(self._flight.tick_starts[step + 1])
            )
            self._scene.movers = SeenMovers(table, self._movers.colors, self._movers.classes)
        seen = self._camera.render(self._scene, position, quat)
        picture = self._hazy(seen.rgb, seen.depth)
        cv2.resize(picture, self._size, dst=image, interpolation=cv2.INTER_CUBIC)
        self._depth = cv2.resize(
            np.where(seen.depth > 0.0, seen.depth, np.inf).astype(np.float32),
            self._size,
            interpolation=cv2.INTER_NEAREST,
        )
        self._eye = position
        self._R = quat_to_matrix(quat) @ body_from_camera(0.0)
        self._draw_shadow(image, step)
        self._draw_goals(image, step)
        self._draw_trail(image, step)
        self._draw_drone(image, step)

    # --- Private.

    def _hazy(self, rgb: UInt8[np.ndarray, "h w 3"], depth: Float[np.ndarray, "h w"]) -> Image:
        """BGR with distance fading into the sky, and dark edges where the depth jumps."""
        share = np.where(depth > 0.0, np.exp(-depth / _HAZE), 0.0).astype(np.float32)
        share[depth > 0.0] = np.maximum(share[depth > 0.0], 0.12)
        sky = self._scene.sky_color[::-1].astype(np.float32)
        picture = rgb[..., ::-1] * share[..., None] + sky * (1.0 - share[..., None])
        inverse = np.where(depth > 0.0, 1.0 / np.maximum(depth, 0.1), 0.0).astype(np.float32)
        # A plane's inverse depth is linear in the image: its second difference vanishes but at edges.
        curvature = np.abs(cv2.Laplacian(inverse, cv2.CV_32F))
        edge = np.clip(curvature / np.maximum(_OUTLINE * inverse, 1e-4) - 1.0, 0.0, 1.0)
        picture *= 1.0 - (0.5 * edge * share)[..., None]
        return np.clip(picture, 0, 255).astype(np.uint8)

    def _project(
        self, points: Float[np.ndarray, "n 3"]
    ) -> tuple[Float[np.ndarray, "n 2"], Bool[np.ndarray, " n"]]:
        """Pixels, and whether each point is in front of the camera and of what stands there."""
        seen = (points - self._eye) @ self._R
        ahead = seen[:, 2] > 0.2
        depth = np.where(ahead, seen[:, 2], 1.0)[:, None]
        pixels = np.array(self._size) / 2 + self._focal * seen[:, :2] / depth
        inside = ahead & (np.abs(pixels - np.array(self._size) / 2) < np.array(self._size)).all(1)
        pixels = np.where(inside[:, None], pixels, 0.0)
        column = np.clip(pixels[:, 0], 0, self._size[0] - 1).astype(int)
        row = np.clip(pixels[:, 1], 0, self._size[1] - 1).astype(int)
        return pixels, inside & (depth[:, 0] < self._depth[row, column] + _BEHIND)

    def _draw_trail(self, image: Image, step: int) -> None:
        steps = round(_TRAIL_SECONDS * self._flight.scenario.rates.control_hz)
        first = max(0, step + 1 - steps)
        pixels, visible = self._project(self._trail[first : step + 2])
        spots = np.rint(pixels).astype(int).tolist()
        for index in range(len(spots) - 1):
            if visible[index] and visible[index + 1]:
                fade = 0.35 + 0.65 * (index + 1) / len(spots)
                color = tuple(round(fade * channel) for channel in _TRAIL)
                cv2.line(image, spots[index], spots[index + 1], color, 2, cv2.LINE_AA)

    def _draw_shadow(self, image: Image, step: int) -> None:
        """A disc on the ground below the drone, from which its height is read."""
        x, y, _ = self._flight.step_bodies[step, POSITION].tolist()
        ring = np.column_stack(
            [x + self._radius * np.cos(_CIRCLE), y + self._radius * np.sin(_CIRCLE), 0 * _CIRCLE]
        )
        pixels, visible = self._project(ring)
        if visible.all():
            layer = image.copy()
            cv2.fillPoly(layer, [np.rint(pixels).astype(np.int32)], (20, 20, 20), cv2.LINE_AA)
            cv2.addWeighted(layer, 0.45, image, 0.55, 0.0, dst=image)

    def _draw_goals(self, image: Image, step: int) -> None:
        task = self._flight.scenario.task
        self._names: list[Box] = []
        if isinstance(task, NavigateTask):
            self._draw_goal(image, task.goal_m, "goal", canvas.WARN)
        elif isinstance(task, MissionTask):
            goals: list[tuple[tuple[float, ...], str, Color]] = [
                ((*task.home_m[:2], 0.3), "H", canvas.BAD)
            ]
            for token, (site, done) in enumerate(
                zip(task.sites, self._done[step], strict=True), start=1
            ):
                color = canvas.GOOD if done else canvas.WARN if site.mandatory else canvas.TEXT
                words = f"{token}, mandatory" if site.mandatory else str(token)
                goals.append((site.position_m, words, color))
            # The nearest first: of names that would cover each other it keeps its own.
            goals.sort(key=lambda goal: float(np.linalg.norm(np.array(goal[0]) - self._eye)))
            for place, words, color in goals:
                self._draw_goal(image, place, words, color)

    def mark_impact(self, image: Image, place: tuple[float, ...]) -> None:
        """A cross where the flight ended badly, over the picture that was drawn last."""
        ((u, v),), _ = self._project(np.array(place, dtype=float)[None])
        if (u, v) == (0.0, 0.0):  # Out of the picture.
            return
        spot = round(float(u)), round(float(v))
        cv2.drawMarker(image, spot, canvas.BACKGROUND, cv2.MARKER_TILTED_CROSS, 36, 8)
        cv2.drawMarker(image, spot, canvas.BAD, cv2.MARKER_TILTED_CROSS, 34, 4)

    def _draw_goal(self, image: Image, place: tuple[float, ...], words: str, color: Color) -> None:
        """A ring with a name, where there is room for it; thin where something hides it."""
        point = np.array(place, dtype=float)[None]
        pixels, visible = self._project(point)
        x, y = np.rint(pixels[0]).astype(int).tolist()
        distance = float(np.linalg.norm(point[0] - self._eye))
        behind = float((point[0] - self._eye) @ self._R[:, 2]) < 0.5
        if (
            behind
            or not (8 < x < self._size[0] - 8 and 30 < y < self._size[1] - 8)
            or distance > 60
        ):
            return
        radius = int(np.clip(0.35 * self._focal / distance, 5, 40))
        cv2.circle(
            image, (x, y), radius + 1, canvas.BACKGROUND, 3 if visible[0] else 1, cv2.LINE_AA
        )
        cv2.circle(image, (x, y), radius, color, 2 if visible[0] else 1, cv2.LINE_AA)
        name = Box.around(x, y - radius - 10, canvas.text_width(words, 14, 700) + 4, 16)
        if visible[0] and not any(name.meets(other) for other in self._names):
            self._names.append(name)
            canvas.text_centred(image, words, x + 1, y - radius - 4, canvas.BACKGROUND, 14, 700)
            canvas.text_centred(image, words, x, y - radius - 5, color, 14, 700)

    def _draw_drone(self, image: Image, step: int) -> None:
        """Body, arms and four rotor discs of the vehicle's size; front rotors are the light ones."""
        body = self._flight.step_bodies[step]
        turn = quat_to_matrix(body[QUATERNION])
        arm, rotor = 0.62 * self._radius, 0.36 * self._radius
        corners = arm * np.array([(1, 1, 0), (1, -1, 0), (-1, -1, 0), (-1, 1, 0)]) / np.sqrt(2)
        corners[:, 2] = 0.3 * self._height
        hubs = body[POSITION] + corners @ turn.T
        center = body[POSITION][None]
        middle = self._dots(center)[0]
        far_first = np.argsort(-np.linalg.norm(hubs - self._eye, axis=1))
        for hub in self._dots(hubs):
            cv2.line(image, middle, hub, canvas.BACKGROUND, 6, cv2.LINE_AA)
            cv2.line(image, middle, hub, (200, 200, 200), 3, cv2.LINE_AA)
        disc = rotor * np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE), 0 * _CIRCLE])
        for index in far_first.tolist():
            outline = self._dots(hubs[index] + disc @ turn.T)
            color = (245, 245, 245) if index < 2 else (60, 120, 240)
            layer = image.copy()
            cv2.fillPoly(layer, [np.array(outline, np.int32)], color, cv2.LINE_AA)
            cv2.addWeighted(layer, 0.6, image, 0.4, 0.0, dst=image)
            cv2.polylines(
                image, [np.array(outline, np.int32)], True, canvas.BACKGROUND, 1, cv2.LINE_AA
            )
        size = int(np.clip(0.16 * self._radius * self._focal / self._ahead(center[0]), 3, 30))
        cv2.circle(image, middle, size + 1, (230, 230, 230), -1, cv2.LINE_AA)
        cv2.circle(image, middle, size, (45, 40, 36), -1, cv2.LINE_AA)

    def _ahead(self, point: Float[np.ndarray, "3"]) -> float:
        return max(float((point - self._eye) @ self._R[:, 2]), 0.2)

    def _dots(self, points: Float[np.ndarray, "n 3"]) -> list[tuple[int, int]]:
        """Whole pixels of points that are never hidden: the drone is what the picture is about."""
        pixels, _ = self._project(points)
        return [(int(u), int(v)) for u, v in np.rint(pixels).tolist()]
