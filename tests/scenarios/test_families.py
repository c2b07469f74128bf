"""What the families promise of their worlds: taper, glades, dead ends, aisles, openings, and what is put in the way."""

import itertools
import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import scenarios
from agents.aggregate import training_only
from scenarios.generate.clutter import draw_clutter
from scenarios.generate.crossings import put_crossings
from scenarios.generate.dead_ends import put_dead_ends
from scenarios.generate.forest import draw_forest
from scenarios.generate.maze import draw_corridors, draw_maze
from scenarios.generate.site import Ground
from scenarios.generate.town import draw_town
from scenarios.generate.warehouse import draw_warehouse
from scenarios.generate.windows import draw_windows, openings
from scenarios.task_recipes import AvoidRecipe, CrossingRecipe, DeadEndRecipe, NavigateRecipe
from scenarios.world_recipes import (
    BranchRecipe,
    ClutterRecipe,
    ForestRecipe,
    GladeRecipe,
    MazeRecipe,
    TownRecipe,
    WarehouseRecipe,
    WindowsRecipe,
)
from sim.scenario import Start
from sim.task_spec import AvoidTask, NavigateTask
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world.geodesic import SPACING
from sim.world.movers import Movers
from sim.world_spec import WorldSpec

CEILING = 5.0
BRANCHES = BranchRecipe(
    per_trunk=(1, 2), radius_m=(0.01, 0.03), length_m=(0.4, 1.2), height_m=(0.6, 2.6), rise_rad=(0.0, 0.8)
)  # fmt: skip


def forest(**changes: object) -> ForestRecipe:
    fields = {
        "kind": "forest", "length_m": 30.0, "width_m": 30.0, "density_per_m2": 0.1,
        "radius_m": (0.1, 0.3), "height_m": (8.0, 9.0),
    }  # fmt: skip
    return ForestRecipe.model_validate({**fields, **changes})


# --- Forests.


def test_tapering_trunks_stand_where_cylinders_would_and_get_thinner_upwards() -> None:
    plain = draw_forest(forest(), CEILING, np.random.default_rng(1))
    tapering = draw_forest(forest(taper=(0.3, 0.6)), CEILING, np.random.default_rng(1))
    assert not tapering.cylinders
    for trunk, limb in zip(plain.cylinders, tapering.limbs, strict=True):
        assert (limb.start_m, limb.start_radius_m) == (trunk.base_m, trunk.radius_m)
        assert limb.end_m[:2] == trunk.base_m[:2]
        assert limb.end_m[2] == trunk.height_m
        assert 0.29 <= limb.end_radius_m / limb.start_radius_m <= 0.61


def test_branches_leave_trunks_and_are_as_thin_as_stated() -> None:
    world = draw_forest(forest(branches=BRANCHES), CEILING, np.random.default_rng(2))
    feet = {trunk.base_m[:2] for trunk in world.cylinders}
    assert len(world.cylinders) <= len(world.limbs) <= 2 * len(world.cylinders)
    for branch in world.limbs:
        assert branch.start_m[:2] in feet
        assert 0.6 <= branch.start_m[2] <= 2.6
        assert 0.01 == branch.end_radius_m <= branch.start_radius_m <= 0.03
        assert 0.5 - 2e-3 <= math.dist(branch.start_m, branch.end_m) <= 1.5 + 2e-3
        assert branch.end_m[2] >= branch.start_m[2]


def test_glades_are_free_of_trees() -> None:
    """Dense enough, trees leave a hole of a glade's size only where a glade is."""
    glades = GladeRecipe(per_m2=0.002, radius_m=(5.0, 5.0))
    spec = draw_forest(forest(density_per_m2=0.8, glades=glades), CEILING, np.random.default_rng(3))
    field = ClearanceField(build_world(spec), CEILING)
    points = np.random.default_rng(4).uniform([-5, -20, 1.5], [35, 20, 1.5], (4000, 3))
    assert field.at_points(points).max() > 3.9
    closed = draw_forest(forest(density_per_m2=0.8), CEILING, np.random.default_rng(3))
    assert ClearanceField(build_world(closed), CEILING).at_points(points).max() < 3.9


