"""What a mission's flight had earned at each step, what there was to earn, and both in words."""

import numpy as np
from jaxtyping import Float

from sim.record.instants import step_ends
from sim.record.reader import Flight
from sim.rules import FAULT_FACTOR
from sim.scenario import Scenario
from sim.task_spec import MissionTask


def prizes_earned(flight: Flight) -> Float[np.ndarray, " n"]:
    """Prize by the end of each step, from the log's events; 0 for other tasks."""
    visits, close_ups = site_prizes(flight.scenario)
    paid = {"site_visited": visits, "close_up_done": close_ups}
    # A log from mid-flight lacks the first events; its result has them all.
    events = flight.events if flight.result is None else flight.result.events
    told = [event for event in events if event.name in paid and "site" in event.detail]
    gains = np.array([paid[event.name][event.detail["site"]] for event in told])
    ends = step_ends(flight)
    # A landing cuts the last step short, but what it ends is dated to the step's full length.
    ends[-1:] = np.inf
    dates = np.array([event.time for event in told])
    return (gains * (dates <= ends[:, None] + 1e-9)).sum(axis=1)


def site_prizes(
    scenario: Scenario,
) -> tuple[Float[np.ndarray, " s"], Float[np.ndarray, " s"]]:
    """What a visit and what a close-up of each site pays, by the true panels; a blocked one pays nothing."""
    task, panels = scenario.task, scenario.world.panels
    if not isinstance(task, MissionTask):
        return np.empty(0), np.empty(0)
    prizes = np.array([site.prize for site in task.sites])
    shown = [None if site.panel is None else panels[site.panel] for site in task.sites]
    served = np.array([panel is None or not panel.covered for panel in shown])
    faulty = np.array([panel is not None and panel.faulty for panel in shown])
    if task.ordered:
        return prizes, np.zeros(len(prizes))
    return prizes * served, FAULT_FACTOR * prizes * served * faulty


def prize_words(scenario: Scenario, prize: float, optimum: float | None) -> str:
    """`35 of optimum 36`; where nobody computed the optimum, against all there was, whatever the battery allowed."""
    if optimum is not None:
        return f"{prize:g} of optimum {optimum:g}"
    visits, close_ups = site_prizes(scenario)
    return f"{prize:g} of {float(visits.sum() + close_ups.sum()):g} on offer"
