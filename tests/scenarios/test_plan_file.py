"""QGroundControl plans: commands, frames, fences and what is not flown."""

from pathlib import Path

import pytest

from scenarios.plan_data import Plan
from scenarios.plan_file import read_plan
from scenarios.plan_mission import fences_of, mission_of
from scenarios.user_place import bring
from sim.task_spec import MissionTask
from tests.place_files import Document, item, plan, written


def read(folder: Path, items: list[Document] | None = None, **more: object) -> Plan:
    return read_plan(Path(written(folder / "a.plan", plan(items, **more))))


def test_metres_about_home_heights_over_home_headings_from_north(tmp_path: Path) -> None:
    items = [
        item(22, 5, 5, 10),  # Takeoff goes straight up, wherever it is written to lead.
        item(178, 0, 0, 0, 1, 2.5),
        item(16, 30, 40, 12, 4, 0, 0, 90.0),
        item(93, 0, 0, 0, 3),
        item(16, 30, 0, 415, frame=0),
        item(19, 0, 10, 8, 6),
        item(20),
    ]
    mission, speed = mission_of(read(tmp_path, items), (100.0, 50.0))
    up, east, absolute, loiter = mission.sites
    assert up.position_m == (100.0, 50.0, 10.0)
    assert east.position_m == pytest.approx((130.0, 90.0, 12.0), abs=0.01)
    assert (east.yaw_rad, east.hold_s, east.speed_limit_m_s) == (0.0, 7.0, 2.5)
    assert absolute.position_m[2] == 15.0
    assert (absolute.yaw_rad, loiter.hold_s) == (None, 6.0)
    assert (speed, up.speed_limit_m_s, mission.ordered) == (4.0, None, True)


def test_surveys_are_flown_and_cameras_left_out(tmp_path: Path) -> None:
    transects = {"TransectStyleComplexItem": {"Items": [item(16, 5, 5, 4), item(206), item(16, 9, 5, 4)]}}  # fmt: skip
    survey = {"type": "ComplexItem", "complexItemType": "survey", **transects}
    found = read(tmp_path, [item(22, 0, 0, 4), survey])
    assert len(found.waypoints) == 3
    assert any("206 (camera trigger distance) left out" in note for note in found.notes)
    assert any("returns to launch" in note for note in found.notes)


def test_landing_elsewhere_is_where_the_pad_is(tmp_path: Path) -> None:
    mission, _ = mission_of(read(tmp_path, [item(22, 0, 0, 4), item(21, 20, 0)]), (0.0, 0.0))
    assert mission.home_m == pytest.approx((20.0, 0.0), abs=0.01)
    assert mission.start_m == (0.0, 0.0)


def placed(latitude: float | None, longitude: float | None) -> Document:
    return {"type": "SimpleItem", "command": 16, "frame": 3, "params": [0, 0, 0, None, latitude, longitude, 3]}  # fmt: skip


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([item(84, 0, 0, 5)], r"mission\.items\.0\.command: 84 is not flown; those that are: 16 \(waypoint\)"),
        ([item(177)], "177 is not flown"),
        ([], "no waypoint, takeoff or loiter"),
        ([item(22, 0, 0, 3), item(20), item(16, 5, 5, 3)], r"items\.2\.command: 16 after the return to launch"),
        ([item(16, 5, 5, 3, frame=99)], r"items\.0\.frame: 99"),
        ([{"type": "SimpleItem", "command": 16, "frame": 3, "params": [0, 0]}], r"params: 2 of them, not 7"),
        ([item(16, 0, 1e8, 3)], "no place on Earth"),
        ([item(16, 5, 5, 3, -1.0)], "from 0 to 3600 s"),
        ([item(16, 5, 5, 3)] * 501, "more than 500 waypoints"),
        ([item(178, 0, 0, 0, 1, 1e6)], r"items\.0\.params\.1: 1e\+06: must be above 0 and below 100 m/s; -1 keeps"),
        ([item(178, 0, 0, 0, 1, 0)], r"items\.0\.params\.1: 0: must be above 0"),
        ([item(16, 5, float("nan"), 3)], r"items\.0\.params: latitude: nan: not a number that can be meant"),
        ([placed(None, 8.0)], r"items\.0\.params: latitude: null, not a number"),
        ([placed(None, None)], r"items\.0\.params: latitude: null, not a number"),
        ([{"type": "ComplexItem", "complexItemType": "StructureScan"}], "complex item 'StructureScan'"),
    ],
)  # fmt: skip
def test_what_cannot_be_flown_is_named(tmp_path: Path, items: list[Document], reason: str) -> None:
    with pytest.raises(ValueError, match=rf"a\.plan: .*{reason}"):
        read(tmp_path, items)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"version": 99}, "version: 99 is not read; choose 1"),
        ({"version": True}, "version: True is not read; choose 1"),
        ({"geoFence": {"version": 1}}, r"geoFence\.version: 1 is not read; choose 2"),
        ({"rallyPoints": {"version": "2"}}, r"rallyPoints\.version: '2' is not read"),
        ({"geoFence": []}, "geoFence: list, not a table"),
    ],
)
def test_versions_that_are_not_read_are_refused(
    tmp_path: Path, more: Document, reason: str
) -> None:
    with pytest.raises(ValueError, match=rf"a\.plan: {reason}"):
        read(tmp_path, **more)