def test_mistyped_densities_of_branches_are_refused() -> None:
    with pytest.raises(ValueError, match="obstacles: at most"):
        forest(density_per_m2=1.0, length_m=100.0, width_m=80.0, branches=BRANCHES)


# --- Clutter.


def test_clutter_has_the_stated_densities_and_hangs_by_its_share() -> None:
    """Within four standard deviations of Poisson and binomial."""
    recipe = ClutterRecipe(
        kind="clutter", length_m=100, width_m=80, spheres_per_m2=0.05, boxes_per_m2=0.03,
        columns_per_m2=0.02, poles_per_m2=0.02, radius_m=(0.2, 0.9), pole_radius_m=(0.05, 0.15),
        lean_rad=(0.1, 0.7), hanging_share=0.5,
    )  # fmt: skip
    world = draw_clutter(recipe, CEILING, np.random.default_rng(5))
    area = float(np.prod(np.subtract(world.high_m, world.low_m)[:2]))
    for density, things in (
        (0.05, world.spheres), (0.03, world.boxes), (0.02, world.cylinders), (0.02, world.limbs)
    ):  # fmt: skip
        assert abs(len(things) - density * area) < 4 * math.sqrt(density * area)
    hanging = [s.center_m[2] > s.radius_m + 0.002 for s in world.spheres]
    assert abs(np.mean(hanging) - 0.5) < 4 * math.sqrt(0.25 / len(hanging))
    for pole in world.limbs:
        lean = math.acos(pole.end_m[2] / math.dist(pole.start_m, pole.end_m))
        assert 0.1 - 1e-3 <= lean <= 0.7 + 1e-3


# --- Mazes.


def maze(**changes: object) -> MazeRecipe:
    fields = {
        "kind": "maze", "cells": (9, 8), "cell_m": 5.0, "wall_m": 0.3, "height_m": (3.5, 4.5),
        "dead_end_m": (5.0, 10.0), "open_share": 0.1, "halls": 0,
    }  # fmt: skip
    return MazeRecipe.model_validate({**fields, **changes})


@given(seed=st.integers(0, 2**32), least=st.integers(1, 3), most=st.integers(3, 6))
def test_every_dead_end_of_a_maze_is_as_deep_as_stated(seed: int, least: int, most: int) -> None:
    recipe = maze(dead_end_m=(5.0 * least, 5.0 * most))
    corridors = draw_corridors(recipe, np.random.default_rng(seed))
    assert all(least <= depth <= most for depth in corridors.dead_ends().values())
    reached, todo = {(0, 0)}, [(0, 0)]
    while todo:
        fresh = set(corridors.ways(todo.pop())) - reached
        reached |= fresh
        todo += sorted(fresh)
    assert len(reached) == 9 * 8


def test_the_walls_of_a_maze_are_those_its_corridors_leave_standing() -> None:
    recipe = maze()
    corridors = draw_corridors(recipe, np.random.default_rng(6))
    world = draw_maze(recipe, CEILING, np.random.default_rng(6))
    field = ClearanceField(build_world(world), CEILING)
    for i, j in itertools.product(range(9), range(8)):
        for a, b in corridors.neighbours((i, j)):
            middle = np.array([5.0 * (i + a + 1) / 2, 5.0 * (j + b + 1) / 2 - 20.0, 1.5])
            assert (field.at(middle) > 1.0) == corridors.is_open((i, j), (a, b))


def test_halls_run_from_end_to_end() -> None:
    for seed in range(5):
        corridors = draw_corridors(maze(halls=2), np.random.default_rng(seed))
        assert corridors.east.all(axis=0).sum() >= 2


# --- Towns.


