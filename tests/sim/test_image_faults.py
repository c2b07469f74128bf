"""Faults of camera and depth: the same flight with a sound camera beside it."""

from typing import Any

import numpy as np
import pytest

from sim.faults import Fault
from tests.builders import (
    HOVER,
    grainy,
    rough_walk,
    scenario,
    simulating,
    world,
)
from tests.sim.faulty import THINGS, fault


def seen(*faults: Fault, steps: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Images after each step, the first before any: with a sound camera, and with the faults."""
    both = []
    for schedule in ((), faults):
        images = []
        with simulating(
            scenario(world=world(*THINGS), camera=grainy(), faults=schedule)
        ) as simulator:
            images.append(simulator.image.copy())
            for action in rough_walk(steps):
                simulator.step(action)
                images.append(simulator.image.copy())
        both.append(np.array(images))
    return both[0], both[1]


def frozen(kind: str, value: Any = None, component: str = "camera") -> tuple[Fault, Fault]:
    """From step 6 to step 16: images 7 to 16 are what the fault makes of them."""
    return fault(component, kind, value, at=0.4), fault(component, "ok", at=16 / 15)


def test_a_camera_that_is_off_shows_nothing_and_one_that_is_on_again_what_there_is() -> None:
    sound, failed = seen(*frozen("off"))
    assert not failed[7:17].any()
    np.testing.assert_array_equal(np.delete(failed, range(7, 17), 0), np.delete(sound, range(7, 17), 0))  # fmt: skip


def test_a_stuck_camera_shows_what_it_saw_last() -> None:
    sound, failed = seen(*frozen("stuck"))
    np.testing.assert_array_equal(failed[7:17], np.repeat(sound[6:7], 10, axis=0))
    np.testing.assert_array_equal(failed[17:], sound[17:])


def test_a_delayed_camera_stalls_and_then_shows_what_was() -> None:
    sound, failed = seen(*frozen("delayed", 0.2))
    np.testing.assert_array_equal(failed[7:10], np.repeat(sound[6:7], 3, axis=0))
    np.testing.assert_array_equal(failed[10:17], sound[7:14])
    np.testing.assert_array_equal(failed[17:], sound[17:])


def test_an_intermittent_camera_stalls_every_other_time() -> None:
    sound, failed = seen(*frozen("intermittent", 0.2))
    np.testing.assert_array_equal(failed[7:10], np.repeat(sound[6:7], 3, axis=0))
    np.testing.assert_array_equal(failed[10:13], sound[10:13])
    np.testing.assert_array_equal(failed[13:16], np.repeat(sound[12:13], 3, axis=0))


@pytest.mark.parametrize("kind", ["off", "stuck", "garbage"])
def test_a_fault_of_the_depth_leaves_the_colours(kind: str) -> None:
    sound, failed = seen(*frozen(kind, component="depth"))
    np.testing.assert_array_equal(failed[:, :3], sound[:, :3])
    np.testing.assert_array_equal(failed[17:], sound[17:])
    depth = failed[7:17, 3]
    if kind == "off":
        assert not depth.any()
    elif kind == "stuck":
        np.testing.assert_array_equal(depth, np.repeat(sound[6:7, 3], 10, axis=0))
    else:
        # All codes alike often: 256 bins of 120 each, and none of it the world's.
        counts = np.bincount(depth.ravel(), minlength=256)
        assert ((counts > 60) & (counts < 190)).all()
        assert abs(np.corrcoef(depth[0].ravel(), depth[1].ravel())[0, 1]) < 0.1


def test_faults_of_camera_and_depth_add_up() -> None:
    sound, failed = seen(*frozen("stuck"), *frozen("off", component="depth"))
    np.testing.assert_array_equal(failed[7:17, :3], np.repeat(sound[6:7, :3], 10, axis=0))
    assert not failed[7:17, 3].any()


def test_the_history_remembers_what_a_failing_camera_showed() -> None:
    with simulating(scenario(world=world(*THINGS), faults=(fault("camera", "off"),))) as simulator:
        for _ in range(14):
            simulator.step(HOVER)
        assert not simulator.observe()["history"].any()
