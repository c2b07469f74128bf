"""One flight's machinery: exact snapshots, delays, limits and symmetry."""

import numpy as np
import pytest

from sim.faults import Fault
from sim.frames import quat_to_matrix
from sim.scenario import Scenario, Start, Weather
from sim.sensing.camera import max_pool_code
from sim.simulator import Simulator
from sim.types import (
    HISTORY_AGES_S,
    HISTORY_SHAPE,
    MAX_SPEED,
    POSITION,
    QUATERNION,
    RATES,
    VELOCITY,
)
from sim.world_spec import BoxSpec, CylinderSpec
from tests.builders import (
    HEIGHT,
    HOVER,
    MIRROR,
    THINGS,
    breeze,
    camera,
    grainy,
    mirrored,
    noisy,
    place,
    rough_walk,
    scenario,
    simulating,
    trunk,
    wall,
    world,
)


def rough(**changes: object) -> Scenario:
    """Every source of randomness on."""
    return scenario(
        world=world(*THINGS),
        weather=breeze(),
        odometry=noisy(),
        camera=grainy(delay_ticks=24),
        **changes,
    )


def trace(simulator: Simulator, actions: np.ndarray) -> list[np.ndarray]:
    """Everything a flight shows, step by step."""
    seen = []
    for action in actions:
        seen.append(simulator.step(action))
        seen += [*simulator.observe().values(), np.array([simulator.battery])]
        estimate = simulator.estimate
        seen += [estimate.position_world, estimate.velocity_world, estimate.rates_body]
    return seen


def assert_same_trace(first: list[np.ndarray], second: list[np.ndarray]) -> None:
    assert len(first) == len(second)
    for index, (one, other) in enumerate(zip(first, second, strict=True)):
        np.testing.assert_array_equal(one, other, err_msg=f"entry {index}")


# --- Snapshots and resets.


def test_a_restored_flight_continues_bit_for_bit() -> None:
    actions = rough_walk(220)
    with simulating(rough()) as simulator:
        trace(simulator, actions[:20])
        snapshot = simulator.save()
        first = trace(simulator, actions[20:])
        simulator.restore(snapshot)
        assert simulator.time == pytest.approx(20 / 15)
        assert_same_trace(trace(simulator, actions[20:]), first)


def test_a_flight_restored_in_mid_contact_continues_bit_for_bit() -> None:
    ahead = np.tile(np.array([0.4, 0.05, 0.0, 0.0], dtype=np.float32), (200, 1))
    with simulating(rough()) as simulator:
        place(simulator, (18.6, 0.0, HEIGHT), velocity=(4.0, 0.3, 0.0))
        while not simulator.contacts:
            simulator.step(ahead[0])
        assert not simulator.contacts[0].is_ground
        snapshot = simulator.save()
        first = trace(simulator, ahead)
        simulator.restore(snapshot)
        assert_same_trace(trace(simulator, ahead), first)


def test_a_reset_leaves_no_trace_of_what_was_flown() -> None:
    actions = rough_walk(30)
    with simulating(rough()) as simulator:
        fresh = trace(simulator, actions)
        place(simulator, (18.6, 0.0, HEIGHT), velocity=(6.0, 0.3, 0.0))
        trace(simulator, rough_walk(20, seed=1))
        simulator.reset()
        assert_same_trace(trace(simulator, actions), fresh)


def test_a_flight_flown_once_is_the_same_flight_and_has_no_reset() -> None:
    actions = rough_walk(20)
    with simulating(rough()) as simulator:
        simulator.reset()
        again = trace(simulator, actions)
    once = Simulator(rough(), once=True)
    try:
        once.reset()
        assert_same_trace(trace(once, actions), again)
        with pytest.raises(RuntimeError, match="once"):
            once.reset()
    finally:
        once.close()


def test_another_seed_is_another_gust() -> None:
    flown = []
    for seed in (0, 1):
        with simulating(rough(seed=seed)) as simulator:
            flown.append(trace(simulator, rough_walk(10))[-3])
    assert not np.array_equal(flown[0], flown[1])


