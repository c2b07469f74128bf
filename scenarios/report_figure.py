"""The one figure of a comparison, told apart by shape and position so that it prints in black and white."""

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from scenarios.statistics import Estimate

if TYPE_CHECKING:
    from scenarios.report import Report

_MARKERS = "osD^vP*X<>"
_GREYS = ("0.0", "0.35", "0.6")
_ROW = 0.16
"""Distance between the pilots of one task, in tasks."""


def draw_report(report: "Report", path: Path) -> None:
    """Left: success by task and pilot. Right: the first pilot's success minus each other's."""
    tasks, pilots = list(report.suite.tasks), list(report.compute)
    height = 1.4 + 0.28 * len(tasks) * (len(pilots) + 1)
    figure = Figure(figsize=(11, max(3.2, height)), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    for index, pilot in enumerate(pilots):
        cells = [cell for cell in report.cells if cell.pilot == pilot]
        _series(left, [(tasks.index(cell.task), cell.success) for cell in cells], index, pilot)
        pairs = [pair for pair in report.comparisons if pair.second == pilot]
        _series(right, [(tasks.index(pair.task), pair.difference) for pair in pairs], index, "")
    _label(left, right, tasks, len(pilots), pilots[0], report)
    figure.legend(loc="outside lower center", ncols=len(pilots), frameon=False)
    # No creation time in the file: the same rows draw the same bytes.
    figure.savefig(path, dpi=150, metadata={"Software": None})


def _series(axes: Axes, points: list[tuple[int, Estimate]], index: int, label: str) -> None:
    if not points:
        return
    values = [100 * estimate.value for _, estimate in points]
    below = [100 * (estimate.value - estimate.low) for _, estimate in points]
    above = [100 * (estimate.high - estimate.value) for _, estimate in points]
    axes.errorbar(
        values,
        [row + _ROW * index for row, _ in points],
        xerr=[below, above],
        fmt=_MARKERS[index % len(_MARKERS)],
        color=_GREYS[index % len(_GREYS)],
        markerfacecolor="white" if index % 2 else None,
        capsize=3,
        linewidth=1.2,
        label=label or None,
    )


def _label(
    left: Axes, right: Axes, tasks: list[str], pilots: int, first: str, report: "Report"
) -> None:
    middle = _ROW * (pilots - 1) / 2
    left.set_yticks([row + middle for row in range(len(tasks))], tasks)
    left.invert_yaxis()
    left.set_xlim(-2, 102)
    left.set_xlabel("success, % (Wilson 95 %)")
    left.set_title(f"{report.suite.worlds} worlds a task, identical for every pilot", fontsize=10)
    right.axvline(0, color="0.5", linewidth=0.8)
    right.set_xlabel("difference in success, points (paired 95 %)")
    right.set_title(f"{first} minus each other pilot; right of 0: {first} is better", fontsize=10)
    for axes in (left, right):
        axes.grid(axis="x", color="0.85", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
