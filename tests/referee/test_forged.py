"""Honest logs pass, forged ones are caught."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scenarios.referee import UNFINISHED, judge
from scenarios.referee.claims import check_claims
from scenarios.referee.track import Track
from sim.record.reader import Flight, read_flight
from sim.scenario import Scenario, Start
from sim.types import POSITION, VELOCITY, FlightResult, Outcome
from tests.builders import FAULTY, breeze, mission, noisy, rough_walk, trunk, wall, world
from tests.builders import scenario as field
from tests.referee.drawn import TICK, endings, logged, standing

AHEAD = np.array([[5 / 12, 0.0, 0.0, 0.0]])


@pytest.fixture(scope="module")
def arrival(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    """To the goal, past two trees, in wind."""
    spec = field(
        world=world(trunk(15.0, 1.0), trunk(20.0, -1.2)), weather=breeze(), odometry=noisy()
    )
    return logged(tmp_path_factory.mktemp("logs") / "arrival.mcap", spec, AHEAD)


@pytest.fixture(scope="module")
def crash(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    """Into a tree."""
    spec = field(world=world(trunk(15.0, 0.3)), odometry=noisy())
    return logged(tmp_path_factory.mktemp("logs") / "crash.mcap", spec, AHEAD)


@pytest.fixture(scope="module")
def inspection(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    """A close-up of a fault 1 m ahead of the start, then down on the pad."""
    spec = mission({"x": 5.0, "y": 0.0, "cells": FAULTY, "mandatory": True}, odometry=noisy())
    actions = np.concatenate([np.zeros((60, 4)), np.tile([0.0, 0.0, -0.5 / 12, 0.0], (200, 1))])
    return logged(tmp_path_factory.mktemp("logs") / "inspection.mcap", spec, actions)


def claiming(flight: Flight, **changes: object) -> Flight:
    """The same log with another result."""
    assert isinstance(flight.result, FlightResult)
    return replace(flight, result=replace(flight.result, **changes))


def kinds(flight: Flight) -> set[str]:
    return {finding.kind for finding in judge(flight).findings}


def test_honest_logs_pass(arrival: Flight, crash: Flight, inspection: Flight) -> None:
    verdicts = [judge(flight) for flight in (arrival, crash, inspection)]
    assert [verdict.findings for verdict in verdicts] == [(), (), ()]
    assert [verdict.outcome for verdict in verdicts] == ["success", "collision", "success"]
    assert verdicts[1].touched == "cylinder 0"
    assert verdicts[2].prize == 8.0


def test_an_honest_rough_flight_passes(tmp_path: Path) -> None:
    spec = field(weather=breeze(), odometry=noisy())
    verdict = judge(logged(tmp_path / "rough.mcap", spec, rough_walk(400)))
    assert verdict.agrees, verdict.findings


def test_energy_is_found_within_its_tolerance(arrival: Flight, inspection: Flight) -> None:
    for flight in (arrival, inspection):
        assert flight.result is not None
        assert judge(flight).energy_wh == pytest.approx(flight.result.energy_wh, rel=0.02)


def moved(flight: Flight, shift: np.ndarray, *, velocities: bool) -> Flight:
    """Poses shifted aside smoothly about the middle of the flight; velocities with them, or not."""
    poses = flight.poses.copy()
    poses[:, POSITION] += shift
    if velocities:
        poses[:, VELOCITY] += np.diff(shift, axis=0, prepend=0.0) * 240
    return replace(flight, poses=poses)


def bump(flight: Flight, height: float) -> np.ndarray:
    count = len(flight.poses)
    aside = height * np.exp(-(((np.arange(count) - count / 2) / 120) ** 2))
    return np.column_stack([0 * aside, aside, 0 * aside])


def test_a_moved_pose_is_caught(arrival: Flight) -> None:
    poses = arrival.poses.copy()
    poses[500, 1] += 0.001
    assert "motion" in kinds(replace(arrival, poses=poses))


def test_a_teleport_is_caught(arrival: Flight) -> None:
    jump = np.zeros((len(arrival.poses), 3))
    jump[500:, 1] = 0.2
    assert "motion" in kinds(moved(arrival, jump, velocities=False))
    # With velocities to match, it is the forces that no rotor has.
    assert "motion" in kinds(moved(arrival, jump, velocities=True))
    # At 480 m/s nothing is a flight any more.
    assert judge(moved(arrival, 10.0 * jump, velocities=True)).outcome == "diverged"


@pytest.mark.parametrize("velocities", [False, True])
def test_a_smooth_way_round_an_obstacle_is_caught(arrival: Flight, velocities: bool) -> None:
    assert "motion" in kinds(moved(arrival, bump(arrival, 0.5), velocities=velocities))


def test_a_slow_drift_aside_contradicts_what_was_observed(arrival: Flight) -> None:
    """A way that forces allow, but with velocities that the drone did not see."""
    exact = arrival.scenario.model_copy(
        update={"odometry": arrival.scenario.odometry.model_copy(update={"velocity_std_m_s": 0.0})}  # pyright: ignore[reportOptionalMemberAccess]
    )
    still = replace(arrival, scenario=exact)
    shift = np.column_stack(
        [
            np.zeros(len(arrival.poses)),
            np.linspace(0, 4.0, len(arrival.poses)),
            np.zeros(len(arrival.poses)),
        ]
    )
    assert "observation" in kinds(moved(still, shift, velocities=True))


def test_a_hidden_contact_is_caught(crash: Flight) -> None:
    events = tuple(event for event in crash.events if event.name != "collision")
    hidden = replace(claiming(crash, outcome=Outcome.SUCCESS, events=()), events=events)
    assert "outcome" in kinds(hidden)
    assert judge(hidden).outcome == "collision"


def test_a_contact_flown_through_is_caught(arrival: Flight) -> None:
    """As if the tree had stood on the way all along: the log flies on behind it."""
    tree = arrival.scenario.world.model_copy(update={"cylinders": (trunk(15.0, 0.3),)})
    verdict = judge(replace(arrival, scenario=arrival.scenario.model_copy(update={"world": tree})))
    assert verdict.outcome == "collision"
    assert "outcome" in {finding.kind for finding in verdict.findings}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"prize": 9.0}, "prize"),
        ({"energy_wh": 0.1}, "energy"),
        ({"duration_s": 3.0}, "duration"),
        ({"distance_m": 90.0}, "distance"),
        ({"min_clearance_m": 3.9}, "clearance"),
        ({"events": ()}, "events"),
    ],
)
def test_wrong_claims_are_caught(inspection: Flight, changes: dict[str, object], kind: str) -> None:
    assert kind in kinds(claiming(inspection, **changes))


def test_energy_forged_together_with_the_battery_is_caught(arrival: Flight) -> None:
    assert arrival.result is not None
    ego = arrival.ego.copy()
    ego[:, 11] = 1.0 - 0.8 * (1.0 - ego[:, 11])
    forged = claiming(arrival, energy_wh=0.8 * arrival.result.energy_wh)
    assert "energy" in kinds(replace(forged, ego=ego))


def test_a_swapped_scenario_is_caught(arrival: Flight, inspection: Flight) -> None:
    spec = arrival.scenario
    assert judge(arrival, spec).agrees
    easier = spec.model_copy(update={"world": world(trunk(20.0, -1.2))})
    (finding,) = judge(replace(arrival, scenario=easier), spec).findings
    assert (finding.kind, "world" in finding.text) == ("scenario", True)
    # Nobody told what was to be flown: then what the pilot was told gives it away.
    nearer = spec.task.model_copy(update={"goal_m": (29.0, 0.0, 1.5)})
    assert "scenario" in kinds(replace(arrival, scenario=spec.model_copy(update={"task": nearer})))
    elsewhere = spec.model_copy(update={"start": Start(position_m=(5.0, 0.2, 1.5), yaw_rad=0.0)})
    assert "motion" in kinds(replace(arrival, scenario=elsewhere))
    (site,) = inspection.scenario.task.sites  # pyright: ignore[reportAttributeAccessIssue]
    richer = inspection.scenario.task.model_copy(
        update={"sites": (site.model_copy(update={"prize": 5.0}),)}
    )
    swapped = inspection.scenario.model_copy(update={"task": richer})
    assert {"scenario", "prize"} <= kinds(replace(inspection, scenario=swapped))


def test_a_truncated_log_is_unfinished(arrival: Flight, tmp_path: Path) -> None:
    content = arrival.path.read_bytes()
    (tmp_path / "cut.mcap").write_bytes(content[: len(content) // 2])
    cut = read_flight(tmp_path / "cut.mcap")
    verdict = judge(cut)
    assert (verdict.outcome, verdict.claimed) == (UNFINISHED, None)
    assert "log" in {finding.kind for finding in verdict.findings}
    # Whoever puts the result back claims an arrival that nobody saw.
    assert {"outcome", "duration"} <= kinds(replace(cut, result=arrival.result, damage=None))


def test_steps_left_out_are_caught(arrival: Flight) -> None:
    left = {
        name: np.delete(getattr(arrival, name), 40, axis=0)
        for name in (
            "times",
            "actions",
            "images",
            "image_checksums",
            "histories",
            "ego",
            "goal",
            "sites",
            "sites_mask",
        )
    }
    starts = np.delete(arrival.tick_starts, 41)
    starts[41:] -= 16
    poses = np.delete(arrival.poses, np.arange(640, 656), axis=0)
    decisions = (*arrival.decisions[:40], *arrival.decisions[41:])
    found = kinds(replace(arrival, **left, tick_starts=starts, poses=poses, decisions=decisions))
    assert {"log", "motion", "duration"} <= found


def test_a_number_that_cannot_be_is_a_divergence(arrival: Flight) -> None:
    poses = arrival.poses.copy()
    poses[300, 2] = np.nan
    verdict = judge(replace(arrival, poses=poses))
    assert (verdict.outcome, verdict.agrees) == ("diverged", False)


def test_a_part_of_a_flight_is_not_judged(arrival: Flight) -> None:
    metadata = {**arrival.metadata, "part": "the last steps"}
    with pytest.raises(ValueError, match="the last steps"):
        judge(replace(arrival, metadata=metadata))


def test_judging_is_pure(crash: Flight) -> None:
    judges: Callable[[Flight], object] = judge
    assert judges(crash) == judges(crash)


def grazing() -> Track:
    """Four ticks 0.2 m above the limit within one control step, then at 5 m/s through the wall at x = 15."""
    x = 5.0 + 5.0 * TICK * np.arange(800)
    z = np.full(800, 1.5)
    z[20:24] = 3.2
    return standing(np.column_stack([x, 0 * x, z]))


def found(flight: Flight, drawn: Track, scenario: Scenario, **claims: object) -> set[str]:
    """What is found of a result that claims so of a drawn track, as to outcome, prize, events and time."""
    duration = drawn.time_of_step(len(drawn.ends) - 1)
    given = {"duration_s": duration, "distance_m": drawn.length, "events": (), **claims}
    forged = replace(claiming(flight, **given), scenario=scenario)
    energy = np.zeros(max(len(drawn), len(flight.poses) + 1))
    ways = endings(scenario, drawn)
    kinds = {finding.kind for finding in check_claims(forged, drawn, ways, energy, 4.0)}
    return kinds & {"outcome", "prize", "events", "duration"}


def cut(drawn: Track, steps: int) -> Track:
    """The first steps of a track."""
    return standing(drawn.positions[: 16 * steps + 1])


def test_a_doubt_is_an_alternative_to_what_follows(crash: Flight) -> None:
    spec = field(world=world(wall(15.0, 0.0, (0.5, 4.0), 4.0)))
    drawn = grazing()
    high, met = endings(spec, drawn)
    assert (high.outcome, bool(high.close), high.step) == ("altitude_breach", True, 1)
    assert (met.outcome, met.close) == ("collision", ())
    (alone,) = endings(spec, standing(drawn.positions * [1, 1, 0] + [0, 0, 1.5]))
    assert met == alone
    # Not flown on after the wall: only the wall may be claimed, or the limit where the log ends there.
    for outcome in (Outcome.SUCCESS, Outcome.TIMEOUT, Outcome.LANDED_AWAY, Outcome.INTERRUPTED):
        assert "outcome" in found(crash, drawn, spec, outcome=outcome, prize=0.0)
    for outcome in (Outcome.COLLISION, Outcome.ALTITUDE_BREACH):
        assert found(crash, drawn, spec, outcome=outcome, prize=0.0) == {"duration"}
    short = cut(drawn, met.step + 1)
    assert found(crash, short, spec, outcome=Outcome.COLLISION, prize=0.0) == set()
    brief = cut(drawn, high.step + 1)
    assert found(crash, brief, spec, outcome=Outcome.ALTITUDE_BREACH, prize=0.0) == set()
    assert "outcome" in found(crash, brief, spec, outcome=Outcome.SUCCESS, prize=0.0)


def test_a_later_certain_breach_is_seen_past_a_doubtful_one() -> None:
    drawn = grazing()
    drawn.positions[300:, 2] = 3.5
    assert [(e.outcome, bool(e.close)) for e in endings(field(), drawn)] == [
        ("altitude_breach", True),
        ("altitude_breach", False),
    ]


def test_a_prize_is_checked_past_a_doubt(inspection: Flight) -> None:
    """The graze is over before the landing; all that is earned is what the site pays."""
    spec = inspection.scenario.model_copy(
        update={"task": inspection.scenario.task.model_copy(update={"sites": ()})}
    )
    down = down_at(5.0, graze=True)
    assert [e.outcome for e in endings(spec, down)] == ["altitude_breach", "success"]
    assert found(inspection, down, spec, outcome=Outcome.SUCCESS, prize=0.0) == set()
    assert found(inspection, down, spec, outcome=Outcome.SUCCESS, prize=8.0) == {"prize"}


def down_at(x: float, *, graze: bool = False) -> Track:
    """Down to the ground at 0.5 m/s, met with the last tick of a control step."""
    z = np.maximum(1.5 - 0.5 * TICK * np.arange(800), 0.06)
    met = int((z <= 0.06).argmax())
    z = z[met % 16 : met + 1]
    if graze:
        z[20:24] = 3.2
    return standing(np.column_stack([np.full(len(z), x), 0 * z, z]))


def test_a_landing_in_doubt_is_one_of_its_two_outcomes(inspection: Flight) -> None:
    spec = mission({"x": 25.0, "y": 0.0})
    drawn = down_at(6.003)
    ways = endings(spec, drawn)
    assert {e.outcome for e in ways if e.touch is not None} == {"landed_away", "success"}
    for outcome in (Outcome.LANDED_AWAY, Outcome.SUCCESS):
        assert found(inspection, drawn, spec, outcome=outcome, prize=0.0) == set()
    for outcome in (Outcome.TIMEOUT, Outcome.COLLISION, Outcome.RESERVE_VIOLATED):
        assert "outcome" in found(inspection, drawn, spec, outcome=outcome, prize=0.0)
    assert "prize" in found(inspection, drawn, spec, outcome=Outcome.SUCCESS, prize=2.0)
    # A mandatory site that was never visited is not in doubt.
    owed = mission({"x": 25.0, "y": 0.0, "mandatory": True})
    assert "outcome" in found(inspection, drawn, owed, outcome=Outcome.SUCCESS, prize=0.0)
