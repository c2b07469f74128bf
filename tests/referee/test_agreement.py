"""Environment and referee agree on flights that skim everything that stands or moves."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.agreement import Options, Row, plan, report
from benchmarks.reckless import RecklessPilot
from scenarios.referee import Verdict, judge_log
from scenarios.referee.movers import mover_centers
from sim.mover_spec import BallShape, BlockShape, ColumnShape
from sim.record.writer import FlightLog
from sim.scenario import Scenario, Start
from sim.world.movers import movers_of
from sim.world_spec import SphereSpec
from tests.builders import (
    HEALTHY,
    breeze,
    course,
    flying,
    goal,
    mission,
    noisy,
    panel_ahead,
    trunk,
    wall,
    world,
)
from tests.builders import scenario as field
from tests.referee.drawn import BLACK, logged
from tests.sim.moving import mover, random_motion


def sphere(x: float, y: float, radius: float) -> SphereSpec:
    return SphereSpec(
        center_m=(x, y, 1.6), radius_m=radius, semantic="obstacle", color=(0.5, 0.5, 0.5)
    )


def crowded(seed: int) -> Scenario:
    """Trunks, walls, balls and a panel between start and goal, wind and noise."""
    rng = np.random.default_rng(seed)
    things = [trunk(x, rng.uniform(-1, 1), rng.uniform(0.1, 0.4)) for x in (10.0, 14.0, 22.0)]
    spec = world(
        *things,
        wall(18.0, rng.uniform(-2, 2), (0.5, 2.0), 2.0),
        panels=(panel_ahead(20.0, 0.8, 0.4, HEALTHY),),
    )
    balls = tuple(sphere(x, rng.uniform(-1.5, 1.5), rng.uniform(0.2, 1.5)) for x in (12.5, 25.0))
    task = goal(x=28.0) if seed % 2 else course(distance=22.0)
    return field(
        world=spec.model_copy(update={"spheres": balls}),
        task=task,
        seed=seed,
        weather=breeze(),
        odometry=noisy(),
    )


def with_movers(spec: Scenario, seed: int) -> Scenario:
    """Every shape and every motion, on the way from start to goal."""
    rng = np.random.default_rng(seed)
    box = {"low_m": (8.0, -3.0, 1.0), "high_m": (27.0, 3.0, 2.0)}
    motions: list[object] = [random_motion(**box, start_m=(x, 0.0, 1.5)) for x in (12.0, 20.0)]
    for kind in ("bounce", "wrap"):
        velocity = (*rng.uniform(-2.0, 2.0, 2).tolist(), 0.3)
        motions.append({"kind": kind, "start_m": (16.0, 0.0, 1.5), "velocity_m_s": velocity, **box})
    loop = ((10.0, -2.0, 1.5), (24.0, 2.0, 1.5), (18.0, -2.0, 1.2))
    motions.append({"kind": "waypoints", "waypoints_m": loop, "speed_m_s": 2.0})
    motions.append(
        {"kind": "constant_velocity", "start_m": (30.0, 0.4, 1.5), "velocity_m_s": (-1.5, 0.0, 0.0)}
    )
    shapes = (
        BallShape(kind="sphere", radius_m=0.5),
        ColumnShape(kind="cylinder", radius_m=0.3, height_m=1.5),
        BlockShape(kind="box", size_m=(0.6, 0.9, 0.4), yaw_rad=0.5),
    )
    movers = tuple(mover(shapes[index % 3], motion) for index, motion in enumerate(motions))
    return spec.model_copy(update={"world": spec.world.model_copy(update={"movers": movers})})


def flown(spec: Scenario, path: Path) -> Verdict:
    pilot = RecklessPilot()
    with flying(spec, camera=False) as flight, FlightLog(path, spec, {}) as log:
        pilot.reset(flight)
        while flight.outcome is None:
            seen, time = {**BLACK, **flight.observation()}, flight.simulator.time
            decision = pilot.act(seen)
            step = flight.advance(decision.action)
            log.step(time, decision.action, step.ticks, seen, decision, step.events)
        log.close(flight.result())
    return judge_log(path, spec)


@pytest.mark.parametrize("seed", range(6))
def test_a_reckless_flight_is_seen_alike(seed: int, tmp_path: Path) -> None:
    verdict = flown(crowded(seed), tmp_path / "flight.mcap")
    assert verdict.agrees, verdict.findings


@pytest.mark.parametrize("seed", range(3))
def test_a_reckless_flight_among_movers_is_seen_alike(seed: int, tmp_path: Path) -> None:
    verdict = flown(with_movers(crowded(seed), seed), tmp_path / "flight.mcap")
    assert verdict.agrees, verdict.findings


def test_a_reckless_mission_is_seen_alike(tmp_path: Path) -> None:
    spec = mission({"x": 12.0, "y": 2.0}, things=(trunk(8.0, 1.0),), odometry=noisy())
    assert flown(spec, tmp_path / "flight.mcap").agrees


@pytest.mark.parametrize("azimuth", np.linspace(0.0, 2 * np.pi, 7, endpoint=False))
def test_a_large_ball_is_met_where_it_is(azimuth: float, tmp_path: Path) -> None:
    """Bullet's ball is round to well below a centimetre, whichever way it is met."""
    x, y = 15.0 + 6.0 * np.cos(azimuth), 6.0 * np.sin(azimuth)
    ball = world().model_copy(update={"spheres": (sphere(x, y, 3.0),)})
    spec = field(
        world=ball, task=goal(x=x, y=y), start=Start(position_m=(15.0, 0.0, 1.5), yaw_rad=0.0)
    )
    verdict = flown_straight(
        spec, np.array([np.cos(azimuth), np.sin(azimuth)]), tmp_path / "flight.mcap"
    )
    assert verdict.agrees, verdict.findings
    assert verdict.outcome == "collision"
    # It comes to rest where it touched, give or take a tick's way.
    assert verdict.least_clearance_m == pytest.approx(0.0, abs=3.0 / 240)


def flown_straight(spec: Scenario, direction: np.ndarray, path: Path) -> Verdict:
    action = np.array([[*(direction * 3.0 / 12.0), 0.0, 0.0]])
    logged(path, spec, action)
    return judge_log(path, spec)


def test_movers_are_where_the_environment_has_them() -> None:
    spec = with_movers(field(), 3)
    ticks = [0, 1, 239, 1000, 7001]
    truth = movers_of(spec)
    for index, each in enumerate(spec.world.movers):
        found = mover_centers(each, spec.seed, index, np.array(ticks) / 240)
        for tick, place in zip(ticks, found, strict=True):
            assert place == pytest.approx(truth.positions_at(tick)[index], abs=1e-6)


def test_a_study_takes_every_pilot_to_every_family(tmp_path: Path) -> None:
    jobs = plan(Options(out=tmp_path, flights=500))
    assert len(set(jobs)) == 500
    assert {(job.scenario, job.pilot) for job in jobs} == {
        (name, pilot)
        for name in Options(out=tmp_path).scenarios
        for pilot in Options(out=tmp_path).pilots
    }


def test_a_report_counts_what_differs() -> None:
    row = Row("forest", "teacher", 1, "success", "success", True, [], [], 0.3, 0.01, 1.0, 0.1)
    other = Row(
        "forest",
        "random",
        1,
        "success",
        "collision",
        False,
        [],
        ["outcome: so"],
        -0.1,
        0.0,
        1.0,
        0.1,
    )
    summary = report([row, other])
    assert (summary["flights"], summary["agree"], summary["same outcome"]) == (2, 1, 1)
    assert summary["disagreements"] == ["forest 1 random: outcome: so"]
