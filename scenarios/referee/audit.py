"""Whether a log can be a flight at all: what poses, velocities, observations and scenario have to do with each other.

Nothing here decides an outcome. Limits are a little wider than honest flights need (`docs/referee.md` has the figures
they were set by), so a finding is a contradiction, not a suspicion.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float

from scenarios.referee.forces import Forces
from scenarios.referee.track import Track, rotations
from scenarios.referee.verdict import Finding
from sim.physics.vehicle import Vehicle
from sim.record.reader import Flight
from sim.scenario import Scenario
from sim.task_spec import MissionTask, NavigateTask
from sim.types import EGO_FIELDS

_PLACE_M, _TURN_RAD = 1e-6, 1e-5
"""By which a sample may miss what its velocity and rates make of the one before."""
_CONTACT_PLACE_M, _CONTACT_TURN_RAD = 0.05, 0.2
"""The same for the last sample: a touch also pushes the body out of what it touched."""
_SIDEWAYS = 0.5
"""m/s2 that rotors and airframe may push sideways beyond their drag in the mean wind."""
_THRUST_SPARE, _TORQUE_SPARE = 1.1, 1.2
_GROUND_MOST = 4.0 / 3.0
"""Thrust near the ground over thrust far from it, at most."""
_STANDARD = 6.0
"""Standard deviations of an estimate that are believed."""
_VELOCITY_M_S, _HEIGHT_M, _BATTERY = 0.05, 0.02, 1e-3
_GOAL_M = 0.5
"""How far the first observation's goal and sites may lie from the scenario's."""


def audit(flight: Flight, vehicle: Vehicle, track: Track, forces: Forces) -> list[Finding]:
    """Every contradiction, the first of each kind."""
    return [
        *_structure(flight, track),
        *_kinematics(track),
        *_dynamics(vehicle, track, forces),
        *_estimates(flight, track),
        *_first_look(flight),
    ]


def _structure(flight: Flight, track: Track) -> Iterator[Finding]:
    """Steps at their times, each with its ticks, but for a last one that a touch cut short."""
    wanted = track.step_s * np.arange(len(flight))
    wrong = np.flatnonzero(np.abs(flight.times - wanted) > 1e-6)
    if len(wrong):
        step = int(wrong[0])
        yield Finding(
            "log", f"step {step} is timed {flight.times[step]:.4f} s, not {wanted[step]:.4f} s"
        )
    ticks, full = np.diff(flight.tick_starts), flight.scenario.rates.ticks_per_step
    wrong = np.flatnonzero((ticks != full)[:-1])
    if len(wrong) or (len(ticks) and not 0 < ticks[-1] <= full):
        step = int(wrong[0]) if len(wrong) else len(ticks) - 1
        yield Finding("log", f"step {step} holds {ticks[step]} ticks of {full}")


def _kinematics(track: Track) -> Iterator[Finding]:
    """Places follow from velocities, attitudes from rates."""
    flown = np.diff(track.positions, axis=0) - track.tick_s * track.velocities[1:]
    missed = np.linalg.norm(flown, axis=1)
    yield from _beyond(
        track, "motion", missed, _PLACE_M, _CONTACT_PLACE_M, "m off the way its velocity leads"
    )
    turned = _turn_error(track)
    yield from _beyond(
        track, "motion", turned, _TURN_RAD, _CONTACT_TURN_RAD, "rad off the turn its rates lead to"
    )


def _turn_error(track: Track) -> Float[np.ndarray, " t"]:
    """Angle between each attitude and the one before turned by the rates, rad: Rodrigues' formula."""
    axes, steps = rotations(track.quats), track.tick_s * track.rates[1:]
    angle = np.linalg.norm(steps, axis=1)
    half = 0.5 * angle
    share = np.where(angle > 1e-9, np.sin(half) / np.maximum(angle, 1e-9), 0.5)
    turns = rotations(np.column_stack([share[:, None] * steps, np.cos(half)]))
    off = np.einsum("tij,tjk->tik", turns, axes[:-1]) - axes[1:]
    return np.linalg.norm(off, axis=(1, 2)) / np.sqrt(2.0)


def _beyond(
    track: Track, kind: str, value: np.ndarray, limit: float, last: float, what: str
) -> Iterator[Finding]:
    limits = np.full(len(value), limit)
    limits[-1:] = last
    wrong = np.flatnonzero(value > limits)
    if len(wrong):
        at = int(wrong[0])
        yield Finding(
            kind,
            f"{value[at]:.3g} {what} at {track.times[at + 1]:.4f} s (and {len(wrong) - 1} more)",
        )


