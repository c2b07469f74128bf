"""Our layout in Rerun: one column a flight, the world above, what was seen and said below and beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import rerun.blueprint as rrb

from sim.record.viewer.drone import CURVES
from sim.record.viewer.heads import HEADS
from sim.record.viewer.stage import STEP, TIME
from sim.scenario import Scenario
from sim.task_spec import MissionTask

_BEHIND, _ABOVE = 14.0, 9.0
"""m from the start to the eye at first."""


@dataclass(frozen=True)
class Column:
    """What a flight's column can show."""

    root: str
    scenario: Scenario
    has_lattice: bool


def blueprint(columns: Sequence[Column], *, live: bool = False) -> rrb.Blueprint:
    """One flight over the whole width, or several side by side; `live` follows what comes in."""
    play = "following" if live else "paused"
    panel = rrb.TimePanel(
        timeline=TIME,
        play_state=play,
        state="expanded" if len(columns) == 1 and not live else "collapsed",
    )
    parts = [_wide(columns[0])] if len(columns) == 1 else [_narrow(column) for column in columns]
    return rrb.Blueprint(
        rrb.Horizontal(*parts) if len(parts) > 1 else parts[0],
        panel,
        rrb.SelectionPanel(state="collapsed"),
        rrb.BlueprintPanel(state="collapsed"),
        auto_views=False,
        auto_layout=False,
    )


def views(container: rrb.Container | rrb.View) -> list[rrb.View]:
    """All views of a layout."""
    if isinstance(container, rrb.View):
        return [container]
    return [view for part in container.contents for view in views(part)]


def _wide(column: Column) -> rrb.Container:
    left = rrb.Vertical(_world(column), rrb.Horizontal(*_pictures(column)), row_shares=[3, 1.2])
    maps = [rrb.Horizontal(*_maps(column))] if column.has_lattice else []
    right = rrb.Vertical(
        *maps, _curves(column), _words(column), row_shares=[*([1.3] * len(maps)), 3, 1.3]
    )
    return rrb.Horizontal(left, right, column_shares=[3, 2])


def _narrow(column: Column) -> rrb.Container:
    maps = _maps(column) if column.has_lattice else []
    seen = rrb.Horizontal(*_pictures(column))
    parts = [
        _world(column),
        seen,
        *([rrb.Horizontal(*maps)] if maps else []),
        _curves(column),
        _words(column),
    ]
    shares = [3, 1, *([1] if maps else []), 2, 1]
    return rrb.Vertical(*parts, row_shares=shares, name=column.root)


def _world(column: Column) -> rrb.View:
    world, start = f"/{column.root}/world", column.scenario.start
    ahead = np.array([np.cos(start.yaw_rad), np.sin(start.yaw_rad), 0.0])
    eye = np.array(start.position_m) - _BEHIND * ahead + np.array([0.0, 0.0, _ABOVE])
    so_far = [
        rrb.VisibleTimeRange(
            line,
            start=rrb.TimeRangeBoundary.infinite(),
            end=rrb.TimeRangeBoundary.cursor_relative(),
        )
        for line in (TIME, STEP)
    ]
    return rrb.Spatial3DView(
        origin=world,
        contents=["$origin/**", f"- {world}/camera/classes"],
        name=column.root,
        line_grid=False,
        eye_controls=rrb.EyeControls3D(
            kind=rrb.Eye3DKind.Orbital,
            position=eye,
            look_target=np.array(start.position_m),
            eye_up=(0.0, 0.0, 1.0),
            tracking_entity=f"{world}/drone",
        ),
        overrides={f"{world}/trail": rrb.VisibleTimeRanges(so_far)},
    )


def _pictures(column: Column) -> list[rrb.View]:
    camera = f"/{column.root}/world/camera"
    seen = {"rgb": "camera", "depth": "depth", "classes": "segmentation"}
    return [
        rrb.Spatial2DView(origin=camera, contents=[f"{camera}/{name}"], name=title)
        for name, title in seen.items()
    ]


def _maps(column: Column) -> list[rrb.View]:
    titles = {"navigation": "navigation: where to go", "survival": "survival: next 2 s"}
    return [
        rrb.Spatial2DView(origin=f"/{column.root}/heads/{name}", name=titles[name])
        for name in HEADS
    ]


def _curves(column: Column) -> rrb.Container:
    root = f"/{column.root}"
    flight = [
        _series(f"{root}/curves/clearance", "clearance, m"),
        _series(f"{root}/curves/battery", "battery"),
        _series(f"{root}/curves/height", "height, m"),
    ]
    tracking = [_series(f"{root}/curves/{name}", title) for name, title in CURVES.items()]
    tracking.append(_series(f"{root}/curves/drift", "error of the estimate, m"))
    tabs = [rrb.Vertical(*flight, name="flight"), rrb.Vertical(*tracking, name="tracking")]
    if isinstance(column.scenario.task, MissionTask):
        titles = {
            "logits": "mission logits",
            "faulty": "belief: faulty",
            "blocked": "belief: blocked",
        }
        views = [_series(f"{root}/mission/{name}", title) for name, title in titles.items()]
        tabs.append(rrb.Vertical(*views, name="mission"))
    return rrb.Tabs(*tabs)


def _series(origin: str, title: str) -> rrb.View:
    return rrb.TimeSeriesView(origin=origin, name=title)


def _words(column: Column) -> rrb.Container:
    states = rrb.StateTimelineView(origin=f"/{column.root}/states", name="phase, target, choice")
    return rrb.Tabs(rrb.TextLogView(origin=f"/{column.root}/events", name="events"), states)