# --- The camera's delay and the depth memory.


@pytest.mark.parametrize("delay", [0, 16, 24])
def test_an_image_shows_the_pose_of_its_delay_ago(delay: int) -> None:
    """The delayed image is what a camera at the earlier pose sees; before the start, the start's."""
    prompt, late = (
        scenario(world=world(*THINGS), camera=camera(delay_ticks=d)) for d in (0, delay)
    )
    with simulating(prompt) as first, simulating(late) as second:
        poses = [first.body.copy()]
        expected = np.zeros_like(first.image)
        for action in rough_walk(25):
            poses += list(first.step(action).copy())
            second.step(action)
            pose = poses[max(0, len(poses) - 1 - delay)]
            rng = np.random.default_rng(0)
            first.camera.expose(first.scene, pose[POSITION], pose[QUATERNION], rng, expected)
            np.testing.assert_array_equal(second.image, expected)
        assert len(np.unique(expected[3])) > 5


def test_the_history_is_the_pooled_depth_of_the_images_then() -> None:
    with simulating(scenario(world=world(*THINGS))) as simulator:
        pooled = [max_pool_code(simulator.image[3], HISTORY_SHAPE[1:])]
        for action in rough_walk(20):
            simulator.step(action)
            pooled.append(max_pool_code(simulator.image[3], HISTORY_SHAPE[1:]))
            history = simulator.observe()["history"].reshape(HISTORY_SHAPE)
            for code, age in zip(history, HISTORY_AGES_S, strict=True):
                then = max(0, len(pooled) - 1 - round(15 * age))
                np.testing.assert_array_equal(code, pooled[then])
        assert not np.array_equal(pooled[0], pooled[-1])


def test_images_that_nobody_looks_at_change_nothing_else() -> None:
    """Every third image is taken, and the memory holds every third: so does whoever takes them all."""
    flight = rough()
    with simulating(flight) as all_, simulating(flight) as some:
        for step, action in enumerate(rough_walk(24), start=1):
            looks = step % 3 == 0
            np.testing.assert_array_equal(some.step(action, look=looks), all_.step(action))
            if looks:
                for name, seen in all_.observe().items():
                    np.testing.assert_array_equal(some.observe()[name], seen)
            else:
                assert not np.array_equal(some.image, all_.image)


def test_a_fault_of_the_camera_needs_every_image() -> None:
    frozen = Fault(time_s=0.4, component="camera", kind="stuck")
    with simulating(rough(faults=(frozen,))) as simulator:
        before = simulator.image.copy()
        simulator.step(HOVER, look=False)
        assert not np.array_equal(simulator.image, before)


def test_an_image_of_another_size_is_no_observation() -> None:
    with (
        simulating(scenario(camera=camera(width_px=128, height_px=96))) as simulator,
        pytest.raises(ValueError, match="128 x 96"),
    ):
        simulator.observe()


# --- Commands, battery, symmetry.


@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.6, 0.8), (-1.0, 1.0)])
def test_a_command_beyond_the_speed_limit_flies_as_the_limit_in_its_direction(
    direction: tuple[float, float],
) -> None:
    unit = np.array([*direction, 0.0]) / np.linalg.norm(direction)
    limit = np.array([*(unit * 2.0 / MAX_SPEED), 0.0])
    beyond = np.array([*np.clip(unit * 1.5, -1, 1), 0.0])
    beyond[:2] = direction / np.abs(direction).max()
    slow = {"speed_limit_m_s": 2.0}
    with simulating(scenario(**slow)) as first, simulating(scenario(**slow)) as second:
        for _ in range(45):
            first.step(limit)
            second.step(beyond)
        np.testing.assert_allclose(second.body, first.body, atol=1e-9)
        assert np.linalg.norm(first.body[VELOCITY]) == pytest.approx(2.0, rel=0.05)
        np.testing.assert_array_equal(second.previous_action, beyond.astype(np.float32))


