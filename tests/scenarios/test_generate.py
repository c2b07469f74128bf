"""Drawn flights: repeatable, free of obstacles, reachable, and with the shares that their family states."""

import itertools
import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scenarios
from scenarios.family import Family
from scenarios.generate import check_flyable
from scenarios.generate.blocks import draw_blocks
from scenarios.generate.forest import draw_forest
from scenarios.generate.missions import draw_cells, tour_length
from scenarios.generate.site import Ground
from scenarios.generate.tasks import draw_navigation
from scenarios.task_recipes import MissionRecipe, NavigateRecipe
from scenarios.world_recipes import ForestRecipe
from sim.physics.vehicle import load_vehicle
from sim.rules import VIEW_DISTANCE
from sim.scenario import (
    AvoidTask,
    BoxSpec,
    MissionTask,
    NavigateTask,
    PanelSpec,
    Scenario,
    SiteSpec,
)
from sim.world.build import build_world
from sim.world.clearance import ClearanceField

SEEDS = (0, 10_007, 15_003)
_DRAWN = ("world", "start", "task", "weather")
HEAVY = ("tier2", "tier3", "tier4")
"""Their dense woods take a second to draw: the quick tests look at one seed of each."""


def flights(ending: str = "") -> list:
    """Every entry whose name ends so, with every seed."""
    return [
        pytest.param(
            name,
            seed,
            marks=[pytest.mark.slow] if name.startswith(HEAVY) and seed != SEEDS[0] else [],
        )
        for name in scenarios.names()
        if name.endswith(ending)
        for seed in SEEDS
    ]


FLIGHTS, MISSIONS = flights(), flights("mission")
LEVEL = [flight for flight in FLIGHTS if not flight.values[0].startswith("dodgedrone")]
"""Flown round obstacles at one height, not over and under them."""


@cache
def flight_of(name: str, seed: int) -> Scenario:
    return scenarios.resolve(scenarios.load(name), seed)


@cache
def ground_of(name: str, seed: int) -> Ground:
    """The finished world, panels included."""
    flight = flight_of(name, seed)
    hull, height = load_vehicle(flight.vehicle).hull_radius, flight.start.position_m[2]
    return Ground(flight.world, hull, height, flight.limits.altitude_max_m)


def family_of(name: str) -> Family:
    loaded = scenarios.load(name)
    assert isinstance(loaded, scenarios.NamedFamily)
    return loaded.family


def mission_of(flight: Scenario) -> MissionTask:
    assert isinstance(flight.task, MissionTask)
    return flight.task


# --- Every entry.


@pytest.mark.parametrize(("name", "seed"), FLIGHTS)
def test_the_same_seed_is_the_same_flight(name: str, seed: int) -> None:
    again = scenarios.resolve(scenarios.load(name), seed)
    assert scenarios.dump(again) == scenarios.dump(flight_of(name, seed))
    assert again.seed == seed


@pytest.mark.parametrize("name", [n for n in scenarios.names() if not n.startswith(HEAVY)])
def test_another_seed_is_another_flight(name: str) -> None:
    first, second = (flight_of(name, seed).model_dump() for seed in SEEDS[:2])
    drawn = ("world", "weather") if family_of(name).task.kind == "line" else _DRAWN
    assert all(first[part] != second[part] for part in drawn)


@pytest.mark.parametrize(("name", "seed"), FLIGHTS)
def test_drawn_flights_pass_the_check_of_written_ones(name: str, seed: int) -> None:
    check_flyable(flight_of(name, seed))


@pytest.mark.parametrize(("name", "seed"), LEVEL)
def test_the_hull_fits_along_every_way(name: str, seed: int) -> None:
    flight, ground = flight_of(name, seed), ground_of(name, seed)
    ways = ground.ways_to(np.array(flight.start.position_m))
    for point in destinations(flight):
        way = ways.path_from(np.array(point))
        steps = [
            np.linspace(a, b, 2 + int(10 * math.dist(a, b))) for a, b in itertools.pairwise(way)
        ]
        line = np.concatenate(steps)
        heights = np.full(len(line), ground.altitude)
        assert (
            ground.clearance.at_points(np.column_stack([line, heights])).min() > ground.hull_radius
        )


