"""Fences: what is inside, how far the walls are, and that the brakes suffice."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.physics.response import response_params
from sim.physics.vehicle import load_vehicle
from sim.safety.braking import MARGIN, brakes_of, held_back
from sim.safety.fences import Fences
from sim.safety.returning import Track, straight_ways
from sim.safety_spec import CircleArea, PolygonArea
from sim.types import Outcome


def square(x: float, y: float, half: float, low: float = 0.0, high: float = 50.0) -> PolygonArea:
    corners = [
        (x - half, y - half),
        (x + half, y - half),
        (x + half, y + half),
        (x - half, y + half),
    ]
    return PolygonArea(kind="polygon", corners_m=tuple(corners), low_m=low, high_m=high)


def circle(x: float, y: float, radius: float, low: float = 0.0, high: float = 50.0) -> CircleArea:
    return CircleArea(kind="circle", center_m=(x, y), radius_m=radius, low_m=low, high_m=high)


def fences(inside: tuple = (), outside: tuple = (), low: float = 0.0, high: float = 20.0) -> Fences:
    return Fences(inside, outside, low, high, np.zeros((1, 2)))


BRAKES = brakes_of(response_params(load_vehicle("trident_1kg")), 1 / 15)
POINT = st.tuples(*[st.floats(-12.0, 12.0)] * 2, st.floats(0.1, 19.9)).map(np.array)


@given(POINT)
def test_a_square_and_its_walls_agree(point: np.ndarray) -> None:
    areas = fences(inside=(square(0.0, 0.0, 10.0),))
    x, y, _ = point
    inside = max(abs(x), abs(y)) <= 10.0
    assert (areas.breach(point) is None) == inside
    if inside:
        sides = areas.walls(point)[1:5]
        nearest = np.linalg.norm(sides, axis=1).min()
        assert nearest == pytest.approx(10.0 - max(abs(x), abs(y)))
    else:
        assert areas.breach(point) is Outcome.GEOFENCE_BREACH
        landed = point + 1.001 * areas.way_in(point)
        assert max(abs(landed[0]), abs(landed[1])) < 10.1


@given(POINT)
def test_the_way_out_of_a_zone_leads_out_of_it(point: np.ndarray) -> None:
    areas = fences(outside=(circle(0.0, 0.0, 6.0, 5.0, 10.0),))
    if areas.breach(point) is Outcome.NO_FLY_ZONE:
        assert areas.breach(point + areas.way_in(point) * 1.001) is None
    else:
        walls = areas.walls(point)[1:]
        assert areas.breach(point + 0.999 * walls[0]) is None


def test_areas_that_overlap_are_open_to_each_other() -> None:
    areas = fences(inside=(square(0.0, 0.0, 5.0), square(8.0, 0.0, 5.0)))
    walls = areas.walls(np.array([4.0, 0.0, 2.0]))
    ahead = walls[(walls[:, 0] > 0.1) & (np.abs(walls[:, 1]) < 0.1)]
    assert np.allclose(
        ahead[:, 0], 9.0
    )  # The far side of the second, not the near one of the first.


def test_the_least_altitude_does_not_bind_near_home() -> None:
    areas = fences(low=1.0)
    assert areas.breach(np.array([2.0, 0.0, 0.5])) is None
    assert areas.breach(np.array([4.0, 0.0, 0.5])) is Outcome.ALTITUDE_BREACH
    assert areas.breach(np.array([4.0, 0.0, 0.5]), landing=True) is None


@settings(max_examples=30)
@given(st.floats(0.0, 12.0), st.floats(-np.pi, np.pi), st.floats(0.0, 12.0))
def test_nothing_is_held_back_that_leads_away(speed: float, bearing: float, far: float) -> None:
    wall = np.array([[far, 0.0, 0.0]])
    command = speed * np.array([-abs(np.cos(bearing)), np.sin(bearing), 0.0])
    wall[0, 0] += MARGIN
    kept = held_back(command, command, wall, lambda direction, most: np.inf, BRAKES)
    assert np.allclose(kept, command)


def test_speed_falls_to_nothing_at_the_margin() -> None:
    ahead = np.array([1.0, 0.0, 0.0])
    speeds = [BRAKES.fastest(distance, ahead) for distance in np.linspace(0.0, 20.0, 50)]
    assert speeds[0] == 0.0
    assert np.all(np.diff(speeds) >= 0.0)
    assert BRAKES.fastest(-0.3, ahead) < 0.0


def test_a_straight_way_goes_around_a_zone_and_no_farther_than_needed() -> None:
    areas = fences(outside=(square(10.0, 0.0, 3.0),))
    goals = np.array([[20.0, 0.0, 2.0]])
    way = straight_ways(np.array([0.0, 0.0, 2.0]), goals, 2.0, areas)
    assert way is not None
    assert np.array_equal(way[-1], goals[0])
    points = np.vstack([[0.0, 0.0, 2.0], way])
    length = np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
    assert 20.0 < length < 24.0
    for a, b in pairwise(points):
        assert areas.allowed(a + np.linspace(0, 1, 50)[:, None] * (b - a)).all()


def test_there_is_no_straight_way_out_of_a_closed_ring() -> None:
    areas = fences(inside=(circle(0.0, 0.0, 5.0),))
    assert straight_ways(np.zeros(3), np.array([[20.0, 0.0, 2.0]]), 2.0, areas) is None


def test_the_nearest_of_several_places_is_taken() -> None:
    goals = np.array([[20.0, 0.0, 2.0], [0.0, 6.0, 2.0]])
    way = straight_ways(np.zeros(3), goals, 2.0, fences())
    assert way is not None
    assert np.array_equal(way, goals[1:])


def test_a_track_forgets_its_loops() -> None:
    track = Track()
    turns = np.linspace(0.0, 2.0 * np.pi, 40)
    loop = [np.array([5.0 + 3.0 * np.sin(a), 3.0 - 3.0 * np.cos(a), 2.0]) for a in turns]
    for point in [*(np.array([x, 0.0, 2.0]) for x in np.arange(0.0, 5.1, 0.25)), *loop]:
        track.note(point)
    back = track.back()
    assert np.linalg.norm(back[-1] - [0.0, 0.0, 2.0]) < 1e-9
    assert len(back) <= 7