def town(**changes: object) -> TownRecipe:
    fields = {
        "kind": "town", "length_m": 80.0, "width_m": 80.0, "street_m": (6.0, 9.0), "block_m": (36.0, 44.0),
        "house_m": (4.0, 9.0), "depth_m": (6.0, 8.0), "step_m": 1.5, "passage_share": 0.0, "passage_m": (3.0, 4.0),
        "yard_per_m2": 0.0, "poles_per_m2": 0.0, "height_m": (4.0, 7.0),
    }  # fmt: skip
    return TownRecipe.model_validate({**fields, **changes})


def regions(spec: WorldSpec) -> tuple[np.ndarray, int]:
    """Which connected part of the free space each cell belongs to, and how many parts of more than 20 m2 there are."""
    ground = Ground(spec, 0.25, 1.4, CEILING)
    labels, count = ndimage.label(ground.space.free)
    sizes = ndimage.sum_labels(ground.space.free, labels, range(1, count + 1)) * SPACING**2
    return labels, int((sizes > 20.0).sum())


@pytest.mark.parametrize("seed", range(3))
def test_terraces_without_passages_close_their_yards(seed: int) -> None:
    """Streets are one connected part, and every yard is another; with passages wide enough they are mostly one."""
    closed = regions(draw_town(town(), CEILING, np.random.default_rng(seed)))[1]
    opened = regions(draw_town(town(passage_share=0.3), CEILING, np.random.default_rng(seed)))[1]
    assert opened < closed
    assert closed >= 3


@pytest.mark.parametrize("seed", range(3))
def test_a_town_is_turned_as_a_whole_and_its_streets_are_as_wide_as_stated(seed: int) -> None:
    spec = draw_town(town(), CEILING, np.random.default_rng(seed))
    (yaw,) = {box.yaw_rad for box in spec.boxes}
    cos, sin = math.cos(yaw), math.sin(yaw)
    spans = []
    for box in spec.boxes:
        ahead = cos * box.center_m[0] + sin * box.center_m[1]
        spans.append((ahead - box.size_m[0] / 2, ahead + box.size_m[0] / 2))
    # Along the grid, what is between blocks is a street; fronts may stand back from it on both sides.
    gaps = []
    covered = -math.inf
    for start, end in sorted(spans):
        if covered > -math.inf and start > covered:
            gaps.append(start - covered)
        covered = max(covered, end)
    assert gaps
    assert all(6.0 - 0.06 <= gap <= 9.0 + 2 * 1.5 for gap in gaps)


def test_yards_hold_walls_and_sheds_by_their_density() -> None:
    bare = draw_town(town(), CEILING, np.random.default_rng(3))
    full = draw_town(town(yard_per_m2=0.05), CEILING, np.random.default_rng(3))
    assert len(full.boxes) > len(bare.boxes) + 20


def test_mistyped_densities_of_towns_are_refused() -> None:
    with pytest.raises(ValueError, match="obstacles: at most"):
        town(length_m=900.0, width_m=900.0, poles_per_m2=0.5)


# --- Warehouses and windows.


def test_aisles_are_as_wide_as_stated() -> None:
    """Less what stands in them on purpose: pallets and columns."""
    recipe = WarehouseRecipe(
        kind="warehouse", length_m=60, width_m=50, aisle_m=(4.8, 6.2), cross_aisle_m=(5, 7),
        bays=(3, 7), fill=0.7, pallets_per_m2=0.0, column_spacing_m=(10, 14),
    )  # fmt: skip
    world = draw_warehouse(recipe, CEILING, np.random.default_rng(7))
    rows = sorted({box.center_m[1] for box in world.boxes if abs(box.size_m[2] - 0.12) < 1e-6})
    assert len(rows) >= 5
    for row, after in itertools.pairwise(rows):
        assert 4.8 - 1e-3 <= after - row - 1.1 <= 6.2 + 1e-3
    columns = [c for c in world.cylinders if c.radius_m == 0.2]
    assert columns
    assert all(min(abs(c.base_m[1] - row) for row in rows) < 1.1 for c in columns)


WINDOWS = WindowsRecipe(
    kind="windows", length_m=50, width_m=40, spacing_m=(9, 13), wall_m=0.25, height_m=(4, 5),
    pier_m=(1.5, 5), opening_m=(2.2, 3.2), sill_m=(0.1, 0.4), lintel_m=(2.6, 3.0),
)  # fmt: skip


