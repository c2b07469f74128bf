"""Difficulty measures in worlds simple enough to know them by hand."""

import numpy as np
import pytest

from scenarios.avoidbench import flight_metrics, relative_gap, traversability
from scenarios.difficulty import (
    average_gap_loss,
    difficulty,
    distance_in,
    traversal_obstruction,
    view_occlusion,
)
from scenarios.generate.site import Ground, ground_of
from scenarios.guide import guide_legs, length_of
from scenarios.surface_cloud import VOXEL, surface_cloud
from sim.scenario import Scenario
from sim.task_spec import NavigateTask
from sim.world.build import build_world
from sim.world_spec import SphereSpec, WorldSpec
from tests.builders import HEIGHT, HIGH, LOW, trunk, wall, world
from tests.builders import scenario as navigation

STRAIGHT = (np.array([[0.0, 0.0, HEIGHT], [20.0, 0.0, HEIGHT]]),)
"""One leg of 20 m along x."""


def ground(
    low: tuple[float, ...] = LOW, high: tuple[float, ...] = HIGH, **things: object
) -> Ground:
    table = {"low_m": low, "high_m": high, "place": "", "crop_m": (0.0,) * 4, **things}
    return Ground(WorldSpec.model_validate(table), 0.25, HEIGHT, 6.0)


def obstruction(of: Ground, seed: int = 0) -> float:
    return traversal_obstruction(STRAIGHT, distance_in(of), np.random.default_rng(seed))


# --- Traversal obstruction.


def test_in_the_open_a_corridor_is_as_wide_as_the_sensing_range() -> None:
    assert obstruction(ground()) == pytest.approx(0.5)


@pytest.mark.parametrize("half_width", [1.0, 1.5, 2.5])
def test_between_two_walls_it_is_half_the_range_over_what_they_leave(half_width: float) -> None:
    walls = tuple(wall(10.0, side * (half_width + 0.5), (60.0, 1.0), 30.0) for side in (-1, 1))
    # FlightBench's drone has a radius of 0.15 m. No sphere is wider than the corridor; sampled ones are a little narrower.
    least = 4.0 / 2 / (half_width - 0.15)
    assert least <= obstruction(ground(boxes=walls)) <= 1.15 * least


def test_one_wall_obstructs_less_than_two() -> None:
    one = ground(boxes=(wall(10.0, 1.5, (60.0, 1.0), 30.0),))
    two = ground(boxes=(wall(10.0, 1.5, (60.0, 1.0), 30.0), wall(10.0, -1.5, (60.0, 1.0), 30.0)))
    assert 0.5 < obstruction(one) < obstruction(two)


# --- View occlusion.


def test_a_wall_ahead_occludes_by_its_distance() -> None:
    """Cones reach it at their inner edges: h, h / cos 15, h / cos 22.5 and h / cos 30 degrees."""
    y, z = np.meshgrid(np.arange(-8, 8, 0.02), np.arange(-6, 9, 0.02))
    for beyond in (1.0, 3.0):
        plane = np.column_stack([np.full(y.size, 2.4 + beyond), y.ravel(), z.ravel()])
        leg = (np.array([[0.0, 0.0, HEIGHT], [2.4, 0.0, HEIGHT]]),)
        expected = []
        for progress in np.arange(0.4, 2.4, 0.4):
            h = 2.4 + beyond - progress
            near = h / np.cos(np.deg2rad([0.0, 15.0, 22.5, 30.0]))
            weights = np.array([0.55, 0.3, 0.1, 0.05])
            expected.append(float((4.0 / near * weights)[near <= 4.0].sum()))
        assert view_occlusion(leg, plane) == pytest.approx(np.mean(expected), rel=0.01)


def test_nothing_ahead_occludes_nothing() -> None:
    behind = np.array([[-1.0, 0.0, HEIGHT], [10.0, 3.9, HEIGHT]])
    leg = (np.array([[0.0, 0.0, HEIGHT], [1.0, 0.0, HEIGHT]]),)
    assert view_occlusion(leg, behind) == 0.0
    assert view_occlusion(STRAIGHT, np.zeros((0, 3))) == 0.0


def test_a_cloud_covers_the_surface_and_nothing_else() -> None:
    world = build_world(ground(boxes=(wall(5.0, 0.0, (1.0, 4.0)),)).spec, ())
    cloud = surface_cloud(world, np.array([[3.0, 0.0, 3.0]]), 2.9)
    face = cloud[np.abs(cloud[:, 0] - 4.5) < 1e-6]
    # The disc of points within 2.9 m of a point 1.5 m before the face, cut to the face's 4 m of width.
    disc = np.sqrt(2.9**2 - 1.5**2)
    assert np.abs(face[:, 1]).max() == pytest.approx(2.0)
    assert np.hypot(face[:, 1], face[:, 2] - 3.0).max() <= disc + 1e-9
    probe = np.random.default_rng(0).uniform([-1.9, 1.5], [1.9, 4.5], (200, 2))
    gaps = np.linalg.norm(face[None, :, 1:] - probe[:, None], axis=2).min(axis=1)
    assert gaps.max() < 2 * VOXEL


# --- Bends.


