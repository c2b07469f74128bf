"""Which sites a mission visited, served and looked at closely, and the prize that earns.

Looked at when a control step ends: that is when the drone sees. A visit is within SERVE_RADIUS of the viewpoint with
the heading within SERVE_ANGLE of the site's; it serves the site unless its panel is covered. From the visit on, a
close-up adds up the steps spent near, slow, and with the panel's bearing inside the image, to CLOSE_UP_SECONDS.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from scenarios.referee.definitions import (
    CLOSE_UP_DISTANCE,
    CLOSE_UP_SECONDS,
    CLOSE_UP_SPEED,
    FAULT_FACTOR,
    SERVE_ANGLE,
    SERVE_RADIUS,
)
from scenarios.referee.track import Track
from sim.scenario import Scenario
from sim.task_spec import MissionTask, SiteSpec
from sim.world_spec import PanelSpec

_SLACK_M, _SLACK_RAD, _SLACK_M_S = 1e-3, 1e-3, 1e-3
"""A decision this near to its threshold is named as close."""


@dataclass(frozen=True)
class SiteReport:
    """What a flight did at one site; times are of control steps' ends, s, None for never."""

    visited_s: float | None
    served: bool
    close_up_s: float | None
    earned: float
    close: bool
    """Whether a threshold was passed, or missed, by less than the slack."""


def judge_sites(scenario: Scenario, track: Track, last_step: int) -> tuple[SiteReport, ...]:
    """The sites of a mission after its steps 0 to last_step; empty for other tasks."""
    if not isinstance(scenario.task, MissionTask):
        return ()
    if scenario.task.ordered:
        return judge_route(scenario.task, track, last_step)
    samples = track.ends[: last_step + 1]
    places, speeds, yaws = track.positions[samples], track.speeds[samples], track.yaws[samples]
    half_view = np.radians(scenario.camera.fov_deg) / 2
    return tuple(
        _judge(site, _panel(scenario, site), places, speeds, yaws, half_view, track)
        for site in scenario.task.sites
    )


def prize_of(reports: tuple[SiteReport, ...]) -> float:
    """Everything earned."""
    return float(sum(report.earned for report in reports))


def servable(scenario: Scenario, site: SiteSpec) -> bool:
    """Whether a visit serves a site."""
    panel = _panel(scenario, site)
    return panel is None or not panel.covered


def earnable(scenario: Scenario, site: SiteSpec) -> set[float]:
    """All that a site may bring: nothing, its prize, and with a fault to be seen that of a close-up."""
    panel = _panel(scenario, site)
    if not servable(scenario, site):
        return {0.0}
    if panel is None or not panel_has_fault(panel):
        return {0.0, site.prize}
    return {0.0, site.prize, (1.0 + FAULT_FACTOR) * site.prize}


def judge_route(task: MissionTask, track: Track, last_step: int) -> tuple[SiteReport, ...]:
    """Sites that count in their order only, each once the drone has been at it for the time asked for.

    A step is at a site if any of its samples is within SERVE_RADIUS and its last has the heading.
    """
    reports: list[SiteReport] = []
    step, close = 0, False
    for site in task.sites:
        needed = max(1, math.ceil(site.hold_s / track.step_s - 1e-6))
        held = 0
        while held < needed and step <= last_step:
            first = 1 + (int(track.ends[step - 1]) if step else 0)
            samples = track.positions[first : int(track.ends[step]) + 1]
            away = float(np.linalg.norm(samples - np.array(site.position_m), axis=1).min())
            turned = float(_turned(site, track.yaws[track.ends[step]][None])[0])
            held += away <= SERVE_RADIUS and turned <= 0.0
            close |= abs(away - SERVE_RADIUS) < _SLACK_M or abs(turned) < _SLACK_RAD
            step += 1
        done = held >= needed
        visited = track.time_of_step(step - 1) if done else None
        reports.append(SiteReport(visited, done, None, site.prize * done, close))
    return tuple(reports)


def _panel(scenario: Scenario, site: SiteSpec) -> PanelSpec | None:
    """What is to be inspected; some sites are only places to be at."""
    return None if site.panel is None else scenario.world.panels[site.panel]


