"""One figure of a flight: the map with its trail, and speed, height and battery against time."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon, Rectangle

from sim.record.clearances import sample_clearances
from sim.record.footprints import Footprints, footprints, task_places
from sim.record.instants import (
    FARTHEST,
    first_tick,
    sample_bodies,
    sample_times,
    step_ends,
    tick_times,
)
from sim.record.phase_colors import phase_color
from sim.record.reader import Flight
from sim.record.route_marks import sites_done
from sim.record.scene import outlines
from sim.record.told import told_events
from sim.record.words import clearance_words, spaced
from sim.safety import outline
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import EGO_FIELDS, MASKED, VELOCITY
from sim.world.geometry import Semantic
from sim.world.movers import movers_of

SUFFIXES = (".png", ".svg", ".pdf")
"""What a figure can be written as."""
_FAR_CLEARANCE = 2.0
"""m from which on the trail has the colour of room enough."""
_CROP_MARGIN = 6.0
"""m of the world around flight and task, at least."""
_INK, _SOFT, _GRID = "#22262b", "#6b737c", "#e3e6ea"
_SOLIDS = {
    Semantic.BUILDING: "#8d939d",
    Semantic.TRUNK: "#6f9a72",
    Semantic.OBSTACLE: "#a88fb0",
    Semantic.PANEL: "#3b78b5",
    Semantic.COVER: "#8d8f86",
}
_HATCHES = {
    "navigate": "",
    "avoid": "",
    "dock": "\\\\\\\\",
    "inspect": "////",
    "return": "||||",
    "landing_scripted": "xxxx",
    "detour": "oo",
}
_MOVER = "#e08a1e"
_JUMP = 10.0
"""m between two steps; no mover flies so fast."""
_GOOD, _BAD = "#2e8b4f", "#c23b3b"
_BATTERY = EGO_FIELDS.index("battery")
_LABEL_GAP = 0.045
"""Least distance between two event labels, as a share of the flight."""


def write_plot(flight: Flight, path: str | Path) -> None:
    """Draw the figure; the file's ending chooses the format."""
    flight.require_steps("draw")
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a figure ends in {', '.join(SUFFIXES)}, not in {path.suffix!r}")
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(13.0, 7.4), dpi=110, facecolor="white", layout=layout)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(4, 2, width_ratios=(1.15, 1.0), height_ratios=(1.0, 1.0, 1.0, 0.28))
    _draw_map(figure, figure.add_subplot(grid[:, 0]), flight)
    below = figure.add_subplot(grid[3, 1])
    rows = [figure.add_subplot(grid[row, 1], sharex=below) for row in range(3)]
    _draw_speed(rows[0], flight)
    _draw_height(rows[1], flight)
    _draw_battery(rows[2], flight)
    _draw_phases(below, flight)
    for row, axes in enumerate(rows):
        _mark_events(axes, flight, names=row == 0)
    figure.suptitle(
        _title(flight),
        x=0.01,
        ha="left",
        fontsize=14,
        fontweight="bold",
        color=_title_color(flight),
    )
    figure.savefig(path)


def _title(flight: Flight) -> str:
    result, pilot = flight.result, flight.metadata.get("pilot", "unnamed")
    name = f"{flight.scenario.name}, seed {flight.scenario.seed}, pilot {pilot}"
    if result is None:
        return f"{name}: the log ends at {step_ends(flight)[-1]:.1f} s without a result"
    words = f"{name}: {spaced(result.outcome.value)}"
    numbers = f"{result.duration_s:.1f} s, {result.distance_m:.0f} m, least clearance {clearance_words(result.min_clearance_m)}"
    prize = f", prize {result.prize:g}" if isinstance(flight.scenario.task, MissionTask) else ""
    return f"{words}  ({numbers}{prize})"


def _title_color(flight: Flight) -> str:
    if flight.result is None:
        return _INK
    return _GOOD if flight.result.success else _BAD


# --- The map.


def _draw_map(figure: Figure, axes: Axes, flight: Flight) -> None:
    _draw_world(axes, footprints(flight.scenario))
    _draw_movers(axes, flight)
    _draw_fences(axes, flight)
    trail = sample_bodies(flight)[:, :2]
    legs = list(np.stack([trail[:-1], trail[1:]], axis=1))
    clearances = sample_clearances(flight)[1:]
    # Dark where it was close: a scale that keeps its order in black and white, within a dark edge.
    axes.add_collection(LineCollection(legs, colors=_INK, linewidths=4.4, zorder=4))
    line = LineCollection(legs, cmap="inferno", linewidths=3.2, zorder=4.1)
    line.set_array(clearances)
    line.set_clim(0.0, 1.15 * _FAR_CLEARANCE)
    line.set_capstyle("round")
    axes.add_collection(line)
    bar = figure.colorbar(line, ax=axes, shrink=0.6, aspect=30, pad=0.02, extend="max")
    bar.set_label("clearance of the hull, m")
    bar.set_ticks([0.0, 0.5, 1.0, 1.5, _FAR_CLEARANCE])
    bar.ax.set_ylim(0.0, _FAR_CLEARANCE)
    axes.plot(*trail[-1], "o", ms=8, color=_title_color(flight), mec="white", zorder=6)
    _draw_task(axes, flight)
    _crop(axes, flight, trail)
    axes.set_aspect("equal")
    axes.set_xlabel("east, m")
    axes.set_ylabel("north, m")
    _tidy(axes)
    axes.grid(False)