def destinations(flight: Scenario) -> list[tuple[float, float, float]]:
    task = flight.task
    if isinstance(task, NavigateTask):
        return [task.goal_m]
    if isinstance(task, MissionTask):
        return [site.position_m for site in task.sites]
    return []


@pytest.mark.parametrize(("name", "seed"), FLIGHTS)
def test_wind_is_as_strong_as_the_family_says(name: str, seed: int) -> None:
    low, high = family_of(name).weather.wind_m_s
    wind = flight_of(name, seed).weather.wind_world_m_s
    assert low - 1e-3 <= math.hypot(*wind) <= high + 1e-3
    assert wind[2] == 0


# --- Navigation and avoidance.


@pytest.mark.parametrize(("name", "seed"), flights("navigation"))
def test_the_free_way_is_never_shorter_than_the_straight_one(name: str, seed: int) -> None:
    flight, recipe = flight_of(name, seed), family_of(name).task
    assert isinstance(flight.task, NavigateTask)
    assert recipe.kind == "navigate"
    straight = math.dist(flight.start.position_m, flight.task.goal_m)
    assert recipe.distance_m[0] - 0.01 <= straight <= recipe.distance_m[1] + 0.01
    # The grid's own error: a hundredth of the way, and half a cell at each end.
    assert flight.task.geodesic_m >= 0.99 * straight - 0.5


def test_no_goal_lies_beyond_a_closed_wall(rng: np.random.Generator) -> None:
    flight = flight_of("forest-navigation", 0)
    low, high = flight.world.low_m, flight.world.high_m
    x = (low[0] + high[0]) / 2
    divided = walled(flight, wall(x, 0.0, 1.0, 2 * (high[1] - low[1])))
    ground = Ground(divided.world, 0.25, 1.5, 3.0)
    recipe = NavigateRecipe(kind="navigate", distance_m=(15.0, 20.0))
    for _ in range(40):
        start, task = draw_navigation(recipe, ground, rng)
        assert (start.position_m[0] < x) == (task.goal_m[0] < x)


@pytest.mark.parametrize(("name", "seed"), flights("avoidance"))
def test_a_course_begins_ahead_and_ends_inside_the_world(name: str, seed: int) -> None:
    flight = flight_of(name, seed)
    task = flight.task
    assert isinstance(task, AvoidTask)
    assert flight.start.yaw_rad == task.course_rad
    course = np.array([math.cos(task.course_rad), math.sin(task.course_rad)])
    end = np.array(flight.start.position_m[:2]) + task.distance_m * course
    low, high = np.array(flight.world.low_m[:2]), np.array(flight.world.high_m[:2])
    assert (end > low).all()
    assert (end < high).all()


# --- Missions.


def panel_of(flight: Scenario, site: SiteSpec) -> PanelSpec:
    assert site.panel is not None
    return flight.world.panels[site.panel]


@pytest.mark.parametrize(("name", "seed"), MISSIONS)
def test_viewpoints_face_panels_that_face_them(name: str, seed: int) -> None:
    flight = flight_of(name, seed)
    for site in mission_of(flight).sites:
        panel = panel_of(flight, site)
        offset = np.subtract(panel.center_m, site.position_m)
        assert np.linalg.norm(offset) == pytest.approx(VIEW_DISTANCE, abs=0.01)
        gaze = np.array([math.cos(site.yaw_rad), math.sin(site.yaw_rad), 0.0])
        face = np.array([math.cos(panel.yaw_rad), math.sin(panel.yaw_rad), 0.0])
        assert offset @ gaze == pytest.approx(VIEW_DISTANCE, abs=0.02)
        assert gaze @ face == pytest.approx(-1.0, abs=1e-5)


