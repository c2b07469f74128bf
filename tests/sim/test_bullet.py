"""Bullet: the world's surfaces, exact gravity and torque, and a past that can be returned to bit for bit."""

from collections.abc import Iterator

import numpy as np
import pytest

from sim.frames import quat_to_matrix, yaw_quat
from sim.physics.vehicle import GRAVITY
from sim.types import POSITION, RATES, VELOCITY
from sim.world.build import build_world
from sim.world.bullet import BulletWorld
from sim.world.clearance import ClearanceField
from sim.world.meshing import Triangles
from tests.sim.bullet_reference import closest, open_clients
from tests.sim.worlds import (
    HULL_HEIGHT,
    HULL_RADIUS,
    body_at,
    box,
    bullet,
    cylinder,
    empty_world,
    random_spec,
    spec,
)

TICK = 1 / 240
HOVER = np.array([0.0, 0.0, GRAVITY, 0.0, 0.0, 0.0])


@pytest.fixture(autouse=True)
def _no_client_is_left_open() -> Iterator[None]:
    before = open_clients()
    yield
    assert open_clients() == before


def fly(world: BulletWorld, wrench: np.ndarray, ticks: int) -> np.ndarray:
    """The body after every tick."""
    body, trace = np.zeros(13), np.empty((ticks, 13))
    for index in range(ticks):
        world.step(wrench)
        world.read(body)
        trace[index] = body
    return trace


