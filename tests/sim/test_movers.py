"""Moving obstacles move as they are told: closed forms, bounds, boxes, and no dependence on what was asked before."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mover_spec import (
    ConfinedVelocity,
    ConstantVelocity,
    MoverSpec,
    RandomAcceleration,
    WaypointLoop,
)
from sim.world.movers import Movers
from tests.sim.moving import TICK, ball, random_motion

LOW, HIGH = (0.0, -2.0, 1.0), (6.0, 3.0, 1.0)


def movers(*specs: MoverSpec, seed: int = 0) -> Movers:
    return Movers(specs, seed, TICK)


def path(mover: MoverSpec, ticks: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    moving = movers(mover, seed=seed)
    states = [moving.states_at(tick) for tick in range(ticks)]
    return np.array([s.positions[0] for s in states]), np.array([s.velocities[0] for s in states])


def test_constant_velocity_is_a_straight_line() -> None:
    motion = ConstantVelocity(
        kind="constant_velocity", start_m=(1, 2, 3), velocity_m_s=(-3, 0.5, 0.1)
    )
    moving = movers(ball(motion))
    for tick in (0, 1, 240, 100_000):
        expected = np.array([1, 2, 3]) + tick * TICK * np.array([-3, 0.5, 0.1])
        np.testing.assert_allclose(moving.positions_at(tick)[0], expected, rtol=1e-12)
    np.testing.assert_array_equal(moving.positions_at(-5), moving.positions_at(0))


def test_a_bounce_mirrors_and_a_wrap_re_enters() -> None:
    """From 1 m at 4 m/s in a box of 6 m: at 5 after 1 s, 9 after 2, which is 3 mirrored and 3 wrapped."""
    found = {}
    for kind in ("bounce", "wrap"):
        motion = ConfinedVelocity(
            kind=kind, start_m=(1, 0, 1), velocity_m_s=(4, 0, 0), low_m=LOW, high_m=HIGH
        )
        moving = movers(ball(motion))
        found[kind] = [moving.states_at(tick) for tick in (240, 480, 360)]
    for kind, at_two, at_one_and_a_half, pace in (("bounce", 3, 5, -4), ("wrap", 3, 1, 4)):
        one, two, half = found[kind]
        assert one.positions[0, 0] == pytest.approx(5)
        assert two.positions[0, 0] == pytest.approx(at_two)
        assert half.positions[0, 0] == pytest.approx(at_one_and_a_half)
        assert two.velocities[0, 0] == pytest.approx(pace)


def test_a_loop_keeps_its_speed_passes_its_points_and_closes() -> None:
    points = ((0.0, 0.0, 1.0), (3.0, 0.0, 1.0), (3.0, 4.0, 1.0))
    positions, velocities = path(
        ball(WaypointLoop(kind="waypoints", waypoints_m=points, speed_m_s=2.0)), 2 * 1440
    )
    np.testing.assert_allclose(np.linalg.norm(velocities, axis=1), 2.0, rtol=1e-12)
    for time, point in ((0, 0), (1.5, 1), (3.5, 2), (6.0, 0), (7.5, 1)):  # 3, 4 and 5 m at 2 m/s.
        np.testing.assert_allclose(positions[round(time * 240)], points[point], atol=1e-9)
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    assert steps.max() <= 2.0 * TICK + 1e-12


@given(seed=st.integers(0, 1000), period=st.floats(0.05, 3.0))
def test_random_acceleration_keeps_its_bounds_and_its_box(seed: int, period: float) -> None:
    motion = RandomAcceleration(
        kind="random_acceleration", start_m=(3, 0, 1), velocity_m_s=(1, 0.5, 0), low_m=LOW, high_m=HIGH,
        speed_max_m_s=2.0, acceleration_max_m_s2=3.0, period_s=period,
    )  # fmt: skip
    positions, velocities = path(ball(motion), 1200, seed)
    assert (positions >= np.array(LOW)).all()
    assert (positions <= np.array(HIGH)).all()
    assert np.linalg.norm(velocities, axis=1).max() <= 2.0 + 1e-12
    # A bounce turns a component of the velocity over: sizes are compared.
    pushes = np.diff(np.abs(velocities), axis=0) / TICK
    assert np.linalg.norm(pushes, axis=1).max() <= 3.0 + 1e-6
    assert np.ptp(positions[:, 0]) > 0.5
    # Positions are the velocities' integral, by the trapezoidal rule up to the ticks with a kink.
    steps = np.diff(positions[:, 0]) / TICK
    means = (velocities[1:, 0] + velocities[:-1, 0]) / 2
    assert np.median(np.abs(steps - means)) < 1e-9


def test_random_paths_depend_on_seed_and_index_alone() -> None:
    """Not on what was asked before, nor on how far the draws were made."""
    mover = ball(random_motion())
    early, late = movers(mover, mover), movers(mover, mover)
    far = late.positions_at(240 * 1000)
    near = [late.positions_at(tick) for tick in range(0, 20_000, 501)]
    for tick, position in zip(range(0, 20_000, 501), near, strict=True):
        np.testing.assert_array_equal(early.positions_at(tick), position)
    np.testing.assert_array_equal(early.positions_at(240 * 1000), far)
    assert not np.allclose(far[0], far[1])
    assert not np.allclose(movers(mover, seed=1).positions_at(500), early.positions_at(500)[:1])


def test_tables_hold_shapes_at_their_places() -> None:
    moving = movers(ball(random_motion(), radius=0.4))
    tables = moving.tables(1.0, 0.05, 3)
    for index in range(3):
        expected = moving.positions_at(240 + 12 * index)
        np.testing.assert_allclose(tables[index, :, 1:4], expected, atol=1e-9)
        assert tables[index, 0, 4] == 0.4


def test_no_movers_are_empty_everywhere() -> None:
    none = movers()
    assert len(none) == 0
    assert none.positions_at(100).shape == (0, 3)
    assert none.tables(0.0, 0.1, 4).shape == (4, 0, 9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"velocity_m_s": (40.0, 0.0, 0.0)}, r"40\.0 m/s"),
        ({"start_m": (-1.0, 0.0, 1.0)}, "along x"),
        ({"velocity_m_s": (1.0, 0.0, 1.0)}, "flat along z"),
        ({"velocity_m_s": (math.nan, 0.0, 0.0)}, "finite"),
        ({"kind": "hop"}, "bounce"),
    ],
)
def test_impossible_motions_are_refused(change: dict, message: str) -> None:
    table = {
        "kind": "bounce", "start_m": (1.0, 0.0, 1.0), "velocity_m_s": (4.0, 0.0, 0.0),
        "low_m": LOW, "high_m": HIGH,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        ConfinedVelocity.model_validate(table | change)


def test_a_loop_of_equal_points_and_too_fast_a_start_are_refused() -> None:
    with pytest.raises(ValueError, match="follows itself at 0"):
        WaypointLoop(kind="waypoints", waypoints_m=((0, 0, 1), (0, 0, 1)), speed_m_s=1.0)
    with pytest.raises(ValueError, match="speed_max_m_s = 2"):
        RandomAcceleration.model_validate(
            random_motion().model_dump() | {"velocity_m_s": (5.0, 0, 0), "speed_max_m_s": 2.0}
        )