@pytest.mark.parametrize(("name", "seed"), MISSIONS)
def test_nothing_stands_between_a_viewpoint_and_its_panel(name: str, seed: int) -> None:
    """A ray to every part of the panel is free, also of the other panels and of their covers."""
    flight = flight_of(name, seed)
    for site in mission_of(flight).sites:
        panel = panel_of(flight, site)
        panels = tuple(other for other in flight.world.panels if other != panel)
        world = flight.world.model_copy(update={"panels": panels})
        field = ClearanceField(build_world(world, ()), flight.limits.altitude_max_m + 2.0)
        along = np.array([-math.sin(panel.yaw_rad), math.cos(panel.yaw_rad), 0.0])
        shares = np.linspace(0.0, 1.0, 80)[:, None]
        for aside in (-0.9, 0.0, 0.9):
            target = np.array(panel.center_m) + aside * along
            ray = (1.0 - shares) * np.array(site.position_m) + shares * target
            assert field.at_points(ray).min() > 0


@pytest.mark.parametrize(("name", "seed"), MISSIONS)
def test_missions_are_what_their_recipe_says(name: str, seed: int) -> None:
    flight, recipe = flight_of(name, seed), family_of(name).task
    assert isinstance(recipe, MissionRecipe)
    task = mission_of(flight)
    assert len(task.sites) == len(flight.world.panels) == recipe.sites
    assert sum(site.mandatory for site in task.sites) == recipe.mandatory
    assert not any(panel_of(flight, s).covered for s in task.sites if s.mandatory)
    assert {s.prize for s in task.sites} <= {float(p) for p in range(1, 4)}
    places = [np.array(task.home_m[:2]), *(np.array(site.position_m[:2]) for site in task.sites)]
    apart = [np.linalg.norm(a - b) for a, b in itertools.combinations(places, 2)]
    assert min(apart) >= recipe.spacing_m - 0.01
    assert max(np.linalg.norm(p - places[0]) for p in places) <= recipe.reach_m + 0.01
    assert flight.start.position_m[:2] == task.home_m[:2]


@pytest.mark.parametrize(("name", "seed"), MISSIONS)
def test_missions_stay_within_150_m_and_a_low_band(name: str, seed: int) -> None:
    flight = flight_of(name, seed)
    size = np.subtract(flight.world.high_m, flight.world.low_m)
    assert size[:2].max() <= 150.0
    for panel in flight.world.panels:
        assert panel.center_m[2] >= 1.0  # its lower edge is not in the ground


def test_energy_grows_with_the_share_of_the_tour_that_it_allows() -> None:
    table = family_of("forest-mission").model_dump()
    packs = []
    for share in (0.35, 0.7):
        table["task"]["energy_fraction"] = share
        named = scenarios.NamedFamily(name="mine", family=Family.model_validate(table))
        packs.append(scenarios.resolve(named, 5))
    assert packs[1].battery.capacity_wh == pytest.approx(2 * packs[0].battery.capacity_wh, abs=2e-3)
    assert packs[1].task == packs[0].task


def test_faults_and_covers_come_at_their_stated_rates() -> None:
    """Within four standard deviations of the binomial over all panels drawn."""
    recipe = family_of("forest-mission").task
    assert isinstance(recipe, MissionRecipe)
    flights = [flight_of("forest-mission", seed) for seed in range(20)]
    panels = [panel_of(flight, s) for flight in flights for s in mission_of(flight).sites]
    optional = [
        panel_of(flight, s)
        for flight in flights
        for s in mission_of(flight).sites
        if not s.mandatory
    ]
    for share, marks in (
        (recipe.faulty_share, [panel.faulty for panel in panels]),
        (recipe.blocked_share, [panel.covered for panel in optional]),
    ):
        assert abs(np.mean(marks) - share) <= 4 * math.sqrt(share * (1 - share) / len(marks))


