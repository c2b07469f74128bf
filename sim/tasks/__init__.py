"""Tasks: what counts as success, what a step is worth, and what the observation says of the goal."""

from sim.simulator import Simulator
from sim.task_spec import MissionTask
from sim.tasks.avoid import Avoid
from sim.tasks.base import Task, ground_touch, make_goal, no_goal
from sim.tasks.mission import Mission
from sim.tasks.navigate import Navigate
from sim.tasks.route import Route

__all__ = [
    "Avoid",
    "Mission",
    "Navigate",
    "Route",
    "Task",
    "ground_touch",
    "make_goal",
    "make_task",
    "no_goal",
]


def make_task(simulator: Simulator) -> Task:
    """The task of a simulator's scenario."""
    task = simulator.scenario.task
    if isinstance(task, MissionTask) and task.ordered:
        return Route(simulator)
    kinds = {"navigate": Navigate, "avoid": Avoid, "mission": Mission}
    return kinds[task.kind](simulator)