def test_a_yaw_rate_turns_left_for_positive_and_keeps_the_place() -> None:
    with simulating(scenario()) as simulator:
        for _ in range(15):
            simulator.step(np.array([0.0, 0.0, 0.0, 0.5]))
        # 1 rad/s for a second, less what it takes to begin turning.
        assert 0.6 < simulator.yaw < 1.05
        np.testing.assert_allclose(simulator.body[POSITION], (5.0, 0.0, HEIGHT), atol=0.05)


def test_the_battery_only_falls_and_by_the_energy_used() -> None:
    with simulating(rough()) as simulator:
        levels = [simulator.battery]
        assert levels[0] == 1.0
        for action in rough_walk(30):
            simulator.step(action)
            levels.append(simulator.battery)
        assert (np.diff(levels) < 0).all()
        used = float(simulator.plant["energy_used_wh"][0])
        assert levels[-1] == pytest.approx(1.0 - used / 20.0)
        # About a hundred watts over two seconds: between 20 and 500 W whatever was flown.
        assert 20 < used * 3600 / simulator.time < 500


def test_a_mirrored_world_and_command_give_the_mirrored_flight() -> None:
    flight = scenario(
        world=world(*THINGS),
        weather=Weather(wind_world_m_s=(1.5, 2.0, 0.0), turbulence_m_s=0.0),
        start=Start(position_m=(5.0, 1.0, HEIGHT), yaw_rad=0.3),
    )
    with simulating(flight) as left, simulating(mirrored(flight)) as right:
        for action in rough_walk(30):
            left.step(action)
            right.step(action * np.array([1, -1, 1, -1], dtype=np.float32))
            np.testing.assert_allclose(
                right.body[POSITION], MIRROR * left.body[POSITION], atol=1e-5
            )
            np.testing.assert_allclose(
                right.body[VELOCITY], MIRROR * left.body[VELOCITY], atol=1e-4
            )
            # Angular velocity is an axial vector, a rotation matrix mirrors on both sides.
            np.testing.assert_allclose(right.body[RATES], -MIRROR * left.body[RATES], atol=1e-3)
            turned = np.diag(MIRROR) @ quat_to_matrix(left.body[QUATERNION]) @ np.diag(MIRROR)
            np.testing.assert_allclose(quat_to_matrix(right.body[QUATERNION]), turned, atol=1e-4)
            # Pixel columns swap; a depth on the edge of two codes may round to either.
            depth = left.image[3, :, ::-1].astype(int) - right.image[3]
            assert (np.abs(depth) > 1).mean() < 0.02
        assert abs(left.yaw) > 0.05
        assert left.battery == pytest.approx(right.battery, rel=1e-6)


def test_hovering_stays_where_it_is() -> None:
    with simulating(scenario()) as simulator:
        for _ in range(30):
            simulator.step(HOVER)
        np.testing.assert_allclose(simulator.body[POSITION], (5.0, 0.0, HEIGHT), atol=0.01)


# --- Contact.


@pytest.mark.parametrize("thing", [trunk(8.0, 0.0), wall(8.5, 10.0, (1.0, 20.0))])
def test_no_touch_goes_unseen(thing: CylinderSpec | BoxSpec) -> None:
    """Whatever turns the flight aside from the one over an empty field is reported in that very step."""
    rng = np.random.default_rng(0)
    with (
        simulating(scenario(world=world(thing))) as simulator,
        simulating(scenario()) as unhindered,
    ):
        touched = 0
        for _ in range(40):
            speed, aside = rng.uniform(2.0, 5.0), rng.uniform(-0.5, 0.5)
            for each in (simulator, unhindered):
                each.reset()
                place(each, (6.5, aside, HEIGHT), velocity=(speed, 0.0, 0.0))
            ahead = np.array([speed / MAX_SPEED, 0.0, 0.0, 0.0])
            for _ in range(15):
                ticks, free = simulator.step(ahead), unhindered.step(ahead)
                deflected = np.abs(ticks - free[: len(ticks)]).max() > 1e-6
                assert bool(simulator.contacts) == deflected
                if deflected:
                    touched += 1
                    break
        assert touched > 10
