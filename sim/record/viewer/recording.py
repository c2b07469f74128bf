"""Flight logs as one Rerun recording: each under a root of its own, on the same time axis."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import rerun as rr

from sim.record.clearances import sample_clearances
from sim.record.instants import first_tick
from sim.record.lattice_view import Lattice, read_lattice
from sim.record.near_misses import collided, near_misses
from sim.record.reader import Flight
from sim.record.told import told_events
from sim.record.viewer.blueprint import Column, blueprint
from sim.record.viewer.camera import send_camera, send_sight
from sim.record.viewer.drone import send_drone, send_motion, send_mover_shapes, send_movers
from sim.record.viewer.events import near_miss_event, send_event_styles, send_events
from sim.record.viewer.heads import send_head_styles, send_heads, send_states
from sim.record.viewer.perception import Perception
from sim.record.viewer.recollect import recollect
from sim.record.viewer.rows import FlightRows, Motion
from sim.record.viewer.solids import send_world
from sim.record.viewer.stage import Stage, new_recording
from sim.record.viewer.task import send_task, send_way
from sim.scenario import Scenario

Note = Callable[[str], object]
"""Hears what could not be shown, in a line."""


def open_recording(flights: Sequence[Flight]) -> tuple[rr.RecordingStream, list[Stage]]:
    """A recording, still empty, and a stage for each flight."""
    title = " and ".join(
        f"{flight.scenario.name} {flight.scenario.seed}, {flight.metadata.get('pilot', 'unnamed')}"
        for flight in flights
    )
    stream = new_recording(title)
    return stream, [Stage(stream, root) for root in _roots(flights)]


def layout(flights: Sequence[Flight], stages: Sequence[Stage]) -> rr.blueprint.Blueprint:
    """The layout of these flights; it can be told before anything is sent."""
    columns = [
        Column(stage.root, flight.scenario, _has_candidates(flight))
        for flight, stage in zip(flights, stages, strict=True)
    ]
    return blueprint(columns)


def send_flights(flights: Sequence[Flight], stages: Sequence[Stage], note: Note) -> None:
    """Send all there is; a log without a whole step is a ValueError."""
    for flight, stage in zip(flights, stages, strict=True):
        flight.require_steps("show")
        _send_flight(flight, stage, note)


def send_styles(
    stage: Stage, scenario: Scenario, lattice: Lattice | None, perception: Perception
) -> None:
    """Everything that holds for the whole flight."""
    send_world(stage, scenario, perception.world)
    send_task(stage, scenario)
    send_drone(stage, scenario)
    send_mover_shapes(stage, perception.movers)
    send_camera(stage, scenario)
    send_head_styles(stage, scenario, lattice)
    send_event_styles(stage)


def _send_flight(flight: Flight, stage: Stage, note: Note) -> None:
    scenario, lattice = flight.scenario, read_lattice(flight)
    rows, perception, memory = FlightRows(flight), Perception(flight.scenario), recollect(flight)
    if memory.gap is not None:
        note(f"{flight.path}: no estimate and no setpoint beyond what is shown: {memory.gap}")
    send_styles(stage, scenario, lattice, perception)
    ends = first_tick(flight) + flight.tick_starts
    clearances = sample_clearances(flight, perception.hull)
    motion = Motion(rows.clock, rows.bodies, memory.estimates, memory.setpoints, clearances)
    looks = zip(rows.eyes, ends[:-1].tolist(), strict=True)
    sight = rows.sight(np.array([perception.classes(*look) for look in looks]))
    send_motion(stage, motion)
    send_movers(stage, perception.movers, rows.clock)
    send_way(stage, scenario, sight)
    send_sight(stage, scenario, sight)
    send_heads(stage, scenario, lattice, sight, flight.action_level)
    send_states(stage, sight)
    passes = near_misses(rows.clock.times, clearances, collided=collided(flight))
    events = [*told_events(flight), *map(near_miss_event, passes)]
    events.sort(key=lambda event: event.time)
    send_events(stage, events, scenario.rates.control_hz, motion.clearances)


def _has_candidates(flight: Flight) -> bool:
    """Whether its pilot judged any."""
    heads = [(decision.navigation, decision.survival) for decision in flight.decisions]
    return read_lattice(flight) is not None and any(
        answer is not None for answers in heads for answer in answers
    )


def _roots(flights: Sequence[Flight]) -> list[str]:
    """The pilots' names where they differ; else flights are told apart by a number."""
    names = [re.sub(r"[^\w+-]+", "_", flight.metadata.get("pilot", "flight")) for flight in flights]
    if len(set(names)) == len(names):
        return names
    return [f"{name}-{number}" for number, name in enumerate(names, start=1)]
