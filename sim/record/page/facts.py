"""What a page says in words and numbers: title, outcome, versions, and everything its scripts need besides arrays."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from sim.physics.vehicle import Vehicle
from sim.record.duty import progress_words, task_words
from sim.record.lattice_view import read_lattice
from sim.record.page.marks import Mark
from sim.record.prizes import prize_words
from sim.record.reader import Flight
from sim.record.told import ending_event
from sim.record.words import clearance_words, describe_circumstances, spaced
from sim.task_spec import MissionTask
from sim.types import MAX_SPEED, MAX_YAW_RATE
from sim.world.geometry import World

_VERSIONS = ("python", "numpy", "numba", "pybullet", "embreex", "torch", "platform", "cpu")


def title(flight: Flight) -> str:
    """Scenario, seed, pilot and outcome."""
    name = f"{flight.scenario.name}, seed {flight.scenario.seed}"
    return f"{name}, {flight.metadata.get('pilot', 'unnamed')}: {outcome(flight)}"


def outcome(flight: Flight) -> str:
    """In words."""
    if flight.result is None:
        return "incomplete log"
    return spaced(flight.result.outcome.value)


def flight_facts(
    flight: Flight, world: World, vehicle: Vehicle, left_out: int, optimum: float | None
) -> dict[str, Any]:
    """Everything but task, marks, phases and arrays."""
    scenario, result = flight.scenario, flight.result
    lattice = read_lattice(flight)
    return {
        "title": title(flight),
        "scenario": scenario.name,
        "seed": scenario.seed,
        "pilot": flight.metadata.get("pilot", "unnamed"),
        "outcome": outcome(flight),
        "success": None if result is None else result.success,
        "reason": _reason(flight, optimum),
        "about": _about(flight, left_out, optimum),
        "bounds": world.bounds.tolist(),
        "ground_color": list(world.ground_color),
        "relief": world.relief is not None,
        "speed_limit": scenario.speed_limit_m_s,
        "ceiling": scenario.limits.altitude_max_m,
        "reserve": scenario.battery.reserve_fraction,
        "action": flight.action_level,
        "command_scale": _command_scale(flight),
        "camera": {"fov_deg": scenario.camera.fov_deg, "tilt": scenario.camera.tilt_rad},
        "vehicle": {
            "arm": vehicle.arm,
            "hull_radius": vehicle.hull_radius,
            "hull_height": vehicle.hull_height,
            "rotor_radius": vehicle.rotor_radius,
        },
        "lattice": None
        if lattice is None
        else {
            "speeds": lattice.speeds.tolist(),
            "elevations": lattice.elevations.tolist(),
            "azimuths": lattice.azimuths.tolist(),
        },
    }


def phase_facts(flight: Flight) -> tuple[list[str], np.ndarray]:
    """Names of the phases in order of appearance, and each step's index into them."""
    names = [decision.phase or "none" for decision in flight.decisions]
    known = list(dict.fromkeys(names))
    return known, np.array([known.index(name) for name in names])


def mark_facts(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """For the page's JSON."""
    return [asdict(mark) for mark in marks]


def _reason(flight: Flight, optimum: float | None) -> str:
    """What the title adds to the outcome: how it came about, how far a failure came, and a mission's prize."""
    result, scenario = flight.result, flight.scenario
    told = [_circumstances(flight)]
    if result is not None and not result.success:
        told.append(progress_words(flight))
    if result is not None and isinstance(scenario.task, MissionTask):
        told.append(f"prize {prize_words(scenario, result.prize, optimum)}")
    return "; ".join(words for words in told if words)


def _circumstances(flight: Flight) -> str:
    """How it ended, as the last event tells it."""
    result = flight.result
    if result is None:
        return flight.damage or "the log ends in mid-flight"
    return describe_circumstances(result.outcome, ending_event(result).detail)


def _about(flight: Flight, left_out: int, optimum: float | None) -> list[list[str]]:
    """Rows of the table behind the title."""
    scenario, result, metadata = flight.scenario, flight.result, flight.metadata
    rows = [["scenario", scenario.name], ["seed", str(scenario.seed)]]
    rows += [["pilot", metadata.get("pilot", "unnamed")], ["task", task_words(flight)]]
    rows += [["outcome", outcome(flight)], ["how far", progress_words(flight)]]
    if reason := _circumstances(flight):
        rows.append(["reason", reason])
    if result is not None:
        rows += [
            ["duration", f"{result.duration_s:.1f} s"],
            ["distance", f"{result.distance_m:.1f} m"],
            ["least clearance", clearance_words(result.min_clearance_m)],
            ["energy", f"{result.energy_wh:.2f} Wh"],
        ]
        if isinstance(scenario.task, MissionTask):
            rows.append(["prize", prize_words(scenario, result.prize, optimum)])
            masked, asked = result.mask_interventions, result.mission_decisions
            rows.append(
                ["first choices forbidden", f"{masked} of {asked}, by rules or battery reserve"]
            )
    rows += [
        ["steps", f"{len(flight)} of 1/{scenario.rates.control_hz} s"],
        ["vehicle", scenario.vehicle],
        ["actions", flight.action_level],
        ["weights", metadata.get("pilot_hash", "?")],
        ["Trident", _own_version()],
        ["log schema", metadata.get("schema", "?")],
    ]
    rows += [[name, metadata[name]] for name in _VERSIONS if name in metadata]
    if flight.part is not None:
        rows.append(["holds", flight.part])
    if flight.damage is not None:
        rows.append(["damage", flight.damage])
    if left_out:
        rows.append(["not shown", f"{left_out} triangles of the world, furthest from the flight"])
    return rows


def _command_scale(flight: Flight) -> list[float]:
    """What an action of 1 stands for: m/s and degrees/s at the velocity level; below it, itself."""
    if flight.action_level != "velocity":
        return [1.0] * 4
    return [MAX_SPEED] * 3 + [float(np.degrees(MAX_YAW_RATE))]


def _own_version() -> str:
    try:
        return version("trident-sim")
    except PackageNotFoundError:
        return "from source"
