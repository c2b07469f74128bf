"""Second verdicts: crashes by the distance from the centre, counted as the papers count them."""

import numpy as np
import pytest

import scenarios
from scenarios.published_rules import (
    PoseRecorder,
    count_crashes,
    obstacle_distances,
    published_verdict,
)
from sim.mover_spec import BallShape, ConstantVelocity, MoverSpec
from sim.scenario import PublishedRule, Scenario
from sim.types import Outcome
from sim.world_spec import SphereSpec
from tests.builders import HEIGHT, flying
from tests.builders import scenario as navigation

CENTRE = PublishedRule(crash_m=0.0)
POINT = PublishedRule(crash_m=0.18, ignored_m=5.0, release=1.5)


def ball(x: float, y: float, radius: float = 1.0) -> SphereSpec:
    return SphereSpec(
        center_m=(x, y, HEIGHT), radius_m=radius, semantic="obstacle", color=(0.5, 0.5, 0.5)
    )


def along_x(length: float = 30.0) -> np.ndarray:
    """5 m/s along x."""
    x = np.arange(0.0, length, 5 / 240)
    return np.column_stack([x, 0 * x, 0 * x + HEIGHT])


def ruled(rule: PublishedRule, *spheres: SphereSpec) -> Scenario:
    scenario = navigation()
    world = scenario.world.model_copy(update={"spheres": spheres})
    return scenario.model_copy(update={"world": world, "published_rule": rule})


@pytest.mark.parametrize(("aside", "crashes"), [(0.99, 1), (1.01, 0)])
def test_a_centre_inside_a_sphere_is_a_crash_and_a_hull_inside_is_none(
    aside: float, crashes: int
) -> None:
    found = published_verdict(
        ruled(CENTRE, ball(10.0, aside)), along_x(), arrived=True, touched=False
    )
    assert found is not None
    assert (found.crashes, found.success) == (crashes, not crashes)
    assert found.closest_m == pytest.approx(aside - 1.0, abs=0.01)


def test_the_first_crash_is_when_the_sphere_is_entered() -> None:
    found = published_verdict(
        ruled(CENTRE, ball(10.0, 0.0)), along_x(), arrived=True, touched=False
    )
    assert found is not None
    assert found.first_crash_s == pytest.approx(9.0 / 5, abs=2 / 240)


def test_every_sphere_counts_once() -> None:
    scenario = ruled(CENTRE, ball(8.0, 0.0), ball(15.0, 0.5), ball(22.0, -0.5), ball(28.0, 3.0))
    found = published_verdict(scenario, along_x(), arrived=True, touched=False)
    assert found is not None
    assert found.crashes == 3


def test_the_start_is_ignored_and_a_crash_ends_with_hysteresis() -> None:
    positions = along_x(10.0)
    distances = np.full(len(positions), 1.0)
    early, first, wobble, second = (np.abs(positions[:, 0] - x) < 0.1 for x in (2, 6, 6.4, 8))
    distances[early | first | wobble | second] = 0.1
    distances[(positions[:, 0] > 6.1) & (positions[:, 0] < 6.3)] = 0.2  # Above 0.18, below 0.27.
    began = count_crashes(POINT, distances, positions)
    assert positions[began, 0] == pytest.approx([5.9, 7.9], abs=0.03)


def test_a_touch_that_the_rule_does_not_count_leaves_the_verdict_open() -> None:
    scenario = ruled(CENTRE, ball(10.0, 1.2))
    assert published_verdict(scenario, along_x(9.5), arrived=False, touched=True).success is None  # pyright: ignore[reportOptionalMemberAccess]
    assert published_verdict(scenario, along_x(9.5), arrived=False, touched=False).success is False  # pyright: ignore[reportOptionalMemberAccess]


def test_without_a_published_rule_there_is_no_verdict() -> None:
    assert published_verdict(navigation(), along_x(), arrived=True, touched=False) is None


def test_moving_spheres_count_where_they_are_at_the_time() -> None:
    """It comes the other way and is met half-way."""
    motion = ConstantVelocity(
        kind="constant_velocity", start_m=(20.0, 0.0, HEIGHT), velocity_m_s=(-5.0, 0.0, 0.0)
    )
    shape = BallShape(kind="sphere", radius_m=1.0)
    mover = MoverSpec(shape=shape, motion=motion, semantic="obstacle", color=(1, 0, 0))
    scenario = navigation()
    scenario = scenario.model_copy(
        update={"world": scenario.world.model_copy(update={"movers": (mover,)})}
    )
    distances = obstacle_distances(scenario, along_x(15.0))
    assert distances.argmin() == pytest.approx(2 * 240, abs=1)
    assert distances.min() == pytest.approx(-1.0, abs=0.02)


@pytest.mark.parametrize(("radius", "outcome"), [(None, Outcome.COLLISION), (0.02, None)])
def test_a_smaller_body_flies_on_where_the_hull_collides(
    radius: float | None, outcome: Outcome | None
) -> None:
    """Past a sphere whose surface is 0.12 m from the centre's way: less than the hull, more than the small body."""
    base = navigation()
    x, y, _ = base.start.position_m
    near = ball(x + 4.0, y + 1.12)
    scenario = base.model_copy(
        update={
            "world": base.world.model_copy(update={"spheres": (near,)}),
            "collision_radius_m": radius,
            "published_rule": CENTRE,
        }
    )
    forward = np.array([0.25, 0.0, 0.0, 0.0], dtype=np.float32)
    with flying(scenario, camera=False) as flight:
        recorder = PoseRecorder(scenario)
        for _ in range(40):
            step = flight.advance(forward)
            recorder.step(0.0, forward, step.ticks, {}, None, ())  # pyright: ignore[reportArgumentType] - not looked at.
            if step.outcome is not None:
                break
        assert flight.outcome == outcome
        ended = flight.outcome is Outcome.COLLISION
        assert flight.simulator.body[0] > x + (2.5 if ended else 5.5)
    found = published_verdict(scenario, recorder.positions, arrived=False, touched=ended)
    assert found is not None
    assert (found.crashes, found.success) == (0, None if ended else False)


def test_a_body_larger_than_the_hull_is_refused() -> None:
    scenario = navigation().model_copy(update={"collision_radius_m": 0.3})
    with (
        pytest.raises(ValueError, match=r"collision_radius_m = 0\.3: larger than the hull's 0\.25"),
        flying(scenario),
    ):
        pass


def test_the_library_states_the_published_rules() -> None:
    assert scenarios.resolve(scenarios.load("agile-s5-v7"), 10_000).published_rule == POINT
    assert scenarios.resolve(scenarios.load("dodgedrone-static"), 10_000).published_rule == CENTRE
