"""Rebuilt worlds hold what their papers' code says: numbers, sizes, densities, clear boxes, speeds, finishes."""

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

import scenarios
from scenarios.family import Family
from scenarios.generate.published_worlds import draw_sphere_field, throw_darts
from scenarios.published import EdgesRecipe, LineRecipe, SphereFieldRecipe
from scenarios.task_recipes import NavigateRecipe
from scenarios.world_recipes import ForestRecipe
from sim.mover_spec import BallShape, ConstantVelocity, RandomAcceleration
from sim.scenario import Scenario
from sim.task_spec import NavigateTask
from sim.world.movers import movers_of

AGILE = [(s, v) for s in (7, 6, 5) for v in (3, 5, 7, 10)]
BOXES = [((-3, -3, 0), (3, 3, 5)), ((57, -3, 0), (61, 3, 5))]
SEEDS = range(10_000, 10_012)


def family_of(name: str) -> Family:
    loaded = scenarios.load(name)
    assert isinstance(loaded, scenarios.NamedFamily)
    return loaded.family


@cache
def flight_of(name: str, seed: int) -> Scenario:
    return scenarios.resolve(scenarios.load(name), seed)


def task_of(flight: Scenario) -> NavigateTask:
    assert isinstance(flight.task, NavigateTask)
    return flight.task


# --- agile_autonomy.


@pytest.mark.parametrize(("spacing", "speed"), AGILE)
def test_an_agile_entry_differs_from_the_others_in_density_and_speed_alone(
    spacing: int, speed: int
) -> None:
    family, base = family_of(f"agile-s{spacing}-v{speed}"), family_of("agile-s7-v3")
    assert family.speed_limit_m_s == speed
    assert isinstance(family.world, ForestRecipe)
    assert family.world.density_per_m2 == pytest.approx(1 / spacing**2, rel=1e-3)
    assert family.task == NavigateRecipe(kind="navigate", distance_m=(40.0, 40.0))
    world = family.world.model_copy(update={"density_per_m2": 1 / 49})
    same = {"world": world, "speed_limit_m_s": 3.0, "description": base.description}
    expected = base.model_copy(update={"world": world})
    assert family.model_copy(update=same) == expected


@pytest.mark.parametrize("spacing", [7, 6, 5])
def test_an_agile_forest_holds_a_poisson_number_of_trees(spacing: int) -> None:
    worlds = [flight_of(f"agile-s{spacing}-v5", seed).world for seed in range(10_000, 10_060)]
    counts = [len(world.cylinders) for world in worlds]
    first = worlds[0]
    length, width = (first.high_m[axis] - first.low_m[axis] for axis in (0, 1))
    expected = length * width / spacing**2
    low, high = np.asarray(stats.poisson.ppf([1e-4, 1 - 1e-4], expected * len(counts)))
    assert low <= sum(counts) <= high
    # Of a Poisson number the variance is the mean: chi-squared of the index of dispersion.
    dispersion = (len(counts) - 1) * np.var(counts, ddof=1) / np.mean(counts)
    low, high = np.asarray(stats.chi2.ppf([1e-4, 1 - 1e-4], len(counts) - 1))
    assert low <= dispersion <= high


# --- DodgeDrone.


def test_dodgedrone_sets_down_468_still_and_132_moving_spheres_less_those_in_the_clear_boxes() -> (
    None
):
    recipe = family_of("dodgedrone-moving").world
    assert isinstance(recipe, SphereFieldRecipe)
    everywhere = recipe.model_copy(update={"keep_clear_m": ()})
    full = draw_sphere_field(everywhere, 12.0, np.random.default_rng(1))
    assert (len(full.spheres), len(full.movers)) == (468, 132)
    kinds = [type(spec.motion) for spec in full.movers]
    assert (kinds.count(ConstantVelocity), kinds.count(RandomAcceleration)) == (88, 44)
    # Of the field 0.75 % lies in each box, of its last third 2.25 % in the goal's.
    left_out = [468 - len(flight_of("dodgedrone-static", seed).world.spheres) for seed in SEEDS]
    expected = len(SEEDS) * (384 * 0.015 + 84 * 0.0225)
    low, high = np.asarray(stats.poisson.ppf([1e-4, 1 - 1e-4], expected))
    assert low <= sum(left_out) <= high