def test_bends_count_by_their_angle_and_between_legs_three_times_it() -> None:
    corner = np.array([[0.0, 0.0, 1.0], [5.0, 0.0, 1.0], [5.0, 5.0, 1.0]])
    assert average_gap_loss((corner,)) == pytest.approx((np.e - 1) / 10)
    assert average_gap_loss((corner[:2], corner[1:])) == pytest.approx((np.exp(3) - 1) / 10)
    assert average_gap_loss(STRAIGHT) == 0.0


# --- Whole worlds.


def flown_over(scenario: Scenario) -> Scenario:
    task = scenario.task
    assert isinstance(task, NavigateTask)
    return scenario.model_copy(update={"task": task.model_copy(update={"any_height": True})})


def test_an_empty_world_is_as_easy_as_it_gets() -> None:
    scenario = navigation()
    found = difficulty(scenario, ground_of(scenario))
    assert (found.obstruction, found.occlusion) == (pytest.approx(0.5), 0.0)
    assert found.gap_loss == pytest.approx(0.0, abs=1e-9)


def test_the_way_over_a_low_wall_is_shorter_than_round_it() -> None:
    low_wall = wall(10.0, 0.0, (1.0, 38.0), 3.0)
    scenario = navigation(world=world(low_wall))
    scenario = scenario.model_copy(
        update={"limits": scenario.limits.model_copy(update={"altitude_max_m": 6.0})}
    )
    over = flown_over(scenario)
    place = ground_of(over)
    way = guide_legs(over, place)
    assert length_of(way) < 1.25 * np.linalg.norm(way[0][-1] - way[0][0])
    steps = [np.linspace(a, b, 50) for a, b in zip(way[0], way[0][1:], strict=False)]
    assert place.clearance.at_points(np.concatenate(steps)).min() > place.hull_radius


# --- AvoidBench.


def test_in_an_empty_square_rays_run_to_the_bounds() -> None:
    side = 20.0
    found = traversability(ground((0.0, 0.0, 0.0), (side, side, 6.0)))
    axis = 0.5 + np.arange(19)  # As published: the last metre holds no point.
    x, y = np.meshgrid(axis, axis)
    straight = 4 * np.full(x.shape, side) / 2  # Opposite rays together cross the square.
    ways = [
        np.sqrt(2) * np.minimum(a, b)
        for a, b in [(x, y), (side - x, y), (x, side - y), (side - x, side - y)]
    ]
    assert found == pytest.approx(((straight + sum(ways)) / 8).mean() / 0.5, rel=1e-6)


def test_a_wall_across_the_middle_shortens_them() -> None:
    low, high = (0.0, 0.0, 0.0), (20.0, 20.0, 6.0)
    half = traversability(ground(low, high, boxes=(wall(10.0, 10.0, (0.1, 60.0), 30.0),)))
    alone = traversability(ground(low, (9.8, 20.0, 6.0)))
    assert half < traversability(ground(low, high))
    assert half == pytest.approx(alone, rel=0.08)


def test_the_gap_of_a_grid_is_that_of_discs_as_dense() -> None:
    trunks = tuple(trunk(2.5 + 5 * i, -17.5 + 5 * j, 0.3) for i in range(10) for j in range(8))
    found = relative_gap(ground(cylinders=trunks))
    assert found == pytest.approx((np.sqrt(0.70 * 25.0) - 0.6) / 0.5)
    assert relative_gap(ground()) is None


def test_only_what_reaches_flying_height_has_a_width() -> None:
    cut = SphereSpec(
        center_m=(5.0, 0.0, HEIGHT + 0.6), radius_m=1.0, semantic="obstacle", color=(1, 1, 1)
    )
    above = cut.model_copy(update={"center_m": (9.0, 0.0, HEIGHT + 1.1)})
    found = relative_gap(ground(spheres=(cut, above)))
    assert found == pytest.approx((np.sqrt(0.70 * 2000.0) - 1.6) / 0.5)


def test_a_straight_flight_at_constant_speed_costs_no_energy_and_no_excess() -> None:
    times = np.arange(0, 4, 1 / 240)[:, None]
    positions, velocities = times * [5.0, 0, 0], np.tile([5.0, 0, 0], (len(times), 1))
    found = flight_metrics(positions, velocities, physics_hz=240, shortest_m=19.0, arrived=True)
    length = 5 * 952 / 240  # Up to the last of the samples at 30 Hz.
    assert found.path_excess == pytest.approx((length - 19) / 19)
    assert found.goal_velocity_m_s == pytest.approx(19 / (952 / 240))
    assert found.energy == pytest.approx(0.0, abs=1e-9)
    assert flight_metrics(
        positions, velocities, physics_hz=240, shortest_m=19.0, arrived=False
    ).path_excess == 1.0  # fmt: skip


def test_energy_is_the_integral_of_jerk() -> None:
    """Once round the swing: acceleration a w sin(w t) varies by 4 a w a period."""
    omega, size = 2 * np.pi, 0.7
    t = np.arange(0, 3, 1 / 240)
    velocities = np.column_stack([5 + size * np.cos(omega * t), 0 * t, 0 * t])
    positions = np.column_stack([5 * t, 0 * t, 0 * t])
    found = flight_metrics(positions, velocities, physics_hz=240, shortest_m=15.0, arrived=True)
    assert found.energy == pytest.approx(3 * 4 * size * omega / 15.0, rel=0.05)
