"""The task as entities: sites and pad, the goal or the course, and the way the pilot is on."""

import numpy as np
import rerun as rr
from jaxtyping import Float

from sim.record.viewer.rows import Sight
from sim.record.viewer.stage import Stage
from sim.scenario import Scenario
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import POSITION

_DONE, _WAITING, _MANDATORY = (90, 200, 120), (170, 175, 185), (245, 180, 60)
_WAY, _HOME = (70, 180, 240), (235, 90, 90)
_FACING = 2.0
"""m of the arrow that shows where a site looks."""


def send_task(stage: Stage, scenario: Scenario) -> None:
    """What does not change during the flight."""
    task = scenario.task
    if isinstance(task, MissionTask):
        _send_sites(stage, task)
    elif isinstance(task, NavigateTask):
        goal = rr.Points3D([task.goal_m], radii=0.4, colors=_MANDATORY, labels=["goal"])
        stage.fixed("world/goal", goal)
    else:
        start = np.array(scenario.start.position_m)
        course = rr.Arrows3D(origins=[start], vectors=[_course(task)], colors=_WAITING)
        stage.fixed("world/course", course)


def send_way(stage: Stage, scenario: Scenario, sight: Sight) -> None:
    """Straight lines from the drone over what it means to visit next, and which sites are done."""
    task = scenario.task
    if isinstance(task, MissionTask):
        _send_progress(stage, task, sight)
    strips = [
        np.vstack([body[POSITION], *_ahead(scenario, sight, row)])
        for row, body in enumerate(sight.bodies)
    ]
    stage.rows(
        "world/way",
        sight.clock,
        rr.LineStrips3D.columns(strips=strips, colors=[_WAY] * len(strips)),
    )


def _ahead(scenario: Scenario, sight: Sight, row: int) -> list[Float[np.ndarray, "3"]]:
    task = scenario.task
    if isinstance(task, NavigateTask):
        return [np.array(task.goal_m)]
    if isinstance(task, AvoidTask):
        return [np.array(scenario.start.position_m) + _course(task)]
    home = np.array(task.home_m)
    if task.ordered:
        left = np.flatnonzero(~sight.visited[row])
        return [*(np.array(task.sites[index].position_m) for index in left), home]
    target = sight.decisions[row].target
    if target < 0:
        return []
    return [home if target == 0 else np.array(task.sites[target - 1].position_m)]


def _course(task: AvoidTask) -> Float[np.ndarray, "3"]:
    return task.distance_m * task.direction


def _send_sites(stage: Stage, task: MissionTask) -> None:
    points = np.array([site.position_m for site in task.sites])
    labels = [f"{number}: prize {site.prize:g}" for number, site in enumerate(task.sites, start=1)]
    stage.fixed("world/sites", rr.Points3D(points, radii=0.35, labels=labels))
    yaws = np.array([site.yaw_rad for site in task.sites])
    vectors = _FACING * np.column_stack([np.cos(yaws), np.sin(yaws), np.zeros(len(yaws))])
    stage.fixed("world/sites/facing", rr.Arrows3D(origins=points, vectors=vectors, colors=_WAITING))
    home = rr.Points3D([task.home_m], radii=0.3, colors=_HOME, labels=["home"])
    stage.fixed("world/home", home)


def _send_progress(stage: Stage, task: MissionTask, sight: Sight) -> None:
    plain = np.array([_MANDATORY if site.mandatory else _WAITING for site in task.sites])
    colors = np.where(sight.visited[..., None], np.array(_DONE), plain).astype(np.uint8)
    columns = rr.Points3D.columns(colors=colors.reshape(-1, 3))
    stage.rows("world/sites", sight.clock, columns.partition([len(plain)] * len(colors)))
