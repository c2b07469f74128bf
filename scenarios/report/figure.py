"""The figures of a report, told apart by place, shape and hatching so that they print in black and white."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from scenarios.report.contents import Report
from scenarios.report.ladder import ladders
from scenarios.statistics import Estimate
from sim.record.words import spaced

_WIDTH = 9.0
_ROW = 0.26
"""Inches a line of a chart takes."""
_MARKERS = "osD^vP*X<>"
_GREYS = ("0.0", "0.35", "0.6")
_LINES = ("-", "--", "-.", ":")
_FILLS = (
    ("0.15", ""), ("1.0", "////"), ("0.75", ""), ("1.0", "...."), ("0.45", ""), ("1.0", "xxxx"),
    ("0.9", "\\\\\\\\"), ("1.0", "++++"), ("0.6", "oo"), ("1.0", "----"),
)  # fmt: skip


Line = tuple[str, str, Estimate]
"""A task, who flew it, and how often it succeeded; lines of a task stand together."""


def report_figures(report: Report) -> dict[str, str]:
    """Every figure the report has something for, as SVG by name."""
    figures = {"success": _success(report)}
    if report.comparisons:
        figures["differences"] = _differences(report)
    if any(name != "success" for cell in report.cells for name in cell.outcomes):
        figures["reasons"] = _reasons(report)
    if ladders(report):
        figures["ladder"] = _ladder(report)
    return {name: _svg(figure) for name, figure in figures.items()}


def success_figure(lines: Sequence[Line]) -> str:
    """Success with its interval, line by line, as SVG."""
    return _svg(_levels(lines))


# --- Private: one function a figure.


def _success(report: Report) -> Figure:
    return _levels([(cell.task, cell.pilot, cell.success) for cell in report.cells])


def _levels(lines: Sequence[Line]) -> Figure:
    figure, axes = _chart(len(lines) + len({task for task, _, _ in lines}))
    _intervals(axes, lines)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("success, % (95 %)")
    return figure


def _differences(report: Report) -> Figure:
    lines = [(p.task, f"{p.first} − {p.second}", p.difference) for p in report.comparisons]
    figure, axes = _chart(len(lines) + len({task for task, _, _ in lines}))
    _intervals(axes, lines)
    axes.axvline(0, color="0.4", linewidth=0.8)
    axes.set_xlabel("difference in success, points (paired, 95 %); right of 0 the first is better")
    return figure


def _reasons(report: Report) -> Figure:
    names = sorted({name for cell in report.cells for name in cell.outcomes if name != "success"})
    figure, axes = _chart(len(report.cells) + len(report.suite.tasks) + 2)
    places = _places(axes, [(cell.task, cell.pilot) for cell in report.cells])
    left = np.zeros(len(report.cells))
    for index, name in enumerate(names):
        shares = [100 * cell.outcomes.get(name, 0) / cell.flights for cell in report.cells]
        color, hatch = _FILLS[index % len(_FILLS)]
        axes.barh(
            places, shares, 0.7, left, color=color, edgecolor="0.0", hatch=hatch, linewidth=0.6,
            label=spaced(name),
        )  # fmt: skip
        left += shares
    axes.set_xlim(0, max(5.0, 1.05 * float(left.max())))
    axes.set_xlabel("flights that ended so, %")
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    return figure


def _ladder(report: Report) -> Figure:
    found = ladders(report)
    figure = Figure(figsize=(_WIDTH, 3.4), layout="constrained")
    every = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for axes, (stem, climbed) in zip(every, found.items(), strict=True):
        for index, (pilot, rungs) in enumerate(climbed.items()):
            _climb(axes, pilot, rungs, index, len(climbed))
        axes.set_xticks(sorted({tier for rungs in climbed.values() for tier, _ in rungs}))
        axes.set_title(stem, fontsize=10)
        axes.set_xlabel("tier")
        axes.set_ylim(-2, 102)
        axes.grid(axis="y", color="0.85", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    every[0].set_ylabel("success, % (95 %)")
    handles, labels = every[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    return figure


# --- Private: what the figures share.


def _chart(lines: int) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH, 0.9 + _ROW * lines), layout="constrained")
    axes = figure.subplots()
    axes.grid(axis="x", color="0.85", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _places(axes: Axes, lines: Sequence[tuple[str, str]]) -> list[int]:
    """Label the lines down the side, a heading above each task's; returns where each line lies."""
    ticks, labels, places = [], [], []
    last, here = None, 0
    for task, name in lines:
        if task != last:
            ticks.append(here)
            labels.append(task)
            last, here = task, here + 1
        ticks.append(here)
        labels.append(name)
        places.append(here)
        here += 1
    axes.set_yticks(ticks, labels, fontsize=8)
    for tick, label, place in zip(axes.get_yticklabels(), labels, ticks, strict=True):
        if place not in places:
            tick.set_fontweight("bold")
            tick.set_text(label)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(here - 0.4, -0.6)
    return places


def _intervals(axes: Axes, lines: Sequence[Line]) -> None:
    places = _places(axes, [(task, name) for task, name, _ in lines])
    values, below, above = _percentages([estimate for _, _, estimate in lines])
    axes.errorbar(
        values, places, xerr=[below, above], fmt="o", color="0.0", capsize=3, linewidth=1.2,
        markersize=4.5,
    )  # fmt: skip


def _climb(
    axes: Axes, pilot: str, rungs: Sequence[tuple[int, Estimate]], index: int, pilots: int
) -> None:
    values, below, above = _percentages([estimate for _, estimate in rungs])
    # Beside one another, so that intervals do not hide each other.
    aside = 0.06 * (index - (pilots - 1) / 2)
    axes.errorbar(
        [tier + aside for tier, _ in rungs], values, yerr=[below, above], capsize=2, linewidth=1.1,
        marker=_MARKERS[index % len(_MARKERS)], linestyle=_LINES[index % len(_LINES)],
        color=_GREYS[index % len(_GREYS)], markersize=4.5, label=pilot,
    )  # fmt: skip


def _percentages(estimates: Sequence[Estimate]) -> tuple[list[float], list[float], list[float]]:
    """Values, and how far the intervals reach below and above."""
    return (
        [100 * e.value for e in estimates],
        [100 * (e.value - e.low) for e in estimates],
        [100 * (e.high - e.value) for e in estimates],
    )


def _svg(figure: Figure) -> str:
    FigureCanvasSVG(figure)
    target = io.StringIO()
    # Neither dates nor random names: the same rows draw the same bytes.
    with mpl.rc_context({"svg.hashsalt": "trident"}):
        figure.savefig(target, format="svg", metadata={"Date": None})
    return target.getvalue()
