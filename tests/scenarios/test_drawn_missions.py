"""Drawn missions: panels that can be read, shares and energy as the recipe says, tours that are short."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scenarios
from scenarios.family import Family
from scenarios.generate.missions import draw_cells, tour_length
from scenarios.task_recipes import MissionRecipe
from sim.rules import VIEW_DISTANCE
from sim.scenario import Scenario
from sim.task_spec import SiteSpec
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from sim.world_spec import PanelSpec
from tests.scenarios.drawn import family_of, flight_of, flights, mission_of

MISSIONS = flights("mission")


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
        field = ClearanceField(build_world(world, ()), flight.limits.altitude_max_m)
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