def test_a_speed_is_kept_with_minus_one_and_the_plans_again_with_minus_two(tmp_path: Path) -> None:
    changes = [2.5, -1, -2]
    items = [each for k, to in enumerate(changes) for each in (item(178, 0, 0, 0, 1, to), item(16, k, 0, 3))]  # fmt: skip
    assert [w.speed_m_s for w in read(tmp_path, items).waypoints] == [2.5, 2.5, None]


FENCE = {"inclusion": True, "polygon": [[46.999, 7.999], [47.001, 7.999], [47.001, 8.001], [46.999, 8.001]]}  # fmt: skip
CIRCLE = {"inclusion": False, "circle": {"center": [47.0, 8.0005], "radius": 6.0}}


def test_fences_and_rally_points_become_the_safety_layers(tmp_path: Path) -> None:
    fences = {"polygons": [FENCE], "circles": [CIRCLE]}
    path = written(tmp_path / "a.plan", plan(geoFence=fences, rallyPoints={"points": [[47.0, 8.0001, 400]]}))  # fmt: skip
    scenario = bring("", path, 3).scenario
    safety = scenario.safety
    assert safety is not None
    (stay,), (shun,) = safety.geofence, safety.no_fly
    x, y, _ = scenario.start.position_m
    assert shun.kind == "circle"
    assert shun.center_m == pytest.approx((x + 38.03, y), abs=0.02)
    assert stay.kind == "polygon"
    assert min(corner[1] for corner in stay.corners_m) == pytest.approx(y - 111.17, abs=0.05)
    assert safety.rally_m[0][0] == pytest.approx(x + 7.6, abs=0.02)


def test_a_waypoint_on_the_wrong_side_of_a_fence_is_named(tmp_path: Path) -> None:
    outside = read(tmp_path, [item(16, 200, 0, 3)], geoFence={"polygons": [FENCE]})
    with pytest.raises(
        ValueError, match=r"waypoint 1 \(mission\.items\.0\): outside every inclusion fence"
    ):
        fences_of(outside, (0.0, 0.0))
    inside = read(tmp_path, [item(16, 38, 0, 3)], geoFence={"circles": [CIRCLE]})
    with pytest.raises(
        ValueError, match=r"waypoint 1 \(mission\.items\.0\): inside an exclusion fence"
    ):
        fences_of(inside, (0.0, 0.0))


def test_a_plan_over_flat_ground_is_a_route_in_its_order(tmp_path: Path) -> None:
    items = [item(22, 0, 0, 3), *(item(16, 3.0 * k, 4, 3) for k in range(1, 21)), item(20)]
    scenario = bring("", written(tmp_path / "a.plan", plan(items)), 3).scenario
    assert isinstance(scenario.task, MissionTask)
    assert (scenario.task.ordered, len(scenario.task.sites), scenario.world.panels) == (
        True,
        21,
        (),
    )
    eastings = [site.position_m[0] for site in scenario.task.sites[1:]]
    assert eastings == sorted(eastings)
    crossed = {"inclusion": True, "polygon": [[46.99, 7.99], [47.01, 8.01], [46.99, 8.01], [47.01, 7.99]]}  # fmt: skip
    fenced = written(tmp_path / "x.plan", plan(items, geoFence={"polygons": [crossed]}))
    with pytest.raises(ValueError, match=r"x\.plan: .*(crosses|outside every|enclose)"):
        bring("", fenced, 3)
    high = written(tmp_path / "high.plan", plan([item(16, 5, 0, 1e6)]))
    with pytest.raises(
        ValueError, match=r"high\.plan: waypoint 1 .*: 1e\+06 m over home: at most 1000 m"
    ):
        bring("", high, 3)
    for options in ({"lod": "2"}, {"no_such": 1}):
        with pytest.raises(ValueError, match=r"a\.plan: place_options: there is no place"):
            bring("", str(tmp_path / "a.plan"), 3, options=options)
    far = written(tmp_path / "far.plan", plan([item(16, 1500, 0, 3)]))
    with pytest.raises(ValueError, match="at most 1100 m wide"):
        bring("", far, 3)
