"""The map of a figure: the trail in the colour of its clearance, the task, what stands and what moves."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation

from sim.record.clearances import sample_clearances
from sim.record.footprints import Footprints, footprints, task_places
from sim.record.instants import FARTHEST, first_tick, sample_bodies, sample_times
from sim.record.label_layout import DOT, Box, label_sites
from sim.record.plot_style import BAD, GOOD, INK, SOFT, result_color, tidy
from sim.record.reader import Flight
from sim.record.route_marks import sites_done
from sim.record.scene import outlines
from sim.record.words import clearance_words, spaced
from sim.safety import outline
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.world.geometry import Semantic
from sim.world.movers import movers_of

_FAR_CLEARANCE = 2.0
"""m from which on the trail has the colour of room enough."""
_CROP_MARGIN = 6.0
"""m of the world around flight and task, at least."""
_SOLIDS = {
    Semantic.BUILDING: "#8d939d",
    Semantic.TRUNK: "#6f9a72",
    Semantic.OBSTACLE: "#a88fb0",
    Semantic.PANEL: "#3b78b5",
    Semantic.COVER: "#8d8f86",
}
_SOLID_WORDS = {
    Semantic.BUILDING: "building, wall",
    Semantic.TRUNK: "tree",
    Semantic.OBSTACLE: "obstacle",
    Semantic.PANEL: "panel",
}
_MOVER = "#e08a1e"
_MISSED = "#d98314"
_JUMP = 10.0
"""m between two steps; no mover flies so fast."""
_WALL = 1.8
"""Points, width of a wall under a roof."""
_DISC, _RING, _PAD = 15.0, 20.0, 13.0
"""Points, sizes of a site's disc, of the second ring of one that is mandatory, and of the pad."""

Key = tuple[Line2D | Patch | tuple[Line2D, Line2D], str]
"""A mark of the legend, and its words."""


def draw_map(figure: Figure, axes: Axes, scale: Axes, flight: Flight) -> None:
    """The map, and in `scale` the colours of its trail; `label_map` writes what belongs to sites."""
    shapes = footprints(flight.scenario)
    _draw_world(axes, shapes)
    _draw_movers(axes, flight)
    _draw_fences(axes, flight)
    trail = sample_bodies(flight)[:, :2]
    nearest = _draw_trail(figure, axes, scale, flight, trail)
    task = _draw_task(axes, flight)
    _crop(axes, shapes, _places(flight, trail))
    keys = [*nearest, *_ends(axes, flight, trail), *task, *_others(flight, shapes)]
    axes.legend(
        [handle for handle, _ in keys], [words for _, words in keys],
        loc="lower left", bbox_to_anchor=(-0.05, 1.0), ncols=4, frameon=False, fontsize=8.5,
        handlelength=1.4, handletextpad=0.5, columnspacing=1.4, borderaxespad=0.1, labelspacing=0.3,
    )  # fmt: skip
    axes.set_facecolor("#e9ebee")
    axes.set_xlabel("east, m")
    axes.set_ylabel("north, m")
    tidy(axes)
    axes.grid(False)


def label_map(axes: Axes, flight: Flight) -> None:
    """Numbers and prizes of sites, so that none covers another."""
    task = flight.scenario.task
    if not isinstance(task, MissionTask):
        return
    figure = axes.figure
    assert isinstance(figure, Figure)
    pixels = figure.dpi / 72
    visited = sites_done(flight)[-1]
    done = [(site, bool(served)) for site, served in zip(task.sites, visited, strict=True)]
    numbers = [
        _write(axes, site.position_m, str(token), _site_color(site.mandatory, served))
        for token, (site, served) in enumerate(done, start=1)
    ]
    prizes = [_write(axes, site.position_m, f"prize {site.prize:g}", INK) for site in task.sites]
    spots = _spots(axes, np.array([site.position_m[:2] for site in task.sites]))
    discs = [
        Box.around(*spot, *[pixels * (_RING if site.mandatory else _DISC)] * 2)
        for spot, site in zip(spots.tolist(), task.sites, strict=True)
    ]
    sizes = [(_size(number), _size(prize)) for number, prize in zip(numbers, prizes, strict=True)]
    pad = Box.around(*_spots(axes, np.array([task.home_m[:2]]))[0].tolist(), *[pixels * _PAD] * 2)
    frame = axes.bbox
    area = Box(float(frame.x0), -float(frame.y1), float(frame.x1), -float(frame.y0))
    trail = _spots(axes, sample_bodies(flight)[:, :2])
    placed = label_sites(discs, sizes, [pad], area, trail)
    for index, labels in enumerate(placed):
        (site, served), spot = done[index], discs[index].middle
        _draw_site(axes, site.position_m, site.mandatory, served, whole=labels.whole)
        if labels.whole:
            numbers[index].set_color("white" if served else _site_color(site.mandatory, served))
        else:
            _move(numbers[index], labels.number, spot, pixels)
        _move(prizes[index], labels.prize, spot, pixels)


# --- What stands and what moves.


