"""The shipped families, TOML in and out, and errors that say what is wrong and what there is."""

import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import scenarios
from scenarios import Family, NamedFamily, ScenarioError
from scenarios.catalog import task_kind
from scenarios.published import SphereFieldRecipe
from scenarios.seeds import SEED_SETS
from scenarios.sources import TRAINING_FAMILIES, FamilyMix
from scenarios.task_recipes import MissionRecipe
from scenarios.world_recipes import PlaceRecipe
from sim.task_spec import MissionTask
from sim.world.importers import load_place

GROUPS = (
    "forest", "blocks", "town", "clutter", "maze", "warehouse", "windows", "longleaf", "delft"
)  # fmt: skip
CLOUDS = ("spheres-navigation", "swarm-navigation")
"""Of the generator of DodgeDrone's worlds, whose one task is to get through."""
RUNGS = ("tier1", "tier2", "tier3", "tier4")
HELD_OUT = ("warehouse", "windows", "longleaf", "delft")
WITHOUT = {"maze-mission"}
"""Panels would close its corridors."""
PUBLISHED = ("agile", "dodgedrone", "avoidbench")
"""Rebuilt worlds of papers have names and laws of their own: test_published_worlds.py."""
OURS = [name for name in scenarios.names() if not name.startswith(PUBLISHED)]
TASKS = {"navigation": "navigate", "avoidance": "avoid", "mission": "mission"}
_LOWEST_ROOF = 2.2
"""m: what nine in ten of Delft's buildings exceed."""


def family_of(name: str) -> Family:
    loaded = scenarios.load(name)
    assert isinstance(loaded, NamedFamily)
    return loaded.family


def cloud_of(name: str) -> SphereFieldRecipe:
    world = family_of(name).world
    assert isinstance(world, SphereFieldRecipe)
    return world


def test_every_place_comes_with_every_task() -> None:
    every = {f"{group}-{task}" for group in (*GROUPS, *RUNGS) for task in TASKS}
    assert set(OURS) == (every - WITHOUT) | set(CLOUDS)


@pytest.mark.parametrize("name", OURS)
def test_a_name_says_what_the_entry_holds(name: str) -> None:
    group, task = name.split("-")
    family = family_of(name)
    assert family.task.kind == ("line" if name in CLOUDS else TASKS[task])
    if isinstance(family.world, PlaceRecipe):
        assert family.world.place == group
    else:
        kinds = {
            **dict.fromkeys(RUNGS, "forest"),
            "spheres": "sphere_field",
            "swarm": "sphere_field",
        }
        assert family.world.kind == kinds.get(group, group)


@pytest.mark.parametrize("name", scenarios.names())
def test_sensors_are_noisy_and_air_moves_in_every_entry(name: str) -> None:
    family = family_of(name)
    assert family.odometry is not None
    noise = family.odometry.model_dump() | family.camera.model_dump()
    stated = [key for key in noise if key.endswith(("_std", "std_m", "std_px", "drift", "_m_s"))]
    stated += ["attitude_std_rad", "rate_std_rad_s", "dropout"]
    assert {key: noise[key] for key in stated if noise[key] <= 0} == {}
    assert family.weather.wind_m_s[1] > 0
    assert family.weather.turbulence_m_s > 0


@pytest.mark.parametrize("name", scenarios.names())
def test_flying_height_leaves_room_below_the_limit(name: str) -> None:
    altitude = family_of(name).altitude
    assert 0.5 < altitude.flight_m < altitude.max_m - 0.5


def test_delft_is_flown_below_its_roofs() -> None:
    district = load_place("delft", (0.0, 0.0, 524.0, 327.0))
    tops = [mesh.vertices[:, 2].max() for mesh in district.meshes]
    assert np.quantile(tops, 0.1) < _LOWEST_ROOF + 0.2
    for task in TASKS:
        assert family_of(f"delft-{task}").altitude.max_m <= _LOWEST_ROOF


def test_a_mission_cannot_serve_every_site() -> None:
    for name in scenarios.names():
        task = family_of(name).task
        if isinstance(task, MissionRecipe):
            assert task.energy_fraction < 1
            assert 1 <= task.mandatory < task.sites


def test_what_is_held_out_never_trains() -> None:
    for name in scenarios.names():
        family = family_of(name)
        held_out = family.held_out or isinstance(family.world, PlaceRecipe)
        assert held_out == (name.split("-")[0] in HELD_OUT)
        assert not (held_out and name in TRAINING_FAMILIES)


def test_clouds_that_train_are_not_the_published_ones() -> None:
    """Other densities, sizes and extents from the same generator: a figure on DodgeDrone is one of generalisation."""
    published = [cloud_of(name) for name in scenarios.names() if name.startswith("dodgedrone")]
    taken = [group for world in published for group in world.groups]
    for name in CLOUDS:
        world = cloud_of(name)
        assert not any(group in taken for group in world.groups)
        assert all(world.flown_m != other.flown_m for other in published)


