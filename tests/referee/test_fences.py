"""Geofences, no-fly zones, least altitude and routes, as scenarios with a safety layer or an order state them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.referee.limits import fence_margin, floor_margin, inside, no_fly_margin
from scenarios.referee.sites import judge_route, judge_sites
from sim.safety_spec import CircleArea, PolygonArea, Safety
from sim.scenario import Scenario
from sim.task_spec import MissionTask, SiteSpec
from tests.builders import scenario as field
from tests.referee.drawn import ended, standing, track

NOTCHED = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 4.0), (0.0, 10.0))


def circle(x: float, y: float, radius: float) -> CircleArea:
    return CircleArea(kind="circle", center_m=(x, y), radius_m=radius, low_m=0.0, high_m=9.0)


def polygon(*corners: tuple[float, float]) -> PolygonArea:
    return PolygonArea(kind="polygon", corners_m=corners, low_m=0.0, high_m=9.0)


def fenced(**table: Any) -> Scenario:
    """A field with a safety layer that has some fences."""
    plain: dict[str, Any] = {
        "altitude_min_m": 0.0, "return_altitude_m": 2.0, "return_by": "straight", "geofence_action": "hold"
    }  # fmt: skip
    return field(safety=Safety(**(plain | table)))


@pytest.mark.parametrize(
    ("point", "margin"),
    [
        ((2.0, 1.0, 5.0), 1.0),
        ((5.0, 3.0, 5.0), 1.0 / np.sqrt(1.0 + (6.0 / 5.0) ** 2) * 1.0),
        ((5.0, 6.0, 5.0), -2.0 / np.sqrt(1.0 + (6.0 / 5.0) ** 2)),
        ((-3.0, 5.0, 5.0), -3.0),
        ((5.0, 2.0, 8.5), 0.5),
        ((5.0, 2.0, 9.5), -0.5),
    ],
)
def test_a_notched_polygon_by_hand(point: tuple[float, float, float], margin: float) -> None:
    found = inside(polygon(*NOTCHED), np.array([point]))[0]
    if point == (5.0, 3.0, 5.0):
        assert found == pytest.approx(1.0)  # The notch's corner is nearest.
    else:
        assert found == pytest.approx(margin)


RING = [(3.0 * np.cos(a), 3.0 * np.sin(a)) for a in 2 * np.pi * np.arange(300) / 300]
ROUND = (polygon(*RING), polygon(*RING[::-1]))


@given(st.integers(0, 1000))
def test_a_round_polygon_is_a_circle_whichever_way_it_runs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform((-6, -6, 1), (6, 6, 8), (20, 3))
    wanted = inside(circle(0.0, 0.0, 3.0), points)
    for round_polygon in ROUND:
        assert inside(round_polygon, points) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize(("x", "free"), [(9.99, True), (10.01, False)])
def test_leaving_the_last_geofence_and_entering_a_zone(x: float, free: bool) -> None:
    way = track((5.0, 0.0, 1.5), (x, 0.0, 1.5))
    two = fenced(geofence=(circle(5.0, 0.0, 2.0), circle(8.0, 0.0, 2.0)))
    assert (fence_margin(two, way).min() >= 0.0) == free
    zone = fenced(no_fly=(circle(12.0, 0.0, 2.0),))
    assert (no_fly_margin(zone, way).min() > 0.0) == free


def test_the_least_altitude_binds_away_from_landing_places_only() -> None:
    low = fenced(altitude_min_m=1.0, rally_m=((20.0, 0.0, 0.0),))
    for x, binds in ((5.0, False), (7.9, False), (8.1, True), (18.0, False)):
        still = standing(np.tile([x, 0.0, 0.5], (17, 1)))
        for landing in (False, True):
            margin = floor_margin(low, still, np.full(17, landing)).min()
            assert (margin < 0.0) == (binds and not landing)


def test_without_a_safety_layer_nothing_is_fenced() -> None:
    still = standing(np.tile([5.0, 0.0, 0.5], (17, 1)))
    plain = field()
    assert np.isinf(fence_margin(plain, still)).all()
    assert np.isinf(no_fly_margin(plain, still)).all()
    assert np.isinf(floor_margin(plain, still, np.zeros(17, dtype=bool))).all()


@pytest.mark.parametrize(("zone_x", "outcome"), [(11.0, "no_fly_zone"), (13.0, "geofence_breach")])
def test_of_two_fences_in_one_step_the_first_to_be_crossed_ends_the_flight(
    zone_x: float, outcome: str
) -> None:
    """At 60 m/s a step is 4 m long: both lie in it."""
    spec = fenced(geofence=(circle(5.0, 0.0, 7.0),), no_fly=(circle(zone_x + 0.5, 0.0, 1.0),))
    assert ended(spec, track((9.0, 0.0, 1.5), (13.0, 0.0, 1.5), speed=59.0)).outcome == outcome


def stop(x: float, hold: float = 0.0) -> SiteSpec:
    """A point to fly to, whatever the heading."""
    return SiteSpec(
        position_m=(x, 0.0, 1.5), yaw_rad=1.0, any_heading=True, prize=1.0, mandatory=True, hold_s=hold
    )  # fmt: skip


def route(*sites: SiteSpec) -> MissionTask:
    return MissionTask(
        kind="mission", home_m=(5.0, 0.0, 0.0), sites=sites, time_limit_s=60.0, detour_factor=1.0,
        ordered=True,
    )  # fmt: skip


def test_a_point_without_a_panel_is_served_whatever_the_heading() -> None:
    points = route(stop(10.0)).model_copy(update={"ordered": False})
    still = standing(np.tile([10.0, 0.0, 1.5], (33, 1)), yaw=-2.0)
    (report,) = judge_sites(field(task=points), still, 1)
    assert report.served
    faced = points.model_copy(
        update={"sites": (points.sites[0].model_copy(update={"any_heading": False}),)}
    )
    (report,) = judge_sites(field(task=faced), still, 1)
    assert not report.served


def test_a_route_counts_in_its_order_and_holds() -> None:
    there = track((5.0, 0.0, 1.5), (20.0, 0.0, 1.5))
    last = len(there.ends) - 1
    task = route(stop(10.0), stop(15.0))
    assert [r.served for r in judge_route(task, there, last)] == [True, True]
    task = route(stop(15.0), stop(10.0))
    assert [r.served for r in judge_route(task, there, last)] == [True, False]
    # 3 m at 5 m/s are passed in 0.6 s.
    task = route(stop(10.0, hold=0.5), stop(15.0, hold=0.9))
    assert [r.served for r in judge_route(task, there, last)] == [True, False]