@pytest.mark.parametrize("name", ["dodgedrone-static", "dodgedrone-moving"])
def test_no_sphere_begins_in_a_clear_box_or_outside_the_field(name: str) -> None:
    for seed in SEEDS:
        flight = flight_of(name, seed)
        centers = np.array([sphere.center_m for sphere in flight.world.spheres])
        if flight.world.movers:
            centers = np.concatenate([centers, movers_of(flight).positions_at(0)])
        for low, high in BOXES:
            assert not ((centers > low) & (centers < high)).all(axis=1).any()
        assert (centers >= (0, -10, 0)).all()
        assert (centers <= (60, 10, 10)).all()


def test_dodgedrone_sizes_and_places_are_uniform() -> None:
    worlds = [flight_of("dodgedrone-static", seed).world for seed in SEEDS]
    diameters = [2 * sphere.radius_m for world in worlds for sphere in world.spheres]
    assert stats.kstest(diameters, stats.uniform(0.1, 2.9).cdf).pvalue > 1e-4
    x = np.array([sphere.center_m[0] for world in worlds for sphere in world.spheres])
    # Per metre of x: 0.32 x 20 m up to 40 m, and 0.21 x 20 m more from there on; the clear boxes lie outside both parts.
    first, last = ((x > 5) & (x < 40)).sum(), ((x > 40) & (x < 55)).sum()
    low, high = np.asarray(
        stats.binom.ppf([1e-4, 1 - 1e-4], first + last, 35 * 0.32 / (35 * 0.32 + 15 * 0.53))
    )
    assert low <= first <= high


def test_moving_spheres_keep_to_their_part_size_and_speed() -> None:
    for seed in SEEDS:
        for spec in flight_of("dodgedrone-moving", seed).world.movers:
            assert isinstance(spec.shape, BallShape)
            motion = spec.motion
            if isinstance(motion, ConstantVelocity):
                assert 20 <= motion.start_m[0] <= 60
                assert 0.25 <= spec.shape.radius_m <= 1.0
            else:
                assert isinstance(motion, RandomAcceleration)
                assert 40 <= motion.start_m[0] <= 60
                assert 0.25 <= spec.shape.radius_m <= 0.75
                assert motion.acceleration_max_m_s2 == 5.0
                assert motion.speed_max_m_s == pytest.approx(math.sqrt(3))
            assert max(map(abs, motion.velocity_m_s)) <= 1.0


def test_dodgedrone_is_flown_past_x_60_in_30_s_inside_the_published_bounds() -> None:
    for name in ("dodgedrone-static", "dodgedrone-moving"):
        flight = flight_of(name, 10_000)
        task = task_of(flight)
        assert (flight.world.low_m[:2], flight.world.high_m[:2]) == ((-5, -10), (65, 10))
        assert flight.limits.altitude_max_m == 10
        assert flight.start.position_m[:2] == (0, 0)
        assert task.finish.shape == "plane"
        assert task.goal_m[0] - task.finish.within_m == 60
        assert (task.goal_m[1], task.finish.time_limit_s) == (0, 30)
        assert task.any_height


def test_dodgedrone_worlds_are_taken_as_they_are_drawn() -> None:
    """A redraw would pick the easier ones."""
    assert sum(flight_of("dodgedrone-static", seed).redraws for seed in SEEDS) == 0


@pytest.mark.parametrize("name", ["dodgedrone-static", "dodgedrone-moving", "agile-s5-v7"])
def test_the_published_rule_flies_the_same_world_with_a_smaller_body(name: str) -> None:
    judged = {"agile-s5-v7": ("agile-s5-v7-point", 0.18)}.get(name, (f"{name}-centre", 0.02))
    ours, theirs = flight_of(name, 10_001), flight_of(judged[0], 10_001)
    assert theirs.collision_radius_m == judged[1]
    changes = {"name": ours.name, "collision_radius_m": None}
    assert theirs.model_copy(update=changes) == ours


