"""One pilot flown in three ways: whole, by one head alone, and with heads of the teacher's."""

import numpy as np
import pytest

from agents import PilotError, fly, flyable_ways, load_pilot
from agents.altitude_guard import guard_altitude
from agents.fusion import course_preference
from agents.lattice import candidate_action
from agents.metered import Metered
from agents.smoothing import smooth
from agents.way_names import WAYS, names_in_way, split_way, way_of
from sim.flight import Flight
from sim.scenario import Scenario
from sim.types import Decision, Observation
from tests.builders import course, goal, mission, scenario, trunk, world

ALL_TEACHER = "classical@teacher=navigation,avoidance,mission"


class Notes(list[Decision]):
    """A recorder that keeps decisions."""

    def step(self, *args: object) -> None:
        decision = args[4]
        assert isinstance(decision, Decision)
        self.append(decision)

    def close(self, result: object) -> None:
        pass


def forest() -> Scenario:
    return scenario(world=world(trunk(9.0, 0.3), trunk(13.0, -0.2)), task=goal(18.0, 0.0, 13.0))


def test_names_say_the_way() -> None:
    assert split_way("shared") == ("shared", "")
    assert split_way("a/b.zip@rotor") == ("a/b.zip", "rotor")
    assert [way_of(n) for n in ("x", "x@head", "x@teacher=mission")] == [
        "all",
        "head",
        "substitution",
    ]
    assert names_in_way("x", "all") == ("x",)
    arms = names_in_way("x", "substitution")
    assert len(arms) == len(set(arms)) == 2**3
    assert arms[0] == "x"
    assert arms[-1] == "x@teacher=navigation,avoidance,mission"


@pytest.mark.parametrize("flight", [forest(), mission({"x": 9.0, "y": 2.0}, time_limit_s=4.0)])
def test_a_pilot_whose_heads_are_all_the_teachers_flies_as_the_teacher(flight: Scenario) -> None:
    assert fly(flight, load_pilot(ALL_TEACHER)) == fly(flight, load_pilot("teacher"))


def test_a_mission_head_alone_is_flown_by_the_teacher() -> None:
    flight = mission({"x": 9.0, "y": 2.0}, {"x": 6.0, "y": -4.0}, time_limit_s=4.0)
    alone = fly(flight, load_pilot("classical@head"))
    assert alone == fly(flight, load_pilot("classical@teacher=navigation,avoidance"))


def test_navigation_alone_flies_its_own_best_candidate_without_veto() -> None:
    notes = Notes()
    pilot = load_pilot("classical@head")
    fly(forest(), pilot, notes)  # pyright: ignore[reportArgumentType] - it takes what a recorder is given.
    for decision in notes:
        assert decision.navigation is not None
        assert decision.survival is not None
        assert decision.chosen == decision.navigation.argmax()
        assert (decision.survival == 1.0).all()
        assert decision.phase == "navigate"


def test_avoidance_alone_flies_the_survivor_nearest_the_course() -> None:
    alone = load_pilot("classical@head")
    flight = _avoidance()
    alone.reset(flight)
    chosen = set()
    for _ in range(40):
        observation = flight.observation()
        decision = alone.act(observation)
        assert decision.survival is not None
        _check_nearest(decision, observation, flight.scenario.speed_limit_m_s)
        chosen.add(decision.chosen)
        if flight.advance(decision.action).outcome is not None:
            break
    flight.close()
    assert len(chosen) > 1


def _check_nearest(decision: Decision, observation: Observation, limit: float) -> None:
    assert decision.survival is not None
    survivors = np.flatnonzero(decision.survival >= 0.5)
    preference = course_preference(observation["goal"][:3])
    best = (
        survivors[preference[survivors].argmax()] if len(survivors) else decision.survival.argmax()
    )
    assert decision.chosen == best
    action, _ = guard_altitude(smooth(candidate_action(int(best), limit), observation), observation)
    assert np.array_equal(decision.action, action)


def _avoidance() -> Flight:
    return Flight(scenario(world=world(trunk(10.0, 0.1), trunk(14.0, 0.6)), task=course()))


def test_only_pilots_with_heads_of_their_own_are_taken_apart() -> None:
    ways = {
        name: flyable_ways(name, load_pilot(name)) for name in ("classical", "teacher", "random")
    }
    assert ways == {"classical": WAYS, "teacher": ("all",), "random": ("all",)}
    assert flyable_ways("classical@head", load_pilot("classical@head")) == ("all",)
    with pytest.raises(PilotError, match="random has no heads"):
        load_pilot("random@head")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("classical@heads", "@head, @teacher=navigation,avoidance,mission or @rule="),
        ("classical@teacher=", "name each head once, of navigation, avoidance, mission"),
        ("classical@teacher=mission,mission", "name each head once"),
        ("classical@teacher=wings", "name each head once"),
    ],
)
def test_a_way_that_is_none_is_named(name: str, said: str) -> None:
    with pytest.raises(PilotError, match=said):
        load_pilot(name)


def test_a_meter_changes_nothing_and_counts() -> None:
    pilot = Metered(load_pilot("classical"))
    assert pilot.latency_ms(50.0) is None
    assert fly(forest(), pilot) == fly(forest(), load_pilot("classical"))
    p50, p99 = pilot.latency_ms(50.0), pilot.latency_ms(99.0)
    assert p50 is not None
    assert p99 is not None
    assert 0.0 < p50 <= p99


def test_a_meter_counts_the_steps_by_who_was_asked() -> None:
    """All of a navigation; of a mission those that steer or plan, the last metres being scripted."""
    pilot = Metered(load_pilot("classical"))
    result = fly(forest(), pilot)
    steps = round(result.duration_s * forest().rates.control_hz)
    assert pilot.asked == {"navigation+avoidance": pytest.approx(steps, abs=1)}
    result = fly(mission({"x": 12.0, "y": 3.0}), pilot)
    planned = sum(steps for skills, steps in pilot.asked.items() if "mission" in skills)
    assert planned == result.mission_decisions
    assert sum(pilot.asked.values()) < result.duration_s * forest().rates.control_hz
    assert fly(scenario(task=course(0.0)), pilot).duration_s > 0.0
    assert set(pilot.asked) == {"avoidance"}