def _draw_world(axes: Axes, shapes: Footprints) -> None:
    width, height = shapes.high - shapes.low
    axes.add_patch(
        Rectangle(tuple(shapes.low), width, height, fc="#f6f6f2", ec=SOFT, lw=0.8, zorder=0)
    )
    pale = 0.6 + 0.4 * shapes.paint_colors
    axes.add_collection(
        PolyCollection(list(shapes.paint), facecolors=pale, antialiaseds=False, zorder=1)
    )
    for semantic, color in _SOLIDS.items():
        # The edge keeps walls and panels visible, and closes the hairlines between triangles.
        width = 0.4 if semantic is Semantic.BUILDING else 1.0
        widths = [_WALL if len(shape) == 2 else width for shape in shapes.solids[semantic]]
        solids = PolyCollection(
            shapes.solids[semantic], facecolors=color, edgecolors=color, linewidths=widths, zorder=2
        )
        axes.add_collection(solids)
    roofs = LineCollection(list(shapes.roofs), colors=SOFT, linewidths=1.0, zorder=1.5)
    roofs.set_linestyle((0, (5, 3)))
    axes.add_collection(roofs)


def _places(flight: Flight, trail: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "p 2"]:
    """Where the flight and its task were."""
    points = np.concatenate([trail, task_places(flight.scenario)])
    return points[np.abs(points).max(axis=1) < FARTHEST]


def _crop(axes: Axes, shapes: Footprints, places: Float[np.ndarray, "n 2"]) -> None:
    """Show these places and as much of the world around them as there is room for, at one scale."""
    low, high = places.min(axis=0), places.max(axis=0)
    margin = max(_CROP_MARGIN, 0.12 * float((high - low).max()))
    low, high = low - margin, high + margin
    room = np.array([axes.bbox.width, axes.bbox.height])
    half = room * float(((high - low) / room).max()) / 2
    # Towards the middle of the world, as far as the places stay in view.
    inside = np.clip(
        (low + high) / 2, shapes.low + half, np.maximum(shapes.high - half, shapes.low + half)
    )
    middle = np.clip(inside, high - half, low + half)
    for limit, centre, reach in zip((axes.set_xlim, axes.set_ylim), middle, half, strict=True):
        limit(centre - reach, centre + reach)


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
        axes.add_patch(Polygon(outline(area), fill=False, ec=GOOD, ls="--", lw=1.4, zorder=3))
    for area in safety.no_fly:
        zone = Polygon(outline(area), fc="none", ec=BAD, hatch="///", lw=1.2, alpha=0.7, zorder=3)
        axes.add_patch(zone)
    for x, y, _ in safety.rally_m:
        axes.plot(x, y, "x", ms=10, mew=2.5, color=GOOD, zorder=5)


def _others(flight: Flight, shapes: Footprints) -> list[Key]:
    """What else the map holds."""
    safety = flight.scenario.safety
    keys: list[Key] = [
        (Patch(fc=_SOLIDS[semantic]), words)
        for semantic, words in _SOLID_WORDS.items()
        if len(shapes.solids[semantic])
    ]
    if len(shapes.roofs):
        keys.append((Line2D([], [], ls="--", lw=1.0, color=SOFT), "roof above"))
    if movers_of(flight.scenario):
        keys.append((Patch(fc=_MOVER), "moving, at the end"))
    if safety is not None and safety.geofence:
        keys.append((Patch(fc="none", ec=GOOD, ls="--"), "geofence"))
    if safety is not None and safety.no_fly:
        keys.append((Patch(fc="none", ec=BAD, hatch="///"), "no-fly zone"))
    if safety is not None and safety.rally_m:
        keys.append((_mark("x", GOOD), "rally point"))
    return keys


# --- The flight.


def _draw_trail(
    figure: Figure, axes: Axes, scale: Axes, flight: Flight, trail: Float[np.ndarray, "n 2"]
) -> list[Key]:
    """The way flown, its colour bar, and a mark where it came nearest to something."""
    legs = list(np.stack([trail[:-1], trail[1:]], axis=1))
    clearances = sample_clearances(flight)
    # Dark where it was close: a scale that keeps its order in black and white, within a dark edge.
    axes.add_collection(LineCollection(legs, colors=INK, linewidths=4.4, zorder=4))
    line = LineCollection(legs, cmap="inferno", linewidths=3.2, zorder=4.1)
    line.set_array(clearances[1:])
    line.set_clim(0.0, 1.15 * _FAR_CLEARANCE)
    line.set_capstyle("round")
    axes.add_collection(line)
    bar = figure.colorbar(line, cax=scale, extend="max")
    bar.set_label("trail: clearance of the hull, m")
    bar.set_ticks([0.0, 0.5, 1.0, 1.5, _FAR_CLEARANCE])
    scale.set_ylim(0.0, _FAR_CLEARANCE)
    nearest = int(clearances.argmin())
    least = float(clearances[nearest])
    if flight.result is not None:
        least = flight.result.min_clearance_m  # The figure that every other report quotes.
    if not np.isfinite(least):
        return []
    # Around the cross of a collision, else on the trail; over anything, without hiding it.
    size = 20 if nearest == len(trail) - 1 else 11
    edge = [withStroke(linewidth=4.5, foreground="white")]
    axes.plot(
        *trail[nearest], "D", ms=size, mfc="none", mec=INK, mew=2.0, zorder=9, path_effects=edge
    )
    time = float(sample_times(flight)[nearest])
    words = f"least clearance {clearance_words(least)}, at {time:.1f} s"
    return [(_mark("D", INK, "none"), words)]


