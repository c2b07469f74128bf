"""Laws of explanations: numbers are the log's, the moment of no return obeys physics, and who was spoiled is blamed."""

import json
from pathlib import Path

import numpy as np
import pytest

import agents
from agents.composite import CompositeBrain
from agents.lattice import CANDIDATES, TURN_LEFT
from agents.lattice_pilot import LatticePilot
from agents.pilot import Plan
from agents.sites import LAND_RADIUS, read_sites
from agents.teacher import TeacherBrain
from scenarios.explain import Explanation, explain
from scenarios.explain.again import Again
from scenarios.explain.blame import errors_at
from scenarios.explain.privileged import Privileged
from scenarios.explain.unavoidable import find_unavoidable
from scenarios.explain.why import step_at
from sim.flight import Flight
from sim.physics.response import STATE_SIZE, predict, response_params
from sim.physics.vehicle import load_vehicle
from sim.record.reader import Flight as Log
from sim.record.reader import read_flight
from sim.record.writer import FlightLog
from sim.scenario import Battery, Scenario
from sim.types import HOME, LAND, POSITION, VELOCITY, Observation, Outcome
from tests import builders

WALL_FACE = 24.5
SPEED = 5.0


class Careless(TeacherBrain):
    """Rates nearly everything as safe."""

    def survive(self, observation: Observation) -> np.ndarray:
        return np.linspace(0.97, 0.98, CANDIDATES).astype(np.float32)


class Dizzy(TeacherBrain):
    """Would rather turn than fly."""

    def navigate(self, observation: Observation) -> np.ndarray:
        scores = np.full(CANDIDATES, -9.0, dtype=np.float32)
        scores[TURN_LEFT] = 0.0
        return scores


class Greedy(TeacherBrain):
    """Goes to the only site, whatever it costs."""

    def plan(self, observation: Observation) -> Plan:
        sites = read_sites(observation)
        over_pad = np.linalg.norm(sites.offset[HOME, :2]) <= LAND_RADIUS
        wanted = 1 if not sites.visited[1] else LAND if over_pad else HOME
        logits = np.where(np.arange(14) == wanted, 0.0, -9.0).astype(np.float32)
        return Plan(logits, np.full(2, 0.5, dtype=np.float32))


def flown(
    folder: Path, scenario: Scenario, *, steps: int | None = None, **spoiled: TeacherBrain
) -> Log:
    """A flight by the teacher with some skills spoiled, cut after some steps if asked."""
    skills = [spoiled.get(skill) or TeacherBrain() for skill in ("navigate", "survive", "plan")]
    pilot = LatticePilot("spoiled", CompositeBrain(*skills), detours=False, masking=False)
    path = folder / "flight.mcap"
    with FlightLog(path, scenario, {"pilot": "spoiled", "lattice": _LATTICE}) as log:
        if steps is None:
            agents.fly(scenario, pilot, log)
        else:
            flight = Flight(scenario)
            pilot.reset(flight)
            for _ in range(steps):
                seen = flight.observation()
                decision = pilot.act(seen)
                time = flight.simulator.time
                step = flight.advance(decision.action)
                log.step(time, decision.action, step.ticks, seen, decision, step.events)
            flight.close()
    return read_flight(path)


_LATTICE = json.dumps(agents.describe_lattice())


def quiet(log: Log, at: float | None = None) -> Explanation:
    return explain(log, at, lambda _: lambda done, total: None)


def words_of(explanation: Explanation) -> str:
    return "\n".join(text for section in explanation.sections for _, text in section.rows)


