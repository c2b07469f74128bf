"""Bullet need not be asked for contacts where nothing is near: the flights are the same as if it were at every tick."""

import numpy as np
import pytest

from sim.flight import Flight
from sim.scenario import Scenario
from sim.simulator import Simulator
from sim.world.berth import berth
from sim.world.build import build_world
from sim.world.clearance import ClearanceField
from tests.builders import breeze, noisy, scenario, trunk, wall, world
from tests.sim.bullet_reference import closest
from tests.sim.worlds import (
    HULL_HEIGHT,
    HULL_RADIUS,
    body_at,
    bullet,
    meshed,
    random_spec,
)

GROVE = tuple(trunk(8.0 + 2.5 * i, -6.0 + 3.0 * j) for i in range(6) for j in range(5))


def _fly(flight: Scenario, seed: int) -> tuple[np.ndarray, str, int]:
    """Random commands until the flight ends: every tick, the outcome, the number of steps."""
    flown = Flight(flight)
    rng, ticks, steps, outcome = np.random.default_rng(seed), [], 0, None
    action = np.zeros(4, dtype=np.float32)
    try:
        while outcome is None and steps < 200:
            if steps % 8 == 0:
                action = rng.uniform([0.1, -0.4, -0.3, -0.5], [0.8, 0.4, 0.3, 0.5]).astype(
                    np.float32
                )
            step = flown.advance(action)
            ticks.append(step.ticks)
            outcome, steps = step.outcome, steps + 1
    finally:
        flown.close()
    return np.concatenate(ticks), str(outcome), steps


def test_collisions_are_found_at_the_same_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees, a wall and the ground, with gusts: bit-equal to asking always, and most flights do collide."""
    collided = 0
    for seed in range(12):
        flight = scenario(
            world=world(*GROVE, wall(40.0, 0.0, (1.0, 30.0))),
            weather=breeze(),
            odometry=noisy(),
            speed_limit_m_s=8.0,
            seed=seed,
        )
        spared = _fly(flight, seed)
        with monkeypatch.context() as always:
            always.setattr(Simulator, "_free_distance", lambda self: 0.0)
            checked = _fly(flight, seed)
        np.testing.assert_array_equal(spared[0], checked[0])
        assert spared[1:] == checked[1:]
        collided += spared[1] == "collision"
    assert collided >= 6


def test_free_ticks_are_spared() -> None:
    """In the open nothing is asked; near a trunk it is."""
    simulator = Simulator(scenario(world=world(trunk(12.0, 1.5))))
    asked = []
    try:
        simulator.bullet.touching = lambda: bool(asked.append(1))
        simulator.step(np.zeros(4, dtype=np.float32))
        assert not asked
        body = simulator.body
        body[:3] = 11.6, 1.5, 1.5
        simulator.bullet.set_state(body)
        simulator.step(np.zeros(4, dtype=np.float32))
        assert len(asked) == 16
    finally:
        simulator.close()


@pytest.mark.parametrize("as_mesh", [False, True])
def test_bullet_finds_nothing_within_the_berth(rng: np.random.Generator, as_mesh: bool) -> None:
    """Hulls turned any way, clearances just above the berth: the nearest surface stays out of contact range."""
    built = build_world(random_spec(rng))
    scene = meshed(built) if as_mesh else built
    field = ClearanceField(scene, 6.0)
    reach = berth(scene, field, HULL_RADIUS, HULL_HEIGHT)
    near = 0
    with bullet(scene) as physics:
        for point in rng.uniform([2, 2, 0.7], [38, 38, 5], (8000, 3)):
            spare = min(field.at(point), point[2]) - reach
            if not 0.0 < spare < 0.05:
                continue
            quat = rng.normal(size=4)
            physics.set_state(body_at(tuple(point), tuple(quat / np.linalg.norm(quat))))
            found = closest(physics, 1.0)
            near += bool(found)
            assert all(contact.distance > 0.02 for contact in found)
    assert near >= 10
