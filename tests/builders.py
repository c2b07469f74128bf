"""Small hand-written flights for tests: an open field, still air and perfect sensors unless a test asks otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Float

from agents.altitude_guard import guard_altitude
from agents.smoothing import smooth
from sim.fields import Point
from sim.flight import Flight
from sim.scenario import FORMAT, Battery, Camera, Limits, Odometry, Rates, Scenario, Start, Weather
from sim.simulator import Simulator
from sim.task_spec import AvoidTask, MissionTask, NavigateTask, SiteSpec
from sim.types import MAX_SPEED, POSITION, QUATERNION, VELOCITY
from sim.world_spec import BoxSpec, CylinderSpec, PanelSpec, WorldSpec

HEIGHT = 1.5
"""m, where everything in these worlds flies."""
LOW, HIGH = (0.0, -20.0, 0.0), (50.0, 20.0, 6.0)
HEALTHY = "bwbbbbbbbbobbbbb"
FAULTY = "bbbbboobboobbbbb"
VIEW_DISTANCE = 4.0
"""m from a viewpoint to its panel."""
MIRROR = np.array([1.0, -1.0, 1.0])
"""World and heading frame, left and right swapped."""
HOVER = np.zeros(4, dtype=np.float32)


@contextmanager
def flying(scenario: Scenario, **options: Any) -> Iterator[Flight]:
    """A flight that is closed again."""
    flight = Flight(scenario, **options)
    try:
        yield flight
    finally:
        flight.close()


@contextmanager
def simulating(scenario: Scenario) -> Iterator[Simulator]:
    """A simulator that is closed again."""
    simulator = Simulator(scenario)
    try:
        yield simulator
    finally:
        simulator.close()


def wall(x: float, y: float, size: tuple[float, float], height: float = 6.0) -> BoxSpec:
    """A box that stands on the ground around x, y."""
    return BoxSpec(
        center_m=(x, y, height / 2),
        size_m=(*size, height),
        yaw_rad=0.0,
        semantic="building",
        color=(0.6, 0.5, 0.4),
    )


def trunk(x: float, y: float, radius: float = 0.2) -> CylinderSpec:
    """A tall tree."""
    return CylinderSpec(
        base_m=(x, y, 0.0), radius_m=radius, height_m=9.0, semantic="trunk", color=(0.4, 0.3, 0.2)
    )


THINGS = (trunk(12.0, 1.5), trunk(15.0, -2.0), wall(20.0, 0.0, (1.0, 12.0)))
"""Two trees and a wall, in the way of a flight along x."""


def world(
    *things: BoxSpec | CylinderSpec, panels: tuple[PanelSpec, ...] = (), low: Point = LOW
) -> WorldSpec:
    """The field with some things in it."""
    return WorldSpec(
        low_m=low,
        high_m=HIGH,
        place="",
        crop_m=(0.0, 0.0, 0.0, 0.0),
        boxes=tuple(thing for thing in things if isinstance(thing, BoxSpec)),
        cylinders=tuple(thing for thing in things if isinstance(thing, CylinderSpec)),
        panels=panels,
    )


def calm() -> Weather:
    """Still air."""
    return Weather(wind_world_m_s=(0.0, 0.0, 0.0), turbulence_m_s=0.0)


def breeze() -> Weather:
    """Wind and gusts as the shipped families have them."""
    return Weather(wind_world_m_s=(1.0, -0.7, 0.0), turbulence_m_s=0.4)


def exact() -> Odometry:
    """An estimate without errors."""
    return Odometry(
        position_drift=0.0,
        height_std_m=0.0,
        velocity_std_m_s=0.0,
        attitude_std_rad=0.0,
        rate_std_rad_s=0.0,
        correlation_s=2.0,
    )


def noisy() -> Odometry:
    """Errors as the shipped families have them."""
    return Odometry(
        position_drift=0.015,
        height_std_m=0.03,
        velocity_std_m_s=0.05,
        attitude_std_rad=0.01,
        rate_std_rad_s=0.02,
        correlation_s=2.0,
    )


def camera(**changes: Any) -> Camera:
    """A camera without noise or delay, but for what is changed."""
    settings: dict[str, Any] = {
        "width_px": 64,
        "height_px": 48,
        "fov_deg": 90.0,
        "tilt_rad": 0.0,
        "delay_ticks": 0,
        "disparity_std_px": 0.0,
        "baseline_m": 0.1,
        "dropout": 0.0,
        "color_std": 0.0,
    }
    return Camera(**settings | changes)


def grainy(**changes: Any) -> Camera:
    """A camera with the noise of the shipped families."""
    return camera(disparity_std_px=0.1, dropout=0.005, color_std=3.0, **changes)


def goal(x: float = 30.0, y: float = 0.0, geodesic: float = 25.0) -> NavigateTask:
    """A navigation task."""
    return NavigateTask(kind="navigate", goal_m=(x, y, HEIGHT), geodesic_m=geodesic)


def course(bearing: float = 0.0, distance: float = 20.0, share: float = 0.5) -> AvoidTask:
    """An avoidance task."""
    return AvoidTask(
        kind="avoid", course_rad=bearing, distance_m=distance, min_speed_fraction=share
    )


def scenario(**changes: Any) -> Scenario:
    """A navigation flight of 25 m over the open field, but for what is changed."""
    parts: dict[str, Any] = {
        "format": FORMAT,
        "name": "hand-written",
        "seed": 0,
        "redraws": 0,
        "vehicle": "trident_1kg",
        "speed_limit_m_s": 5.0,
        "world": world(),
        "start": Start(position_m=(5.0, 0.0, HEIGHT), yaw_rad=0.0),
        "task": goal(),
        "limits": Limits(altitude_max_m=3.0),
        "battery": Battery(capacity_wh=20.0, initial_fraction=1.0, reserve_fraction=0.2),
        "weather": calm(),
        "odometry": exact(),
        "camera": camera(),
        "rates": Rates(physics_hz=240, control_hz=15, mission_hz=1),
    }
    return Scenario(**parts | changes)


def panel_ahead(x: float, y: float, yaw: float, cells: str, covered: bool = False) -> PanelSpec:
    """The panel of a viewpoint: in front of it, facing it."""
    center = (x + VIEW_DISTANCE * np.cos(yaw), y + VIEW_DISTANCE * np.sin(yaw), HEIGHT)
    return PanelSpec(center_m=center, yaw_rad=yaw + np.pi, cells=cells, covered=covered)


def mission(*sites: dict[str, Any], **changes: Any) -> Scenario:
    """A mission from a pad at x = 5, y = 0.

    Each site has x and y, and may have yaw, prize, mandatory, cells and covered. A change named
    `time_limit_s` goes to the task, one named `things` to the world.
    """
    panels, specs = [], []
    for index, site in enumerate(sites):
        x, y, yaw = site["x"], site["y"], site.get("yaw", 0.0)
        cells, covered = site.get("cells", HEALTHY), site.get("covered", False)
        panels.append(panel_ahead(x, y, yaw, cells, covered))
        specs.append(
            SiteSpec(
                position_m=(x, y, HEIGHT),
                yaw_rad=yaw,
                prize=site.get("prize", 2.0),
                mandatory=site.get("mandatory", False),
                panel=index,
            )
        )
    task = MissionTask(
        kind="mission",
        home_m=(5.0, 0.0, 0.0),
        sites=tuple(specs),
        time_limit_s=changes.pop("time_limit_s", 120.0),
        detour_factor=1.1,
    )
    things = changes.pop("things", ())
    return scenario(task=task, world=world(*things, panels=tuple(panels)), **changes)


def rough_walk(count: int, seed: int = 0) -> np.ndarray:
    """Commands that change every third of a second and stay at about one height."""
    rng = np.random.default_rng(seed)
    actions = np.repeat(rng.uniform(-0.4, 0.4, (count // 5 + 1, 4)), 5, axis=0)[:count]
    actions[:, 2] *= 0.1
    return actions.astype(np.float32)


def mirrored(flight: Scenario) -> Scenario:
    """The same flight, still of gusts, with left and right swapped."""
    spec, wind = flight.world, flight.weather.wind_world_m_s
    things = {
        "boxes": tuple(
            b.model_copy(update={"center_m": _swap(b.center_m), "yaw_rad": -b.yaw_rad})
            for b in spec.boxes
        ),
        "cylinders": tuple(
            c.model_copy(update={"base_m": _swap(c.base_m)}) for c in spec.cylinders
        ),
        "panels": tuple(_mirrored_panel(panel) for panel in spec.panels),
        "low_m": (spec.low_m[0], -spec.high_m[1], spec.low_m[2]),
        "high_m": (spec.high_m[0], -spec.low_m[1], spec.high_m[2]),
    }
    start = Start(position_m=_swap(flight.start.position_m), yaw_rad=-flight.start.yaw_rad)
    return flight.model_copy(
        update={
            "world": spec.model_copy(update=things),
            "start": start,
            "task": _mirrored_task(flight.task),
            "weather": Weather(wind_world_m_s=_swap(wind), turbulence_m_s=0.0),
        }
    )


def place(
    simulator: Simulator,
    position: tuple[float, float, float],
    yaw: float = 0.0,
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0),
    roll: float = 0.0,
) -> None:
    """Put the hull somewhere, as if it had been carried there; rotors and battery stay as they are."""
    body = np.zeros_like(simulator.body)
    body[POSITION], body[VELOCITY] = position, velocity
    # Yaw after roll, as one quaternion xyzw.
    cr, sr, cy, sy = np.cos(roll / 2), np.sin(roll / 2), np.cos(yaw / 2), np.sin(yaw / 2)
    body[QUATERNION] = cy * sr, sy * sr, sy * cr, cy * cr
    simulator.bullet.set_state(body)
    simulator.bullet.read(simulator.body)


def piloted(
    flight: Flight, velocity_heading: np.ndarray, steps: int
) -> Iterator[Float[np.ndarray, "t 13"]]:
    """Bodies after every tick of each step, flown with one velocity as a pilot flies it: smoothed and guarded, unturned."""
    for _ in range(steps):
        observation = flight.observation()
        wanted = np.array([*(velocity_heading / MAX_SPEED), 0.0])
        action, _ = guard_altitude(smooth(wanted, observation), observation)
        yield flight.simulator.step(action)


def hover(flight: Flight, steps: int) -> list[str]:
    """Hold still for some steps; names of what happened, the outcome's included."""
    names: list[str] = []
    for _ in range(steps):
        names += [event.name for event in flight.advance(HOVER).events]
    return names


# --- Private.


def _swap(point: Point) -> Point:
    return point[0], -point[1], point[2]


def _mirrored_panel(panel: PanelSpec) -> PanelSpec:
    rows = (panel.cells[4 * row : 4 * row + 4] for row in range(4))
    return PanelSpec(
        center_m=_swap(panel.center_m),
        yaw_rad=-panel.yaw_rad,
        cells="".join(row[::-1] for row in rows),
        covered=panel.covered,
    )


def _mirrored_task(
    task: NavigateTask | AvoidTask | MissionTask,
) -> NavigateTask | AvoidTask | MissionTask:
    if isinstance(task, NavigateTask):
        return task.model_copy(update={"goal_m": _swap(task.goal_m)})
    if isinstance(task, AvoidTask):
        return task.model_copy(update={"course_rad": -task.course_rad})
    sites = tuple(
        site.model_copy(update={"position_m": _swap(site.position_m), "yaw_rad": -site.yaw_rad})
        for site in task.sites
    )
    return task.model_copy(update={"sites": sites, "home_m": _swap(task.home_m)})