def test_weightless_flight_neither_slows_nor_turns() -> None:
    """With damping at zero, Newton's first law holds to rounding."""
    with bullet(empty_world()) as world:
        start = body_at((5, 5, 3))
        start[VELOCITY] = 4.0, -1.0, 0.0
        world.reset(start)
        end = fly(world, HOVER, 240)[-1]
    np.testing.assert_allclose(end[POSITION], [9, 4, 3], atol=1e-9)
    np.testing.assert_allclose(end[VELOCITY], [4, -1, 0], atol=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_weightless_spin_goes_on(axis: int) -> None:
    """Bullet's own angular damping of 0.04 would take 4 % within the second."""
    with bullet(empty_world()) as world:
        start = body_at((5, 5, 3))
        start[RATES.start + axis] = 5.0
        world.reset(start)
        end = fly(world, HOVER, 240)[-1]
    expected = np.zeros(3)
    expected[axis] = 5.0
    np.testing.assert_allclose(end[RATES], expected, atol=1e-9)


def test_free_fall() -> None:
    """The semi-implicit Euler sum: g t (t + tick) / 2."""
    with bullet(empty_world()) as world:
        world.reset(body_at((5, 5, 6)))
        end = fly(world, np.zeros(6), 120)[-1]
    assert end[2] == pytest.approx(6 - GRAVITY * 0.5 * (0.5 + TICK) / 2, abs=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_torque_is_in_the_world_frame(axis: int) -> None:
    """About each axis of a level body turned by a quarter, where x and y change places."""
    inertia = np.array([6.0e-3, 5.9e-3, 9.8e-3])
    with bullet(empty_world()) as world:
        world.reset(body_at((5, 5, 3), tuple(yaw_quat(np.pi / 2))))
        wrench = HOVER.copy()
        wrench[3 + axis] = 0.01
        rates = fly(world, wrench, 1)[-1][RATES]
    expected = np.zeros(3)
    expected[axis] = 0.01 / inertia[axis] * TICK
    np.testing.assert_allclose(rates, expected, rtol=1e-3, atol=1e-9)


def test_a_force_at_the_centre_of_mass_turns_nothing(rng: np.random.Generator) -> None:
    with bullet(empty_world()) as world:
        quat = rng.normal(size=4)
        world.reset(body_at((15, 15, 5), tuple(quat / np.linalg.norm(quat))))
        end = fly(world, np.array([3.0, -2.0, GRAVITY + 1, 0, 0, 0]), 100)[-1]
    assert np.abs(end[RATES]).max() < 1e-9


def test_the_hull_stops_where_its_rim_meets_a_wall() -> None:
    """Contact is reported when surfaces meet, not before, and names the ground for what it is."""
    with bullet(build_world(spec(boxes=(box((10, 5, 2), (2, 6, 4)),)))) as world:
        start = body_at((7, 5, 2))
        start[VELOCITY] = 2.0, 0.0, 0.0
        world.reset(start)
        body = np.zeros(13)
        for _ in range(400):
            world.step(HOVER)
            world.read(body)
            if world.touching():
                break
        (first, *_) = world.contacts()
        assert body[0] + HULL_RADIUS == pytest.approx(9.0, abs=2.0 * TICK + 0.002)
        assert first.distance <= 0
        assert not first.is_ground
        np.testing.assert_allclose(first.normal, [-1, 0, 0], atol=1e-6)
        world.reset(body_at((5, 5, 2 * HULL_HEIGHT)))
        assert not world.touching()
        while not world.touching():
            world.step(np.zeros(6))
        assert all(contact.is_ground for contact in world.contacts())


def test_restoring_in_mid_contact_goes_on_bit_equal() -> None:
    """A hull sliding along a trunk is saved, flown on, restored and flown on again."""
    trunks = tuple(cylinder(6.0 + 0.4 * k, 5.2, 0.2) for k in range(8))
    with bullet(build_world(spec(cylinders=trunks))) as world:
        start = body_at((4, 4.95, 1))
        start[VELOCITY] = 4.0, 0.5, 0.0
        world.reset(start)
        push = np.array([1.0, 2.0, GRAVITY, 0.001, 0.0, 0.002])
        while not world.touching():
            world.step(push)
        state = world.save()
        first = fly(world, push, 200)
        world.restore(state)
        np.testing.assert_array_equal(fly(world, push, 200), first)
        world.discard(state)
        with pytest.raises(Exception, match="discarded"):
            world.restore(state)


def test_reset_leaves_no_trace_of_what_was_flown() -> None:
    """Bit-equal to a client that has flown nothing, even after a crash."""
    scene = build_world(spec(boxes=(box((8, 5, 1), (1, 6, 2)),)))
    start = body_at((5, 5, 1))
    start[VELOCITY] = 3.0, 0.2, 0.1
    with bullet(scene) as world:
        world.reset(start)
        fresh = fly(world, np.zeros(6), 400)
        world.reset(body_at((7.2, 5.0, 0.5)))
        fly(world, np.array([2.0, 0, 0, 0.01, 0, 0]), 100)
        world.reset(start)
        np.testing.assert_array_equal(fly(world, np.zeros(6), 400), fresh)


def test_bullet_and_clearance_agree(rng: np.random.Generator) -> None:
    """The hull, a disc, lies between a ball of its half height and one that holds it."""
    scene = build_world(random_spec(rng))
    field = ClearanceField(scene, 6.0)
    enclosing = float(np.hypot(HULL_RADIUS, HULL_HEIGHT / 2))
    with bullet(scene) as world:
        for point in rng.uniform([2, 2, 0.5], [38, 38, 5], (150, 3)):
            center = field.at(point)
            if not 0.4 < center < 2.5:
                continue
            world.set_state(body_at(tuple(point)))
            # The polygons and the ball made of triangles stand off the round shapes by up to 3 cm.
            found = [c.distance for c in closest(world, 4.0) if not c.is_ground]
            assert center - enclosing - 0.05 <= found[0] <= center - HULL_HEIGHT / 2 + 0.05
            assert found == sorted(found)


def test_set_state_and_read_are_inverse(rng: np.random.Generator) -> None:
    quat = rng.normal(size=4)
    body, found = rng.normal(size=13), np.zeros(13)
    body[3:7] = quat / np.linalg.norm(quat)
    with bullet(empty_world()) as world:
        world.set_state(body)
        world.read(found)
    np.testing.assert_allclose(found, body, atol=1e-12)
    np.testing.assert_allclose(quat_to_matrix(found[3:7]), quat_to_matrix(body[3:7]), atol=1e-12)


def test_too_large_a_world_is_refused_with_its_size() -> None:
    huge = Triangles(
        np.zeros((140_000, 3)), np.zeros((1, 3), dtype=int), np.zeros((1, 3)), np.zeros(1, np.uint8)
    )
    with pytest.raises(ValueError, match="140000 vertices"):
        BulletWorld(
            huge, mass=1.0, inertia=(1.0, 1.0, 1.0), hull_radius=1.0, hull_height=1.0, timestep=TICK
        )


def test_closing_twice_is_no_error() -> None:
    world = bullet(empty_world())
    world.close()
    world.close()


def test_bare_ticks_fly_what_steps_fly() -> None:
    """The floor that figures are compared with does the same physics, with less around it."""
    push = np.array([0.3, 0.1, GRAVITY + 0.5, 0.001, 0.0, 0.002])
    with bullet(empty_world()) as world:
        world.reset(body_at((5, 5, 3)))
        end = fly(world, push, 50)[-1]
        world.reset(body_at((5, 5, 3)))
        world.bare_ticks(tuple(push.tolist()), 50)
        found = np.zeros(13)
        world.read(found)
    np.testing.assert_array_equal(found, end)
