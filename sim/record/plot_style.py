"""Colours and axes that the parts of a figure share."""

from matplotlib.axes import Axes

from sim.record.reader import Flight

INK, SOFT, GRID = "#22262b", "#6b737c", "#e3e6ea"
GOOD, BAD = "#2e8b4f", "#c23b3b"


def result_color(flight: Flight) -> str:
    """Of how a flight ended."""
    if flight.result is None:
        return INK
    return GOOD if flight.result.success else BAD


def tidy(axes: Axes) -> None:
    """No more lines than needed."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)
    axes.tick_params(colors=SOFT, labelsize=9)
    axes.grid(True, axis="y", color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