def _draw_world(axes: Axes, shapes: Footprints) -> None:
    width, height = shapes.high - shapes.low
    axes.add_patch(
        Rectangle(tuple(shapes.low), width, height, fc="#f6f6f2", ec=_SOFT, lw=0.8, zorder=0)
    )
    pale = 0.6 + 0.4 * shapes.paint_colors
    axes.add_collection(
        PolyCollection(list(shapes.paint), facecolors=pale, antialiaseds=False, zorder=1)
    )
    for semantic, color in _SOLIDS.items():
        # The edge keeps walls and panels visible, and closes the hairlines between triangles.
        width = 0.4 if semantic is Semantic.BUILDING else 1.0
        solids = PolyCollection(
            shapes.solids[semantic], facecolors=color, edgecolors=color, linewidths=width, zorder=2
        )
        axes.add_collection(solids)
    margin = 0.02 * float((shapes.high - shapes.low).max())
    axes.set_xlim(shapes.low[0] - margin, shapes.high[0] + margin)
    axes.set_ylim(shapes.low[1] - margin, shapes.high[1] + margin)


def _crop(axes: Axes, flight: Flight, trail: Float[np.ndarray, "n 2"]) -> None:
    """Show where the flight and its task were, with some of the world around them."""
    points = np.concatenate([trail, task_places(flight.scenario)])
    points = points[np.abs(points).max(axis=1) < FARTHEST]
    low, high = points.min(axis=0), points.max(axis=0)
    margin = max(_CROP_MARGIN, 0.12 * float((high - low).max()))
    for limit, least, most in zip((axes.set_xlim, axes.set_ylim), low, high, strict=True):
        limit(least - margin, most + margin)


def _draw_movers(axes: Axes, flight: Flight) -> None:
    """Where things moved during the flight, and where they were at its end."""
    movers = movers_of(flight.scenario)
    if not movers:
        return
    ticks = (first_tick(flight) + flight.tick_starts).tolist()
    paths = np.array([movers.positions_at(tick)[:, :2] for tick in ticks])
    legs = np.stack([paths[:-1], paths[1:]], axis=2).reshape(-1, 2, 2)
    # What wraps round jumps: no line is drawn through the world.
    legs = legs[np.linalg.norm(legs[:, 1] - legs[:, 0], axis=1) < _JUMP]
    axes.add_collection(
        LineCollection(list(legs), colors=_MOVER, linewidths=0.8, alpha=0.5, zorder=3)
    )
    shapes = outlines(movers, ticks[-1])
    axes.add_collection(PolyCollection(shapes, facecolors=_MOVER, zorder=3))


def _draw_fences(axes: Axes, flight: Flight) -> None:
    """Geofences in dashes, no-fly zones hatched, rally points as crosses."""
    safety = flight.scenario.safety
    if safety is None:
        return
    for area in safety.geofence:
        axes.add_patch(Polygon(outline(area), fill=False, ec=_GOOD, ls="--", lw=1.4, zorder=3))
    for area in safety.no_fly:
        zone = Polygon(outline(area), fc="none", ec=_BAD, hatch="///", lw=1.2, alpha=0.7, zorder=3)
        axes.add_patch(zone)
    for x, y, _ in safety.rally_m:
        axes.plot(x, y, "x", ms=10, mew=2.5, color=_GOOD, zorder=5)


def _draw_task(axes: Axes, flight: Flight) -> None:
    task, start = flight.scenario.task, flight.scenario.start.position_m
    axes.plot(start[0], start[1], "^", ms=9, color=_INK, mec="white", zorder=5)
    handles: list[Line2D | Patch] = [
        _key("^", _INK, "start"),
        _key("o", _title_color(flight), "end"),
    ]
    if isinstance(task, MissionTask):
        handles += _draw_sites(axes, flight, task)
    elif isinstance(task, NavigateTask):
        axes.plot(
            task.goal_m[0], task.goal_m[1], "*", ms=16, color="#e08a1e", mec="white", zorder=6
        )
        handles.append(_key("*", "#e08a1e", "goal"))
    elif isinstance(task, AvoidTask):
        end = np.array(start[:2]) + task.distance_m * task.direction[:2]
        axes.plot([start[0], end[0]], [start[1], end[1]], "--", lw=1.2, color=_SOFT, zorder=3)
        handles.append(Line2D([], [], ls="--", color=_SOFT, label="course"))
    axes.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=6, frameon=False, fontsize=9,
        handletextpad=0.3, columnspacing=1.2,
    )  # fmt: skip


