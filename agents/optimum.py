"""The best a mission allows, without flying it."""

from agents.mission_teacher import collectable_prize
from agents.truth import Truth
from sim.flight import Flight
from sim.scenario import MissionTask, Scenario


def mission_optimum(scenario: Scenario) -> float | None:
    """Prize that the exact programme collects on the true graph with panels revealed on arrival; None without a mission."""
    if not isinstance(scenario.task, MissionTask):
        return None
    flight = Flight(scenario)
    try:
        return collectable_prize(Truth(flight))
    finally:
        flight.close()