def test_every_wall_has_openings_and_no_way_round_or_over() -> None:
    world = draw_windows(WINDOWS, CEILING, np.random.default_rng(8))
    walls = sorted({box.center_m[0] for box in world.boxes})
    assert len(walls) >= 4
    field = ClearanceField(build_world(world), CEILING)
    for x in walls:
        line = np.column_stack([np.full(400, x), np.linspace(-20, 20, 400), np.full(400, 1.5)])
        clearance = field.at_points(line)
        assert clearance.max() > 0.65  # a hull of 0.25 m, and the 0.4 m that ways keep
        assert (clearance[[0, -1]] < 1e-3).all()  # files hold millimetres
    assert max(box.center_m[2] + box.size_m[2] / 2 for box in world.boxes) >= 4.0


@given(seed=st.integers(0, 2**32))
def test_a_wall_is_never_without_an_opening(seed: int) -> None:
    found = openings(WINDOWS, 20.0, np.random.default_rng(seed))
    assert found
    for left, right in found:
        assert 2.2 <= right - left <= 3.2
        assert -20.0 < left < right < 20.0


def test_windows_out_of_order_are_named() -> None:
    for change, message in (({"lintel_m": (0.2, 3.0)}, "sill_m"), ({"width_m": 9.0}, "width_m")):
        with pytest.raises(ValueError, match=message):
            WindowsRecipe.model_validate({**WINDOWS.model_dump(), **change})


# --- What is put in the way.


@cache
def wood() -> Ground:
    spec = draw_forest(
        forest(length_m=60.0, taper=(0.3, 0.6), branches=BRANCHES),
        CEILING,
        np.random.default_rng(9),
    )
    kept = tuple(
        limb
        for limb in spec.limbs
        if min(math.dist(limb.start_m[:2], p) for p in ((0, 0), (46, 0), (50, 0))) > 3.5
    )
    return Ground(spec.model_copy(update={"limbs": kept}), 0.25, 1.5, 3.0)


def test_the_straight_way_leads_into_a_dead_end() -> None:
    recipe = NavigateRecipe(
        kind="navigate", distance_m=(50, 50), dead_ends=DeadEndRecipe(count=1, depth_m=(8, 8), width_m=(6, 6))
    )  # fmt: skip
    start = Start(position_m=(0.0, 0.0, 1.5), yaw_rad=0.0)
    task = NavigateTask(kind="navigate", goal_m=(50.0, 0.0, 1.5), geodesic_m=50.0)
    ground, found = put_dead_ends(recipe, wood(), start, task, np.random.default_rng(10))
    walls = ground.spec.boxes
    assert len(walls) == 3
    # Along the straight way: free for the depth of the pocket, then the back.
    alone = WorldSpec.model_validate({**ground.spec.model_dump(), "limbs": ()})
    field = ClearanceField(build_world(alone), CEILING)
    clearance = field.at_points(np.linspace((0, 0, 1.5), (50, 0, 1.5), 501))
    (hit,) = [group for group in _groups(clearance < 0.0) if group]
    depth_in_sight = _groups(np.diff(clearance) < 0)
    assert 0.2 <= 0.1 * len(hit) <= 0.6
    assert depth_in_sight
    assert found.geodesic_m > 50.3
    center = np.mean([wall.center_m[:2] for wall in walls[:2]], axis=0)
    inside = [np.linalg.norm(np.subtract(limb.start_m[:2], center)) for limb in ground.spec.limbs]
    assert min(inside) > 3.0


def _groups(marks: np.ndarray) -> list[list[int]]:
    """Indices of every run of True."""
    runs = itertools.groupby(range(len(marks)), key=lambda i: bool(marks[i]))
    return [list(run) for mark, run in runs if mark]


COURSE = AvoidTask(kind="avoid", course_rad=0.0, distance_m=40.0, min_speed_fraction=0.7)
START = Start(position_m=(0.0, 0.0, 1.5), yaw_rad=0.0)