def test_the_ladder_gets_harder_rung_by_rung() -> None:
    """Every parameter that the table of difficulties names moves one way, if at all."""
    for task in TASKS:
        rungs = [family_of(f"{rung}-{task}") for rung in RUNGS]
        for values in (
            [r.world.density_per_m2 for r in rungs if r.world.kind == "forest"],
            [r.camera.delay_ticks for r in rungs],
            [r.camera.disparity_std_px for r in rungs],
            [r.weather.turbulence_m_s for r in rungs],
            [_depth(r) for r in rungs],
            [_crossing(r) for r in rungs],
            [-r.task.energy_fraction for r in rungs if r.task.kind == "mission"],
            [-r.task.panel_side_m for r in rungs if r.task.kind == "mission"],
            [r.task.blocked_share for r in rungs if r.task.kind == "mission"],
        ):
            assert values == sorted(values)


def _depth(family: Family) -> float:
    dead_ends = family.task.dead_ends if family.task.kind == "navigate" else None
    return dead_ends.depth_m[1] if dead_ends else 0.0


def _crossing(family: Family) -> float:
    crossings = family.task.crossings if family.task.kind == "avoid" else None
    return crossings.speed_m_s[1] if crossings else 0.0


def test_a_mix_takes_its_families_in_turn() -> None:
    mix = FamilyMix(("forest-navigation", "forest-avoidance"))
    assert [mix(seed).name for seed in range(4)] == ["forest-navigation", "forest-avoidance"] * 2
    assert [mix(seed).seed for seed in range(4)] == [0, 1, 2, 3]


# --- TOML in and out.


@pytest.mark.parametrize("name", scenarios.names())
def test_families_survive_the_round_trip(name: str) -> None:
    family = family_of(name)
    assert scenarios.parse(scenarios.dump(family), name) == family


@pytest.mark.parametrize("name", ["forest-navigation", "blocks-mission", "longleaf-avoidance"])
def test_scenarios_survive_the_round_trip(name: str, tmp_path: Path) -> None:
    flight = scenarios.resolve(scenarios.load(name), 7)
    path = tmp_path / "flight.toml"
    path.write_text(scenarios.dump(flight))
    loaded = scenarios.load(str(path))
    assert loaded == flight
    assert scenarios.resolve(loaded, None) == flight


def test_a_family_from_a_file_is_named_after_it(tmp_path: Path) -> None:
    path = tmp_path / "my-wood.toml"
    path.write_text(scenarios.dump(family_of("forest-navigation")))
    flight = scenarios.resolve(scenarios.load(str(path)), 3)
    shipped = scenarios.resolve(scenarios.load("forest-navigation"), 3)
    assert flight.model_dump() == shipped.model_dump() | {"name": "my-wood"}


def test_a_seed_changes_only_the_noise_of_a_scenario() -> None:
    flight = scenarios.resolve(scenarios.load("forest-navigation"), 0)
    assert scenarios.resolve(flight, 9).model_dump() == flight.model_dump() | {"seed": 9}
    assert isinstance(scenarios.resolve(scenarios.load("forest-mission"), 0).task, MissionTask)


def test_an_entry_may_say_what_it_is_like(tmp_path: Path) -> None:
    path = tmp_path / "faster.toml"
    path.write_text(
        'like = "forest-navigation"\nspeed_limit_m_s = 9.0\n[world]\ndensity_per_m2 = 0.01\n'
    )
    loaded = scenarios.load(str(path))
    assert isinstance(loaded, NamedFamily)
    expected = family_of("forest-navigation").model_dump()
    expected["speed_limit_m_s"] = 9.0
    expected["world"]["density_per_m2"] = 0.01
    assert loaded.family.model_dump() == expected


@pytest.mark.parametrize(
    "base", ['"forest-navigaton"', "7", '"../library/forest-navigation"', "[1]"]
)
def test_an_entry_like_no_other_is_named(base: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"like = {base}\n")
    with pytest.raises(ScenarioError, match=r"mine\.toml: like: .*forest-navigation"):
        scenarios.load(str(path))


