"""Flights among moving obstacles: Bullet, camera and clearance agree on where they are, and contact is what it is."""

from collections.abc import Sequence

import numpy as np
import pytest

from sim.frames import quat_to_matrix
from sim.mover_spec import MoverSpec
from sim.scenario import Scenario
from sim.sensing.camera import Camera, CameraScene
from sim.sensing.mover_rays import SeenMovers
from sim.simulator import Simulator
from sim.types import POSITION, QUATERNION, Outcome
from sim.world.bullet import BulletWorld
from sim.world.meshing import world_triangles
from tests.builders import (
    HEIGHT,
    HOVER,
    breeze,
    camera,
    flying,
    grainy,
    noisy,
    rough_walk,
    scenario,
    world,
)
from tests.sim.bullet_reference import closest
from tests.sim.moving import ball, random_motion, random_movers, straight
from tests.sim.worlds import HULL_HEIGHT, HULL_RADIUS, body_at, camera_config, empty_world

START = np.array([5.0, 0.0, HEIGHT])
RADIUS = 0.3


def among(movers: Sequence[MoverSpec], **changes: object) -> Scenario:
    spec = world().model_copy(update={"movers": tuple(movers)})
    return scenario(world=spec, **changes)


def crowd(count: int = 8) -> list[MoverSpec]:
    """Some of the hull's size about the start, in random motion."""
    rng = np.random.default_rng(1)
    return [
        ball(
            random_motion(
                start_m=(float(x), float(y), HEIGHT),
                low_m=(0.0, -6.0, 0.8),
                high_m=(16.0, 6.0, 2.5),
                period_s=0.4,
            )
        )
        for x, y in rng.uniform((7, -5), (15, 5), (count, 2))
    ]


@pytest.mark.parametrize("speed", [1.0, 4.0, 25.0])
@pytest.mark.parametrize("bearing", [0.0, 2.0, -1.3])
def test_what_comes_head_on_hits_a_hovering_drone_when_it_must(
    speed: float, bearing: float
) -> None:
    """Surfaces meet after (distance - both radii) / speed; the flight ends there, at that speed."""
    distance = 3.0
    direction = np.array([np.cos(bearing), np.sin(bearing), 0.0])
    motion = straight(
        tuple((START + distance * direction).tolist()), tuple((-speed * direction).tolist())
    )
    with flying(among([ball(motion, RADIUS)])) as flight:
        hull = flight.simulator.vehicle.hull_radius
        ticks = 0
        while flight.outcome is None:
            ticks += len(flight.advance(HOVER).ticks)
        assert flight.outcome is Outcome.COLLISION
        detail = flight.result().events[-1].detail
        least = flight.result().min_clearance_m
    # Hovering gives or takes a centimetre.
    expected = (distance - RADIUS - hull) / speed
    assert ticks / 240 == pytest.approx(expected, abs=2 / 240 + 0.01 / speed)
    assert detail["with"] == "moving obstacle"
    assert detail["speed_m_s"] == pytest.approx(speed, abs=0.05)
    touch = START + hull * direction
    np.testing.assert_allclose(detail["position_m"], touch, atol=0.06)
    # Up to the tick in which Bullet saw the touch.
    assert -0.01 - speed / 240 <= least <= 0.01 + speed / 240


def test_nothing_passes_through_however_fast(rng: np.random.Generator) -> None:
    for _ in range(12):
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        start = START + 5.0 * direction + rng.uniform(-0.1, 0.1, 3)
        motion = straight(tuple(start.tolist()), tuple((-29.0 * direction).tolist()))
        with flying(among([ball(motion, 0.15)])) as flight:
            while flight.outcome is None and flight.simulator.time < 0.5:
                flight.advance(HOVER)
            assert flight.outcome is Outcome.COLLISION


def test_least_clearance_sees_what_passes_within_a_step() -> None:
    """12 m/s are 0.8 m a step: looked at once a step, a pass at 0.6 m would be missed."""
    motion = straight((5.0 + 0.6, -6.0, HEIGHT), (0.0, 12.0, 0.0))
    with flying(among([ball(motion, 0.2)])) as flight:
        while flight.simulator.time < 1.0:
            flight.advance(HOVER)
        hull = flight.simulator.vehicle.hull_radius
        assert flight.min_clearance == pytest.approx(0.6 - 0.2 - hull, abs=0.01)


