"""The drone as entities: hull, axes and trail in space, and curves of what it was told, believed and did."""

import numpy as np
import rerun as rr
from jaxtyping import Float

from sim.frames import wrap_angle, yaw_of
from sim.physics.vehicle import colliding_hull, load_vehicle
from sim.record.viewer.rows import Clock, Motion
from sim.record.viewer.stage import Stage
from sim.scenario import Scenario
from sim.types import POSITION, QUATERNION, VELOCITY
from sim.world.movers import Movers
from sim.world.primitives import BOX, CYLINDER

SETPOINT, ESTIMATE, TRUTH = (245, 180, 60), (200, 110, 230), (70, 180, 240)
_HULL = (235, 235, 240)
CURVES = {
    "velocity_x": "velocity x, m/s, world",
    "velocity_y": "velocity y, m/s, world",
    "velocity_z": "velocity z, m/s, world",
    "heading": "heading, degrees",
}
"""Curves with a setpoint, an estimate and a truth."""


def send_drone(stage: Stage, scenario: Scenario) -> None:
    """What the drone is, and how its curves are drawn."""
    radius, height = colliding_hull(load_vehicle(scenario.vehicle), scenario)
    hull = rr.Cylinders3D(lengths=[height], radii=[radius], colors=_HULL)
    stage.fixed("world/drone/hull", hull)
    stage.fixed("world/drone/axes", rr.TransformAxes3D(2.0 * radius))
    stage.fixed("world/estimate", rr.Points3D.from_fields(radii=0.5 * radius, colors=ESTIMATE))
    three = rr.SeriesLines(
        names=["setpoint", "estimate", "truth"], colors=[SETPOINT, ESTIMATE, TRUTH]
    )
    for name in CURVES:
        stage.fixed(f"curves/{name}", three)
    two = rr.SeriesLines(names=["estimate", "truth"], colors=[ESTIMATE, TRUTH])
    stage.fixed("curves/height", two)
    stage.fixed("curves/clearance", rr.SeriesLines(names="clearance, m", colors=TRUTH))
    stage.fixed("curves/drift", rr.SeriesLines(names="error of the estimate, m", colors=ESTIMATE))


def send_motion(
    stage: Stage, motion: Motion, before: Float[np.ndarray, "13"] | None = None
) -> None:
    """Poses, trail and curves; `before` is the body ahead of the first row, where the trail goes on from."""
    clock, bodies = motion.clock, motion.bodies
    columns = rr.Transform3D.columns(
        translation=bodies[:, POSITION], quaternion=bodies[:, QUATERNION]
    )
    stage.rows("world/drone", clock, columns)
    _send_trail(stage, motion, before)
    known = np.isfinite(motion.estimates[:, POSITION]).all(axis=1)
    if known.any():
        dots = rr.Points3D.columns(positions=motion.estimates[known, POSITION])
        stage.rows("world/estimate", Clock(clock.times[known], clock.steps[known]), dots)
    _send_curves(stage, motion)


def _send_trail(stage: Stage, motion: Motion, before: Float[np.ndarray, "13"] | None) -> None:
    """A piece of the way a row; the view shows all pieces up to its cursor."""
    points = motion.bodies[:, POSITION]
    first = points[:1] if before is None else before[None, POSITION]
    strips = np.stack([np.vstack([first, points[:-1]]), points], axis=1)
    columns = rr.LineStrips3D.columns(
        strips=list(strips), colors=[TRUTH] * len(strips), radii=[0.03] * len(strips)
    )
    stage.rows("world/trail", motion.clock, columns)


def _send_curves(stage: Stage, motion: Motion) -> None:
    bodies, estimates, setpoints = motion.bodies, motion.estimates, motion.setpoints
    for axis, name in enumerate("xyz"):
        index = VELOCITY.start + axis
        _curve(
            stage,
            f"velocity_{name}",
            motion,
            setpoints[:, axis],
            estimates[:, index],
            bodies[:, index],
        )
    headings = [
        np.degrees(wrap_angle(yaws)) for yaws in (setpoints[:, 3], _yaws(estimates), _yaws(bodies))
    ]
    _curve(stage, "heading", motion, *headings)
    _curve(stage, "height", motion, estimates[:, 2], bodies[:, 2])
    _curve(stage, "clearance", motion, motion.clearances)
    drift = np.linalg.norm(estimates[:, POSITION] - bodies[:, POSITION], axis=1)
    _curve(stage, "drift", motion, drift)


def _curve(stage: Stage, name: str, motion: Motion, *lines: Float[np.ndarray, " n"]) -> None:
    values = np.column_stack(lines)
    columns = rr.Scalars.columns(scalars=values.ravel()).partition([len(lines)] * len(values))
    stage.rows(f"curves/{name}", motion.clock, columns)


def _yaws(bodies: Float[np.ndarray, "n 13"]) -> Float[np.ndarray, " n"]:
    return np.array([yaw_of(body[QUATERNION]) for body in bodies])


# --- What else moves.


def send_mover_shapes(stage: Stage, movers: Movers) -> None:
    """One entity a mover; its pose comes with time."""
    for index, row in enumerate(movers.table_at(0)):
        color = movers.colors[index].astype(np.uint8)
        stage.fixed(f"world/movers/{index}/shape", _shape(row, color))


def send_movers(stage: Stage, movers: Movers, clock: Clock) -> None:
    """Where each mover is at the clock's instants."""
    ticks = np.rint(clock.times / movers.tick_s).astype(int)
    places = np.array([movers.positions_at(tick) for tick in ticks.tolist()])
    for index in range(len(movers)):
        columns = rr.Transform3D.columns(translation=places[:, index])
        stage.rows(f"world/movers/{index}", clock, columns)


def _shape(row: Float[np.ndarray, "9"], color: np.ndarray) -> rr.AsComponents:
    kind, half = row[0], row[4:7]
    if kind == BOX:
        half_yaw = 0.5 * np.arctan2(row[8], row[7])
        turned = [0.0, 0.0, np.sin(half_yaw), np.cos(half_yaw)]
        return rr.Boxes3D(half_sizes=[half], quaternions=[turned], colors=color, fill_mode="solid")
    if kind == CYLINDER:
        return rr.Cylinders3D(
            lengths=[2.0 * half[1]], radii=[half[0]], colors=color, fill_mode="solid"
        )
    return rr.Ellipsoids3D(half_sizes=[np.full(3, half[0])], colors=color, fill_mode="solid")