def _dynamics(vehicle: Vehicle, track: Track, forces: Forces) -> Iterator[Finding]:
    """Rotors push along the body's axis within what they have, air pushes sideways as drag does."""
    if len(forces.thrust) < 2:
        return
    most = (
        _THRUST_SPARE * _GROUND_MOST * 4.0 * vehicle.thrust_coefficient * vehicle.rotor_speed_max**2
    )
    free = slice(None, -1)
    doubt = vehicle.mass * _SIDEWAYS + forces.drag_rate * forces.wind_doubt
    sideways = np.linalg.norm(forces.force[:, :2] - forces.drag_sideways, axis=1)
    pull = np.maximum(
        -forces.force[:, 2] - np.linalg.norm(forces.air, axis=1) * forces.drag_rate, 0.0
    )
    lever = vehicle.arm * np.sqrt(0.5) * 2.0
    each = vehicle.thrust_coefficient * vehicle.rotor_speed_max**2
    twist = (
        _TORQUE_SPARE * _GROUND_MOST * each * np.array([lever, lever, 2.0 * vehicle.torque_ratio])
    )
    checks: list[tuple[Bool[np.ndarray, " t"], str]] = [
        (sideways > doubt, "pushed sideways by more than air and drag explain"),
        (forces.force[:, 2] > most + doubt, "lifted by more than the rotors have"),
        (pull > doubt, "pulled down along its own axis"),
        (
            np.asarray((np.abs(forces.torque) > twist).any(axis=1)),
            "turned by more than the rotors can",
        ),
    ]
    for wrong, what in checks:
        found = np.flatnonzero(wrong[free])
        if len(found):
            at = int(found[0])
            yield Finding(
                "motion", f"{what} at {track.times[at + 1]:.4f} s (and {len(found) - 1} more)"
            )


def _estimates(flight: Flight, track: Track) -> Iterator[Finding]:
    """What the drone believed of velocity and height, where the scenario states how wrong it may be."""
    odometry = flight.scenario.odometry
    if odometry is None or not len(flight):
        return
    before = np.concatenate([[0], track.ends[:-1]])
    ego = {name: flight.ego[:, index] for index, name in enumerate(EGO_FIELDS)}
    believed = np.column_stack([ego[f"velocity_body_{axis}"] for axis in "xyz"])
    # A wrong attitude turns the velocity as well.
    allowed = _VELOCITY_M_S + _STANDARD * (
        odometry.velocity_std_m_s * np.sqrt(3.0)
        + odometry.attitude_std_rad * np.sqrt(3.0) * track.speeds[before]
    )
    true = np.einsum("tji,tj->ti", track.axes[before], track.velocities[before])
    off = np.linalg.norm(believed - true, axis=1) > allowed
    yield from _seen(off, track, "velocity")
    height = np.clip(track.positions[before, 2], 0.0, 50.0)
    off = np.abs(ego["height"] - height) > _HEIGHT_M + _STANDARD * odometry.height_std_m
    yield from _seen(off, track, "height")


def _seen(off: Bool[np.ndarray, " s"], track: Track, what: str) -> Iterator[Finding]:
    wrong = np.flatnonzero(off)
    if len(wrong):
        time = track.step_s * int(wrong[0])
        yield Finding(
            "observation",
            f"{what} of the body is not what was observed at {time:.3f} s (and {len(wrong) - 1} more)",
        )


def _first_look(flight: Flight) -> Iterator[Finding]:
    """At the start the drone knows where it is: what it is told then must be what the scenario says."""
    if not len(flight):
        return
    scenario, ego, goal = flight.scenario, flight.ego[0], flight.goal[0]
    told = dict(zip(EGO_FIELDS, ego.tolist(), strict=True))
    if abs(told["battery"] - scenario.battery.initial_fraction) > _BATTERY and not scenario.faults:
        yield Finding(
            "scenario",
            f"battery begins at {told['battery']:.4f}, not {scenario.battery.initial_fraction:g}",
        )
    room = np.clip(scenario.limits.altitude_max_m - scenario.start.position_m[2], -50.0, 50.0)
    if abs(told["headroom"] - room) > _GOAL_M:
        yield Finding("scenario", f"headroom begins at {told['headroom']:.2f} m, not {room:.2f} m")
    limit = _first_limit(scenario)
    if abs(float(goal[4]) - limit) > 1e-4:
        yield Finding("scenario", f"speed limit told as {goal[4]:g} m/s, not {limit:g}")
    yield from _targets_told(scenario, goal, flight.sites[0], flight.sites_mask[0])


def _first_limit(scenario: Scenario) -> float:
    """The speed limit at the start, m/s: a route's first leg may have one of its own."""
    task, limit = scenario.task, scenario.speed_limit_m_s
    own = task.sites[0].speed_limit_m_s if isinstance(task, MissionTask) else None
    return limit if own is None else min(own, limit)


def _targets_told(
    scenario: Scenario, goal: np.ndarray, sites: np.ndarray, mask: np.ndarray
) -> Iterator[Finding]:
    start, yaw = np.array(scenario.start.position_m), scenario.start.yaw_rad
    cos, sin = np.cos(yaw), np.sin(yaw)
    level = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    task = scenario.task
    if isinstance(task, NavigateTask):
        told = goal[:3].astype(float) * np.expm1(float(goal[3]))
        off = float(np.linalg.norm(told - level @ (np.array(task.goal_m) - start)))
        if off > _GOAL_M + 1e-3 * float(np.linalg.norm(told)):
            yield Finding(
                "scenario", f"the goal told at the start lies {off:.2f} m from the scenario's"
            )
    if isinstance(task, MissionTask):
        # Of a route the pilot sees the next site only.
        told_of = task.sites[:1] if task.ordered else task.sites
        if int(mask.sum()) != len(told_of) + 1:
            yield Finding(
                "scenario", f"{int(mask.sum()) - 1} sites told at the start, not {len(told_of)}"
            )
            return
        for index, site in enumerate(told_of):
            row = sites[index + 1]
            off = float(np.linalg.norm(row[:3] - level @ (np.array(site.position_m) - start)))
            same = abs(float(row[5]) - site.prize) < 1e-4 and bool(row[6]) == site.mandatory
            if off > _GOAL_M or not same:
                yield Finding("scenario", f"site {index} told at the start is not the scenario's")
                return
