"""The best a mission allows, without flying it."""

from agents.mission_teacher import collectable_prize
from agents.truth import Truth
from sim.flight import Flight
from sim.scenario import MissionTask, Scenario


def mission_optimum(scenario: Scenario) -> float | None:
    """Prize that the exact programme collects on the true graph with panels revealed on arrival; None without a mission."""
    task = scenario.task
    if not isinstance(task, MissionTask):
        return None
    if task.ordered:  # Nothing to choose: all of it.
        return float(sum(site.prize for site in task.sites))
    flight = Flight(scenario)
    try:
        return collectable_prize(Truth(flight))
    finally:
        flight.close()
