"""One figure of a flight: the map with its trail, and speed, height and battery against time."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sim.record.altitude import heights_over_ground
from sim.record.duty import progress_words
from sim.record.instants import ended_at, sample_times, tick_times
from sim.record.phases import phase_color
from sim.record.plot_map import draw_map, label_map
from sim.record.plot_style import BAD, INK, SOFT, result_color, tidy
from sim.record.prizes import prize_words
from sim.record.reader import Flight
from sim.record.told import main_events
from sim.record.words import clearance_words, event_words, spaced
from sim.task_spec import MissionTask
from sim.types import EGO_FIELDS, POSITION, VELOCITY, Event

SUFFIXES = (".png", ".svg", ".pdf")
"""What a figure can be written as."""
_HATCHES = {
    "navigate": "",
    "avoid": "",
    "dock": "\\\\\\\\",
    "inspect": "////",
    "climb_scripted": "++",
    "landing_scripted": "xxxx",
    "detour": "oo",
}
# Places in the figure, as shares of it: left, bottom, width, height.
_MAP, _SCALE = (0.05, 0.085, 0.455, 0.735), (0.515, 0.085, 0.009, 0.735)
_PHASES = (0.625, 0.14, 0.295, 0.05)
_ROWS = tuple((0.625, bottom, 0.295, 0.178) for bottom in (0.642, 0.434, 0.226))
_BATTERY = EGO_FIELDS.index("battery")
_LABEL_GAP = 0.045
"""Least distance between two event labels, as a share of the flight."""


def write_plot(flight: Flight, path: str | Path, optimum: float | None = None) -> None:
    """Draw the figure; the file's ending chooses the format.

    `optimum` is the best prize of a mission; without it the prize stands against all that was on offer.
    """
    flight.require_steps("draw")
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a figure ends in {', '.join(SUFFIXES)}, not in {path.suffix!r}")
    figure = Figure(figsize=(13.0, 7.4), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    world, scale = figure.add_axes(_MAP), figure.add_axes(_SCALE)
    draw_map(figure, world, scale, flight)
    label_map(world, flight)
    below = figure.add_axes(_PHASES)
    rows = [figure.add_axes(place, sharex=below) for place in _ROWS]
    _draw_speed(rows[0], flight)
    _draw_height(rows[1], flight)
    _draw_battery(rows[2], flight)
    _draw_phases(below, flight)
    for row, axes in enumerate(rows):
        _mark_events(axes, flight, names=row == 0)
    title, numbers = _title(flight, optimum)
    color = result_color(flight)
    figure.text(0.012, 0.96, title, fontsize=14, fontweight="bold", color=color, va="center")
    figure.text(0.012, 0.925, numbers, fontsize=10.5, color=INK, va="center")
    figure.savefig(path)


def _title(flight: Flight, optimum: float | None) -> tuple[str, str]:
    """What was flown and how it ended, and the numbers below."""
    result, scenario = flight.result, flight.scenario
    name = f"{scenario.name}, seed {scenario.seed}, pilot {flight.metadata.get('pilot', 'unnamed')}"
    if result is None:
        return name, f"the log ends at {ended_at(flight):.1f} s without a result"
    numbers = [
        f"duration {result.duration_s:.1f} s",
        f"distance {result.distance_m:.0f} m",
        f"least clearance {clearance_words(result.min_clearance_m)}",
        f"energy {result.energy_wh:.2f} Wh",
    ]
    if isinstance(scenario.task, MissionTask):
        numbers.append(f"prize {prize_words(scenario, result.prize, optimum)}")
    if not result.success:
        numbers.append(progress_words(flight))
    return f"{name}: {spaced(result.outcome.value)}", ", ".join(numbers)


# --- Curves against time.


def _draw_speed(axes: Axes, flight: Flight) -> None:
    limit = flight.scenario.speed_limit_m_s
    axes.plot(
        tick_times(flight),
        np.linalg.norm(flight.poses[:, VELOCITY], axis=1),
        color="#3b78b5",
        lw=1.6,
    )
    axes.set_ylabel("speed, m/s")
    axes.set_ylim(0.0, 1.25 * limit)
    _limit(axes, limit, "limit")
    tidy(axes)
    axes.tick_params(labelbottom=False)


def _draw_height(axes: Axes, flight: Flight) -> None:
    limits = flight.scenario.limits
    heights = heights_over_ground(flight.scenario, flight.poses[:, POSITION])
    axes.plot(tick_times(flight), heights, color="#b0641e", lw=1.6)
    axes.set_ylabel("height, m")
    axes.set_ylim(0.0, 1.25 * limits.altitude_max_m)
    _limit(axes, limits.altitude_max_m, "highest allowed")
    tidy(axes)
    axes.tick_params(labelbottom=False)


def _draw_battery(axes: Axes, flight: Flight) -> None:
    reserve = 100 * flight.scenario.battery.reserve_fraction
    axes.plot(flight.times, 100 * flight.ego[:, _BATTERY], color="#2e8b4f", lw=1.8)
    axes.axhspan(0.0, reserve, color="#c23b3b", alpha=0.07, lw=0)
    axes.set_ylabel("battery, %")
    axes.set_ylim(0.0, 108.0)
    _limit(axes, reserve, "reserve")
    tidy(axes)
    axes.tick_params(labelbottom=False)


def _draw_phases(axes: Axes, flight: Flight) -> None:
    names = [decision.phase or "none" for decision in flight.decisions]
    starts = [0, *(i for i in range(1, len(names)) if names[i] != names[i - 1]), len(names)]
    times = sample_times(flight)
    for first, last in pairwise(starts):
        begin, end = times[[first, last]].tolist()
        axes.axvspan(
            begin, end, fc=phase_color(names[first]), ec="white", lw=0, hatch=_hatch(names[first])
        )
    shown = dict.fromkeys(names)
    patches = [
        Patch(fc=phase_color(name), ec="white", hatch=_hatch(name), label=spaced(name))
        for name in shown
    ]
    axes.legend(
        handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.95), ncols=4, frameon=False, fontsize=9,
        handlelength=1.0, columnspacing=1.4,
    )  # fmt: skip
    axes.set_yticks([])
    axes.set_ylabel("phase", rotation=0, ha="right", va="center")
    axes.set_xlabel("time, s", labelpad=1)
    axes.set_xlim(float(times[0]), float(times[-1]))
    tidy(axes)


def _hatch(name: str) -> str:
    """Phases are told apart in black and white too."""
    return _HATCHES.get(name, "...")


def _limit(axes: Axes, value: float, label: str) -> None:
    axes.axhline(value, color=BAD, lw=1.0, ls=(0, (4, 3)))
    axes.annotate(
        label, (0.0, value), xycoords=("axes fraction", "data"), xytext=(4, 3), textcoords="offset points",
        ha="left", va="bottom", fontsize=8, color=BAD,
    )  # fmt: skip


def _mark_events(axes: Axes, flight: Flight, names: bool) -> None:
    """A line for each event, and with `names` its name where the next one leaves room."""
    times = sample_times(flight)
    span = float(times[-1] - times[0])
    labelled = np.inf
    # From the last event backwards, so that the outcome always has its name.
    # What came before a log that begins in mid-flight is beside its axis.
    events = [event for event in main_events(flight) if event.time >= times[0]]
    for event in sorted(events, key=lambda event: event.time)[::-1]:
        axes.axvline(event.time, color=SOFT, lw=0.8, ls=":", zorder=1)
        if names and labelled - event.time >= _LABEL_GAP * span:
            labelled = event.time
            axes.annotate(
                _short(event), (event.time, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                textcoords="offset points", rotation=45, ha="left", va="bottom", fontsize=8, color=SOFT,
            )  # fmt: skip


def _short(event: Event) -> str:
    """An event's name where there is little room; sites count from 1 on maps."""
    site = event.detail.get("site")
    if not isinstance(site, int):
        return event_words(event.name)
    return {"site_visited": f"site {site + 1}", "close_up_done": f"close-up {site + 1}"}.get(
        event.name, event_words(event.name)
    )