def has_orange_block(cells: str) -> bool:
    orange = np.array(list(cells)).reshape(4, 4) == "o"
    return bool((orange[:-1, :-1] & orange[1:, :-1] & orange[:-1, 1:] & orange[1:, 1:]).any())


@given(faulty=st.booleans(), seed=st.integers(0, 2**32))
def test_a_panel_is_faulty_exactly_when_four_orange_cells_meet(faulty: bool, seed: int) -> None:
    cells = draw_cells(faulty, np.random.default_rng(seed))
    assert len(cells) == 16
    assert set(cells) <= set("bwo")
    assert has_orange_block(cells) == faulty


def test_counting_orange_does_not_tell_faults(rng: np.random.Generator) -> None:
    """Healthy panels carry orange and white blocks too, so that a pattern must be read, not a colour."""
    healthy = [draw_cells(False, rng) for _ in range(300)]
    assert np.mean(["o" in cells for cells in healthy]) > 0.5
    assert np.mean([has_orange_block(cells.replace("w", "o")) for cells in healthy]) > 0.2


# --- Tours.


@given(n=st.integers(1, 9), seed=st.integers(0, 2**32))
def test_a_tour_of_points_on_a_circle_is_the_polygon(n: int, seed: int) -> None:
    """2-opt leaves no crossing, and without one there is only one tour of points in convex position."""
    angles = np.random.default_rng(seed).uniform(0, 2 * np.pi, n)
    points = np.column_stack([np.cos(angles), np.sin(angles)])
    ways = np.linalg.norm(points[:, None] - points, axis=-1)
    ring = points[np.argsort(angles)]
    perimeter = np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1).sum()
    assert tour_length(ways) == pytest.approx(perimeter, abs=1e-7)


@given(seed=st.integers(0, 2**32))
def test_no_tour_beats_the_best_of_all_orders(seed: int) -> None:
    points = np.random.default_rng(seed).uniform(0, 1, (6, 2))
    ways = np.linalg.norm(points[:, None] - points, axis=-1)
    best = min(
        sum(ways[a, b] for a, b in itertools.pairwise((0, *order, 0)))
        for order in itertools.permutations(range(1, 6))
    )
    assert best - 1e-9 <= tour_length(ways) <= 1.5 * best


# --- Worlds.


def test_trees_are_a_poisson_process(rng: np.random.Generator) -> None:
    """Counts have the stated mean and a variance equal to it; 4 standard deviations of each estimate."""
    recipe = ForestRecipe(
        kind="forest", length_m=4, width_m=4, density_per_m2=0.04, radius_m=(0.1, 0.3), height_m=(8, 9)
    )  # fmt: skip
    worlds = [draw_forest(recipe, 5.0, rng) for _ in range(600)]
    counts = np.array([len(world.cylinders) for world in worlds])
    low, high = np.array(worlds[0].low_m), np.array(worlds[0].high_m)
    mean = 0.04 * np.prod((high - low)[:2])
    assert abs(counts.mean() - mean) < 4 * math.sqrt(mean / len(counts))
    assert abs(counts.var() / mean - 1) < 4 * math.sqrt((2 + 1 / mean) / len(counts))
    trunks = [trunk for world in worlds for trunk in world.cylinders]
    assert {0.1 <= trunk.radius_m <= 0.3 and 8 <= trunk.height_m <= 9 for trunk in trunks} == {True}
    spread = (np.array([trunk.base_m for trunk in trunks]) - low)[:, :2] / (high - low)[:2]
    assert abs(spread.mean() - 0.5) < 4 / math.sqrt(12 * spread.size)


def test_houses_stand_above_the_flying_band(rng: np.random.Generator) -> None:
    family = family_of("blocks-mission")
    assert family.world.kind == "blocks"
    for _ in range(10):
        world = draw_blocks(family.world, 5.0, rng)
        houses = [box for box in world.boxes if box.size_m[2] >= family.world.height_m[0]]
        assert len(houses) > 10
        for box in world.boxes:
            assert box.center_m[2] == pytest.approx(box.size_m[2] / 2, abs=2e-3)
        assert family.altitude.max_m < family.world.height_m[1]


