"""Geofences, no-fly zones, least altitude and routes, as scenarios with a safety layer or an order state them."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.referee.limits import fence_margin, floor_margin, inside, no_fly_margin
from scenarios.referee.sites import judge_route
from tests.builders import scenario as field
from tests.referee.drawn import standing, track

NOTCHED = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 4.0), (0.0, 10.0))


def circle(x: float, y: float, radius: float, low: float = 0.0, high: float = 9.0) -> Any:
    return SimpleNamespace(kind="circle", center_m=(x, y), radius_m=radius, low_m=low, high_m=high)


def polygon(*corners: tuple[float, float]) -> Any:
    return SimpleNamespace(kind="polygon", corners_m=corners, low_m=0.0, high_m=9.0)


def fenced(**safety: Any) -> Any:
    """A field with a safety layer, of which limits read no more than this."""
    plain = field()
    table = {"geofence": (), "no_fly": (), "rally_m": (), "altitude_min_m": 0.0} | safety
    return SimpleNamespace(
        world=plain.world, limits=plain.limits, start=plain.start, task=plain.task,
        safety=SimpleNamespace(**table),
    )  # fmt: skip


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


@given(st.integers(0, 1000))
def test_a_round_polygon_is_a_circle_whichever_way_it_runs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angles = 2 * np.pi * np.arange(300) / 300
    ring = tuple((3.0 * np.cos(a), 3.0 * np.sin(a)) for a in angles)
    points = rng.uniform((-6, -6, 1), (6, 6, 8), (20, 3))
    wanted = inside(circle(0.0, 0.0, 3.0), points)
    assert inside(polygon(*ring), points) == pytest.approx(wanted, abs=1e-3)
    assert inside(polygon(*ring[::-1]), points) == pytest.approx(wanted, abs=1e-3)


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


def test_a_route_counts_in_its_order_and_holds() -> None:
    def site(x: float, hold: float = 0.0) -> Any:
        return SimpleNamespace(
            position_m=(x, 0.0, 1.5), yaw_rad=1.0, any_heading=True, prize=1.0, hold_s=hold
        )

    there = track((5.0, 0.0, 1.5), (20.0, 0.0, 1.5))
    last = len(there.ends) - 1
    task: Any = SimpleNamespace(sites=(site(10.0), site(15.0)))
    assert [r.served for r in judge_route(task, there, last)] == [True, True]
    task = SimpleNamespace(sites=(site(15.0), site(10.0)))
    assert [r.served for r in judge_route(task, there, last)] == [True, False]
    # 3 m at 5 m/s are passed in 0.6 s.
    task = SimpleNamespace(sites=(site(10.0, hold=0.5), site(15.0, hold=0.9)))
    assert [r.served for r in judge_route(task, there, last)] == [True, False]
