"""`list`: what can be flown, by whom, and in what."""

from rich.table import Table

import agents
import scenarios
from scenarios.commands.console import InputError, show
from scenarios.study import load_study, study_names
from scenarios.suite import load_suite, suite_names
from sim.names import unknown
from sim.physics.vehicle import load_vehicle, vehicle_names

_PILOTS = {
    "shared": "one network: a shared trunk with three heads",
    "specialists": "three networks, one a head; flown by the same code",
    "classical": "no learning: depth map, candidates checked against it, best-ratio site choice",
    "teacher": "sees the true world; labels the training frames",
    "random": "random candidates, half a second each",
    "observable": "the exact mission programme on straight distances x detour, flown by the classical skills",
    "teacher-observable": "the same, flown by the teacher's navigation and avoidance",
    "nearest": "the nearest site first, flown by the classical skills",
    "teacher-nearest": "the same, flown by the teacher's navigation and avoidance",
    "best-ratio": "the best prize per energy first, flown by the classical skills",
    "teacher-best-ratio": "the same, flown by the teacher's navigation and avoidance",
}


def list_names(what: str) -> int:
    """Print one table of names and what they stand for."""
    listings = {
        "scenarios": _scenarios,
        "pilots": _pilots,
        "vehicles": _vehicles,
        "suites": _suites,
        "studies": lambda: {name: load_study(name).question for name in study_names()},
    }
    if what not in listings:
        raise InputError(unknown("listing", what, listings))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, text in listings[what]().items():
        table.add_row(name, text, style=None)
    show(table)
    return 0


def _scenarios() -> dict[str, str]:
    families = {name: scenarios.load(name) for name in scenarios.names()}
    return {
        name: entry.family.description
        for name, entry in families.items()
        if isinstance(entry, scenarios.NamedFamily)
    }


def _pilots() -> dict[str, str]:
    return {name: _PILOTS[name] for name in agents.pilot_names()}


def _suites() -> dict[str, str]:
    return {name: load_suite(name).description for name in suite_names()}


def _vehicles() -> dict[str, str]:
    vehicles = {name: load_vehicle(name) for name in vehicle_names()}
    return {
        name: f"{vehicle.mass:g} kg, hull radius {vehicle.hull_radius:g} m, thrust {vehicle.thrust_to_weight:.1f} x weight"
        for name, vehicle in vehicles.items()
    }
