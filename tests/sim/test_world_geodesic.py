"""The geodesic field is the length of the shortest free way."""

import math

import numpy as np
import pytest

from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world.geodesic import SPACING, FreeSpace, distance_field
from tests.sim.worlds import box, empty_world, spec

MARGIN = 0.5


def free_space(**parts: tuple) -> FreeSpace:
    world = build_world(spec(**parts))
    return FreeSpace.from_clearance(ClearanceField(world, 6.0), world.bounds, 1.0, 2.0, MARGIN)


def length(path: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def test_open_ground_is_straight(rng: np.random.Generator) -> None:
    goal = np.array([31.3, 12.9])
    field = distance_field(free_space(), goal)
    for point in rng.uniform(0.5, 39.5, (200, 2)):
        # Interpolation blunts the tip of the cone, within a cell of the goal.
        tip = 0.1 if np.linalg.norm(point - goal) < 2 * SPACING else 0.01
        assert field.at(point) == pytest.approx(np.linalg.norm(point - goal), rel=0.003, abs=tip)
        path = field.path_from(point)
        assert length(path) == pytest.approx(np.linalg.norm(point - goal), rel=0.02, abs=0.1)


def test_a_field_asked_for_again_is_the_same_until_a_cell_is_blocked() -> None:
    """Fields are kept by what they are made of: not by who asks, and not beyond a change of the map."""
    space, goal = free_space(), np.array([10.0, 10.0])
    kept = distance_field(space, goal).arrays.values
    np.testing.assert_array_equal(distance_field(free_space(), goal).arrays.values, kept)
    with pytest.raises(ValueError, match="read-only"):
        kept[0, 0] = 0.0
    space.free[:60, 40] = False
    longer = distance_field(space, goal)
    assert longer.at(np.array([30.0, 10.0])) > 25.0
    assert distance_field(free_space(), goal).at(np.array([30.0, 10.0])) == pytest.approx(
        20.0, rel=0.01
    )


def test_round_a_wall_is_the_two_legs_past_its_end() -> None:
    """A wall from the south edge to y = 30; its free end is a margin further on, and up to one cell more."""
    space = free_space(boxes=(box((20, 15, 2), (1, 30, 4)),))
    start, goal = np.array([10.0, 10.0]), np.array([30.0, 10.0])
    field = distance_field(space, goal)

    def round_end(more: float) -> float:
        left, right = (
            np.array([19.5 - more, 30 + MARGIN + more]),
            np.array([20.5 + more, 30 + MARGIN + more]),
        )
        return length(np.array([start, left, right, goal]))

    path = field.path_from(start)
    for way in (field.at(start), length(path)):
        assert round_end(0.0) * 0.995 <= way <= round_end(SPACING) * 1.005
    np.testing.assert_array_equal(path[[0, -1]], [start, goal])


def test_a_way_keeps_the_margin(rng: np.random.Generator) -> None:
    boxes = tuple(
        box((*rng.uniform(5, 35, 2), 2), (2, 2, 4), float(rng.uniform(-3, 3))) for _ in range(25)
    )
    world = build_world(spec(boxes=boxes))
    clearance = ClearanceField(world, 6.0)
    space = FreeSpace.from_clearance(clearance, world.bounds, 1.0, 2.0, MARGIN)
    field = distance_field(space, np.array([38.0, 38.0]))
    path = field.path_from(np.array([1.0, 1.0]))
    count = int(length(path) / 0.1)
    along = (
        np.interp(np.linspace(0, 1, count), *_arc(path, 0)),
        np.interp(np.linspace(0, 1, count), *_arc(path, 1)),
    )
    points = np.column_stack([*along, np.full(count, 1.5)])
    # A way runs through free cells; between their centres half a cell's diagonal may be lost.
    assert clearance.at_points(points).min() > MARGIN - SPACING / math.sqrt(2)
    assert length(path) == pytest.approx(field.at(np.array([1.0, 1.0])), rel=0.04)


def _arc(path: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    travelled = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    return travelled / travelled[-1], path[:, axis]


def test_the_distance_is_the_same_both_ways() -> None:
    space = free_space(boxes=(box((20, 15, 2), (1, 30, 4)), box((12, 30, 2), (6, 1, 4), 0.6)))
    a, b = np.array([5.0, 8.0]), np.array([33.0, 21.0])
    assert distance_field(space, a).at(b) == pytest.approx(distance_field(space, b).at(a), rel=0.01)


def test_walled_in_is_unreachable_and_has_no_path() -> None:
    walls = (
        box((20, 16, 2), (9, 1, 4)), box((20, 24, 2), (9, 1, 4)),
        box((16, 20, 2), (1, 9, 4)), box((24, 20, 2), (1, 9, 4)),
    )  # fmt: skip
    field = distance_field(free_space(boxes=walls), np.array([5.0, 5.0]))
    assert field.at(np.array([20.0, 20.0])) == math.inf
    with pytest.raises(ValueError, match="no free way"):
        field.path_from(np.array([20.0, 20.0]))


def test_beside_and_inside_obstacles_the_field_stays_finite() -> None:
    field = distance_field(free_space(boxes=(box((20, 20, 2), (8, 8, 4)),)), np.array([5.0, 20.0]))
    inside = [field.at(np.array([x, 20.0])) for x in np.arange(14.0, 27.0, 0.1)]
    assert np.isfinite(inside).all()
    assert field.at(np.array([30.0, 20.0])) > field.at(np.array([10.0, 20.0]))


def test_a_goal_in_a_wall_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"20\.0, 20\.0"):
        distance_field(free_space(boxes=(box((20, 20, 2), (8, 8, 4)),)), np.array([20.0, 20.0]))


def test_what_hangs_above_the_band_blocks_nothing() -> None:
    world = build_world(spec(boxes=(box((20, 20, 4), (8, 8, 1)),)))
    field = ClearanceField(world, 6.0)
    below = FreeSpace.from_clearance(field, world.bounds, 1.0, 2.0, MARGIN)
    within = FreeSpace.from_clearance(field, world.bounds, 1.0, 4.0, MARGIN)
    assert below.free.all()
    assert not within.is_free(np.array([20.0, 20.0]))


def test_outside_the_map_the_way_back_is_added() -> None:
    world = empty_world()
    space = FreeSpace.from_clearance(ClearanceField(world, 6.0), world.bounds, 1.0, 2.0, MARGIN)
    field = distance_field(space, np.array([20.0, 20.0]))
    edge = world.bounds[0, 0] + SPACING / 2
    assert field.at(np.array([-5.0, 20.0])) == pytest.approx(20.0 - edge + 5.0 + edge, rel=0.005)