def test_bullet_camera_and_clearance_agree_on_random_scenes(rng: np.random.Generator) -> None:
    """One distance, measured three ways: exactly, by Bullet from the hull, and as the shortest of rays all round."""
    enclosing = float(np.hypot(HULL_RADIUS, HULL_HEIGHT / 2))
    config = camera_config(width_px=128, height_px=128)
    eye, checked = Camera(config), 0
    v, u = (np.indices((128, 128)) + 0.5 - 64) / eye.focal_px
    stretch = np.sqrt(1 + u * u + v * v)  # Range over depth.
    turns = [
        (0.0, 0.0, np.sin(a), np.cos(a)) for a in (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
    ] + [(0.0, np.sin(a), 0.0, np.cos(a)) for a in (np.pi / 4, -np.pi / 4)]
    for _ in range(12):
        movers, tick = random_movers(rng), int(rng.integers(0, 10_000))
        states = movers.states_at(tick)
        bullet = BulletWorld(
            world_triangles(empty_world()), mass=1.0, inertia=(5.9e-3, 6.0e-3, 9.8e-3), hull_radius=HULL_RADIUS,
            hull_height=HULL_HEIGHT, timestep=1 / 240, movers=movers.table_at(0),
        )  # fmt: skip
        scene = CameraScene(empty_world())
        scene.movers = SeenMovers(movers.table_at(tick), movers.colors, movers.classes)
        with bullet:
            bullet.place_movers(list(range(len(movers))), states.positions, states.velocities)
            near = states.positions[rng.integers(len(movers), size=8)]
            for point in near + rng.uniform(-2.5, 2.5, (8, 3)):
                exact = movers.least_distance(tick, point[None])
                if not 0.4 < exact < 3.0 or point[2] < 0.3:
                    continue
                bullet.set_state(body_at(tuple(point)))
                touch = next(c for c in closest(bullet, 6.0) if not c.is_ground)
                assert exact - enclosing - 0.01 <= touch.distance <= exact - HULL_HEIGHT / 2 + 0.01
                assert touch.mover >= 0
                ranges = []
                for turn in turns:
                    frames = eye.render(scene, point, np.array(turn))
                    moving = frames.classes == 6
                    ranges.append(np.where(moving, frames.depth * stretch, np.inf).min())
                # A pixel is 1/64 rad: the ray next to the nearest point is longer by its square.
                assert exact - 1e-4 <= min(ranges) <= exact + 0.03
                checked += 1
    assert checked > 30


def test_bullets_bodies_are_where_the_movers_are_after_every_step() -> None:
    with flying(among(crowd(), camera=camera(delay_ticks=0))) as flight:
        simulator = flight.simulator
        for action in rough_walk(40):
            simulator.step(action)
            found = {c.mover: c.distance for c in closest(simulator.bullet, 30.0) if c.mover >= 0}
            assert len(found) == 8
            table = simulator.movers.table_at(simulator.tick)
            x, y, z = simulator.body[POSITION]
            for index, distance in found.items():
                center = np.linalg.norm(table[index, 1:4] - (x, y, z)) - RADIUS
                assert center - 0.27 <= distance <= center - 0.05


# --- The past can be returned to.


def trace(simulator: Simulator, actions: np.ndarray) -> list[np.ndarray]:
    seen = []
    for action in actions:
        seen += [simulator.step(action), simulator.image.copy()]
        seen.append(np.array([simulator.least_clearance(seen[-2])]))
    return seen


def assert_same(first: list[np.ndarray], second: list[np.ndarray]) -> None:
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def rough(*more: MoverSpec) -> Scenario:
    return among(
        [*crowd(), *more], weather=breeze(), odometry=noisy(), camera=grainy(delay_ticks=20)
    )


@pytest.mark.parametrize("touching", [False, True], ids=["in the open", "in mid-contact"])
def test_a_restored_flight_among_movers_continues_bit_for_bit(touching: bool) -> None:
    pusher = ball(straight((8.0, 0.0, HEIGHT), (-2.0, 0.0, 0.0)))
    with flying(rough(pusher)) as flight:
        simulator = flight.simulator
        for _ in range(45 if touching else 10):
            simulator.step(HOVER)
            if touching and any(c.mover >= 0 for c in simulator.contacts):
                break
        assert touching == bool(simulator.contacts)
        snapshot = simulator.save()
        first = trace(simulator, rough_walk(200))
        simulator.restore(snapshot)
        assert_same(trace(simulator, rough_walk(200)), first)


def test_a_reset_among_movers_leaves_no_trace() -> None:
    with flying(rough()) as flight:
        simulator = flight.simulator
        fresh = trace(simulator, rough_walk(40))
        trace(simulator, rough_walk(60, seed=2))
        simulator.reset()
        assert_same(trace(simulator, rough_walk(40)), fresh)


# --- What the camera sees of them.


@pytest.mark.parametrize("delay", [0, 24])
def test_a_delayed_image_shows_movers_where_they_were(delay: int) -> None:
    crossing = [ball(straight((9.0, -4.0, HEIGHT), (0.0, 3.0, 0.0)))]
    with flying(among(crossing, camera=camera(delay_ticks=delay))) as flight:
        simulator, eye = flight.simulator, Camera(camera())
        poses = [simulator.body.copy()]
        scene = CameraScene(simulator.world)
        for _ in range(35):
            poses += list(simulator.step(HOVER).copy())
            then = max(0, len(poses) - 1 - delay)
            movers = simulator.movers
            scene.movers = SeenMovers(movers.table_at(then), movers.colors, movers.classes)
            pose, expected = poses[then], np.zeros_like(simulator.image)
            eye.expose(scene, pose[POSITION], pose[QUATERNION], np.random.default_rng(0), expected)
            np.testing.assert_array_equal(simulator.image, expected)
        x, y = quat_to_matrix(poses[-1][QUATERNION])[0, 0], simulator.movers.positions_at(560)[0, 1]
        assert x > 0.99
        assert y == pytest.approx(3.0)


def test_without_movers_nothing_is_built_for_them() -> None:
    with flying(scenario()) as flight:
        assert flight.simulator.mover_bodies is None
        assert flight.simulator.scene.movers is None
        assert scenario().model_dump_json().find("movers") == -1