# --- AvoidBench.


def test_avoidbench_trunks_keep_the_disc_radius_and_leave_no_room(rng: np.random.Generator) -> None:
    for spacing in (2.1, 3.7, 5.3):
        points = throw_darts(0.0, 56.0, spacing, rng)
        gaps = np.linalg.norm(points[:, None] - points[None], axis=2)
        assert gaps[np.triu_indices(len(points), 1)].min() >= spacing
        # Saturated discs of half the radius cover 0.547 of the plane (random sequential addition), edges aside.
        inside = ((points > spacing) & (points < 56 - spacing)).all(axis=1).sum()
        density = inside / (56 - 2 * spacing) ** 2
        assert density * spacing**2 == pytest.approx(0.70, abs=0.06)


def test_avoidbench_flies_from_an_edge_to_the_opposite_one() -> None:
    edges = set()
    for seed in range(10_000, 10_030):
        flight = flight_of("avoidbench-outdoor", seed)
        task = task_of(flight)
        start, goal = (np.array(p[:2]) - 20 for p in (flight.start.position_m, task.goal_m))
        axis = int(np.abs(start).argmax())
        assert 14 <= abs(start[axis]) <= 20
        assert 14 <= abs(goal[axis]) <= 20
        assert start[axis] * goal[axis] < 0
        assert abs(start[1 - axis]) <= 14
        assert abs(goal[1 - axis]) <= 14
        assert flight.start.position_m[2] == 2
        assert 2 <= task.goal_m[2] <= 3
        edges.add((axis, start[axis] > 0))
        assert (task.finish.shape, task.finish.within_m) == ("column", 0.8)
        assert flight.limits.altitude_max_m == 6
    assert len(edges) == 4


def test_avoidbench_radii_span_the_published_interval() -> None:
    nearest = []
    for seed in range(10_000, 10_030):
        bases = np.array(
            [t.base_m[:2] for t in flight_of("avoidbench-outdoor", seed).world.cylinders]
        )
        gaps = np.linalg.norm(bases[:, None] - bases[None], axis=2) + 1e9 * np.eye(len(bases))
        nearest.append(gaps.min())
    assert 2.1 <= min(nearest) < 2.7
    assert 4.7 < max(nearest) <= 5.4


# --- Recipes.


def test_recipes_of_published_tasks_are_checked() -> None:
    line = {"kind": "line", "start_m": (0, 0), "goal_m": (9, 0), "any_height": False}
    with pytest.raises(ValueError, match=r"finish.shape[\s\S]*disc"):
        LineRecipe.model_validate({**line, "finish": {"shape": "disc"}})
    edges = {"kind": "edges", "strip_m": 6, "corner_m": 6, "goal_height_m": (3.0, 2.0)}
    with pytest.raises(ValueError, match=r"goal_height_m[\s\S]*\[3.0, 2.0\]"):
        EdgesRecipe.model_validate({**edges, "finish": {}})


def test_too_many_spheres_and_acceleration_without_speed_are_refused() -> None:
    table = family_of("dodgedrone-static").world.model_dump()
    table["groups"] = [{"x_m": (0, 60), "density_per_m2": 0.9, "diameter_m": (1, 2)}]
    with pytest.raises(ValueError, match="1080 spheres: at most 1000"):
        SphereFieldRecipe.model_validate(table)
    table["groups"][0] |= {"density_per_m2": 0.1, "acceleration_m_s2": 1.0}
    with pytest.raises(ValueError, match=r"acceleration_m_s2 = 1\.0: needs speed_m_s"):
        SphereFieldRecipe.model_validate(table)


def test_the_suite_names_every_published_entry() -> None:
    from scenarios.suite import load_suite

    published = {
        n for n in scenarios.names() if n.startswith(("agile", "dodgedrone", "avoidbench"))
    }
    assert set(load_suite("published").tasks.values()) == published