@pytest.fixture(scope="module")
def crash(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Straight into a wide wall at full speed."""
    world = builders.world(builders.wall(25.0, 0.0, (1.0, 38.0)))
    scenario = builders.scenario(world=world, task=builders.course(distance=40.0))
    return flown(tmp_path_factory.mktemp("crash"), scenario, survive=Careless())


@pytest.fixture(scope="module")
def explained(crash: Log) -> Explanation:
    return quiet(crash)


def stopping_distance() -> float:
    """m that the reduced model takes from full speed to rest."""
    response = response_params(load_vehicle("trident_1kg"))
    state = np.zeros(STATE_SIZE)
    state[3] = SPEED
    for _ in range(100):
        predict(state, np.zeros(3), response, 0.05)
    return float(state[0])


def test_a_wall_becomes_unavoidable_within_the_braking_distance(
    crash: Log, explained: Explanation
) -> None:
    assert crash.result is not None
    assert crash.result.outcome is Outcome.COLLISION
    found = explained.unavoidable
    assert found is not None
    assert found.last_avoidable is not None
    assert found.first_lost == found.last_avoidable + 1
    body = crash.step_bodies[found.last_avoidable - 1]
    vehicle = load_vehicle("trident_1kg")
    gap = WALL_FACE - vehicle.hull_radius - body[POSITION][0]
    speed = float(body[VELOCITY][0])
    assert speed == pytest.approx(SPEED, abs=0.4)
    # No braking is harder than the autopilot's limit; the model's own braking, a step later, is enough.
    hardest = speed**2 / (2 * response_params(vehicle).acceleration_max)
    assert 0.8 * hardest < gap < stopping_distance() + 2 * SPEED / 15 + 0.3


def test_the_avoidance_that_was_spoiled_is_blamed(explained: Explanation) -> None:
    assert explained.first_error is not None
    assert explained.first_error.head == "avoidance"


def test_the_numbers_told_are_the_logs(crash: Log, explained: Explanation) -> None:
    step = explained.moment
    decision = crash.decisions[step]
    assert decision.survival is not None
    told = words_of(explained)
    assert f"commanded {decision.survival[decision.chosen]:.2f}" in told
    assert "(" + ", ".join(f"{value:+.2f}" for value in decision.action) + ")" in told
    at_time = words_of(quiet(crash, float(crash.times[step])))
    assert f"commanded {decision.survival[decision.chosen]:.2f}" in at_time


def test_the_step_of_a_time_is_the_one_decided_last(crash: Log) -> None:
    assert [step_at(crash, time) for time in (0.0, 0.05, crash.times[7], len(crash) / 15)] == [
        0, 0, 7, len(crash) - 1,
    ]  # fmt: skip


@pytest.mark.parametrize("time", [-0.1, 1e3, float("nan"), float("inf")])
def test_a_time_outside_the_flight_is_refused(crash: Log, time: float) -> None:
    with pytest.raises(ValueError, match="the log's flight runs from 0 to"):
        quiet(crash, time)


def test_standing_before_a_step_again_is_standing_there_exactly(crash: Log) -> None:
    with Again(crash, marks_from=5) as again:
        again.stand_before(40)
        body = again.flight.simulator.body.copy()
        again.leave(builders.HOVER)
        again.stand_before(40)
        assert np.array_equal(again.flight.simulator.body, body)
        assert np.array_equal(body, crash.step_bodies[39])


@pytest.mark.parametrize("lost_from", [0, 1, 17, 99, 149, 150, 151])
def test_bisection_finds_any_moment(lost_from: int) -> None:
    found = find_unavoidable(lambda step: step < lost_from, 150, 15)
    saved = None if lost_from == 0 else min(lost_from, 151) - 1
    assert found.last_avoidable == saved
    assert found.first_lost == (None if lost_from > 150 else lost_from)
    assert found.takeovers <= 10


def test_the_navigation_that_was_spoiled_is_blamed(tmp_path: Path) -> None:
    log = flown(tmp_path, builders.scenario(), steps=12, navigate=Dizzy())
    with Again(log) as again:
        privileged = Privileged(again)
        errors = [
            error
            for step in range(len(log))
            for error in errors_at(log, step, privileged.at(step), privileged, arrives=False)
        ]
    assert {error.head for error in errors} == {"navigation"}


def test_nothing_is_blamed_on_the_teacher(tmp_path: Path) -> None:
    log = flown(
        tmp_path, builders.scenario(world=builders.world(builders.trunk(12.0, 0.3))), steps=40
    )
    with Again(log) as again:
        privileged = Privileged(again)
        for step in range(len(log)):
            assert errors_at(log, step, privileged.at(step), privileged, arrives=False) == []


@pytest.mark.slow
def test_the_mission_that_was_spoiled_is_blamed(tmp_path: Path) -> None:
    pack = Battery(capacity_wh=1.0, initial_fraction=1.0, reserve_fraction=0.2)
    scenario = builders.mission({"x": 44.0, "y": 0.0}, battery=pack)
    log = flown(tmp_path, scenario, plan=Greedy())
    assert log.result is not None
    assert not log.result.success
    explanation = quiet(log)
    assert explanation.first_error is not None
    assert explanation.first_error.head == "mission"
    assert "Wh above the reserve" in explanation.first_error.words


def test_a_log_without_heads_says_what_it_can(tmp_path: Path) -> None:
    path, scenario = tmp_path / "flight.mcap", builders.scenario()
    with FlightLog(path, scenario, {"pilot": "random"}) as log:
        flight = Flight(scenario)
        pilot = agents.load_pilot("random")
        pilot.reset(flight)
        seen = flight.observation()
        decision = pilot.act(seen)
        step = flight.advance(decision.action)
        log.step(0.0, decision.action, step.ticks, seen, decision, step.events)
        flight.close()
    told = words_of(quiet(read_flight(path), 0.0))
    assert "random decides without" in told
    assert "of 102 candidates" in told
