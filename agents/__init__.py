"""Pilots: everything that turns observations into commands. Training lives in `agents.training`."""

from agents.flying import fly
from agents.lattice import describe as describe_lattice
from agents.loading import (
    PilotError,
    flyable_ways,
    load_courier,
    load_pilot,
    pilot_files,
    pilot_folder,
    pilot_names,
    pilot_networks,
    pilot_rule,
)
from agents.optimum import MissionBounds, mission_bounds, mission_optimum
from agents.pilot import Pilot
from agents.tours import SolverMissing, Tour, TourProblem, plan_tour

__all__ = [
    "MissionBounds",
    "Pilot",
    "PilotError",
    "SolverMissing",
    "Tour",
    "TourProblem",
    "describe_lattice",
    "fly",
    "flyable_ways",
    "load_courier",
    "load_pilot",
    "mission_bounds",
    "mission_optimum",
    "pilot_files",
    "pilot_folder",
    "pilot_names",
    "pilot_networks",
    "pilot_rule",
    "plan_tour",
]