def _turned(site: SiteSpec, yaws: Float[np.ndarray, " s"]) -> Float[np.ndarray, " s"]:
    """By how much headings exceed what a site allows, rad; never where any will do."""
    if site.any_heading:
        return np.full(len(yaws), -np.inf)
    return _angle(yaws - site.yaw_rad) - SERVE_ANGLE


def _judge(
    site: SiteSpec,
    panel: PanelSpec | None,
    places: Float[np.ndarray, "s 3"],
    speeds: Float[np.ndarray, " s"],
    yaws: Float[np.ndarray, " s"],
    half_view: float,
    track: Track,
) -> SiteReport:
    away = np.linalg.norm(places - np.array(site.position_m), axis=1) - SERVE_RADIUS
    turned = _turned(site, yaws)
    present = (away <= 0.0) & (turned <= 0.0)
    close = (
        bool(((away <= _SLACK_M) & (turned <= _SLACK_RAD) & ~present).any()) and not present.any()
    )
    if not present.any():
        return SiteReport(None, False, None, 0.0, close)
    first = int(present.argmax())
    grazing = bool(
        ((np.abs(away[present]) < _SLACK_M) | (np.abs(turned[present]) < _SLACK_RAD)).all()
    )
    if panel is None:
        return SiteReport(track.time_of_step(first), True, None, site.prize, grazing)
    looking, doubtful = _close_up(panel, places, speeds, yaws, half_view)
    needed = math.ceil(CLOSE_UP_SECONDS / track.step_s - 1e-6)
    done = _reached(looking[first:], needed)
    # Decisions that could go either way matter only where they change whether the close-up was done.
    sure, most = looking & ~doubtful, looking | doubtful
    grazing |= (_reached(sure[first:], needed) is None) != (_reached(most[first:], needed) is None)
    served = not panel.covered
    earned = site.prize * served
    if done is not None and panel_has_fault(panel) and served:
        earned += FAULT_FACTOR * site.prize
    finished = None if done is None else track.time_of_step(first + done)
    return SiteReport(track.time_of_step(first), served, finished, earned, grazing)


def _close_up(
    panel: PanelSpec,
    places: Float[np.ndarray, "s 3"],
    speeds: Float[np.ndarray, " s"],
    yaws: Float[np.ndarray, " s"],
    half_view: float,
) -> tuple[Bool[np.ndarray, " s"], Bool[np.ndarray, " s"]]:
    """Steps that look at a panel closely, and those that are within the slack of doing or not doing so."""
    offset = np.array(panel.center_m) - places
    beyond = np.linalg.norm(offset, axis=1) - CLOSE_UP_DISTANCE
    fast = speeds - CLOSE_UP_SPEED
    aside = _angle(np.arctan2(offset[:, 1], offset[:, 0]) - yaws) - half_view
    looking = (beyond <= 0.0) & (fast < 0.0) & (aside <= 0.0)
    slack = np.array([_SLACK_M, _SLACK_M_S, _SLACK_RAD])
    margins = np.column_stack([beyond, fast, aside])
    doubtful = (margins < slack).all(axis=1) & (np.abs(margins) < slack).any(axis=1)
    return looking, np.asarray(doubtful)


def _reached(looking: Bool[np.ndarray, " s"], needed: int) -> int | None:
    """The step with which so many have been spent looking."""
    counts = np.cumsum(looking)
    return int((counts >= needed).argmax()) if len(counts) and counts[-1] >= needed else None


def panel_has_fault(panel: PanelSpec) -> bool:
    """A fault is a 2 x 2 block of orange cells, of the panel's 4 x 4."""
    orange = np.array([cell == "o" for cell in panel.cells]).reshape(4, 4)
    blocks = np.lib.stride_tricks.sliding_window_view(orange, (2, 2))
    return bool(blocks.all(axis=(2, 3)).any())


def _angle(angle: Float[np.ndarray, " s"]) -> Float[np.ndarray, " s"]:
    """Its size, rad, the short way round."""
    return np.abs(np.arctan2(np.sin(angle), np.cos(angle)))
