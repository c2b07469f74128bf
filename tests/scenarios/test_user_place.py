"""Places that users bring: what they say and what they leave out; routes are flown in their order."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

import agents
import scenarios
from scenarios.family import Family
from scenarios.generate.check import check_flyable
from scenarios.generate.site import ground_of
from scenarios.mission_keys import FAMILY_KEYS
from scenarios.place_arguments import parse_options
from scenarios.user_place import bring
from sim.flight import Flight
from sim.record.altitude import heights_over_ground
from sim.safety_spec import Safety
from sim.scenario import Scenario
from sim.task_spec import MissionTask, NavigateTask
from sim.types import Outcome
from tests.command_line import Trident, refused, within
from tests.place_files import bag, census, item, plan, with_slope, written

__all__ = ["within"]

HAND = """format = "mission/1"
home_m = [15.0, 15.0]
[altitude]
max_m = 4.0
[[sites]]
position_m = [15.0, 35.0, 1.5]
yaw_rad = 1.5708
panel = "faulty"
mandatory = true
[[sites]]
position_m = [37.0, 15.0, 2.0]
"""


RELIEF = {"ground": "relief", "origin_m": [85000.0, 447000.0, 0.0]}


@pytest.fixture
def city(tmp_path: Path) -> str:
    return written(tmp_path / "town.city.json", bag())


def test_a_mission_by_hand_keeps_the_places_coordinates(city: str, tmp_path: Path) -> None:
    scenario = bring(city, written(tmp_path / "m.toml", HAND), 7).scenario
    task = scenario.task
    assert isinstance(task, MissionTask)
    shift = np.array(scenario.world.crop_m[:2])
    np.testing.assert_allclose(np.array(task.home_m[:2]) + shift, [15, 15])
    np.testing.assert_allclose(np.array(task.sites[1].position_m[:2]) + shift, [37, 15])
    assert (task.sites[0].panel, task.sites[1].panel, task.sites[1].any_heading) == (0, None, True)
    (panel,) = scenario.world.panels
    np.testing.assert_allclose(np.array(panel.center_m[:2]) + shift, [15, 39], atol=0.01)
    assert panel.faulty
    assert scenarios.parse(scenarios.dump(scenario), "again") == scenario
    assert bring(city, str(tmp_path / "m.toml"), 7).scenario == scenario


def test_a_family_and_a_scenario_are_moved_into_the_place(city: str, tmp_path: Path) -> None:
    family = (Path(scenarios.__file__).parent / "library" / "forest-navigation.toml").read_text()
    family = family.replace("[50.0, 80.0]", "[25.0, 35.0]").replace("[40.0, 60.0]", "[25.0, 35.0]")
    drawn = bring(city, written(tmp_path / "f.toml", family), 10_001).scenario
    assert isinstance(drawn.task, NavigateTask)
    assert drawn.world.place == city
    empty = drawn.model_copy(update={"world": drawn.world.model_copy(update={"place": "", "crop_m": (0.0,) * 4})})  # fmt: skip
    moved = bring(city, written(tmp_path / "s.toml", scenarios.dump(empty)), 3).scenario
    assert moved.world.place == city


def test_the_mission_file_of_the_documentation_works(city: str, tmp_path: Path) -> None:
    page = Path(scenarios.__file__).parent.parent / "docs" / "bring-your-own-place.md"
    text = page.read_text().split("```toml\n")[1].split("```")[0]
    scenario = bring(city, written(tmp_path / "m.toml", text), 3).scenario
    assert isinstance(scenario.task, MissionTask)
    assert scenario.world.place_options is not None
    assert (scenario.world.place_options.lod, scenario.speed_limit_m_s) == ("1.2", 4.0)


MOVERS = """[[movers]]
movers_per_m2 = 0.01
shape = "cylinder"
radius_m = [0.2, 0.3]
speed_m_s = [0.5, 1.0]
motion = "bounce"
"""
DRAWN = 'format = "mission/1"\n[task]\nkind = "navigate"\ndistance_m = [25.0, 35.0]\n'


@pytest.mark.parametrize("text", [HAND, DRAWN], ids=["named", "drawn"])
def test_what_a_family_says_of_a_flight_a_mission_file_says_too(
    city: str, tmp_path: Path, text: str
) -> None:
    """Whether its sites are named or drawn."""
    text = 'name = "rounds"\ncollision_radius_m = 0.1\nspeed_limit_m_s = 3.5\n' + text + MOVERS
    path = written(tmp_path / "m.toml", text)
    scenario = bring(city, path, 7).scenario
    assert (scenario.name, scenario.collision_radius_m) == ("rounds", 0.1)
    assert scenario.speed_limit_m_s == 3.5
    movers = scenario.world.movers
    assert {mover.motion.kind for mover in movers} == {"bounce"}
    width, depth = np.array(scenario.world.high_m[:2]) - scenario.world.low_m[:2]
    assert len(movers) == pytest.approx(0.01 * width * depth, abs=4 * np.sqrt(0.01 * width * depth))
    assert bring(city, path, 7).scenario == scenario
    assert bring(city, path, 8).scenario.world.movers != movers
    without = bring(city, written(tmp_path / "n.toml", text.replace(MOVERS, "")), 7).scenario
    assert without.world.movers == ()
    assert without.start == scenario.start
    assert without.task == scenario.task


def test_every_key_of_a_family_is_for_mission_files_or_refused(city: str, tmp_path: Path) -> None:
    """None is passed over: what is not refused as a key is read, and refused as a value."""
    named = HAND.replace("[altitude]\nmax_m = 4.0\n", "")
    for key in Family.model_fields.keys() - {"format"}:
        for text in (named, 'format = "mission/1"\n'):
            bad = written(tmp_path / "m.toml", f"{key} = {{ nonsense = 1 }}\n" + text)
            with pytest.raises(scenarios.ScenarioError, match=rf"m\.toml.*{key}") as caught:
                bring(city, bad, 3)
            assert key in FAMILY_KEYS or "choose altitude, battery, camera" in str(caught.value)


def test_the_height_of_flight_begins_it(city: str, tmp_path: Path) -> None:
    """By either name, with the same battery; an altitude limit below the usual height needs no other word."""
    by_altitude = bring(
        city, written(tmp_path / "m.toml", HAND.replace("max_m", "flight_m = 2.5\nmax_m")), 3
    )
    by_start = bring(
        city, written(tmp_path / "n.toml", 'name = "m"\nstart_height_m = 2.5\n' + HAND), 3
    )
    assert by_altitude == by_start
    assert by_start.scenario.start.position_m[2] == 2.5
    low = HAND.replace("max_m = 4.0", "max_m = 1.4").replace("1.5]", "1.2]").replace("2.0]", "1.2]")
    path = written(tmp_path / "l.toml", "start_height_m = 1.0\n" + low)
    assert bring(city, path, 3).scenario.limits.altitude_max_m == 1.4


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("held_out = true\n" + HAND, "m.toml: held_out: is for families"),
        ('format = "mission/1"\n[published_rule]\ncrash_m = 0.18\n', "m.toml: published_rule: is for families"),
        ("hold = 1\n" + HAND, "choose altitude, battery, camera, collision_radius_m, crop_m"),
        ("name = 5\n" + HAND, "m.toml: name: "),
        ('name = "../up"\n' + HAND, "m.toml: name"),
        ("collision_radius_m = 3.0\n" + HAND, "m.toml: collision_radius_m = 3.0: larger than the hull's"),
        (HAND + MOVERS.replace("0.01", "0.9"), "m.toml: movers: "),
        (HAND + MOVERS.replace('"bounce"', '"hop"'), "movers.0.motion"),
        (HAND + MOVERS.replace("[0.5, 1.0]", "[29.0, 30.0]"), "m.toml: movers: no mover of"),
        ("start_height_m = 2.0\n" + HAND.replace("max_m", "flight_m = 2.5\nmax_m"), "start_height_m and altitude.flight_m"),
        (HAND.replace("home_m", "hoem_m"), "hoem_m: unknown key; did you mean 'home_m'"),
        (HAND.replace("position_m = [15.0, 35.0, 1.5]", "position_m = [1.0]"), "sites.0.position_m"),
        (HAND.replace('"faulty"', '"broken"'), "sites.0.panel"),
        (HAND + "[place_options]\nlodd = 1\n", "place_options.lodd: unknown key"),
        (HAND.replace("[37.0, 15.0, 2.0]", "[26.0, 26.0, 2.0]"), "m.toml: sites.1.position_m = [26.0, 26.0, 2.0]: inside an obstacle"),
        (HAND.replace("home_m = [15.0, 15.0]", "home_m = [4.0, 4.0]"), "m.toml: home_m = [4.0, 4.0]: inside an obstacle"),
        (HAND.replace("home_m", "crop_m = [0, 0, 30, 60]\nhome_m"), "m.toml: sites.1.position_m = [37.0, 15.0, 2.0]: outside crop_m = [0.0, 0.0, 30.0, 60.0]"),
        (HAND.replace("37.0", "3700.0"), "farthest from home is sites.1.position_m = [3700.0, 15.0, 2.0]"),
        (HAND.replace("37.0", "1e300"), "sites.1.position_m.0: must be less than or equal to 100000000"),
        (HAND.replace("2.0]", "2000.0]"), "sites.1.position_m.2: must be less than or equal to 1000"),
        (HAND.replace("home_m", "crop_m = [0, 0, 1e300, 9]\nhome_m"), "m.toml: crop_m = [0, 0, 1e+300, 9]: not"),
        ("ordered = true\n" + HAND.replace("2.0]", "2.0]\nhold_s = 1e9"), "sites.1.hold_s: must be less than or equal to 3600"),
        (HAND + '[[sites]]\nposition_m = [1.0, 1.0, 2.0]\n' * 600, "m.toml: 602 sites: at most 500"),
        (HAND.replace("[15.0, 35.0, 1.5]", "[15.0, 35.0, 1.5]\nhold_s = 2.0"), "m.toml: "),
        (HAND.replace("max_m = 4.0", "max_m = 1.8"), "altitude limit of 1.8 m"),
        (HAND + '[task]\nkind = "mission"\n', "draw the sites, or name them"),
        ('format = "mission/1"\ncrop_m = [0, 0, nan, 9]\n', "crop_m"),
        ('format = "mission/1"\n[task]\nkind = "swim"\n', "task.kind = 'swim'"),
        ('format = "mission/2"\n', "format = 'mission/2': choose 'mission/1'"),
    ],
)  # fmt: skip
def test_mistakes_in_mission_files_are_named(
    city: str, tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(scenarios.ScenarioError) as caught:
        bring(city, written(tmp_path / "m.toml", text), 3)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plans_waypoint_in_a_wall_is_told_as_the_plan_has_it(city: str, tmp_path: Path) -> None:
    """Home lies at 15, 15 m of the place, where the world begins 36 m further: neither is in the plan."""
    path = written(tmp_path / "a.plan", plan([item(22, 0, 0, 3), item(16, 11, 11, 3)]))
    reason = r"a\.plan: waypoint 2 \(mission\.items\.1\) = \[47\.00009\d*, 8\.00014\d*, 3 m over home\]: too close"
    with pytest.raises(scenarios.ScenarioError, match=reason):
        bring(city, path, 3, home=(15.0, 15.0))


def test_a_home_that_is_no_place_is_refused(city: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.plan", plan())
    for home in (float("nan"), 0.0), (0.0, 1e300):
        with pytest.raises(scenarios.ScenarioError, match=r"home = .*: not x and y"):
            bring(city, path, 3, home=home)


def test_options_of_the_command_line() -> None:
    assert parse_options(("lod=1.2", "up=-y", "scale=0.5", "columns.x=42", "origin_m=[1, 2, 3]")) == {
        "lod": "1.2", "up": "-y", "scale": 0.5, "columns": {"x": "42"}, "origin_m": [1, 2, 3],
    }  # fmt: skip
    with pytest.raises(ValueError, match="write it as key=value"):
        parse_options(("lod",))
    with pytest.raises(ValueError, match=r"columns\.x is said twice"):
        parse_options(("columns.x=x", "columns.x=y"))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("town.city.json", "--place-option", "lodd=2"), "place_options.lodd: unknown key; did you mean 'lod'"),
        (("town.city.json", "--place-option", "lod=0.5"), "there are 0, 1.2, 1.3, 2.2"),
        (("town.city.json", "--place-option", "up=y"), "place_options.up: town.city.json is a CityJSON file"),
        (("town.city.json", "--mission", "hover"), "unknown mission 'hover'"),
        (("town.city.json", "--mission", "absent.toml"), "absent.toml"),
        (("absent.city.json",), "no such file"),
        (("forest-navigation", "--mission", "avoid"), "not for forest-navigation"),
        (("absent.plan",), "absent.plan"),
        (("m.toml",), "m.toml: a mission needs a place: fly PLACE --mission m.toml"),
        (("town.city.json", "--seed", "4294967296"), "seed = 4294967296: from 0 to 4294967295"),
        (("town.city.json", "--home", "1", "2"), "home"),
    ],
)  # fmt: skip
def test_the_command_line_refuses_with_one_line(
    within: Trident, city: str, arguments: tuple[str, ...], named: str
) -> None:
    written(Path(city).parent / "m.toml", HAND)
    message = refused(within("fly", *arguments, "--pilot", "random"))
    assert named in message
    assert len(message.splitlines()) == 1


def test_a_drawn_flight_lies_where_most_stands(tmp_path: Path) -> None:
    path = written(tmp_path / "trees.csv", census())
    brought = bring(path, "navigate", 10_003)
    low_x, low_y, high_x, high_y = brought.scenario.world.crop_m
    assert high_x - low_x <= 140.0
    assert high_y - low_y <= 140.0
    assert any("taken for in" in note for note in brought.notes)


def fly(scenario: Scenario) -> tuple[Outcome, list[int], float]:
    result = agents.fly(scenario, agents.load_pilot("teacher"))
    visits = [e.detail["site"] for e in result.events if e.name == "site_visited"]
    return result.outcome, visits, result.prize


@pytest.mark.slow
def test_a_plan_between_houses_is_flown_in_its_order_and_lands(city: str, tmp_path: Path) -> None:
    """Out of the order that would be shortest, with a climb, a wait and more waypoints than there are tokens."""
    spots = [(0, 22), (22, 22), (22, 0), (0, 0), (0, 22), (22, 22), (22, 0), (0, 0), (0, 22), (22, 22), (22, 0), (0, 0)]  # fmt: skip
    items = [item(22, 0, 0, 6), *(item(16, x, y, 6, 1.0 if x else 0.0) for x, y in spots), item(20)]
    path = written(tmp_path / "a.plan", plan(items))
    outcome, visits, prize = fly(bring(city, path, 5, home=(15.0, 15.0)).scenario)
    assert (outcome, visits, prize) == (Outcome.SUCCESS, list(range(13)), 13.0)


@pytest.mark.slow
def test_a_slope_is_flown_over_and_landed_on(tmp_path: Path) -> None:
    """The pad lies 1.25 m above the lowest ground: touching the terrain there is a landing, not a collision."""
    path = written(tmp_path / "slope.city.json", with_slope(bag()))
    mission = (
        HAND.replace("max_m = 4.0", "max_m = 9.0").replace("1.5]", "3.0]").replace("2.0]", "3.0]")
    )
    brought = bring(path, written(tmp_path / "m.toml", mission), 5, options=RELIEF)  # fmt: skip
    start = brought.scenario.start.position_m
    assert start[2] == pytest.approx(1.5 + 0.05 * (start[0]), abs=0.02)
    assert ground_of(brought.scenario).altitude == pytest.approx(1.5, abs=0.02)
    outcome, visits, _ = fly(brought.scenario)
    assert (outcome, set(visits)) == (Outcome.SUCCESS, {0, 1})


def hall(folder: Path, length: float = 60.0) -> str:
    """A floor 20 cm thick with pillars on it, in one mesh, as modellers export it."""
    parts = [trimesh.creation.box((length, length * 2 / 3, 0.2))]
    for x in (-20, 0, 20):
        pillar = trimesh.creation.box((1, 1, 6))
        pillar.apply_translation((x, 0, 3.1))
        parts.append(pillar)
    trimesh.util.concatenate(parts).export(folder / "hall.stl")
    return str(folder / "hall.stl")


IN_HALL = """format = "mission/1"
home_m = [20.0, 10.0]
[[sites]]
position_m = [25.0, 30.0, 1.5]
"""


DRAWN_IN_HALL = 'format = "mission/1"\n[altitude]\nflight_m = 4.0\nmax_m = 8.0\n'


@pytest.mark.parametrize(
    ("mission", "length"),
    [(IN_HALL, 60.0), pytest.param(DRAWN_IN_HALL, 480.0, marks=pytest.mark.slow)],
)
def test_a_pad_on_a_floor_that_is_an_obstacle_is_refused(
    tmp_path: Path, mission: str, length: float
) -> None:
    path = written(tmp_path / "m.toml", mission)
    reason = r"home_m = .*: the pad lies under the obstacle of .*stl, whose top is 0\.20 m over"
    with pytest.raises(scenarios.ScenarioError, match=reason):
        bring(hall(tmp_path, length), path, 3, options={"ground_below_m": 0.1})


@pytest.mark.slow
def test_a_floor_that_is_ground_is_landed_on(tmp_path: Path) -> None:
    outcome, visits, _ = fly(
        bring(hall(tmp_path), written(tmp_path / "m.toml", IN_HALL), 3).scenario
    )
    assert (outcome, visits) == (Outcome.SUCCESS, [0])


def test_heights_are_over_the_ground_below(tmp_path: Path) -> None:
    path = written(tmp_path / "slope.city.json", with_slope(bag()))
    mission = HAND.replace("max_m = 4.0", "max_m = 9.0")
    flight = Flight(bring(path, written(tmp_path / "m.toml", mission), 5, options=RELIEF).scenario)  # fmt: skip
    ego = flight.observation()["ego"]
    flight.close()
    assert ego[9] == pytest.approx(1.5, abs=0.15)
    assert ego[10] == pytest.approx(7.5, abs=0.15)


def over_slope(tmp_path: Path) -> Scenario:
    path = written(tmp_path / "slope.city.json", with_slope(bag()))
    mission = written(tmp_path / "m.toml", HAND.replace("max_m = 4.0", "max_m = 9.0"))
    return bring(path, mission, 5, options=RELIEF).scenario


def test_recordings_tell_heights_over_the_ground_below(tmp_path: Path) -> None:
    scenario = over_slope(tmp_path)
    points = np.array([[10.0, 10.0, 4.0], [30.0, 10.0, 4.0], [np.nan, 0.0, 0.0]])
    expected = [4.0 - 0.5, 4.0 - 1.5]
    told = heights_over_ground(scenario, points)
    assert told[:2] == pytest.approx(expected, abs=0.03)
    assert np.isnan(told[2])  # Of what diverged, nothing is known.


def test_fences_over_a_slope_are_refused(tmp_path: Path) -> None:
    """Their heights are over z = 0: over ground that rises they would mean something else."""
    scenario = over_slope(tmp_path)
    safety = Safety(
        altitude_min_m=0.0, return_altitude_m=3.0, return_by="track", geofence_action="hold"
    )
    fenced = scenario.model_copy(update={"safety": safety})
    with pytest.raises(ValueError, match=r"relief.*\[safety\]"):
        check_flyable(fenced)