# --- Bad input.


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("speed_limit_m_s", "speed_limt_m_s", "unknown key; did you mean 'speed_limit_m_s'"),
        ('vehicle = "trident_1kg"', "", "vehicle: missing"),
        ("speed_limit_m_s = 5.0", "speed_limit_m_s = 50.0", r"speed_limit_m_s: .*got 50\.0"),
        ("density_per_m2 = 0.04", "density_per_m2 = -1.0", r"density_per_m2: .*got -1\.0"),
        ('kind = "forest"', 'kind = "jungle"', "world: unknown kind 'jungle': choose forest, blocks, town, place"),
        ("control_hz = 15", "control_hz = 7", "physics_hz = 240 is not a multiple of control_hz = 7"),
        ("dropout = 0.005", 'dropout = "some"', "dropout: .*'some'"),
        ('format = "family/1"', 'format = "family/9"', "format 'family/9'; write format = 'family/1' or 'scenario/1'"),
        ("[weather]", "[weather", "not TOML"),
    ],
)  # fmt: skip
def test_mistakes_are_named(old: str, new: str, message: str) -> None:
    text = scenarios.dump(family_of("forest-navigation"))
    assert old in text
    with pytest.raises(ScenarioError, match=message) as caught:
        scenarios.parse(text.replace(old, new), "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")


def test_an_interval_runs_upwards() -> None:
    table = family_of("forest-navigation").model_dump()
    table["world"]["radius_m"] = (0.3, 0.1)
    with pytest.raises(ValueError, match=r"\[0\.3, 0\.1\]"):
        Family.model_validate(table)


def test_unknown_names_list_the_choices() -> None:
    with pytest.raises(ScenarioError, match=r"delft-navigation.*did you mean 'delft-mission'"):
        scenarios.load("delft-misson")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "gone.toml"
    with pytest.raises(ScenarioError, match=r"gone\.toml"):
        scenarios.load(str(missing))
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match=r"binary\.toml"):
        scenarios.load(str(binary))


def test_a_place_that_does_not_exist_is_named() -> None:
    table = family_of("delft-navigation").model_dump()
    table["world"]["place"] = "delf"
    named = NamedFamily(name="mine", family=Family.model_validate(table))
    with pytest.raises(ValueError, match=r"'delf'.*did you mean 'delft'"):
        scenarios.resolve(named, 0)


def test_a_task_that_never_fits_says_why() -> None:
    table = family_of("forest-navigation").model_dump()
    table["task"]["distance_m"] = (500.0, 500.0)
    named = NamedFamily(name="mine", family=Family.model_validate(table))
    with pytest.raises(ValueError, match=r"mine, seed 4: .* 500 m apart"):
        scenarios.resolve(named, 4)


# --- Gymnasium.


def test_the_module_prefix_registers_without_pilots_or_pytorch() -> None:
    code = (
        "import sys, gymnasium; gymnasium.make('scenarios:Trident/Avoid-v0'); "
        "print('imported', sorted({'torch', 'agents', 'models'} & set(sys.modules)))"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "imported []" in done.stdout


@pytest.mark.parametrize("split", ["training", "choice"])
def test_an_environment_draws_its_worlds_from_the_split(split: str) -> None:
    env = gymnasium.make("scenarios:Trident/Navigate-v0", split=split)
    seeds = [env.reset(seed=seed)[1]["world_seed"] for seed in (0, 1, 0)]
    env.close()
    assert all(seed in SEED_SETS[split] for seed in seeds)
    assert seeds[0] == seeds[2] != seeds[1]


def test_an_unknown_split_lists_the_choices() -> None:
    with pytest.raises(ValueError, match=r"'train'.*did you mean 'training'"):
        gymnasium.make("scenarios:Trident/Navigate-v0", split="train")


@pytest.mark.parametrize(
    ("made", "scenario", "meant"),
    [
        ("Navigate", "forest-mission", "make scenarios:Trident/Mission-v0 or scenarios:Trident/Plan-v0"),
        ("Plan", "forest-avoidance", "make scenarios:Trident/Avoid-v0"),
        ("Mission", "forest-navigation", "make scenarios:Trident/Navigate-v0"),
    ],
)  # fmt: skip
def test_an_environment_refuses_tasks_of_another_kind(made: str, scenario: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"{scenario}.* of kind .*{meant}"):
        gymnasium.make(f"scenarios:Trident/{made}-v0", scenario=scenario)


@pytest.mark.parametrize("kind", ["navigate", "avoid", "mission", "line", "edges"])
def test_a_recipe_of_any_kind_is_known_by_the_task_of_its_flights(kind: str) -> None:
    """Those of papers are navigations: what flies or sorts them by their kind goes by that."""
    name = next(name for name in scenarios.names() if family_of(name).task.kind == kind)
    loaded = scenarios.load(name)
    flight = scenarios.resolve(loaded, 10_000)
    assert task_kind(loaded) == task_kind(flight) == flight.task.kind


@pytest.mark.parametrize("name", ["dodgedrone-static", "avoidbench-outdoor", "swarm-navigation"])
def test_published_navigations_are_environments_too(name: str) -> None:
    gymnasium.make("scenarios:Trident/Navigate-v0", scenario=name).close()
    with pytest.raises(ValueError, match="make scenarios:Trident/Navigate-v0"):
        gymnasium.make("scenarios:Trident/Avoid-v0", scenario=name)