def _ends(axes: Axes, flight: Flight, trail: Float[np.ndarray, "n 2"]) -> list[Key]:
    """Marks where the flight began and ended; a cross where it failed."""
    start, result = flight.scenario.start.position_m, flight.result
    axes.plot(start[0], start[1], "^", ms=9, color=INK, mec="white", zorder=5)
    failed = result is not None and not result.success
    marker, color = "X" if failed else "o", result_color(flight)
    axes.plot(*trail[-1], marker, ms=13 if failed else 9, color=color, mec="white", zorder=10)
    words = "end of the log" if result is None else f"end: {spaced(result.outcome.value)}"
    return [(_mark("^", INK), "start"), (_mark(marker, color), words)]


def _draw_task(axes: Axes, flight: Flight) -> list[Key]:
    task, start = flight.scenario.task, flight.scenario.start.position_m
    if isinstance(task, MissionTask):
        axes.plot(*task.home_m[:2], "s", ms=_PAD, mfc="none", mec=BAD, mew=2, zorder=5)
        return _site_keys(flight, task)
    if isinstance(task, NavigateTask):
        axes.plot(*task.goal_m[:2], "*", ms=16, color=_MOVER, mec=INK, zorder=6)
        return [(Line2D([], [], ls="", marker="*", ms=11, mfc=_MOVER, mec=INK), "goal")]
    assert isinstance(task, AvoidTask)
    end = np.array(start[:2]) + task.distance_m * task.direction[:2]
    axes.plot([start[0], end[0]], [start[1], end[1]], "--", lw=1.2, color=SOFT, zorder=3)
    return [(Line2D([], [], ls="--", color=SOFT), "course")]


# --- Sites.


def _site_keys(flight: Flight, task: MissionTask) -> list[Key]:
    visited = sites_done(flight)[-1]
    mandatory = np.array([site.mandatory for site in task.sites], dtype=bool)
    keys: list[Key] = [(_mark("s", BAD, "white"), "pad")]
    if visited.any():
        keys.append((_mark("o", GOOD), "visited"))
    if (mandatory & ~visited).any():
        keys.append((_mark("o", _MISSED, "white"), "mandatory, missed"))
    if (~mandatory & ~visited).any():
        keys.append((_mark("o", SOFT, "white"), "not visited"))
    if mandatory.any():
        rings = _mark("o", INK, "none", 10.0), _mark("o", INK, "none", 5.5)
        keys.append((rings, "two rings: mandatory"))
    return keys


def _site_color(mandatory: bool, served: bool) -> str:
    return GOOD if served else _MISSED if mandatory else SOFT


def _draw_site(
    axes: Axes, place: tuple[float, ...], mandatory: bool, served: bool, *, whole: bool
) -> None:
    """Filled once visited, so that black and white tells it too."""
    color, (x, y) = _site_color(mandatory, served), place[:2]
    if not whole:
        axes.plot(x, y, "o", ms=DOT / 1.5, mfc=color if served else "white", mec=color, zorder=7)
        return
    if mandatory:  # A second ring, whatever became of it.
        axes.plot(x, y, "o", ms=_RING, mfc="none", mec=color, mew=1.2, zorder=7)
    axes.plot(x, y, "o", ms=_DISC, mfc=color if served else "white", mec=color, mew=2, zorder=7)


def _write(axes: Axes, place: tuple[float, ...], words: str, color: str) -> Annotation:
    """Words over a place, until they are moved."""
    note = axes.annotate(
        words, (place[0], place[1]), xytext=(0, 0), textcoords="offset points", ha="center", va="center_baseline",
        fontsize=9 if words.isdigit() else 8, weight="bold" if words.isdigit() else "normal", color=color,
        zorder=12 if words.isdigit() else 7.5,
    )  # fmt: skip
    note.set_in_layout(False)
    return note


def _move(note: Annotation, box: Box | None, spot: tuple[float, float], pixels: float) -> None:
    """Into its box, or away where there is none."""
    if box is None:
        note.set_visible(False)
        return
    x, y = box.middle
    note.set_position(((x - spot[0]) / pixels, (spot[1] - y) / pixels))
    note.set_bbox({"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.8})


def _size(note: Annotation) -> tuple[float, float]:
    """Width and height, pixels, with some air."""
    extent = note.get_window_extent()
    return float(extent.width) + 3.0, float(extent.height) + 2.0


def _spots(axes: Axes, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """Pixels of places, y downwards."""
    return axes.transData.transform(points) * (1.0, -1.0)


def _mark(marker: str, color: str, face: str | None = None, size: float = 8.0) -> Line2D:
    """For the legend; filled with its own colour where no other is named."""
    return Line2D([], [], ls="", marker=marker, ms=size, mfc=face or color, mec=color, mew=1.4)