def _draw_sites(axes: Axes, flight: Flight, task: MissionTask) -> list[Line2D | Patch]:
    axes.plot(task.home_m[0], task.home_m[1], "s", ms=13, mfc="none", mec=_BAD, mew=2, zorder=5)
    visited = sites_done(flight)[-1]
    for index, site in enumerate(task.sites):
        color = _GOOD if visited[index] else "#d98314" if site.mandatory else _SOFT
        x, y, _ = site.position_m
        if site.mandatory:  # A second ring, whatever became of it.
            axes.plot(x, y, "o", ms=20, mfc="none", mec=color, mew=1.2, zorder=7)
        axes.plot(x, y, "o", ms=15, mfc="white", mec=color, mew=2, zorder=7)
        axes.annotate(
            str(index + 1),
            (x, y),
            ha="center",
            va="center",
            fontsize=9,
            color=color,
            weight="bold",
            zorder=8,
        )
        axes.annotate(
            f"prize {site.prize:g}", (x, y), xytext=(0, -12), textcoords="offset points", ha="center", va="top",
            fontsize=8, color=_INK, zorder=8, bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.8},
        )  # fmt: skip
    mandatory = np.array([site.mandatory for site in task.sites], dtype=bool)
    keys = {
        "visited": (_GOOD, visited.any()),
        "mandatory, missed": ("#d98314", (mandatory & ~visited).any()),
        "not visited": (_SOFT, (~mandatory & ~visited).any()),
    }
    ring = [_key("o", _INK, "two rings: mandatory", hollow=True)] if mandatory.any() else []
    shown = [
        _key("o", color, words, hollow=True) for words, (color, there) in keys.items() if there
    ]
    return [_key("s", _BAD, "pad", hollow=True), *shown, *ring]


def _key(marker: str, color: str, label: str, hollow: bool = False) -> Line2D:
    face = "white" if hollow else color
    return Line2D([], [], ls="", marker=marker, ms=8, mfc=face, mec=color, mew=1.6, label=label)


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
    _tidy(axes)
    axes.tick_params(labelbottom=False)


def _draw_height(axes: Axes, flight: Flight) -> None:
    limits = flight.scenario.limits
    axes.plot(tick_times(flight), flight.poses[:, 2], color="#b0641e", lw=1.6)
    axes.set_ylabel("height, m")
    axes.set_ylim(0.0, 1.25 * limits.altitude_max_m)
    _limit(axes, limits.altitude_max_m, "highest allowed")
    _tidy(axes)
    axes.tick_params(labelbottom=False)


def _draw_battery(axes: Axes, flight: Flight) -> None:
    reserve = 100 * flight.scenario.battery.reserve_fraction
    axes.plot(flight.times, 100 * flight.ego[:, _BATTERY], color="#2e8b4f", lw=1.8)
    axes.axhspan(0.0, reserve, color="#c23b3b", alpha=0.07, lw=0)
    axes.set_ylabel("battery, %")
    axes.set_ylim(0.0, 108.0)
    _limit(axes, reserve, "reserve")
    _tidy(axes)
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
        handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.75), ncols=5, frameon=False, fontsize=9,
        handlelength=1.0, columnspacing=1.4,
    )  # fmt: skip
    axes.set_yticks([])
    axes.set_ylabel("phase", rotation=0, ha="right", va="center")
    axes.set_xlabel("time, s", labelpad=1)
    axes.set_xlim(float(times[0]), float(times[-1]))
    _tidy(axes)


def _hatch(name: str) -> str:
    """Phases are told apart in black and white too."""
    return _HATCHES.get(name, "...")


def _limit(axes: Axes, value: float, label: str) -> None:
    axes.axhline(value, color=_BAD, lw=1.0, ls=(0, (4, 3)))
    axes.annotate(
        label, (0.0, value), xycoords=("axes fraction", "data"), xytext=(4, 3), textcoords="offset points",
        ha="left", va="bottom", fontsize=8, color=_BAD,
    )  # fmt: skip


def _mark_events(axes: Axes, flight: Flight, names: bool) -> None:
    """A line for each event, and with `names` its name where the next one leaves room."""
    times = sample_times(flight)
    span = float(times[-1] - times[0])
    labelled = np.inf
    # From the last event backwards, so that the outcome always has its name.
    # The mask speaks up to once a second: it has its place in the film and in `--why`.
    # What came before a log that begins in mid-flight is beside its axis.
    shown = (event for event in told_events(flight) if event.time >= times[0])
    events = [event for event in shown if event.name != MASKED]
    for event in sorted(events, key=lambda event: event.time, reverse=True):
        axes.axvline(event.time, color=_SOFT, lw=0.8, ls=":", zorder=1)
        if names and labelled - event.time >= _LABEL_GAP * span:
            labelled = event.time
            axes.annotate(
                spaced(event.name), (event.time, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                textcoords="offset points", rotation=30, ha="left", va="bottom", fontsize=8, color=_SOFT,
            )  # fmt: skip


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_SOFT)
    axes.tick_params(colors=_SOFT, labelsize=9)
    axes.grid(True, axis="y", color=_GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