def crossed(visible_s: float | None, seed: int) -> Ground:
    crossings = CrossingRecipe(count=3, speed_m_s=(2, 2), radius_m=(0.3, 0.3), visible_s=visible_s)
    recipe = AvoidRecipe(
        kind="avoid", distance_m=40, min_speed_fraction=0.7, max_detour=1.5, crossings=crossings
    )
    return put_crossings(recipe, wood(), START, COURSE, 5.0, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(6))
def test_what_crosses_is_on_the_course_when_a_drone_at_speed_is(seed: int) -> None:
    spec = crossed(None, seed).spec
    assert len(spec.movers) == 3
    movers = Movers(spec.movers, 0, 1 / 240)
    for index in range(3):
        x = movers.positions_at(0)[index, 0]
        # At 80 to 100 % of 5 m/s, 0.6 s lost on the way.
        ticks = np.arange(int(240 * (0.6 + x / 5.0)), int(240 * (0.6 + x / 4.0)) + 1)
        aside = np.array([movers.positions_at(int(tick))[index, 1] for tick in ticks])
        assert np.abs(aside).min() < 0.02
        assert np.abs(movers.positions_at(0)[index, 1]) <= 5.0


@pytest.mark.parametrize("seed", range(3))
def test_what_steps_out_was_hidden_before(seed: int) -> None:
    """From the course, where a drone at 5 m/s is, in the last 2.5 s: seen from about 1.2 s before, not earlier."""
    spec = crossed(1.2, seed).spec
    assert len(spec.boxes) == 6
    movers = Movers(spec.movers, 0, 1 / 240)
    screens = spec.model_copy(update={"limbs": (), "movers": ()})
    field = ClearanceField(build_world(screens), CEILING)
    for index in range(3):
        x = movers.positions_at(0)[index, 0]
        ticks = np.arange(int(240 * (0.6 + x / 5.0)), int(240 * (0.6 + x / 4.0)) + 1)
        path = np.array([movers.positions_at(int(tick))[index] for tick in ticks])
        met = int(ticks[np.abs(path[:, 1]).argmin()])

        def sees(before_s: float, met: int = met, index: int = index, x: float = x) -> bool:
            target = movers.positions_at(met - int(240 * before_s))[index]
            eye = np.array([x - 5.0 * before_s, 0.0, 1.5])
            line = np.linspace(eye, [*target[:2], 1.5], 200)
            return bool(field.at_points(line).min() > 0.0)

        assert sees(0.9)
        assert not any(sees(before) for before in (1.6, 1.9, 2.2, 2.5))


def test_paths_and_screens_stand_clear_of_trees() -> None:
    ground = crossed(1.2, 1)
    spec = ground.spec
    trees = ClearanceField(
        build_world(spec.model_copy(update={"boxes": (), "movers": ()})), CEILING
    )
    movers = Movers(spec.movers, 0, 1 / 240)
    for tick in range(0, 2400, 40):
        assert (trees.at_points(movers.positions_at(tick) * [1, 1, 0] + [0, 0, 1.5]) > 0.3).all()
    # Nothing grows on a trunk that was felled.
    feet = {limb.start_m[:2] for limb in spec.limbs if limb.start_m[2] == 0.0}
    assert all(limb.start_m[:2] in feet for limb in spec.limbs)


# --- Held out.


@pytest.mark.parametrize(
    "name", ["warehouse-navigation", "windows-avoidance", "longleaf-navigation"]
)
def test_training_refuses_what_is_held_out(name: str) -> None:
    source = training_only(lambda seed: scenarios.resolve(scenarios.load(name), seed))
    with pytest.raises(ValueError, match=f"{name}, world seed 3: .*held out"):
        source(3)


def test_training_takes_what_is_not() -> None:
    source = training_only(
        lambda seed: scenarios.resolve(scenarios.load("forest-navigation"), seed)
    )
    assert source(3).name == "forest-navigation"
