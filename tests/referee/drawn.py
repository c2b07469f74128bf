"""Tracks drawn by hand, and real flights as logs, for tests of the referee."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.referee.contact import clearances
from scenarios.referee.ending import judge_endings
from scenarios.referee.events import Ending
from scenarios.referee.track import Track
from sim.physics.vehicle import load_vehicle
from sim.record.reader import Flight, read_flight
from sim.record.writer import FlightLog
from sim.scenario import Scenario
from sim.types import HISTORY_SHAPE, IMAGE_SHAPE, Decision
from tests.builders import flying

VEHICLE = load_vehicle("trident_1kg")
TICK, STEP = 1 / 240, 1 / 15
BLACK = {
    "image": np.zeros(IMAGE_SHAPE, dtype=np.uint8),
    "history": np.zeros(int(np.prod(HISTORY_SHAPE)), dtype=np.uint8),
}


def track(*points: tuple[float, float, float], speed: float = 5.0, **given: Any) -> Track:
    """Straight from point to point at one speed, then at rest to the end of the step; level, yaw 0 unless given."""
    rows = [np.array([points[0]])]
    for start, end in pairwise(points):
        ticks = max(1, round(float(np.linalg.norm(np.subtract(end, start))) / speed / TICK))
        rows.append(np.linspace(start, end, ticks + 1)[1:])
    return standing(np.concatenate(rows), **given)


def standing(positions: np.ndarray, yaw: float = 0.0, tilt: float = 0.0) -> Track:
    """A track through samples, one a tick, filled up to a whole step by staying."""
    missing = -(len(positions) - 1) % 16
    positions = np.concatenate([positions, np.repeat(positions[-1:], missing, axis=0)])
    velocities = np.zeros_like(positions)
    velocities[1:] = np.diff(positions, axis=0) / TICK
    # Yaw after a roll.
    turned = np.array(
        [np.cos(yaw / 2) * np.sin(tilt / 2), np.sin(yaw / 2) * np.sin(tilt / 2),
         np.sin(yaw / 2) * np.cos(tilt / 2), np.cos(yaw / 2) * np.cos(tilt / 2)]
    )  # fmt: skip
    count = len(positions)
    ends = np.arange(16, count, 16)
    return Track(
        TICK,
        STEP,
        positions,
        np.tile(turned, (count, 1)),
        velocities,
        np.zeros_like(positions),
        ends,
    )


def ended(scenario: Scenario, drawn: Track, battery: float = 0.9) -> Ending:
    """How the referee sees a drawn track end."""
    return endings(scenario, drawn, battery)[0]


def endings(scenario: Scenario, drawn: Track, battery: float = 0.9) -> tuple[Ending, ...]:
    """All that it permits."""
    measured = clearances(scenario, VEHICLE, drawn)
    return judge_endings(scenario, drawn, measured, np.full(len(drawn.ends), battery))


def logged(path: Path, scenario: Scenario, actions: np.ndarray) -> Flight:
    """Fly actions (again and again) to the outcome, without a camera, and read the log."""
    with flying(scenario, camera=False) as flight, FlightLog(path, scenario, {}) as log:
        index = 0
        while flight.outcome is None:
            seen = {**BLACK, **flight.observation()}
            action = actions[index % len(actions)].astype(np.float32)
            index, time = index + 1, flight.simulator.time
            step = flight.advance(action)
            log.step(time, action, step.ticks, seen, Decision(action=action), step.events)
        log.close(flight.result())
    return read_flight(path)
