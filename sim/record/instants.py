"""When and where: the instants of a log in time, ticks and bodies, also of one that begins in mid-flight."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from sim.record.reader import Flight
from sim.scenario import Scenario
from sim.types import BODY_SIZE, POSITION, QUATERNION, Body

FARTHEST = 1e5
"""m, m/s: beyond it a state has diverged and is not worth drawing."""


def first_tick(flight: Flight) -> int:
    """Physics ticks flown before the log's first step: none, but where it holds the last seconds only."""
    return round(float(flight.times[0]) * flight.scenario.rates.physics_hz) if len(flight) else 0


def tick_times(flight: Flight) -> Float[np.ndarray, " m"]:
    """Time of each row of `poses`, s."""
    ticks = first_tick(flight) + 1 + np.arange(len(flight.poses))
    return ticks / flight.scenario.rates.physics_hz


def step_ends(flight: Flight) -> Float[np.ndarray, " n"]:
    """When each step was over, s: the instant of `step_bodies`; the last step may have been cut short by a crash."""
    return (first_tick(flight) + flight.tick_starts[1:]) / flight.scenario.rates.physics_hz


def ended_at(flight: Flight) -> float:
    """When the flight ended, as its result has it, s: a crash that cuts the last step short is dated to its full length."""
    return float(step_ends(flight)[-1]) if flight.result is None else flight.result.duration_s


def sample_times(flight: Flight) -> Float[np.ndarray, " m"]:
    """The start, and the end of every step, s."""
    return np.append(flight.times[:1], step_ends(flight))


def sample_bodies(flight: Flight) -> Float[np.ndarray, "m 13"]:
    """Bodies at these instants, diverged ones left where they last made sense; of a log from mid-flight, first the first it holds."""
    begins_late = first_tick(flight) > 0 and len(flight.poses) > 0
    first = flight.poses[0] if begins_late else start_body(flight.scenario)
    return held(np.vstack([first, flight.step_bodies]))


def start_body(scenario: Scenario) -> Body:
    """At rest where the flight begins."""
    body, start = np.zeros(BODY_SIZE), scenario.start
    body[POSITION] = start.position_m
    body[QUATERNION] = 0.0, 0.0, np.sin(start.yaw_rad / 2), np.cos(start.yaw_rad / 2)
    return body


def drawable(flight: Flight) -> Flight:
    """The flight with bodies that diverged left where they last made sense."""
    return replace(flight, poses=held(flight.poses))


def held(bodies: Float[np.ndarray, "m 13"]) -> Float[np.ndarray, "m 13"]:
    """Bodies of which those that diverged are the last before them that had not."""
    latest = np.maximum.accumulate(np.where(_sound(bodies), np.arange(len(bodies)), 0))
    return bodies[latest]


def _sound(bodies: Float[np.ndarray, "m 13"]) -> Bool[np.ndarray, " m"]:
    return np.all(np.abs(bodies) < FARTHEST, axis=1)