# --- Written scenarios.


def walled(flight: Scenario, *boxes: BoxSpec) -> Scenario:
    """A flight in an empty world but for some boxes."""
    world = flight.world.model_copy(update={"cylinders": (), "boxes": boxes})
    return flight.model_copy(update={"world": world})


def wall(x: float, y: float, width: float, depth: float) -> BoxSpec:
    return BoxSpec(
        center_m=(x, y, 3.0), size_m=(width, depth, 6.0), yaw_rad=0.0, semantic="building", color=(1, 1, 1)
    )  # fmt: skip


def yard(x: float, y: float) -> tuple[BoxSpec, ...]:
    """Four walls around a point, without a gate."""
    return (
        wall(x - 3, y, 0.5, 6.5), wall(x + 3, y, 0.5, 6.5), wall(x, y - 3, 6.5, 0.5), wall(x, y + 3, 6.5, 0.5)
    )  # fmt: skip


def test_an_empty_world_can_be_flown() -> None:
    for name in ("forest-navigation", "forest-avoidance", "forest-mission"):
        check_flyable(walled(flight_of(name, 0)))


@pytest.mark.parametrize("name", ["forest-navigation", "forest-avoidance", "forest-mission"])
def test_a_start_inside_an_obstacle_is_named(name: str) -> None:
    flight = flight_of(name, 0)
    x, y, _ = flight.start.position_m
    with pytest.raises(ValueError, match=rf"start\.position_m = \[{x}.*inside an obstacle"):
        check_flyable(walled(flight, wall(x, y, 2.0, 2.0)))


def test_a_goal_inside_a_wall_is_named() -> None:
    flight = flight_of("forest-navigation", 0)
    assert isinstance(flight.task, NavigateTask)
    x, y, _ = flight.task.goal_m
    with pytest.raises(ValueError, match=rf"task\.goal_m = \[{x}.*inside an obstacle"):
        check_flyable(walled(flight, wall(x, y, 2.0, 2.0)))


def test_a_goal_in_a_closed_yard_is_named() -> None:
    flight = flight_of("forest-navigation", 0)
    assert isinstance(flight.task, NavigateTask)
    x, y, _ = flight.task.goal_m
    with pytest.raises(ValueError, match=rf"task\.goal_m = \[{x}.*no free way"):
        check_flyable(walled(flight, *yard(x, y)))
    check_flyable(walled(flight, *yard(x, y)[:3]))


def test_a_site_in_a_closed_yard_is_named() -> None:
    flight = flight_of("forest-mission", 0)
    x, y, _ = mission_of(flight).sites[3].position_m
    flight = flight.model_copy(update={"world": flight.world.model_copy(update={"panels": ()})})
    with pytest.raises(ValueError, match=rf"task\.sites\.3\.position_m = \[{x}.*no free way"):
        check_flyable(walled(flight, *yard(x, y)))


def test_a_goal_beyond_the_bounds_is_named() -> None:
    flight = flight_of("forest-navigation", 0)
    assert isinstance(flight.task, NavigateTask)
    task = flight.task.model_copy(update={"goal_m": (900.0, 0.0, 1.5)})
    with pytest.raises(ValueError, match=r"task\.goal_m = \[900\.0.*outside the world"):
        check_flyable(flight.model_copy(update={"task": task}))


@pytest.mark.parametrize("height", [0.0, 3.0, 50.0])
def test_a_start_underground_or_above_the_limit_is_named(height: float) -> None:
    flight = flight_of("forest-navigation", 0)
    start = flight.start.model_copy(update={"position_m": (*flight.start.position_m[:2], height)})
    with pytest.raises(ValueError, match=rf"start\.position_m = .*{height}"):
        check_flyable(flight.model_copy(update={"start": start}))
